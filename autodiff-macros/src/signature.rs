//! The signature of a function: its parameters, how they are passed, which carry a derivative.

use proc_macro2::Span;
use quote::format_ident;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Generics, Ident, Pat, ReceiverKind, ReturnType, Type};

use crate::errors::Errors;
use crate::ir::Passing;
use crate::kinds::Types;
use crate::options::Options;

/// A parameter.
#[derive(Clone)]
pub(crate) struct Param {
    pub(crate) name: Ident,
    /// The type as written; for `self`, `Self` or a reference to it.
    pub(crate) ty: Type,
    pub(crate) passing: Passing,
    pub(crate) mutable: bool,
    /// Derivatives flow through it in calls.
    pub(crate) differentiable: bool,
    /// It is among those of `wrt`, or there is no `wrt`.
    pub(crate) wanted: bool,
    /// A pattern that takes the argument apart.
    pub(crate) pattern: Option<Pat>,
    pub(crate) receiver: bool,
    /// A receiver by value, which is handed over by reference.
    pub(crate) owned: bool,
    /// The user has marked it `#[constant]`.
    pub(crate) marked: bool,
}

/// A signature that can be differentiated.
#[derive(Clone)]
pub(crate) struct Signature {
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) params: Vec<Param>,
    /// `None` for `()`; of a reference that is returned, the type of a copy of what it refers to.
    pub(crate) output: Option<Type>,
    /// The reference that the function returns. Its derivatives give a copy of what that refers to.
    pub(crate) lent: Option<syn::TypeReference>,
}

impl Param {
    /// The type behind the reference.
    pub(crate) fn target(&self) -> &Type {
        match &self.ty {
            Type::Reference(r) => &r.elem,
            other => other,
        }
    }

    /// Whether joined sweeps have a cotangent of it: where it is wanted, and where the function changes it, since its
    /// final value may depend on what is wanted.
    pub(crate) fn has_slot(&self) -> bool {
        self.wanted || self.differentiable && self.passing == Passing::RefMut
    }
}

impl Signature {
    /// Writes the type in the place of `Self` in that of the receiver.
    pub(crate) fn name_receiver(&mut self, ty: &Type) {
        for p in self.params.iter_mut().filter(|p| p.receiver) {
            if let Type::Reference(r) = &mut p.ty {
                *r.elem = ty.clone();
            }
        }
    }

