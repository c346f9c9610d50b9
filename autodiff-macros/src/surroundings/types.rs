//! Types of fields and elements.

use syn::{GenericArgument, Member, PathArguments, Type, TypePath};

use super::Surroundings;
use super::light::of_method;
use crate::ir::Step;
use crate::kinds::{Kind, Types};

/// The value of a function.
pub(crate) struct Output {
    pub(crate) ty: Type,
    /// It is a few numbers, and made of a few sums and products.
    pub(crate) light: bool,
}

impl Surroundings {
    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.scope.is_none()
    }

    /// The value of a function that is called by its path, `f` or `Type::f`.
    pub(crate) fn output(&self, path: &syn::Path) -> Option<Output> {
        if let Some(name) = path.get_ident() {
            let name = name.to_string();
            return self.made(&name, self.output_of_function(&name)?);
        }
        let [owner, name] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
        let owner = owner
            .arguments
            .is_none()
            .then(|| Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() }))?;
        self.output_of(&owner, &name.ident.to_string())
    }

    /// The value of a method.
    pub(crate) fn output_of(&self, receiver: &Type, name: &str) -> Option<Output> {
        let owner = self.owner.as_deref();
        let owner = name_of(&target(receiver, owner)?)?;
        self.made(&of_method(&owner, name), self.output_of_method(&owner, name)?)
    }

    fn made(&self, name: &str, output: &str) -> Option<Output> {
        let ty = syn::parse_str(output).ok()?;
        let light = self.scope.as_ref()?.file.weights.is_light(name) && self.is_small(&ty, 3);
        Some(Output { ty, light })
    }

    /// Whether a type is that of a few numbers: structs of them nest to a depth.
    fn is_small(&self, ty: &Type, depth: usize) -> bool {
        match ty {
            Type::Tuple(tuple) => tuple.elems.iter().all(|ty| self.is_small(ty, depth)),
            Type::Array(array) => self.is_small(&array.elem, depth),
            Type::Path(_) if plain(ty).is_some_and(|kind| kind.is_scalar()) => true,
            _ => {
                depth > 0
                    && name_of(ty)
                        .and_then(|name| self.fields_of(&name, None))
                        .is_some_and(|fields| fields.types.values().all(|ty| self.is_small(ty, depth - 1)))
            }
        }
    }

    /// The type of what a place holds, from the type of the variable that it begins at.
    pub(crate) fn follow(&self, root: &Type, path: &[Step]) -> Option<Type> {
        self.scope.as_ref()?;
        let owner = self.owner.as_deref();
        let mut scope = None;
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
                    ty = fields.types.get(&field)?.clone();
                    scope = Some(fields.scope);
                }
                Step::Index { range: false, .. } => ty = element(&ty)?,
                Step::Index { range: true, .. } if element(&ty).is_some() => {}
                _ => return None,
            }
        }
        Some(ty)
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

fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|a| match a {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
