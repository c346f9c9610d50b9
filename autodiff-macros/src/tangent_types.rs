//! The types that generated signatures name: tangents, slots, references with the lifetime of a pullback.

use crate::emit::{Code, Part, code};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::Type;

use crate::emit::tuple;
use crate::kinds::Types;

/// The tangent type of a value that is owned: of known containers part by part, so that the type is
/// plain even where its parts are generic.
pub(crate) fn owned_tangent(ty: &Type) -> Code {
    match ty {
        Type::Path(p) if p.path.is_ident("f64") || p.path.is_ident("f32") => ty.to_code(),
        Type::Array(a) => {
            let (element, len) = (owned_tangent(&a.elem), &a.len);
            code!([#element; #len])
        }
        Type::Tuple(t) => {
            let parts: Vec<Code> = t.elems.iter().map(owned_tangent).collect();
            if parts.is_empty() { code!(()) } else { tuple(&parts) }
        }
        Type::Paren(p) => owned_tangent(&p.elem),
        Type::Reference(r) => owned_tangent(&copy_of(&r.elem)),
        Type::Path(_) if is_view(ty) => {
            let ty = with_view_lifetime(ty, &syn::parse_quote!('static));
            code!(<#ty as ::differentiable::Differentiable>::Tangent)
        }
        _ if lends(ty) => {
            let ty = owning(ty);
            code!(<#ty as ::differentiable::Differentiable>::Tangent)
        }
        _ if borrows(ty) => {
            let ty = with_lifetimes(ty, "'static");
            code!(<#ty as ::differentiable::Differentiable>::Tangent)
        }
        _ => {
            let ty = owning(ty);
            code!(<#ty as ::differentiable::Differentiable>::Tangent)
        }
    }
}

/// The type behind a reference to cotangents: what the tangent dereferences to, where the parameter is
/// a reference to what the argument dereferences to.
pub(crate) fn slot_type(target: &Type) -> Code {
    match target {
        Type::Slice(s) => {
            let element = owned_tangent(&s.elem);
            code!([#element])
        }
        Type::Path(p)
            if p.qself.is_none()
                && p.path.segments.last().is_some_and(|s| {
                    let name = s.ident.to_string();
                    name.starts_with("ArrayRef") || name.starts_with("ArrayView")
                }) =>
        {
            let tangent = owned_tangent(target);
            code!(<#tangent as ::core::ops::Deref>::Target)
        }
        _ => owned_tangent(target),
    }
}

/// Whether all values of a type have the same shape: numbers, and arrays and tuples of them.
pub(crate) fn has_fixed_shape(types: &Types, ty: &Type) -> bool {
    match ty {
        Type::Array(a) => has_fixed_shape(types, &a.elem),
        Type::Tuple(t) => t.elems.iter().all(|ty| has_fixed_shape(types, ty)),
        Type::Paren(p) => has_fixed_shape(types, &p.elem),
        ty => {
            let kind = types.kind(ty);
            kind.is_scalar() || kind.is_complex() || kind.is_constant()
        }
    }
}

/// Whether a type carries no derivative and yet has a tangent, which holds nothing: that of `Vec<usize>` is `Vec<()>`. A caller
/// that does not know the type of its argument hands over such a tangent.
pub(crate) fn is_hollow(ty: &Type) -> bool {
    match ty {
        Type::Slice(s) => is_hollow(&s.elem),
        Type::Array(a) => is_hollow(&a.elem),
        Type::Tuple(t) => t.elems.iter().all(is_hollow),
        Type::Paren(p) => is_hollow(&p.elem),
        Type::Reference(r) => is_hollow(&r.elem),
        Type::Path(p) if p.qself.is_none() => p.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            match &last.arguments {
                syn::PathArguments::None => {
                    crate::kinds::is_integer(&name) || matches!(name.as_str(), "bool" | "char" | "String")
                }
                syn::PathArguments::AngleBracketed(a) if matches!(name.as_str(), "Vec" | "Option" | "Box") => {
                    a.args.iter().all(|a| matches!(a, syn::GenericArgument::Type(ty) if is_hollow(ty)))
                }
                _ => false,
            }
        }),
        _ => false,
    }
}

/// A reference type with the lifetime of the pullback's arguments.
pub(crate) fn with_lifetime(ty: &Type) -> Code {
    match ty {
        Type::Reference(r) => {
            let mutable = &r.mutability;
            let elem = with_view_lifetime(&r.elem, &syn::parse_quote!('r));
            let elem = if borrows(&elem) { with_lifetimes(&elem, "'_") } else { elem };
            code!(&'r #mutable #elem)
        }
        other if borrows(other) => with_lifetimes(other, "'_").to_code(),
        other => other.to_code(),
    }
}

/// Whether a type is written with a lifetime, and is no view of an array: its values hold references.
pub(crate) fn borrows(ty: &Type) -> bool {
    struct Lifetimes(bool);
    impl<'a> syn::visit::Visit<'a> for Lifetimes {
        fn visit_generic_argument(&mut self, argument: &'a syn::GenericArgument) {
            self.0 |= matches!(argument, syn::GenericArgument::Lifetime(_));
            syn::visit::visit_generic_argument(self, argument);
        }
    }
    let mut lifetimes = Lifetimes(false);
    syn::visit::Visit::visit_type(&mut lifetimes, ty);
    lifetimes.0 && !is_view(ty)
}

/// Whether an argument of a type is a reference: `Option<&f64>`.
pub(crate) fn holds_a_reference(ty: &Type) -> bool {
    let Type::Path(p) = ty else { return false };
    let arguments = p.path.segments.iter().filter_map(|s| match &s.arguments {
        syn::PathArguments::AngleBracketed(a) => Some(&a.args),
        _ => None,
    });
    arguments.flatten().any(|a| matches!(a, syn::GenericArgument::Type(Type::Reference(_))))
}

/// Whether a type is written as a tuple or an array with references in it: `(&[f64], f64)`.
pub(crate) fn is_tuple_of_references(ty: &Type) -> bool {
    match ty {
        Type::Paren(p) => is_tuple_of_references(&p.elem),
        Type::Tuple(_) | Type::Array(_) => refers(ty, true),
        _ => false,
    }
}

/// Whether a part of a type is a reference to numbers, or to what may hold some: `(&[f64], usize)`.
pub(crate) fn lends(ty: &Type) -> bool {
    refers(ty, false)
}

/// Whether a part of a type is a reference that may not live for ever, be it one to a text or not.
fn refers(ty: &Type, texts: bool) -> bool {
    struct References {
        texts: bool,
        found: bool,
    }
    impl<'a> syn::visit::Visit<'a> for References {
        fn visit_type_reference(&mut self, r: &'a syn::TypeReference) {
            let text = matches!(&*r.elem, Type::Path(p) if p.path.is_ident("str"));
            self.found |= (self.texts || !text) && r.lifetime.as_ref().is_none_or(|l| l.ident != "static");
        }

        fn visit_type_fn_ptr(&mut self, _: &'a syn::TypeFnPtr) {}
    }
    let mut references = References { texts, found: false };
    syn::visit::Visit::visit_type(&mut references, ty);
    references.found
}

/// The type with another lifetime in the place of those that are its arguments.
pub(crate) fn with_lifetimes(ty: &Type, lifetime: &str) -> Type {
    struct Replace(syn::Lifetime);
    impl syn::visit_mut::VisitMut for Replace {
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            *lifetime = self.0.clone();
        }
    }
    let mut ty = ty.clone();
    let lifetime = syn::Lifetime::new(lifetime, proc_macro2::Span::mixed_site());
    syn::visit_mut::VisitMut::visit_type_mut(&mut Replace(lifetime), &mut ty);
    ty
}

/// The type with a lifetime for the references in it that have none: `Option<&T>` ⇒ `Option<&'call T>`.
pub(crate) fn with_elided_lifetimes(ty: &Type, lifetime: &Code) -> Type {
    struct Name(syn::Lifetime);
    impl syn::visit_mut::VisitMut for Name {
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            reference.lifetime.get_or_insert_with(|| self.0.clone());
            syn::visit_mut::visit_type_reference_mut(self, reference);
        }
    }
    let mut ty = ty.clone();
    if let Ok(lifetime) = syn::parse2(lifetime.to_token_stream()) {
        syn::visit_mut::VisitMut::visit_type_mut(&mut Name(lifetime), &mut ty);
    }
    ty
}

/// The type that holds what the references in a type refer to; its tangent is that of the type.
pub(crate) fn owning(ty: &Type) -> Type {
    struct Own;
    impl syn::visit_mut::VisitMut for Own {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(r) = ty {
                // A text has no size, and no tangent.
                let text = matches!(&*r.elem, Type::Path(p) if p.path.is_ident("str"));
                *ty = if text { syn::parse_quote!(()) } else { copy_of(&r.elem) };
            }
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = with_lifetimes(ty, "'static");
    syn::visit_mut::VisitMut::visit_type_mut(&mut Own, &mut ty);
    ty
}

/// The type of a copy of what a reference refers to.
pub(crate) fn copy_of(target: &Type) -> Type {
    match target {
        Type::Slice(s) => {
            let element = &s.elem;
            syn::parse_quote!(::differentiable::__private::vec::Vec<#element>)
        }
        other => other.clone(),
    }
}

/// Whether a type is a view of an array, which has a lifetime, written or not.
pub(crate) fn is_view(ty: &Type) -> bool {
    matches!(ty, Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident.to_string().starts_with("ArrayView")))
}

/// The type of a view with its lifetime written out.
fn with_view_lifetime(ty: &Type, lifetime: &syn::Lifetime) -> Type {
    let mut ty = ty.clone();
    if is_view(&ty)
        && let Type::Path(p) = &mut ty
        && let Some(last) = p.path.segments.last_mut()
        && let syn::PathArguments::AngleBracketed(arguments) = &mut last.arguments
        && !matches!(arguments.args.first(), Some(syn::GenericArgument::Lifetime(l)) if l.ident != "_")
    {
        let lifetime = syn::GenericArgument::Lifetime(lifetime.clone());
        if matches!(arguments.args.first(), Some(syn::GenericArgument::Lifetime(_))) {
            arguments.args[0] = lifetime;
        } else {
            arguments.args.insert(0, lifetime);
        }
    }
    ty
}

/// `&T` ⇒ `&'r T` for a type that is written with its `&` first.
pub(crate) fn lifetime_tokens(ty: &Code) -> Code {
    match syn::parse2::<Type>(ty.to_token_stream()) {
        Ok(ty) => with_lifetime(&ty),
        Err(_) => ty.clone(),
    }
}

/// Whether a type parameter is a float, whose bound says all there is to say, or a dimension.
pub(crate) fn bounded_otherwise(p: &syn::TypeParam) -> bool {
    p.bounds.iter().any(|b| match b {
        syn::TypeParamBound::Trait(t) => t
            .path
            .segments
            .last()
            .is_some_and(|s| matches!(s.ident.to_string().as_str(), "Real" | "Float" | "Dimension" | "RemoveAxis")),
        _ => false,
    })
}

/// Whether a type names a type parameter.
pub(crate) fn mentions(ty: &Type, ident: &Ident) -> bool {
    fn search(tokens: TokenStream, ident: &Ident) -> bool {
        tokens.into_iter().any(|t| match t {
            proc_macro2::TokenTree::Ident(i) => i == *ident,
            proc_macro2::TokenTree::Group(g) => search(g.stream(), ident),
            _ => false,
        })
    }
    search(ty.to_token_stream(), ident)
}
