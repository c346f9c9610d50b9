//! The functions that stand beside a differentiated function: the hidden entries that other generated
//! code calls, and the public derivatives, which are thin shells around those.
//!
//! In: a [`Function`] after analysis, and a [`Host`] that says where the companions live. Out: items of
//! an inherent `impl`.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, Type};

use crate::emit::{Emitter, companion, tuple};
use crate::expand::{Function, Sweeps};
use crate::ir::{Passing, Program, Stmt, VarId};
use crate::mentions::Mentions;
use crate::signature::Param;
use crate::source::format_source;
use crate::tangent_types::{
    bounded_otherwise, elide, is_hollow, lifetime_tokens, mentions, owned_tangent, slot_type, with_lifetime,
};
use crate::var_set::VarSet;

/// Where companions live and how they are called.
#[derive(Clone, Default)]
pub(crate) struct Host {
    pub(crate) vis: TokenStream,
    /// `None` for a twin, whose companions are called `grad`; `Some(m)` for the methods `m_grad`.
    pub(crate) method: Option<Ident>,
    pub(crate) attrs: TokenStream,
    /// The companions are items of a trait: their types are the same whatever an `impl` writes.
    pub(crate) of_trait: bool,
    /// They are declared in the trait itself, for every type that implements it.
    pub(crate) declared: bool,
    /// Opaque types capture `Self` as well: they are declared in a trait.
    pub(crate) captures_self: bool,
    /// Parameters of the `impl` around, which opaque types capture.
    pub(crate) outer: Generics,
    /// The associated types of an `impl` of a trait, which are generic in the trait's companions.
    pub(crate) associated: Vec<Type>,
    /// A bound under which they exist, which is checked where they are called.
    pub(crate) bound: Option<TokenStream>,
}

impl Host {
    /// The name of a hidden companion.
    pub(crate) fn hidden(&self, base: &str, level: u32) -> Ident {
        let base = companion(base, level);
        match &self.method {
            None => Ident::new(&base, Span::mixed_site()),
            Some(m) => Ident::new(&format!("{base}_{}", m.unraw()), m.span()),
        }
    }

