//! Types of fields and elements.

use syn::{GenericArgument, Member, PathArguments, Type, TypePath};

use super::Surroundings;
use crate::ir::Step;
use crate::kinds::{Kind, Types};
use crate::variants;

impl Surroundings {
    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.scope.is_none()
    }

    /// The type of the value of a function that is called by its path, `f` or `Type::f`.
    pub(crate) fn output(&self, path: &syn::Path) -> Option<Type> {
        if let Some(name) = path.get_ident() {
            return syn::parse_str(self.output_of_function(&name.to_string())?).ok();
        }
        let [owner, name] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
        let owner = owner
            .arguments
            .is_none()
            .then(|| Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() }))?;
        let made = || (name.ident == "default" && self.is_own(&owner)).then(|| owner.clone());
        self.output_of(&owner, &name.ident.to_string()).or_else(made)
    }

    /// The type of the value of a method.
    pub(crate) fn output_of(&self, receiver: &Type, name: &str) -> Option<Type> {
        let owner = self.owner.as_deref();
        syn::parse_str(self.output_of_method(&name_of(&target(receiver, owner)?)?, name)?).ok()
    }

    /// Whether a type is a struct or an enum that is declared in the file.
    pub(crate) fn is_own(&self, ty: &Type) -> bool {
        target(ty, self.owner.as_deref()).and_then(|ty| name_of(&ty)).is_some_and(|name| self.declares(&name))
    }

    /// The type of a field of the struct of this name.
    pub(crate) fn field(&self, of: &syn::Path, member: &Member) -> Option<Type> {
        let ty = Type::Path(TypePath { attrs: Vec::new(), qself: None, path: of.get_ident()?.clone().into() });
        self.declared(&ty, &[Step::Field(member.clone())]).map(|(ty, _)| ty)
    }

    /// Whether a method is one of the user's own that changes its receiver or gives what may carry a derivative.
    pub(crate) fn is_own_method(&self, receiver: &Type, name: &str) -> bool {
        let owner = target(receiver, self.owner.as_deref()).and_then(|ty| name_of(&ty));
        let Some(method) = owner.as_deref().and_then(|owner| self.method_of(owner, name)) else { return false };
        let constant = |ty: &String| syn::parse_str(ty).is_ok_and(|ty| Types::default().kind(&ty).is_constant());
        method.changes || !method.output.as_ref().is_some_and(constant)
    }

    /// Whether a path is that of a method of the user's own that takes its receiver by value.
    pub(crate) fn consumes(&self, path: &syn::Path) -> bool {
        let [owner, name] = path.segments.iter().collect::<Vec<_>>()[..] else { return false };
        let owner = syn::TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() };
        let owner = target(&Type::Path(owner), self.owner.as_deref()).and_then(|ty| name_of(&ty));
        owner.and_then(|owner| self.method_of(&owner, &name.ident.to_string())).is_some_and(|method| method.consumes)
    }

    /// Whether a method is one of the user's own that looks at its receiver and gives a number without derivative, a `bool` or
    /// a text.
    pub(crate) fn only_looks(&self, receiver: &Type, name: &str) -> bool {
        let owner = target(receiver, self.owner.as_deref()).and_then(|ty| name_of(&ty));
        let Some(method) = owner.as_deref().and_then(|owner| self.method_of(owner, name)) else { return false };
        let constant = |ty: &String| {
            let kind = syn::parse_str(ty).map(|ty| Types::default().kind(&ty));
            matches!(kind, Ok(Kind::Int | Kind::Bool | Kind::Constant))
        };
        method.looks && method.output.as_ref().is_some_and(constant)
    }

    /// Whether a type is one of the user's own that is advanced by a `next` of its own.
    pub(crate) fn is_iterator(&self, ty: &Type) -> bool {
        let owner = target(ty, self.owner.as_deref()).and_then(|ty| name_of(&ty));
        owner.as_deref().and_then(|owner| self.method_of(owner, "next")).is_some_and(|method| method.changes)
    }

    /// The type of what a place holds and that has a derivative if the type has one, from the type of the variable that it
    /// begins at.
    pub(crate) fn follow(&self, root: &Type, path: &[Step]) -> Option<Type> {
        self.declared(root, path).filter(|(_, active)| *active).map(|(ty, _)| ty)
    }

    /// The type of what a place holds, and whether no field on the way is without a derivative.
    pub(crate) fn declared(&self, root: &Type, path: &[Step]) -> Option<(Type, bool)> {
        self.scope.as_ref()?;
        let owner = self.owner.as_deref();
        let mut scope = None;
        let mut active = true;
        let mut ty = root.clone();
        for step in path {
            ty = target(&ty, owner)?;
            match step {
                Step::Deref => {}
                Step::Field(member) => {
                    if let (Type::Tuple(tuple), Member::Unnamed(i)) = (&ty, member) {
                        ty = tuple.elems.get(i.index as usize)?.clone();
                        continue;
                    }
                    let fields = self.fields_of(&name_of(&ty)?, scope)?;
                    let field = match member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(i) => i.index.to_string(),
                    };
                    let field = fields.types.get(&field)?;
                    active &= field.active;
                    ty = field.ty.clone();
                    scope = Some(fields.scope);
                }
                Step::Index { range: false, .. } => ty = element(&ty)?,
                Step::Index { range: true, .. } if element(&ty).is_some() => {}
                Step::Content => ty = content(&ty)?,
                Step::Payload { variant, .. } if variants::is_named(variant, "Some") => ty = content(&ty)?,
                _ => return None,
            }
        }
        Some((ty, active))
    }
}