    /// Reads a signature, and takes `#[constant]` off its parameters.
    pub(crate) fn read(sig: &mut syn::Signature, options: &Options, types: &Types, errors: &Errors) -> Self {
        for (token, what) in [
            (sig.asyncness.as_ref().map(Spanned::span), "an `async` function"),
            (matches!(sig.safety, syn::Safety::Unsafe(_)).then(|| sig.safety.span()), "an `unsafe` function"),
            (sig.variadic.as_ref().map(Spanned::span), "a variadic function"),
        ] {
            if let Some(span) = token {
                errors.at(span, format!("{what} cannot be differentiated; put the computation into an ordinary function and annotate that"));
            }
        }
        let mut params = Vec::new();
        for (i, arg) in sig.inputs.iter_mut().enumerate() {
            params.push(read_param(arg, i, types, errors));
        }
        // A type parameter that is bound to be a function has no derivative.
        let generics = &sig.generics;
        for p in &mut params {
            if let Type::Path(path) = p.target()
                && path.path.get_ident().is_some_and(|ident| types.is_function(generics, ident))
            {
                p.differentiable = false;
                p.wanted = false;
            }
        }
        if let Some(wrt) = &options.wrt {
            for name in wrt {
                match params.iter().find(|p| p.name == *name) {
                    None => errors.at(name.span(), format!("`wrt` names `{name}`, which is no parameter of `{}`", sig.ident)),
                    Some(p) if !p.differentiable => errors.at(
                        name.span(),
                        format!("`wrt` names `{name}`, which is a constant: its type carries no derivative, or it is marked `#[constant]`"),
                    ),
                    Some(_) => {}
                }
            }
            for p in &mut params {
                p.wanted = p.differentiable && wrt.contains(&p.name);
            }
        }
        for name in options.infinite.iter().filter(|name| params.iter().all(|p| p.name != **name)) {
            errors.at(name.span(), format!("`infinite` names `{name}`, which is no parameter of `{}`", sig.ident));
        }
        // `impl Fn(…)` becomes a type parameter, which generated code can name.
        let mut generics = sig.generics.clone();
        for (i, p) in params.iter_mut().enumerate() {
            NameTraits { generics: &mut generics, param: i, errors }.visit_type_mut(&mut p.ty);
        }
        let mut lent = None;
        let output = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => match &**ty {
                Type::Tuple(t) if t.elems.is_empty() => None,
                Type::Never(_) => {
                    errors.on(ty, "a function that never returns has no derivative");
                    None
                }
                Type::ImplTrait(_) => {
                    errors.on(ty, "the type of the value must be written out: `impl Trait` has no known tangent");
                    None
                }
                Type::Reference(r) => {
                    lent = Some(r.clone());
                    refuse_lending(r, options, errors);
                    Some(crate::tangent_types::copy_of(&r.elem))
                }
                ty => {
                    let lends = crate::tangent_types::lends(ty) || crate::tangent_types::borrows(ty);
                    if types.is_differentiable(ty) && lends {
                        errors.on(
                            ty,
                            "a value that holds references cannot be returned from a differentiated function, since its tape cannot hold them; return an index, or a copy of what is referred to",
                        );
                    }
                    Some(ty.clone())
                }
            },
        };
        for p in params.iter().filter(|p| p.differentiable && !p.receiver) {
            refuse_borrowing(p, errors);
            if p.passing == Passing::Value && matches!(&p.ty, Type::Path(t) if is_mutable_view(t)) {
                errors.on(
                    &p.ty,
                    "what is written through a mutable view that is passed by value cannot be followed; take `&mut ArrayRef` or `&mut Array`, and pass `&mut view`",
                );
            }
        }
        Self { name: sig.ident.clone(), generics, params, output, lent }
    }
}

/// Puts type parameters in the place of the `impl Trait` of a parameter.
struct NameTraits<'a> {
    generics: &'a mut syn::Generics,
    param: usize,
    errors: &'a Errors,
}

impl VisitMut for NameTraits<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        let inner = match &*ty {
            Type::Paren(p) => &*p.elem,
            ty => ty,
        };
        let Type::ImplTrait(bounds) = inner else { return visit_mut::visit_type_mut(self, ty) };
        if bounds.bounds.iter().any(is_iterator) {
            self.errors.on(
                inner,
                "an iterator that is passed in cannot be differentiated through; pass a slice and iterate over that",
            );
        }
        let named = |g: &syn::GenericParam, name: &Ident| matches!(g, syn::GenericParam::Type(t) if t.ident == *name);
        let taken = |name: &Ident| self.generics.params.iter().any(|g| named(g, name));
        let mut name = format_ident!("__F{}", self.param);
        while taken(&name) {
            name = format_ident!("{}_", name);
        }
        let bounds = &bounds.bounds;
        self.generics.params.push(syn::parse_quote!(#name: #bounds));
        *ty = syn::parse_quote!(#name);
    }
}

/// References that are returned, and cannot be followed.
fn refuse_lending(r: &syn::TypeReference, options: &Options, errors: &Errors) {
    if r.mutability.is_some() {
        errors.on(
            r,
            "a `&mut` that is returned cannot be differentiated: what is written through it would have to be followed; return an index, or let the function write the value itself",
        );
    } else if options.has_rule() {
        errors.on(r, "a function with a rule of its own returns a value, not a reference");
    }
}

fn is_mutable_view(ty: &syn::TypePath) -> bool {
    ty.path.segments.last().is_some_and(|s| s.ident.to_string().starts_with("ArrayViewMut"))
}

/// Whether a bound asks for an iterator.
fn is_iterator(bound: &syn::TypeParamBound) -> bool {
    let syn::TypeParamBound::Trait(bound) = bound else { return false };
    let last = bound.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
    last.ends_with("Iterator")
}

/// Whether a method may change its receiver: it takes `&mut self`.
pub(crate) fn changes_receiver(sig: &syn::Signature) -> bool {
    match sig.inputs.first() {
        Some(FnArg::Receiver(r)) => match &r.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            ReceiverKind::Typed(_, ty) => matches!(&**ty, Type::Reference(t) if t.mutability.is_some()),
            _ => false,
        },
        _ => false,
    }
}