    /// The name of a public companion.
    pub(crate) fn public(&self, base: &str, prefix: Option<&Ident>) -> Ident {
        match (&self.method, prefix) {
            (None, _) => Ident::new(base, Span::call_site()),
            (Some(_), Some(p)) => Ident::new(&format!("{}_{base}", p.unraw()), p.span()),
            (Some(m), None) => Ident::new(&format!("{}_{base}", m.unraw()), m.span()),
        }
    }
}

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
        self.f.signature.output.as_ref().map_or(quote!(()), owned_tangent)
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

    /// Type parameters in differentiable parameters have a derivative.
    fn bounds(&self) -> Vec<TokenStream> {
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
                    bounds.push(quote!(#ident: ::differentiable::Differentiable));
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
                    bounds.push(quote!(#path: ::differentiable::Differentiable));
                }
            }
        }
        if let Some(Type::Path(path)) = &self.f.signature.output
            && path.path.segments.len() > 1
            && names.iter().any(|n| path.path.segments[0].ident == *n)
        {
            bounds.push(quote!(#path: ::differentiable::Differentiable));
        }
        // A rule is given the arguments by value twice.
        let by_value = |n: &Ident| self.params().iter().any(|p| p.passing == Passing::Value && mentions(&p.ty, n));
        if self.f.options.has_rule() {
            bounds.extend(names.iter().filter(|n| by_value(n)).map(|n| quote!(#n: ::core::clone::Clone)));
        }
        bounds
    }

    /// The type parameters of the function that occur in its parameters.
    pub(crate) fn cloned_parameters(&self) -> Vec<Ident> {
        self.type_names().into_iter().filter(|n| self.params().iter().any(|p| mentions(&p.ty, n))).collect()
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
                    let ty = if self.has_space(p) { tangent(p) } else { quote!(()) };
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
    fn has_space(&self, p: &Param) -> bool {
        p.differentiable || is_hollow(p.target()) || self.host.associated.contains(p.target())
    }

    /// The type behind the reference to a parameter's cotangent, in the signatures of companions.
    pub(crate) fn space(&self, p: &Param) -> TokenStream {
        if self.has_space(p) { self.slot(p) } else { quote!(()) }
    }

    /// The type of a parameter's tangent in the signatures of companions.
    pub(crate) fn tangent_space(&self, p: &Param) -> TokenStream {
        if self.has_space(p) { self.tangent_type(p) } else { quote!(()) }
    }

    /// The type behind the reference to a parameter's cotangent.
    pub(crate) fn slot(&self, p: &Param) -> TokenStream {
        slot_type(p.target())
    }

    /// The type of a parameter's tangent, passed as the parameter is.
    pub(crate) fn tangent_type(&self, p: &Param) -> TokenStream {
        match p.passing {
            Passing::Value => owned_tangent(&p.ty),
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
    fn receiver(&self, emitter: &Emitter<'_>, body: &[&TokenStream]) -> TokenStream {
        let items = &self.f.items;
        let this = self.this(emitter);
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
        let missing = if emitter.text { TokenStream::new() } else { crate::unannotated::methods(&mentions) };
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

    /// The forward-mode companion of a level.
    pub(crate) fn tangent(&self, level: u32) -> TokenStream {
        self.tangent_as(level, true)
    }

    /// The forward-mode companion, with (`body`) or without its body.
    pub(crate) fn tangent_as(&self, level: u32, with_body: bool) -> TokenStream {
        let mut program = self.f.tangent(level);
        crate::layout::arrange(&mut program, &self.f.types);
        crate::emit::moves::clone_where_needed(&mut program);
        let emitter = Emitter::new(&program, &self.f.types, HashSet::new(), &self.f.reserved);
        let (body, _) = emitter.sweeps();
        let values = self.lent_values(&emitter);
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let params = self.primal_params(&emitter);
        let (generics, clause) = self.generics(&[]);
        let name = self.host.hidden("__jvp", level);
        let outputs = self.lent_outputs(level);
        let (vis, attrs, this) = (&self.host.vis, &self.host.attrs, self.receiver(&emitter, &[&body]));
        let values = tuple(&values);
        let clause = if self.host.declared { self.sized(clause) } else { clause };
        if !with_body {
            return quote!(#[doc(hidden)] fn #name #generics (#(#params,)* #(#tangents),*) -> #outputs #clause;);
        }
        quote! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params,)* #(#tangents),*) -> #outputs #clause { #this #prologue #body #values }
        }
    }

    /// The forward-mode companion along several directions at once.
    pub(crate) fn lanes(&self) -> TokenStream {
        let mut program = self.f.tangent(1);
        crate::layout::arrange(&mut program, &self.f.types);
        crate::lanes::widen(&mut program);
        crate::emit::moves::clone_where_needed(&mut program);
        let mut emitter = Emitter::new(&program, &self.f.types, HashSet::new(), &self.f.reserved);
        emitter.lanes = true;
        let (body, _) = emitter.sweeps();
        let values: Vec<TokenStream> = program.value.iter().map(|e| emitter.value(e)).collect();
        let (tangents, prologue) = self.tangent_params(&emitter, 1);
        let (params, (lists, clause)) = (self.primal_params(&emitter), self.generics_with_width());
        let (name, width) = (self.host.hidden(crate::lanes::COMPANION, 0), crate::lanes::width());
        let (vis, attrs, this) = (&self.host.vis, &self.host.attrs, self.receiver(&emitter, &[&body]));
        let (values, output) = (tuple(&values), self.output());
        let tangent = self.f.signature.output.as_ref().map_or(quote!(()), |ty| crate::lanes::owned(ty, &width));
        let missing = crate::unannotated::lanes(&Mentions::of(&[&body]));
        quote! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #lists (#(#params,)* #(#tangents,)* _: ::differentiable::lanes::Width<#width>) -> (#output, #tangent) #clause { #missing #this #prologue #body #values }
        }
    }

    /// The generics of a companion with a number of lanes.
    pub(crate) fn generics_with_width(&self) -> (TokenStream, TokenStream) {
        let own = self.f.signature.generics.params.iter();
        let (width, (_, clause)) = (crate::lanes::width(), self.generics(&[]));
        (quote!(<#(#own,)* const #width: usize>), self.with_lanes(clause, &width.to_token_stream()))
    }

    /// The bounds under which type parameters have several tangents.
    pub(crate) fn with_lanes(&self, clause: TokenStream, width: &TokenStream) -> TokenStream {
        let bounds: Vec<TokenStream> = [&self.host.outer, &self.f.signature.generics]
            .into_iter()
            .flat_map(Generics::type_params)
            .filter(|p| self.params().iter().any(|q| q.differentiable && (q.receiver || mentions(&q.ty, &p.ident))))
            .map(|p| {
                let name = &p.ident;
                let float = matches!(self.f.types.kind(&syn::parse_quote!(#name)), crate::kinds::Kind::Float(_));
                if float {
                    quote!(#name: ::differentiable::lanes::Number<{ #width }>)
                } else {
                    quote!(#name: ::differentiable::lanes::Wide)
                }
            })
            .collect();
        match (bounds.is_empty(), clause.is_empty()) {
            (true, _) => clause,
            (_, true) => quote!(where #(#bounds),*),
            _ => quote!(#clause, #(#bounds),*),
        }
    }

    /// The bounds of an item of a trait: the companions exist for types with a derivative.
    fn sized(&self, clause: TokenStream) -> TokenStream {
        let mut bounds = vec![quote!(Self: Sized + ::differentiable::Differentiable)];
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
        emitter.program.value.iter().map(|e| self.lent(&emitter.value(e))).collect()
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

    /// The taped companion of a level: forward sweep and pullback.
    pub(crate) fn taped(&self, level: u32) -> TokenStream {
        self.taped_as_item(level, true)
    }

    /// The taped companion with (`body`) or without its body.
    pub(crate) fn taped_as_item(&self, level: u32, body: bool) -> TokenStream {
        self.taped_both(level, body, Taped::FORWARD)
    }

    /// The taped companion, boxed where the function may call itself.
    fn taped_both(&self, level: u32, body: bool, taped: Taped) -> TokenStream {
        // What calls only functions that store nothing of variable size cannot call itself.
        self.taped_as(level, self.is_erased(), body, taped)
    }

    /// The taped companion for callers that need `&mut` parameters as outputs alone (see [`crate::outputs`]).
    pub(crate) fn taped_outputs(&self, level: u32) -> TokenStream {
        if self.params().iter().all(|p| p.passing != Passing::RefMut) {
            return TokenStream::new();
        }
        let outputs = self.f.adjoint(level, Sweeps::Outputs);
        let flat = |p: &Param| p.passing != Passing::RefMut || self.has_one_shape(p.target());
        if self.params().iter().all(flat) && !crate::outputs::are_read(&outputs) {
            return self.taped_both(level, true, Taped { name: "__out", sweeps: Sweeps::Outputs, last: false });
        }
        // What cannot do without the last contents keeps a copy of them.
        self.taped_both(level, true, Taped { name: "__out", sweeps: Sweeps::Taped, last: true })
    }

    /// The taped companion as an item of a trait, with (`body`) or without its body.
    pub(crate) fn taped_erased(&self, level: u32, body: bool) -> TokenStream {
        with_std(&self.taped_as(level, true, body, Taped::FORWARD), &TokenStream::new())
    }

    /// The taped companion as an item of a trait that an `impl` need not have.
    pub(crate) fn taped_absent(&self, level: u32, absent: &syn::Block) -> TokenStream {
        with_std(&without_semicolon(self.taped_as(level, true, false, Taped::FORWARD), absent), &TokenStream::new())
    }

    /// The same for forward mode.
    pub(crate) fn tangent_absent(&self, level: u32, absent: &syn::Block) -> TokenStream {
        without_semicolon(self.tangent_as(level, false), absent)
    }

    /// Whether all values of a type have as many floats in the same places: floats, and slices and arrays of them.
    fn has_one_shape(&self, ty: &Type) -> bool {
        match ty {
            Type::Slice(s) => self.has_one_shape(&s.elem),
            Type::Array(a) => self.has_one_shape(&a.elem),
            ty => self.f.types.kind_of(Some(ty)).is_some_and(|kind| kind.is_float()),
        }
    }

    fn taped_as(&self, level: u32, erased: bool, with_body: bool, taped: Taped) -> TokenStream {
        let program = self.f.laid_out(&self.f.adjoint(level, taped.sweeps));
        let reverse = program.reverse.clone().expect("a reversed program");
        let slots = self.optional_slots(&program);
        let emitter = Emitter::new(&program, &self.f.types, slots.clone(), &self.f.reserved);
        let (mut forward, backward) = emitter.sweeps();
        // The tape keeps an array of its own in place of a view.
        for (p, q) in self.params().iter().zip(&program.params) {
            let name = emitter.name(q.parts[0]);
            if p.passing == Passing::Value
                && crate::tangent_types::is_view(&p.ty)
                && Mentions::of(&[&backward]).any(&[&name.to_string()])
            {
                forward = quote!(let #name = #name.to_owned(); #forward);
            }
        }
        if self.f.options.tape_none && level == 0 {
            forward.extend(crate::storage::assertions(&program, &emitter));
        }
        let values = self.lent_values(&emitter);
        let value = if level == 0 { values[0].clone() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let params = self.primal_params(&emitter);
        let components = 1_usize << level;
        let mut again = (Vec::new(), Vec::new());
        let mut slot = (Vec::new(), Vec::new());
        let mut grads = (Vec::new(), Vec::new());
        let (mut unwrap, mut hollow) = (TokenStream::new(), TokenStream::new());
        for c in 0..components {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                let by_value = p.passing == Passing::Value;
                let ty = self.tangent_type(p);
                // The arguments by reference, again.
                let (pattern, again_type) = match (by_value, c, q.parts.get(c)) {
                    (true, _, _) => (quote!(()), quote!(())),
                    (false, 0, _) => {
                        let (name, ty) = (emitter.name(q.parts[0]), with_lifetime(&p.ty));
                        (quote!(#name), ty)
                    }
                    (false, _, Some(&v)) => {
                        let name = emitter.name(v);
                        unwrap.extend(unwrap_tangent(&emitter, p, q.parts[0], v, &ty));
                        let ty = lifetime_tokens(&ty);
                        (quote!(#name), quote!(::core::option::Option<#ty>))
                    }
                    (false, _, None) => {
                        let ty = if self.has_space(p) { lifetime_tokens(&ty) } else { quote!(()) };
                        (quote!(_), quote!(::core::option::Option<#ty>))
                    }
                };
                again.0.push(pattern);
                again.1.push(again_type);
                // The slots.
                let adjoint = adjoints.get(c);
                let target = self.space(p);
                slot.0.push(self.slot_pattern(&emitter, p, q.parts[0], adjoint.copied(), &slots, &mut unwrap));
                slot.1.push(if by_value { quote!(()) } else { quote!(::core::option::Option<&'r mut #target>) });
                // The gradients by value.
                let (value, ty) = self.gradient_of(&emitter, p, q.parts[0], adjoint.copied(), &mut hollow);
                grads.0.push(value);
                grads.1.push(ty);
            }
        }
        let cotangents: Vec<TokenStream> = reverse.cotangent.iter().map(|v| self.lent(&emitter.pattern(*v))).collect();
        let cotangent_types: Vec<TokenStream> =
            reverse.cotangent.iter().map(|_| self.lent_type(&self.output_tangent())).collect();
        let (cotangent, cotangent_type) = match (cotangents.as_slice(), cotangent_types.as_slice()) {
            ([one], [ty]) => (one.clone(), ty.clone()),
            (many, types) => (quote!((#(#many),*)), quote!((#(#types),*))),
        };
        let (again_pattern, again_type) = (tuple(&again.0), tuple(&again.1));
        let (slot_pattern, slot_types) = (tuple(&slot.0), tuple(&slot.1));
        let (grads, grad_types) = (tuple(&grads.0), tuple(&grads.1));
        let argument = quote!((#again_type, #cotangent_type, #slot_types));
        let elided = elide(&argument);
        let captured = self.captured(&[]);
        let clone = (level == 0 && !self.host.of_trait && crate::persistent::is_persistent(self.f))
            .then(|| quote!(+ ::core::clone::Clone));
        let plain = quote!(impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types #clone + #captured);
        let generic = !self.generic_names(true).is_empty() || self.host.of_trait;
        let (tape_type, extra) = if erased {
            let outlives = generic.then(|| quote!(+ 'tape));
            let boxed = quote!(::differentiable::__private::boxed::Box<dyn for<'r> ::core::ops::FnOnce(#argument) -> #grad_types #outlives>);
            // Without an allocator only what does not call itself has a tape, and a trait's methods have none.
            let tape = if self.host.of_trait { boxed } else { with_std(&boxed, &plain) };
            (tape, Vec::from_iter(generic.then(|| quote!('tape))))
        } else {
            (plain, Vec::new())
        };
        let (generics, clause) = self.generics(&extra);
        let clause = if extra.is_empty() {
            clause
        } else {
            let names = self.type_names().into_iter().map(|n| quote!(#n: 'tape));
            let outlive = if self.host.of_trait { quote!(Self: 'tape) } else { quote!(#(#names),*) };
            if clause.is_empty() { quote!(where #outlive) } else { quote!(#clause, #outlive) }
        };
        let name = self.host.hidden(taped.name, level);
        let (vis, attrs) = (&self.host.vis, &self.host.attrs);
        let this = self.receiver(&emitter, &[&forward, &backward]);
        let (mut keep, mut put) = (TokenStream::new(), TokenStream::new());
        for (p, q) in self.params().iter().zip(&program.params) {
            if !taped.last || p.passing != Passing::RefMut {
                continue;
            }
            for v in q.parts.iter().take(components) {
                let name = emitter.name(*v);
                let last = format_ident!("last_{}", name.unraw(), span = Span::mixed_site());
                keep.extend(quote!(let #last = ::differentiable::__private::snapshot(&*#name);));
                put.extend(quote!(::differentiable::__private::restore(&mut *#name, #last);));
            }
        }
        let outputs = self.lent_outputs(level);
        let result = emitter.unused("value");
        let closure = quote!(move |(#again_pattern, #cotangent, #slot_pattern): #elided| -> #grad_types { #unwrap #put #backward #grads });
        let closure = if erased { in_a_box(&closure) } else { closure };
        let clause = if self.host.declared { self.sized(clause) } else { clause };
        if !with_body {
            return quote!(#[doc(hidden)] fn #name #generics (#(#params,)* #(#tangents),*) -> (#outputs, #tape_type) #clause;);
        }
        quote! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params,)* #(#tangents),*) -> (#outputs, #tape_type) #clause {
                #this #prologue #hollow #forward
                let #result = #value;
                #keep
                (#result, #closure)
            }
        }
    }

    /// The slots that may be absent: those that are only added to.
    fn optional_slots(&self, program: &Program) -> HashSet<VarId> {
        let reverse = program.reverse.as_ref().expect("a reversed program");
        let needed = needed_slots(program);
        let by_reference = self.params().iter().zip(&reverse.adjoints).filter(|(p, _)| p.passing == Passing::Ref);
        by_reference.flat_map(|(_, list)| list.clone()).filter(|d| !needed.contains(*d)).collect()
    }

    /// The pattern that takes a slot in, and what unwraps it.
    fn slot_pattern(
        &self,
        emitter: &Emitter<'_>,
        p: &Param,
        primal: VarId,
        adjoint: Option<VarId>,
        optional: &HashSet<VarId>,
        unwrap: &mut TokenStream,
    ) -> TokenStream {
        match (p.passing == Passing::Value, adjoint) {
            (false, Some(d)) if optional.contains(&d) => {
                let name = emitter.name(d);
                quote!(mut #name)
            }
            (false, Some(d)) => {
                // Read as well as added to: where the caller wants none, there is one all the same.
                let (name, x) = (emitter.name(d), emitter.name(primal));
                let zero = format_ident!("{}_zero", name, span = name.span());
                let target = self.slot(p);
                unwrap.extend(quote! {
                    let mut #zero;
                    let #name: &mut #target = match #name { ::core::option::Option::Some(given) => given, ::core::option::Option::None => { #zero = ::differentiable::Differentiable::__zero(&*#x); &mut #zero } };
                });
                quote!(#name)
            }
            (false, None) => quote!(_),
            (true, _) => quote!(()),
        }
    }

    /// Whether there is [`Self::at_once`]: for functions whose state need not be restored.
    pub(crate) fn has_sweeps_at_once(&self) -> bool {
        self.host.method.is_none() && self.params().iter().all(|p| p.passing != Passing::RefMut)
    }

    /// The gradient of a parameter that is passed by value, and its type; that of a hollow one is made before the sweeps,
    /// which may take the argument apart.
    fn gradient_of(
        &self,
        emitter: &Emitter<'_>,
        p: &Param,
        primal: VarId,
        adjoint: Option<VarId>,
        hollow: &mut TokenStream,
    ) -> (TokenStream, TokenStream) {
        if p.passing != Passing::Value {
            return (quote!(()), quote!(()));
        }
        if let Some(d) = adjoint {
            return (emitter.name(d).to_token_stream(), owned_tangent(&p.ty));
        }
        let unit = matches!(&p.ty, Type::Path(path) if path.path.get_ident().is_some());
        if unit || !is_hollow(&p.ty) {
            return (quote!(()), quote!(()));
        }
        let x = emitter.name(primal);
        let zero = emitter.unused(&format!("{}_zero", x.unraw()));
        hollow.extend(quote!(let #zero = ::differentiable::Differentiable::__zero(&#x);));
        (zero.to_token_stream(), owned_tangent(&p.ty))
    }

    /// Both sweeps of a level with the cotangent of the value as an argument, for callers that know it:
    /// `__adj(arguments, tangents, cotangent, slots) -> (value, gradients by value)`.
    pub(crate) fn at_once(&self, level: u32) -> TokenStream {
        if !self.has_sweeps_at_once() {
            return TokenStream::new();
        }
        let program = self.f.laid_out(&self.f.adjoint(level, Sweeps::Joined));
        let reverse = program.reverse.clone().expect("a reversed program");
        let optional = self.optional_slots(&program);
        let emitter = Emitter::new(&program, &self.f.types, optional.clone(), &self.f.reserved);
        let (forward, backward) = emitter.sweeps();
        let values = self.lent_values(&emitter);
        let value = if level == 0 { values[0].clone() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let mut params = self.primal_params(&emitter);
        params.extend(tangents);
        let (mut unwrap, mut hollow) = (TokenStream::new(), TokenStream::new());
        let (mut slots, mut slot_types, mut grads, mut grad_types) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for c in 0..1_usize << level {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                let adjoint = adjoints.get(c).copied();
                slots.push(self.slot_pattern(&emitter, p, q.parts[0], adjoint, &optional, &mut unwrap));
                let target = self.space(p);
                let by_value = p.passing == Passing::Value;
                slot_types.push(if by_value { quote!(()) } else { quote!(::core::option::Option<&mut #target>) });
                let (value, ty) = self.gradient_of(&emitter, p, q.parts[0], adjoint, &mut hollow);
                grads.push(value);
                grad_types.push(ty);
            }
        }
        let bare = crate::shells::bare;
        let cotangent = bare(&reverse.cotangent.iter().map(|v| self.lent(&emitter.pattern(*v))).collect::<Vec<_>>());
        let cotangent_type =
            bare(&reverse.cotangent.iter().map(|_| self.lent_type(&self.output_tangent())).collect::<Vec<_>>());
        let (slots, slot_types) = (tuple(&slots), tuple(&slot_types));
        let (grads, grad_types) = (tuple(&grads), tuple(&grad_types));
        let (generics, clause) = self.generics(&[]);
        let (name, result, outputs) =
            (self.host.hidden("__adj", level), emitter.unused("value"), self.lent_outputs(level));
        let (vis, attrs) = (&self.host.vis, &self.host.attrs);
        let this = self.receiver(&emitter, &[&forward, &backward]);
        quote! {
            #attrs #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params,)* #cotangent: #cotangent_type, #slots: #slot_types) -> (#outputs, #grad_types) #clause {
                #this #prologue #hollow #unwrap #forward
                let #result = #value;
                #backward
                (#result, #grads)
            }
        }
    }

    fn type_params(&self) -> impl Iterator<Item = &syn::TypeParam> {
        self.host.outer.type_params().chain(self.f.signature.generics.type_params())
    }

    fn type_names(&self) -> Vec<Ident> {
        self.type_params().map(|t| t.ident.clone()).collect()
    }

    /// Whether the tape is a box, whose type names nothing but a lifetime.
    fn is_erased(&self) -> bool {
        self.f.calls_others() && !self.f.options.tape_none
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

    /// The joined forward and backward sweep of a level, for the parameters of `wrt`.
    ///
    /// Gradients by value are returned, the others are added to slots.
    pub(crate) fn joined(&self, level: u32) -> TokenStream {
        self.joined_as("__rev", level, true)
    }

    /// The same for all differentiable parameters, whatever `wrt` says.
    pub(crate) fn joined_over_all(&self, level: u32) -> TokenStream {
        self.joined_as("__all", level, false)
    }

    fn joined_as(&self, base: &str, level: u32, narrowed: bool) -> TokenStream {
        let (body, params, grad_types) = self.joined_parts(level, narrowed, false);
        let (generics, clause) = self.generics(&[]);
        let name = self.host.hidden(base, level);
        let (vis, attrs, outputs) = (&self.host.vis, &self.host.attrs, self.outputs(level));
        let clause = self.scalar_clause(clause);
        quote! {
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params),*) -> (#outputs, #grad_types) #clause { #body }
        }
    }

    /// The bound under which a gradient exists, which is checked where the gradient is called.
    pub(crate) fn scalar_clause(&self, clause: TokenStream) -> TokenStream {
        let output = self.output();
        let bound = quote!(for<'scalar> #output: ::differentiable::__private::Scalar<'scalar>);
        if clause.is_empty() { quote!(where #bound) } else { quote!(#clause, #bound) }
    }

    fn joined_parts(&self, level: u32, narrowed: bool, as_text: bool) -> (TokenStream, Vec<TokenStream>, TokenStream) {
        let program = self.f.laid_out(&self.f.adjoint(level, Sweeps::Seeded { narrowed }));
        let reverse = program.reverse.clone().expect("a reversed program");
        let mut emitter = Emitter::new(&program, &self.f.types, HashSet::new(), &self.f.reserved);
        emitter.text = as_text;
        let (forward, backward) = emitter.sweeps();
        let values: Vec<TokenStream> = program.value.iter().map(|e| emitter.value(e)).collect();
        let value = if level == 0 { values[0].clone() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let mut params = self.primal_params(&emitter);
        params.extend(tangents);
        let mut grads = Vec::new();
        let mut types = Vec::new();
        let mut before = TokenStream::new();
        let mut after = TokenStream::new();
        for c in 0..1_usize << level {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                if p.passing == Passing::RefMut && c == 0 {
                    // The argument is left as the function leaves it.
                    let name = emitter.name(q.parts[0]);
                    let last = format_ident!("{}_final", name, span = name.span());
                    before.extend(quote!(let #last = ::differentiable::__private::snapshot(&*#name);));
                    after.extend(quote!(::differentiable::__private::restore(#name, #last);));
                }
                let Some(&d) = adjoints.get(c) else { continue };
                let name = emitter.name(d);
                if p.passing == Passing::Value {
                    grads.push(quote!(#name));
                    types.push(owned_tangent(&p.ty));
                } else {
                    let target = self.slot(p);
                    params.push(quote!(#name: &mut #target));
                }
            }
        }
        let result = emitter.unused("value");
        // A value that is a variable which nothing changes any more needs no other name.
        let direct = level == 0
            && program.value[0].as_var().is_some_and(|v| !emitter.is_written(v) && program.vars[v].kind.is_scalar());
        let (bind, result) =
            if direct { (TokenStream::new(), value) } else { (quote!(let #result = #value;), quote!(#result)) };
        let mut seeds = TokenStream::new();
        for (c, v) in reverse.cotangent.iter().enumerate() {
            if !emitter.is_read(*v) {
                continue;
            }
            let pattern = emitter.pattern(*v);
            let seed = if c == 0 { quote!(1.0) } else { quote!(0.0) };
            let seed = if level == 0 {
                quote!(::differentiable::__private::seed(&#result, #seed))
            } else {
                quote!(::differentiable::__private::seed(&#result.0, #seed))
            };
            seeds.extend(quote!(let #pattern = #seed;));
        }
        let this = self.receiver(&emitter, &[&forward, &backward]);
        let (grads, types) = (tuple(&grads), tuple(&types));
        let body = quote!(#this #prologue #forward #bind #before #seeds #backward #after);
        let pair = if as_text && types.to_string() == "()" { result } else { quote!((#result, #grads)) };
        (quote!(#body #pair), params, types)
    }

    /// The text of the derivative, as a function of its own.
    pub(crate) fn source(&self, scalar: bool) -> String {
        let name = format_ident!("{}_grad", self.f.signature.name);
        let tokens = if scalar {
            let (body, params, types) = self.joined_parts(0, true, true);
            let (generics, clause) = self.generics(&[]);
            let output = self.output();
            let types = if types.to_string() == "()" { quote!(#output) } else { quote!((#output, #types)) };
            quote!(fn #name #generics (#(#params),*) -> #types #clause { #body })
        } else {
            self.taped_as(0, self.f.calls_others(), true, Taped::FORWARD)
        };
        format_source(tokens)
    }
}

/// A taped companion.
#[derive(Clone, Copy)]
struct Taped {
    name: &'static str,
    sweeps: Sweeps,
    /// It keeps the last contents of `&mut` parameters, which callers do not give back.
    last: bool,
}

impl Taped {
    const FORWARD: Self = Self { name: "__fwd", sweeps: Sweeps::Taped, last: false };
}

/// Brings the traits of the prelude into scope whose methods generated code calls: the user's prelude
/// may lack them.
fn traits(body: &Mentions) -> TokenStream {
    let mut out = TokenStream::new();
    if body.any(&["to_owned"]) {
        out.extend(quote!(
            use ::differentiable::__private::ToOwned as _;
        ));
    }
    if body.any(&["rev", "step_by", "size_hint"]) {
        out.extend(quote!(
            use ::core::iter::Iterator as _;
        ));
    }
    out
}

/// A trait that gives `()`, the tangent of a constant, the fields that generated code reaches through others.
fn fields_of_constants(body: &Mentions) -> TokenStream {
    let shared = body.that(|n| n.starts_with(crate::derive::FIELD));
    let unique = body.that(|n| n.starts_with(crate::derive::FIELD_MUT));
    if shared.is_empty() && unique.is_empty() {
        return TokenStream::new();
    }
    quote! {
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

/// The variables that are not only added to, themselves or through a slice of them, so that they cannot be absent.
fn needed_slots(program: &Program) -> VarSet {
    let mut needed = VarSet::new();
    let mut cuts = Vec::new();
    program.body.walk(&mut |stmt| {
        let mut written = Vec::new();
        stmt.uses(
            &mut |v| {
                needed.insert(v);
            },
            &mut |v| written.push(v),
        );
        match stmt {
            Stmt::Accumulate { .. } => {}
            Stmt::Cut { var, slice: crate::ir::Expr::Place(slice), .. } => cuts.push((slice.root, *var)),
            Stmt::Pull(pull) => {
                // One slot cannot be lent twice.
                let roots: Vec<VarId> = pull.slots.iter().flatten().flatten().map(|p| p.root).collect();
                needed.extend(roots.iter().enumerate().filter(|(i, v)| roots[..*i].contains(v)).map(|(_, v)| v));
            }
            _ => needed.extend(written),
        }
    });
    // A cut stands after the variable that it is a slice of is made, so that one round is enough.
    cuts.into_iter().rev().for_each(|(of, var)| {
        if needed.contains(var) {
            needed.insert(of);
        }
    });
    needed
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

/// A closure, in a box where there is an allocator.
fn in_a_box(closure: &TokenStream) -> TokenStream {
    let boxed = with_std(&quote!(::differentiable::__private::boxed::Box::new(tape)), &quote!(tape));
    quote!({ let tape = #closure; #boxed })
}

/// A declaration of a function, with a body in place of the semicolon.
fn without_semicolon(declaration: TokenStream, body: &syn::Block) -> TokenStream {
    let mut tokens: Vec<proc_macro2::TokenTree> = declaration.into_iter().collect();
    tokens.pop();
    tokens.into_iter().collect::<TokenStream>().into_iter().chain(body.to_token_stream()).collect()
}

/// What is generated with the feature `std` of the library, and what without it.
pub(crate) fn with_std(std: &TokenStream, core: &TokenStream) -> TokenStream {
    quote!(::differentiable::__if_std! { {#std} {#core} })
}
