//! Aliases of types that the file declares: `type Matrix = [[f64; 3]; 3];`.
//!
//! In: a type. Out: what it stands for, where that is made of types of the language and of the standard library alone. What
//! carries no derivative is left unknown: an alias of an integer counts as differentiable.

use syn::visit_mut::{self, VisitMut};
use syn::{PathArguments, Type};

use super::{Located, Surroundings, Written};
use crate::kinds::{Kind, Types};

/// How many aliases may stand for one another.
const DEPTH: usize = 8;

impl Surroundings {
    /// The kind of the values of a type that is called by an alias.
    pub(crate) fn kind_of_alias(&self, path: &syn::Path) -> Kind {
        let ty = Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: path.clone() });
        let known = || {
            let scope = self.scope.as_deref()?;
            let name = alone(&ty)?.to_string();
            (!scope.hides(&name)).then_some(())?;
            let (ty, at) = scope.alias(scope.at, &name)?;
            let ty = scope.without_aliases(&ty, at, DEPTH)?;
            Some(open(Types::default().kind(&ty)))
        };
        known().unwrap_or(Kind::Unknown)
    }

    /// A type with what the aliases in it stand for.
    pub(super) fn without_aliases(&self, written: &Written) -> Option<Type> {
        match self.scope.as_deref() {
            Some(scope) => scope.without_aliases(&written.ty, written.scope.unwrap_or(scope.at), DEPTH),
            None => Some(written.ty.clone()),
        }
    }

    /// What a type stands for that is called by an alias without parameters.
    pub(super) fn behind_alias(&self, written: &Written) -> Option<Written> {
        let scope = self.scope.as_deref()?;
        let name = alone(&written.ty)?.to_string();
        if written.scope.is_none() && scope.hides(&name) {
            return None;
        }
        let (ty, at) = scope.alias(written.scope.unwrap_or(scope.at), &name)?;
        (!has_lengths(&written.ty)).then_some(Written { ty, scope: Some(at) })
    }
}

impl Located {
    /// What an alias stands for, and the scope that declares it.
    fn alias(&self, from: usize, name: &str) -> Option<(Type, usize)> {
        let mut at = from;
        loop {
            let scope = &self.file.scopes[at];
            if let Some(ty) = scope.aliases.get(name) {
                return Some((syn::parse_str(ty.as_deref()?).ok()?, at));
            }
            let enters = !scope.module || scope.imports_all || scope.imported.contains(name);
            let declared = scope.others.contains(name) || scope.types.contains(name);
            if declared || scope.hides || scope.made.contains(name) || !enters {
                return None;
            }
            at = scope.outer?;
        }
    }

    /// A type with what its aliases stand for, unless it names a type of the user's own.
    fn without_aliases(&self, ty: &Type, at: usize, depth: usize) -> Option<Type> {
        struct Replace<'a> {
            scope: &'a Located,
            at: usize,
            depth: usize,
            failed: bool,
        }
        impl VisitMut for Replace<'_> {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                visit_mut::visit_type_mut(self, ty);
                let Some(name) = alone(ty).map(ToString::to_string) else { return };
                if self.scope.is_own(self.at, &name) {
                    self.failed = true;
                } else if let Some((found, at)) = self.scope.alias(self.at, &name) {
                    let depth = self.depth.checked_sub(1);
                    match depth.and_then(|depth| self.scope.without_aliases(&found, at, depth)) {
                        Some(found) => *ty = found,
                        None => self.failed = true,
                    }
                }
            }
        }
        let mut replace = Replace { scope: self, at, depth, failed: false };
        let mut ty = ty.clone();
        replace.visit_type_mut(&mut ty);
        (!replace.failed).then_some(ty)
    }
}

/// The name of a type that is one segment with no types between its brackets.
fn alone(ty: &Type) -> Option<&syn::Ident> {
    let Type::Path(syn::TypePath { qself: None, path, .. }) = ty else { return None };
    let [only] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
    let types = match &only.arguments {
        PathArguments::AngleBracketed(a) => {
            a.args.iter().any(|a| !matches!(a, syn::GenericArgument::Const(_) | syn::GenericArgument::Lifetime(_)))
        }
        PathArguments::None => false,
        PathArguments::Parenthesized(_) => true,
    };
    (!types).then_some(&only.ident)
}

fn has_lengths(ty: &Type) -> bool {
    matches!(ty, Type::Path(p) if p.path.segments.iter().any(|s| !s.arguments.is_none()))
}

/// A kind in which what carries no derivative is unknown.
fn open(kind: Kind) -> Kind {
    let inside = |kind: Box<Kind>| Box::new(open(*kind));
    match kind {
        Kind::Float(_) | Kind::Complex(_) | Kind::Unknown => kind,
        Kind::Int | Kind::Bool | Kind::Constant | Kind::Unit => Kind::Unknown,
        Kind::Tuple(kinds) => Kind::Tuple(kinds.into_iter().map(open).collect()),
        Kind::Seq(kind) => Kind::Seq(inside(kind)),
        Kind::Array(kind, axes) => Kind::Array(inside(kind), axes),
        Kind::Option(kind) => Kind::Option(inside(kind)),
        Kind::Result(kind) => Kind::Result(inside(kind)),
        Kind::Ref(kind) => Kind::Ref(inside(kind)),
    }
}