/// Types that hold references are passed by shared references: what stays in a tape, and what is changed, cannot hold any.
fn refuse_borrowing(p: &Param, errors: &Errors) {
    if p.passing != Passing::Ref && crate::tangent_types::is_tuple_of_references(p.target()) {
        errors.on(
            &p.ty,
            "a tuple or an array that holds references cannot be a parameter of a differentiated function, since its tape cannot hold them; take each part as a parameter of its own",
        );
        return;
    }
    let held = p.passing == Passing::Value && crate::tangent_types::holds_a_reference(&p.ty);
    if held || p.passing != Passing::Ref && crate::tangent_types::borrows(p.target()) {
        errors.on(
            &p.ty,
            "a type that holds references is passed by `&` to a differentiated function, since its tape cannot hold them; or pass what it refers to",
        );
    }
}

fn read_param(arg: &mut FnArg, i: usize, types: &Types, errors: &Errors) -> Param {
    let attrs = match arg {
        FnArg::Receiver(r) => &mut r.attrs,
        FnArg::Typed(t) => &mut t.attrs,
    };
    let before = attrs.len();
    attrs.retain(|a| !a.path().is_ident("constant"));
    let constant = attrs.len() < before;
    match arg {
        FnArg::Receiver(r) => {
            let span = r.self_token.span;
            let (passing, ty): (Passing, Type) = match &r.kind {
                ReceiverKind::Reference(_, _, Some(_)) => (Passing::RefMut, syn::parse_quote!(&mut Self)),
                ReceiverKind::Reference(..) => (Passing::Ref, syn::parse_quote!(&Self)),
                ReceiverKind::Typed(_, ty) => match &**ty {
                    Type::Reference(t) if t.mutability.is_some() => (Passing::RefMut, syn::parse_quote!(&mut Self)),
                    Type::Reference(_) => (Passing::Ref, syn::parse_quote!(&Self)),
                    Type::Path(p) if p.path.is_ident("Self") => (Passing::Value, syn::parse_quote!(Self)),
                    other => {
                        errors.on(other, "a receiver must be `self`, `&self` or `&mut self`");
                        (Passing::Ref, syn::parse_quote!(&Self))
                    }
                },
                _ => (Passing::Value, syn::parse_quote!(Self)),
            };
            Param {
                name: Ident::new("self", span),
                ty,
                passing,
                mutable: r.mutability.is_some(),
                differentiable: !constant,
                wanted: !constant,
                pattern: None,
                receiver: true,
                owned: false,
                marked: constant,
            }
        }
        FnArg::Typed(t) => {
            let ty = (*t.ty).clone();
            let passing = match &ty {
                Type::Reference(r) if r.mutability.is_some() => Passing::RefMut,
                Type::Reference(_) => Passing::Ref,
                _ => Passing::Value,
            };
            let differentiable = !constant && types.is_differentiable(&ty);
            let (name, mutable, pattern) = match &*t.pat {
                Pat::Ident(p) if p.subpat.is_none() && p.by_ref.is_none() => {
                    (p.ident.clone(), p.mutability.is_some(), None)
                }
                Pat::Wild(w) => (format_ident!("arg{}", i, span = w.span()), false, None),
                other => (
                    format_ident!("arg{}", i, span = Span::mixed_site().located_at(other.span())),
                    false,
                    Some(other.clone()),
                ),
            };
            Param {
                name,
                ty,
                passing,
                mutable,
                differentiable,
                wanted: differentiable,
                pattern,
                receiver: false,
                owned: false,
                marked: constant,
            }
        }
    }
}
