//! The functions that stand beside a differentiated function: the hidden entries that other generated
//! code calls, and the public derivatives, which are thin shells around those.
//!
//! In: a [`Function`] after analysis, and a [`Host`] that says where the companions live. Out: items of
//! an inherent `impl`.

mod bounds;
mod forward;
mod host;
mod joined;
pub(crate) mod shallow;
mod taped;

pub(crate) use host::Host;

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{GenericParam, Type};

use crate::emit::{Code, Emitter};
use crate::expand::Function;
use crate::ir::{Passing, VarId};
use crate::mentions::Mentions;
use crate::signature::Param;
use crate::tangent_types::{bounded_otherwise, is_hollow, mentions, owned_tangent, slot_type};
use crate::{integers, methods};

/// Writes the companions of one function.
pub(crate) struct Companions<'a> {
    pub(crate) f: &'a Function,
    pub(crate) host: &'a Host,
}

impl<'a> Companions<'a> {
    fn params(&self) -> &'a [Param] {
        &self.f.signature.params
    }

    /// The type of the value.
    pub(crate) fn output(&self) -> TokenStream {
        self.f.signature.output.as_ref().map_or(quote!(()), ToTokens::to_token_stream)
    }

    /// The type of the value as the function itself gives it.
    pub(crate) fn declared_output(&self) -> TokenStream {
        self.f.signature.lent.as_ref().map_or_else(|| self.output(), ToTokens::to_token_stream)
    }

    /// The type of the value's tangent.
    pub(crate) fn output_tangent(&self) -> TokenStream {
        self.f.signature.output.as_ref().map_or(quote!(()), |ty| self.whole(ty).unwrap_or_else(|| owned_tangent(ty)))
    }

    /// The tangent of a tuple or an array in a method of a trait, as one type: a trait that asks for a derivative of the
    /// associated type that it stands for knows it by this name alone.
    fn whole(&self, ty: &Type) -> Option<TokenStream> {
        let whole = match ty {
            Type::Tuple(t) => !t.elems.is_empty() && !t.elems.iter().any(|ty| matches!(ty, Type::Reference(_))),
            Type::Array(a) => !matches!(*a.elem, Type::Reference(_)),
            _ => false,
        };
        (self.host.of_trait && whole).then(|| quote!(<#ty as ::differentiable::Differentiable>::Tangent))
    }

    /// The generics of a companion: those of the function, bounds for the derivatives, and more.
    pub(crate) fn generics(&self, extra: &[TokenStream]) -> (TokenStream, TokenStream) {
        let g = &self.f.signature.generics;
        let params = g.params.iter().map(|p| {
            let mut p = p.clone();
            if let GenericParam::Type(t) = &mut p {
                t.default = None;
            }
            p.to_token_stream()
        });
        let all: Vec<TokenStream> = extra.iter().cloned().chain(params).collect();
        let existing = g.where_clause.iter().flat_map(|w| w.predicates.iter().map(ToTokens::to_token_stream));
        let bounds: Vec<TokenStream> = existing.chain(self.bounds()).chain(self.host.bound.clone()).collect();
        let generics = if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) };
        let clause = if bounds.is_empty() { TokenStream::new() } else { quote!(where #(#bounds),*) };
        (generics, clause)
    }

    /// The type parameters of the function that occur in its parameters.
    pub(crate) fn cloned_parameters(&self) -> Vec<Ident> {
        let outer: Vec<&Ident> = self.host.outer.type_params().map(|t| &t.ident).collect();
        let occurs = |p: &Param, n: &Ident| mentions(&p.ty, n) || p.receiver && outer.contains(&n);
        self.type_names().into_iter().filter(|n| self.params().iter().any(|p| occurs(p, n))).collect()
    }

    /// The names of type and const parameters, for `use<…>` and turbofish.
    fn generic_names(&self, outer: bool) -> Vec<TokenStream> {
        let own = self.f.signature.generics.params.iter();
        let all: Vec<&GenericParam> =
            if outer { self.host.outer.params.iter().chain(own).collect() } else { own.collect() };
        all.into_iter()
            .filter_map(|p| match p {
                GenericParam::Type(t) => Some(t.ident.to_token_stream()),
                GenericParam::Const(c) => Some(c.ident.to_token_stream()),
                GenericParam::Lifetime(_) => None,
            })
            .collect()
    }

    /// `::<T, N>`, where there are parameters.
    pub(crate) fn turbofish(&self) -> TokenStream {
        let names = self.generic_names(false);
        if names.is_empty() { TokenStream::new() } else { quote!(::<#(#names),*>) }
    }

    /// The same for the function itself: with `impl Trait` it takes no explicit type arguments.
    pub(crate) fn explicit_parameters(&self) -> TokenStream {
        if self.has_anonymous_parameters() { TokenStream::new() } else { self.turbofish() }
    }

    /// `::<T, N, more>`.
    pub(crate) fn turbofish_with(&self, more: &TokenStream) -> TokenStream {
        let names = self.generic_names(false);
        quote!(::<#(#names,)* #more>)
    }

    /// Whether the value is known to be a float.
    pub(crate) fn returns_scalar(&self) -> bool {
        matches!(self.f.types.kind_of(self.f.signature.output.as_ref()), Some(crate::kinds::Kind::Float(_)))
    }

    /// Whether the function has parameters of type `impl Trait`.
    pub(crate) fn has_anonymous_parameters(&self) -> bool {
        self.f.signature.generics.type_params().any(|t| t.ident.to_string().starts_with("__F"))
    }

    pub(crate) fn captured(&self, lifetimes: &[TokenStream]) -> TokenStream {
        let mut names: Vec<TokenStream> = lifetimes.to_vec();
        let all = self.host.outer.lifetimes().chain(self.f.signature.generics.lifetimes());
        if !lifetimes.is_empty() {
            names.extend(all.map(|l| l.lifetime.to_token_stream()));
        }
        names.extend(self.host.captures_self.then(|| quote!(Self)));
        names.extend(self.generic_names(true));
        quote!(use<#(#names),*>)
    }

    /// The parameters as written, with the names that the emitter gives them.
    fn primal_params(&self, emitter: &Emitter<'_>) -> Vec<TokenStream> {
        self.params()
            .iter()
            .zip(&emitter.program.params)
            .map(|(p, q)| {
                let ty = &p.ty;
                if p.receiver {
                    return if p.passing == Passing::RefMut { quote!(&mut self) } else { quote!(&self) };
                }
                let name = emitter.name(q.parts[0]);
                let mutable = (emitter.is_written(q.parts[0]) && p.passing == Passing::Value).then(|| quote!(mut));
                quote!(#mutable #name: #ty)
            })
            .collect()
    }

    /// The optional tangents of the parameters at a level, and what unwraps them.
    fn tangent_params(&self, emitter: &Emitter<'_>, level: u32) -> (Vec<TokenStream>, TokenStream) {
        let mut params = Vec::new();
        let mut prologue = TokenStream::new();
        let tangent = |p: &Param| if emitter.lanes { crate::lanes::passed(p) } else { self.tangent_type(p) };
        for c in 1..1_usize << level {
            for (p, q) in self.params().iter().zip(&emitter.program.params) {
                let Some(&v) = q.parts.get(c) else {
                    let ty = if self.has_space(p) { tangent(p) } else { nothing(p) };
                    params.push(quote!(_: ::core::option::Option<#ty>));
                    continue;
                };
                let name = emitter.name(v);
                let ty = tangent(p);
                params.push(quote!(#name: ::core::option::Option<#ty>));
                prologue.extend(unwrap_tangent(emitter, p, q.parts[0], v, &ty));
            }
        }
        (params, prologue)
    }

    /// Whether signatures name the tangent of a parameter: where it is differentiable, where its tangent holds nothing, and
    /// where the trait cannot know that it carries no derivative, since it sees an associated type.
    pub(crate) fn has_space(&self, p: &Param) -> bool {
        p.differentiable || is_hollow(p.target()) || self.host.associated.contains(p.target())
    }

    /// The type behind the reference to a parameter's cotangent, in the signatures of companions.
    pub(crate) fn space(&self, p: &Param) -> TokenStream {
        if self.has_space(p) { self.slot(p) } else { quote!(()) }
    }

    /// The type of a parameter's tangent in the signatures of companions.
    pub(crate) fn tangent_space(&self, p: &Param) -> TokenStream {
        if self.has_space(p) { self.tangent_type(p) } else { nothing(p) }
    }

    /// The type behind the reference to a parameter's cotangent.
    pub(crate) fn slot(&self, p: &Param) -> TokenStream {
        self.whole(p.target()).unwrap_or_else(|| slot_type(p.target()))
    }

    /// The type of a parameter's tangent, passed as the parameter is.
    pub(crate) fn tangent_type(&self, p: &Param) -> TokenStream {
        match p.passing {
            Passing::Value => self.whole(&p.ty).unwrap_or_else(|| owned_tangent(&p.ty)),
            Passing::Ref => {
                let t = self.slot(p);
                quote!(&#t)
            }
            Passing::RefMut => {
                let t = self.slot(p);
                quote!(&mut #t)
            }
        }
    }

    /// `let this = self;`, the items of the function, and the traits whose methods the body calls.
    fn receiver(&self, emitter: &Emitter<'_>, body: &[&Code]) -> TokenStream {
        let items = &self.f.items;
        let this = self.this(emitter);
        // People are shown neither imports nor what stands for what may be missing.
        if emitter.text {
            return quote!(#items #this);
        }
        let floats = self.f.calls_float_methods().then(|| {
            quote!(
                use ::differentiable::__private::FloatMethods as _;
            )
        });
        let complex = self.f.calls_complex().then(|| {
            quote!(
                use ::differentiable::__private::{ComplexMethods as _, ComplexPolar as _};
            )
        });
        let mentions = Mentions::of(body);
        let traits = traits(&mentions);
        let missing = crate::unannotated::methods(&mentions);
        let constants = fields_of_constants(&mentions);
        quote!(#traits #floats #complex #missing #constants #items #this)
    }

    fn this(&self, emitter: &Emitter<'_>) -> TokenStream {
        match (self.params().first(), emitter.program.params.first()) {
            (Some(p), Some(q)) if p.receiver => {
                let name = emitter.name(q.parts[0]);
                quote!(let #name = self;)
            }
            _ => TokenStream::new(),
        }
    }

    /// The bounds of an item of a trait: the companions exist for types with a derivative. A function without values of
    /// the type asks for none.
    fn sized(&self, clause: TokenStream) -> TokenStream {
        let own = Ident::new("Self", Span::call_site());
        let mut types = self.params().iter().map(|p| &p.ty).chain(&self.f.signature.output);
        let has_values = types.any(|ty| mentions(ty, &own)) || self.params().iter().any(|p| p.receiver);
        let mut bounds =
            vec![if has_values { quote!(Self: Sized + ::differentiable::Differentiable) } else { quote!(Self: Sized) }];
        let types = self
            .params()
            .iter()
            .filter(|p| p.differentiable)
            .map(|p| p.target().clone())
            .chain(self.f.signature.output.clone());
        for ty in types {
            if matches!(&ty, Type::Path(p) if p.path.segments.len() > 1 && p.path.segments[0].ident == "Self") {
                bounds.push(quote!(#ty: ::differentiable::Differentiable));
            }
        }
        for p in self.host.outer.type_params().filter(|p| !bounded_otherwise(p)) {
            let ident = &p.ident;
            if self.params().iter().any(|q| q.differentiable && mentions(&q.ty, ident)) {
                bounds.push(quote!(#ident: ::differentiable::Differentiable));
            }
        }
        if clause.is_empty() { quote!(where #(#bounds),*) } else { quote!(#clause, #(#bounds),*) }
    }

    /// The value and its tangents as callers in differentiated code take them.
    fn lent_values(&self, emitter: &Emitter<'_>) -> Vec<TokenStream> {
        emitter.program.value.iter().map(|e| self.lent(&emitter.value(e).into_token_stream())).collect()
    }

    /// The types of those.
    fn lent_outputs(&self, level: u32) -> TokenStream {
        let (value, tangent) = (self.lent_type(&self.output()), self.lent_type(&self.output_tangent()));
        let tangents = std::iter::repeat_n(tangent, (1_usize << level) - 1);
        if level == 0 { value } else { quote!((#value, #(#tangents),*)) }
    }

    /// A value, its tangent or its cotangent (an expression, or a pattern), as it passes between differentiated functions.
    pub(crate) fn lent(&self, value: &TokenStream) -> TokenStream {
        if self.f.signature.lent.is_some() {
            quote!(::differentiable::__private::ReturnedRef(#value))
        } else {
            value.clone()
        }
    }

    fn lent_type(&self, ty: &TokenStream) -> TokenStream {
        if self.f.signature.lent.is_some() { quote!(::differentiable::__private::ReturnedRef<#ty>) } else { ty.clone() }
    }

    /// The types of a value and its tangents.
    pub(crate) fn outputs(&self, level: u32) -> TokenStream {
        let (value, tangent) = (self.output(), self.output_tangent());
        let n = (1_usize << level) - 1;
        let tangents = std::iter::repeat_n(tangent, n);
        if n == 0 { value } else { quote!((#value, #(#tangents),*)) }
    }

    fn type_params(&self) -> impl Iterator<Item = &syn::TypeParam> {
        self.host.outer.type_params().chain(self.f.signature.generics.type_params())
    }

    fn type_names(&self) -> Vec<Ident> {
        self.type_params().map(|t| t.ident.clone()).collect()
    }

    /// Whether the tape is a box, whose type names nothing but a lifetime.
    fn is_erased(&self) -> bool {
        !self.f.options.tape_none
            && (self.host.of_trait
                || crate::cycles::may_call_itself(self.f, self.host.method.is_some(), &self.host.ending))
    }

    /// Adds what a value that keeps the tape for a lifetime asks of type parameters.
    pub(crate) fn keeping_tape(&self, clause: TokenStream, lifetime: &TokenStream) -> TokenStream {
        let names: Vec<&Ident> = self.type_params().filter(|t| !bounded_otherwise(t)).map(|t| &t.ident).collect();
        match (self.is_erased() && !names.is_empty(), clause.is_empty()) {
            (false, _) => clause,
            (true, true) => quote!(where #(#names: #lifetime),*),
            (true, false) => quote!(#clause, #(#names: #lifetime),*),
        }
    }

    /// The bound under which a gradient exists, which is checked where the gradient is called.
    pub(crate) fn scalar_clause(&self, clause: TokenStream) -> TokenStream {
        let output = self.output();
        let bound = quote!(for<'scalar> #output: ::differentiable::__private::Scalar<'scalar>);
        if clause.is_empty() { quote!(where #bound) } else { quote!(#clause, #bound) }
    }
}

/// Brings the traits of the prelude into scope whose methods generated code calls: the user's prelude
/// may lack them.
fn traits(body: &Mentions) -> TokenStream {
    let mut out = TokenStream::new();
    if body.any(&["to_owned"]) {
        out.extend([quote!(
            use ::differentiable::__private::ToOwned as _;
        )]);
    }
    if body.any(&[crate::layout::RESTORED]) {
        out.extend([quote!(
            use ::differentiable::operators::Kept as _;
        )]);
    }
    if !body.that(crate::arrays::is_view).is_empty() {
        out.extend([quote!(
            use ::differentiable::__private::{ViewsOfConstantViews as _, ViewsOfConstants as _};
        )]);
    }
    if !body.that(integers::is_companion).is_empty() {
        let names = integers::TRAITS.map(|name| Ident::new(name, Span::call_site()));
        out.extend(quote!(
            #[allow(unused_imports)]
            use ::differentiable::__private::{#(#names as _),*};
        ));
    }
    if !body.that(methods::is_of_containers).is_empty() {
        out.extend(with_std(
            &quote!(
                #[allow(unused_imports)]
                use ::differentiable::__private::{Options as _, Vectors as _};
            ),
            &quote!(),
        ));
    }
    if !body.that(|name| name.ends_with("_from")).is_empty() {
        out.extend(with_std(
            &quote!(
                #[allow(unused_imports)]
                use ::differentiable::__private::Conversion as _;
            ),
            &quote!(),
        ));
    }
    if body.any(&["rev", "step_by", "size_hint"]) {
        out.extend([quote!(
            use ::core::iter::Iterator as _;
        )]);
    }
    out
}

/// A trait that gives `()`, the tangent of a constant, the fields that generated code reaches through others.
fn fields_of_constants(body: &Mentions) -> TokenStream {
    let of_variant = |n: &str| n.trim_start_matches("__").starts_with(char::is_uppercase);
    let shared = body.that(|n| n.starts_with(crate::derive::FIELD) || of_variant(n) && !n.ends_with("_mut"));
    let unique = body.that(|n| n.starts_with(crate::derive::FIELD_MUT) || of_variant(n) && n.ends_with("_mut"));
    if shared.is_empty() && unique.is_empty() {
        return TokenStream::new();
    }
    let prefixes = [crate::derive::FIELD, crate::derive::FIELD_MUT];
    let number = |name: &Ident| prefixes.iter().find_map(|p| name.to_string().strip_prefix(p)?.parse::<usize>().ok());
    let numbers: BTreeSet<usize> = shared.iter().chain(&unique).filter_map(number).collect();
    let of_tuples = numbers.into_iter().map(|i| format_ident!("Field{}", i));
    quote! {
        #(use ::differentiable::__private::#of_tuples as _;)*
        trait FieldsOfConstants {
            #(fn #shared(&self) -> &();)*
            #(fn #unique(&mut self) -> &mut ();)*
        }
        impl FieldsOfConstants for () {
            #(fn #shared(&self) -> &() { self })*
            #(fn #unique(&mut self) -> &mut () { self })*
        }
    }
}

/// The tangent of a constant parameter, passed as the parameter is.
pub(crate) fn nothing(p: &Param) -> TokenStream {
    match p.passing {
        Passing::Value => quote!(()),
        Passing::Ref => quote!(&()),
        Passing::RefMut => quote!(&mut ()),
    }
}

/// Takes a tangent out of its `Option`, or makes a zero one.
fn unwrap_tangent(emitter: &Emitter<'_>, p: &Param, primal: VarId, tangent: VarId, ty: &TokenStream) -> TokenStream {
    if !emitter.is_mentioned(tangent) {
        return TokenStream::new();
    }
    let (x, t) = (emitter.name(primal), emitter.name(tangent));
    let make = if emitter.lanes {
        let width = crate::lanes::width();
        quote!(::differentiable::lanes::zero::<_, #width>)
    } else {
        quote!(::differentiable::Differentiable::__zero)
    };
    let zero = format_ident!("{}_zero", t, span = t.span());
    match p.passing {
        Passing::Value => {
            let mutable = emitter.is_written(tangent).then(|| quote!(mut));
            quote!(let #mutable #t: #ty = #t.unwrap_or_else(|| #make(&#x));)
        }
        Passing::Ref => quote! {
            let #zero;
            let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = #make(&*#x); &#zero } };
        },
        Passing::RefMut => quote! {
            let mut #zero;
            let #t: #ty = match #t { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = #make(&*#x); &mut #zero } };
        },
    }
}

/// What is generated with the feature `std` of the library, and what without it.
pub(crate) fn with_std(std: &TokenStream, core: &TokenStream) -> TokenStream {
    quote!(::differentiable::__if_std! { {#std} {#core} })
}
