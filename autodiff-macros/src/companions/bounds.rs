//! What the companions of a generic function ask of its type parameters, beside what the function does.
//!
//! In: the bounds that the user wrote. Out: those under which derivatives exist.

use crate::emit::{Code, Part, code};
use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypeParamBound};

use super::Companions;
use crate::ir::Passing;
use crate::tangent_types::{bounded_otherwise, mentions};

impl Companions<'_> {
    /// Operators that type parameters are bound to have derivatives.
    fn operators(&self) -> Vec<Code> {
        let mut bounds = Vec::new();
        let mut add = |ty: &Type, written: &Bounds| {
            // Floats have those anyway.
            if !self.f.types.kind(ty).is_float() {
                bounds.extend(written.iter().filter_map(|bound| differentiated(ty, bound)));
            }
        };
        for generics in [&self.f.signature.generics, &self.host.outer] {
            for p in generics.type_params() {
                let ident = &p.ident;
                add(&syn::parse_quote!(#ident), &p.bounds);
            }
            for predicate in generics.where_clause.iter().flat_map(|w| &w.predicates) {
                if let syn::WherePredicate::Type(p) = predicate {
                    add(&p.bounded_ty, &p.bounds);
                }
            }
        }
        bounds
    }

    /// Type parameters in differentiable parameters have a derivative.
    pub(super) fn bounds(&self) -> Vec<Code> {
        let mut bounds = Vec::new();
        if self.host.of_trait {
            return bounds;
        }
        for g in [&self.f.signature.generics, &self.host.outer] {
            for p in g.type_params() {
                if !bounded_otherwise(p)
                    && !self.f.types.is_function(g, &p.ident)
                    && self.params().iter().any(|q| q.differentiable && mentions(&q.ty, &p.ident))
                {
                    let ident = &p.ident;
                    bounds.push(code!(#ident: ::differentiable::Differentiable));
                }
            }
        }
        // Associated types of type parameters have one as well.
        let names: Vec<Ident> = self.type_names();
        for p in self.params().iter().filter(|p| p.differentiable) {
            if let Type::Path(path) = p.target() {
                let projected = path.qself.is_some()
                    || path.path.segments.len() > 1 && names.iter().any(|n| path.path.segments[0].ident == *n);
                if projected && names.iter().any(|n| mentions(&p.ty, n)) {
                    bounds.push(code!(#path: ::differentiable::Differentiable));
                }
            }
        }
        if let Some(Type::Path(path)) = &self.f.signature.output
            && path.path.segments.len() > 1
            && names.iter().any(|n| path.path.segments[0].ident == *n)
        {
            bounds.push(code!(#path: ::differentiable::Differentiable));
        }
        bounds.extend(self.operators());
        // A rule is given the arguments by value twice.
        let by_value = |n: &Ident| self.params().iter().any(|p| p.passing == Passing::Value && mentions(&p.ty, n));
        if self.f.options.has_rule() {
            bounds.extend(names.iter().filter(|n| by_value(n)).map(|n| code!(#n: ::core::clone::Clone)));
        }
        bounds
    }
}

type Bounds = Punctuated<TypeParamBound, syn::Token![+]>;

/// `Add<Output = V>` of `V` ⇒ `V: operators::Add<V, Output = V>`.
fn differentiated(of: &Type, bound: &TypeParamBound) -> Option<Code> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let PathSegment { ident, arguments } = bound.path.segments.last()?;
    if !["Add", "Sub", "Mul", "Div", "Rem", "Neg"].iter().any(|name| ident == name) {
        return None;
    }
    let given: Vec<&GenericArgument> = match arguments {
        PathArguments::AngleBracketed(a) => a.args.iter().collect(),
        _ => Vec::new(),
    };
    let has_right = ident == "Neg" || matches!(given.first(), Some(GenericArgument::Type(_)));
    let right = (!has_right).then(|| of.to_code());
    let arguments: Vec<Code> = right.into_iter().chain(given.into_iter().map(Part::to_code)).collect();
    Some(code!(#of: ::differentiable::operators::#ident<#(#arguments),*>))
}