/// The kind of the values of a type of floats or complex numbers, or of sequences and tuples of them. What carries no derivative
/// is left out: to take something for that by its name could lose one without a word, where all else is an error of the build.
pub(crate) fn plain(ty: &Type) -> Option<Kind> {
    fn is_plain(kind: &Kind) -> bool {
        match kind {
            Kind::Float(_) | Kind::Complex(_) => true,
            Kind::Tuple(kinds) => kinds.iter().all(is_plain),
            Kind::Seq(kind) => is_plain(kind),
            _ => false,
        }
    }
    Some(Types::default().kind(ty)).filter(is_plain)
}

/// The name that a type is: what it is given beside that are lengths and lifetimes, since structs that are generic over types
/// are not known.
pub(super) fn name_of(ty: &Type) -> Option<String> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    let [only] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
    Some(only.ident.to_string())
}

/// A type without the references and boxes around it, which fields and elements are reached through.
fn target(ty: &Type, owner: Option<&Type>) -> Option<Type> {
    match ty {
        Type::Reference(r) => target(&r.elem, owner),
        Type::Paren(p) => target(&p.elem, owner),
        Type::Group(g) => target(&g.elem, owner),
        Type::Path(p) if p.path.is_ident("Self") => target(owner?, None),
        Type::Path(p) if p.qself.is_none() && p.path.segments.len() == 1 && p.path.segments[0].ident == "Box" => {
            target(argument(&p.path.segments[0].arguments)?, owner)
        }
        other => Some(other.clone()),
    }
}

/// The type of the elements of a vector, a slice or an array.
fn element(ty: &Type) -> Option<Type> {
    match ty {
        Type::Slice(s) => Some((*s.elem).clone()),
        Type::Array(a) => Some((*a.elem).clone()),
        Type::Path(p) if p.path.segments.len() == 1 && p.path.segments[0].ident == "Vec" => {
            argument(&p.path.segments[0].arguments).cloned()
        }
        _ => None,
    }
}

/// The type of what an option holds.
fn content(ty: &Type) -> Option<Type> {
    match ty {
        Type::Path(p) if p.path.segments.len() == 1 && p.path.segments[0].ident == "Option" => {
            argument(&p.path.segments[0].arguments).cloned()
        }
        _ => None,
    }
}

fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|a| match a {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
