//! Types of fields and elements.

use syn::{GenericArgument, Member, PathArguments, Type, TypePath};

use super::light::of_method;
use super::scan::Method;
use super::scopes::Meaning;
use super::{Surroundings, Written};
use crate::ir::Step;
use crate::kinds::{Kind, Types};
use crate::variants;

impl Written {
    /// The type of a vector of what a map or a set holds.
    pub(crate) fn entries(&self) -> Option<Self> {
        let ty = match self.arguments()?[..] {
            [key, value] => syn::parse_quote!(Vec<(#key, #value)>),
            [element] => syn::parse_quote!(Vec<#element>),
            _ => return None,
        };
        Some(Self { ty, scope: self.scope })
    }

    /// The type of a vector of the keys of a map.
    pub(crate) fn keys(&self) -> Option<Self> {
        let [key, _] = self.arguments()?[..] else { return None };
        Some(Self { ty: syn::parse_quote!(Vec<#key>), scope: self.scope })
    }

    /// The type of a vector of the values of a map.
    pub(crate) fn values(&self) -> Option<Self> {
        let [_, value] = self.arguments()?[..] else { return None };
        Some(Self { ty: syn::parse_quote!(Vec<#value>), scope: self.scope })
    }

    /// The type of what a map gives for a key.
    pub(crate) fn found(&self) -> Option<Self> {
        let [_, value] = self.arguments()?[..] else { return None };
        Some(Self { ty: syn::parse_quote!(Option<#value>), scope: self.scope })
    }

    fn arguments(&self) -> Option<Vec<&Type>> {
        let Type::Path(ty) = behind_references(&self.ty) else { return None };
        let PathArguments::AngleBracketed(arguments) = &ty.path.segments.last()?.arguments else { return None };
        let types =
            arguments.args.iter().filter_map(|a| if let GenericArgument::Type(ty) = a { Some(ty) } else { None });
        Some(types.collect())
    }
}

impl Surroundings {
    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.scope.is_none()
    }

    /// The type of the value of a function that is called by its path, `f` or `Type::f`.
    pub(crate) fn output(&self, path: &syn::Path) -> Option<Written> {
        if let Some(name) = path.get_ident() {
            return self.output_of_function(&name.to_string());
        }
        let (owner, name) = of_owner(path)?;
        let made = || (name == "default" && self.is_own_type(&owner)).then(|| owner.clone());
        self.output_of(&owner, &name).or_else(made)
    }

    /// The type of a constant or a static, `X` or `Type::X`.
    pub(crate) fn constant(&self, path: &syn::Path) -> Option<Written> {
        if let Some(name) = path.get_ident() {
            return self.type_of_constant(&name.to_string());
        }
        let (owner, name) = of_owner(path)?;
        let constants = self.methods_behind(&owner, &name);
        constants.iter().all(|found| found.constant).then(|| self.output_of(&owner, &name))?
    }

    /// The type of the value of a method.
    pub(crate) fn output_of(&self, receiver: &Written, name: &str) -> Option<Written> {
        self.output_of_method(&self.target(receiver)?, name, None)
    }

    /// The type of the value of an operator.
    pub(crate) fn output_of_operator(&self, left: &Written, name: &str, right: &Written) -> Option<Written> {
        self.output_of_method(&self.target(left)?, name, Some(&self.target(right)?))
    }

    /// Whether a function that is called by its path costs less than to keep what it gives.
    pub(crate) fn is_light(&self, path: &syn::Path, output: &Written) -> bool {
        let segments: Vec<_> = path.segments.iter().collect();
        let [owner @ .., name] = segments.as_slice() else { return false };
        match owner {
            [] => self.weighs_little(&name.ident.to_string(), output),
            [.., owner] => {
                let owner = Type::Path(TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() });
                self.is_light_method(&Written::here(owner), &name.ident.to_string(), output)
            }
        }
    }

    /// The same of a method. One that consumes its receiver cannot be called once more, if that is not copied.
    pub(crate) fn is_light_method(&self, receiver: &Written, name: &str, output: &Written) -> bool {
        let Some(target) = self.target(receiver) else { return false };
        let Some(owner) = name_of(&target.ty) else { return false };
        let copied = || self.fields_of(&owner, target.scope).is_some_and(|fields| fields.copied);
        self.weighs_little(&of_method(&owner, name), output)
            && (copied() || self.methods_of(&target, name).iter().all(|method| !method.consumes))
    }

    fn weighs_little(&self, name: &str, output: &Written) -> bool {
        let weights = self.scope.as_ref().map(|scope| &scope.file.weights);
        weights.is_some_and(|weights| weights.is_light(name)) && self.is_of_numbers(output)
    }

    /// Whether a type is that of a few numbers.
    pub(crate) fn is_of_numbers(&self, written: &Written) -> bool {
        self.is_small(written, 3)
    }

    /// The same of a type in which structs nest to a depth.
    fn is_small(&self, written: &Written, depth: usize) -> bool {
        let inside = |ty: &Type| self.is_small(&Written { ty: ty.clone(), scope: written.scope }, depth);
        match &written.ty {
            Type::Tuple(tuple) => tuple.elems.iter().all(inside),
            Type::Array(array) => inside(&array.elem),
            ty if self.plain(written).is_some_and(|kind| kind.is_scalar()) => matches!(ty, Type::Path(_)),
            ty => {
                let fields = name_of(ty).and_then(|name| self.fields_of(&name, written.scope));
                let small =
                    |ty: &Type, scope| self.is_small(&Written { ty: ty.clone(), scope: Some(scope) }, depth - 1);
                depth > 0
                    && fields.is_some_and(|fields| {
                        let mut active = fields.types.values().filter(|field| field.active);
                        fields.derived && active.all(|field| small(&field.ty, fields.scope))
                    })
            }
        }
    }

    /// Whether a type is a struct or an enum that is declared in the file.
    pub(crate) fn is_own_type(&self, written: &Written) -> bool {
        let target = self.target(written);
        target.and_then(|target| self.meaning_of(&target)).is_some_and(|meaning| matches!(meaning, Meaning::Own(_)))
    }

    /// The name of a type that has parameters and is none of the file's own, such as `Option`.
    pub(crate) fn name_of_standard(&self, written: &Written) -> Option<String> {
        let target = self.target(written)?;
        let Type::Path(TypePath { path, .. }) = &target.ty else { return None };
        let with_parameters = path.segments.last().is_some_and(|s| !s.arguments.is_none());
        let path =
            Type::Path(TypePath { attrs: Vec::new(), qself: None, path: path.segments.last()?.ident.clone().into() });
        let own = self.names_own(&Written { ty: path, scope: target.scope });
        (with_parameters && !own).then(|| name_of(&target.ty)).flatten()
    }

    /// The type of a field of the struct or the variant of this name, if it means the same where the item stands.
    pub(crate) fn field(&self, of: &syn::Path, member: &Member) -> Option<Type> {
        let written = if let Some((owner, variant)) = of_owner(of) {
            self.payload(&self.target(&owner)?, &variant, member)?
        } else {
            let ty = Type::Path(TypePath { attrs: Vec::new(), qself: None, path: of.get_ident()?.clone().into() });
            self.declared(&Written::here(ty), &[Step::Field(member.clone())])?.0
        };
        self.means_the_same_here(&written).then_some(written.ty)
    }

    /// The methods that a name may mean of what a type refers to.
    fn methods_behind(&self, receiver: &Written, name: &str) -> Vec<&Method> {
        self.target(receiver).map_or_else(Vec::new, |target| self.methods_of(&target, name))
    }

    /// Whether a method is one of the user's own that changes its receiver or gives what may carry a derivative.
    pub(crate) fn is_own_method(&self, receiver: &Written, name: &str) -> bool {
        let constant = |ty: &String| syn::parse_str(ty).is_ok_and(|ty| Types::default().kind(&ty).is_constant());
        let methods = self.methods_behind(receiver, name);
        methods.iter().any(|method| method.changes || !method.output.as_ref().is_some_and(constant))
    }

    /// Whether a method of a type of the user's own is that of an operator, and no other.
    pub(crate) fn is_operator(&self, receiver: &Written, name: &str) -> bool {
        let methods = self.methods_behind(receiver, name);
        !methods.is_empty() && methods.iter().all(|method| method.operator)
    }

    /// Whether a path is that of a method of the user's own that takes its receiver by value.
    pub(crate) fn consumes(&self, path: &syn::Path) -> bool {
        let Some((owner, name)) = of_owner(path) else { return false };
        let methods = self.methods_behind(&owner, &name);
        !methods.is_empty() && methods.iter().all(|method| method.consumes)
    }

    /// Whether a method is one of the user's own that looks at its receiver and gives a number without derivative, a `bool` or
    /// a text.
    pub(crate) fn only_looks(&self, receiver: &Written, name: &str) -> bool {
        let constant = |method: &Method| {
            let Some(Ok(ty)) = method.output.as_ref().map(|ty| syn::parse_str(ty)) else { return false };
            let kind = Types::default().kind(&ty);
            // A type of the user's own may be called like one of the standard library.
            let of_standard = !self.names_own(&Written { ty, scope: Some(method.scope) });
            of_standard && matches!(kind, Kind::Int | Kind::Bool | Kind::Constant)
        };
        let methods = self.methods_behind(receiver, name);
        !methods.is_empty() && methods.iter().all(|method| method.looks && constant(method))
    }

    /// Whether a method is one of the user's own that gives the `&mut self` that it has changed.
    pub(crate) fn gives_receiver(&self, receiver: &Written, name: &str) -> bool {
        let methods = self.methods_behind(receiver, name);
        !methods.is_empty() && methods.iter().all(|method| method.gives_receiver)
    }

    /// Whether a type is one of the user's own that is advanced by a `next` of its own.
    pub(crate) fn is_iterator(&self, written: &Written) -> bool {
        self.methods_behind(written, "next").iter().any(|method| method.changes)
    }

    /// The type of what a place holds and that has a derivative if the type has one, from the type of the variable that it
    /// begins at.
    pub(crate) fn follow(&self, root: &Written, path: &[Step]) -> Option<Written> {
        self.declared(root, path).filter(|(_, active)| *active).map(|(written, _)| written)
    }

    /// Whether a place is a value of a struct or an enum of the file in a field that is marked as a constant.
    pub(crate) fn is_marked(&self, root: &Written, path: &[Step]) -> bool {
        let constant = |i: usize, member: &Member| {
            let (owner, _) = self.declared(root, &path[..i])?;
            let owner = self.target(&owner)?;
            let fields = self.fields_of(&name_of(&owner.ty)?, owner.scope)?;
            Some(fields.types.get(&member_name(member))?.constant)
        };
        let marked = path.iter().enumerate().any(|(i, step)| match step {
            Step::Field(member) => constant(i, member).unwrap_or(false),
            _ => false,
        });
        marked && self.declared(root, path).is_some_and(|(written, _)| self.is_own_type(&written))
    }

    /// The type of what a place holds, and whether no field on the way is without a derivative.
    pub(crate) fn declared(&self, root: &Written, path: &[Step]) -> Option<(Written, bool)> {
        self.scope.as_ref()?;
        let mut active = true;
        let mut written = root.clone();
        for step in path {
            written = self.target(&written)?;
            let ty = &written.ty;
            match step {
                Step::Deref => {}
                Step::Field(member) => {
                    if let (Type::Tuple(tuple), Member::Unnamed(i)) = (ty, member) {
                        written.ty = tuple.elems.get(i.index as usize)?.clone();
                        continue;
                    }
                    let fields = self.fields_of(&name_of(ty)?, written.scope)?;
                    let field = fields.types.get(&member_name(member))?;
                    active &= field.active;
                    written = Written { ty: field.ty.clone(), scope: Some(fields.scope) };
                }
                Step::Index { range: false, .. } => written.ty = element(ty)?,
                Step::Index { range: true, .. } if element(ty).is_some() => {}
                Step::Content => written.ty = content(ty)?,
                Step::Payload { variant, .. } if variants::is_named(variant, "Some") => written.ty = content(ty)?,
                _ => return None,
            }
        }
        Some((written, active))
    }

    /// A type without the references and boxes around it, which fields and elements are reached through.
    pub(super) fn target(&self, written: &Written) -> Option<Written> {
        let ty = behind_references(&written.ty);
        match ty {
            // In what is declared elsewhere it is another type.
            Type::Path(p) if p.path.is_ident("Self") => {
                let owner = self.owner.as_deref().filter(|_| written.scope.is_none())?;
                if matches!(owner, Type::Path(p) if p.path.is_ident("Self")) {
                    return None;
                }
                self.target(&Written::here(owner.clone()))
            }
            Type::Path(p) if boxed(p).is_some() => {
                self.target(&Written { ty: boxed(p)?.clone(), scope: written.scope })
            }
            ty => {
                let found = Written { ty: ty.clone(), scope: written.scope };
                match self.behind_alias(&found) {
                    Some(known) => self.target(&known),
                    None => Some(found),
                }
            }
        }
    }

    /// The references and boxes around what a place holds, from the outside in: whether each is a box, and what it holds.
    pub(crate) fn layers(&self, root: &Written, path: &[Step]) -> Vec<(bool, Type)> {
        let mut layers = Vec::new();
        let written = if path.is_empty() { Some(root.clone()) } else { self.declared(root, path).map(|(ty, _)| ty) };
        let Some(Written { mut ty, scope }) = written else { return layers };
        loop {
            ty = match ty {
                Type::Paren(p) => *p.elem,
                Type::Group(g) => *g.elem,
                Type::Reference(r) => {
                    layers.push((false, (*r.elem).clone()));
                    *r.elem
                }
                Type::Path(p) if p.path.is_ident("Self") => match self.owner.as_deref().filter(|_| scope.is_none()) {
                    Some(owner) if !matches!(owner, Type::Path(p) if p.path.is_ident("Self")) => owner.clone(),
                    _ => return layers,
                },
                Type::Path(p) => match boxed(&p) {
                    Some(content) => {
                        layers.push((true, content.clone()));
                        content.clone()
                    }
                    None => return layers,
                },
                _ => return layers,
            };
        }
    }

    /// The kind of the values of a type of floats or complex numbers, or of sequences and tuples of them. What carries no
    /// derivative is left out: to take something for that by its name could lose one without a word, where all else is an error
    /// of the build.
    pub(crate) fn plain(&self, written: &Written) -> Option<Kind> {
        let ty = self.without_aliases(written)?;
        plain(&ty).filter(|_| !self.names_own(written))
    }
}

fn plain(ty: &Type) -> Option<Kind> {
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

/// The type and the name that a path of two words is made of, `Type::name`.
fn of_owner(path: &syn::Path) -> Option<(Written, String)> {
    let [owner, name] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
    let ty = TypePath { attrs: Vec::new(), qself: None, path: owner.ident.clone().into() };
    owner.arguments.is_none().then(|| (Written::here(Type::Path(ty)), name.ident.to_string()))
}

/// The name of a field, or its number.
pub(super) fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(i) => i.index.to_string(),
    }
}

/// The name that a type is: what it is given beside that are lengths and lifetimes, since structs that are generic over types
/// are not known.
pub(super) fn name_of(ty: &Type) -> Option<String> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    let [only] = path.segments.iter().collect::<Vec<_>>()[..] else { return None };
    Some(only.ident.to_string())
}

pub(crate) fn behind_references(ty: &Type) -> &Type {
    match ty {
        Type::Reference(r) => behind_references(&r.elem),
        Type::Paren(p) => behind_references(&p.elem),
        Type::Group(g) => behind_references(&g.elem),
        other => other,
    }
}

/// The type of what a box holds.
fn boxed(ty: &TypePath) -> Option<&Type> {
    let of_box = ty.qself.is_none() && ty.path.segments.len() == 1 && ty.path.segments[0].ident == "Box";
    if of_box { argument(&ty.path.segments[0].arguments) } else { None }
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
