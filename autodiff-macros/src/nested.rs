//! Derivatives of derivatives: the companions of `f::grad`, `f::value_and_grad` and `f::jvp`, through
//! which differentiated code calls them.
//!
//! Nothing new is differentiated. By the symmetry of second derivatives the pullback of the gradient is
//! the Hessian times the cotangent, which is forward mode over the sweeps of `f` along the cotangent;
//! and the pullback of a directional derivative is the same sweep with its cotangents exchanged.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::tuple;
use crate::ir::Passing;
use crate::shells::{Shells, bare};
use crate::signature::Param;
use crate::tangent_types::owned_tangent;

impl Shells<'_> {
    /// All companions of derivatives, for functions of order 2 or more without `&mut` parameters.
    pub(crate) fn nested(&self) -> TokenStream {
        let order = self.companions.f.options.order();
        if order < 2
            || self.companions.host.method.is_some()
            || self.params().iter().any(|p| p.passing == Passing::RefMut)
        {
            return TokenStream::new();
        }
        let mut out = TokenStream::new();
        if self.companions.returns_scalar() {
            for level in 1..order {
                out.extend(self.gradient_tangent(level, false));
                out.extend(self.gradient_tangent(level, true));
            }
            out.extend(self.gradient_taped(false));
            out.extend(self.gradient_taped(true));
        }
        for level in 2..=order {
            out.extend(self.directional_tangent(level));
        }
        if self.companions.turbofish().is_empty() {
            out.extend(self.directional_taped());
        }
        out
    }

    fn companion(&self, base: &str, level: u32, of: &str) -> Ident {
        let name = self.companions.host.hidden(base, level);
        Ident::new(&format!("{name}_{of}"), name.span())
    }

    /// The optional tangents of the parameters for components `1..2^level`, named by component.
    fn components(&self, level: u32, wanted_only: bool) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let c = &self.companions;
        let (mut params, mut args) = (Vec::new(), Vec::new());
        for k in 1..1_usize << level {
            for (i, p) in self.params().iter().enumerate() {
                let t = self.local(&format!("t{k}_"), i);
                let ty = if p.differentiable { c.tangent_type(p) } else { quote!(()) };
                params.push(quote!(#t: ::core::option::Option<#ty>));
                args.push(if p.wanted || !wanted_only { quote!(#t) } else { quote!(::core::option::Option::None) });
            }
        }
        (params, args)
    }

    /// `__jvp_grad` and, at higher levels, its tangents: the components of the joined sweeps.
    fn gradient_tangent(&self, level: u32, with_value: bool) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", level);
        let turbofish = c.turbofish();
        let name = self.companion("__jvp", level, if with_value { "value_and_grad" } else { "grad" });
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let (tangents, passed) = self.components(level, false);
        params.extend(tangents);
        args.extend(passed);
        let (mut zeros, mut patterns, mut results, mut types) =
            (TokenStream::new(), Vec::new(), Vec::new(), Vec::new());
        let values: Vec<Ident> =
            (0..1_usize << level).map(|k| Ident::new(&format!("value{k}"), proc_macro2::Span::mixed_site())).collect();
        for (k, value) in values.iter().enumerate() {
            let mut parts = Vec::new();
            for (i, p) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
                let (d, x) = (self.local(&format!("d{k}_"), i), self.name(i));
                if p.passing == Passing::Value {
                    patterns.push(quote!(#d));
                } else {
                    zeros.extend(quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);));
                    args.push(quote!(&mut #d));
                }
                parts.push(quote!(#d));
            }
            let gradient = bare(&parts);
            let ty = self.gradient_type();
            let output = if k == 0 { c.output() } else { c.output_tangent() };
            results.push(if with_value { quote!((#value, #gradient)) } else { gradient });
            types.push(if with_value { quote!((#output, #ty)) } else { ty });
        }
        let (patterns, results, types) = (tuple(&patterns), tuple(&results), tuple(&types));
        quote! {
            #[doc(hidden)] #[inline]
            pub fn #name #generics (#(#params),*) -> #types #clause {
                #zeros
                let ((#(#values),*), #patterns) = Self::#rev #turbofish(#(#args),*);
                #results
            }
        }
    }

    /// `__fwd_grad`: the gradient, and a pullback that is the Hessian times the cotangent.
    fn gradient_taped(&self, with_value: bool) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = self.cloning_values(c.scalar_clause(clause));
        let (rev, turbofish) = (c.host.hidden("__rev", 1), c.turbofish());
        let base = self.companions.host.public(if with_value { "value_and_grad" } else { "grad" }, None);
        let name = self.companion("__fwd", 0, if with_value { "value_and_grad" } else { "grad" });
        let params = self.signature(None);
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let (mut again, mut again_types, mut slots, mut slot_types) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut cotangents, mut directions, mut zeros, mut patterns) =
            (Vec::new(), Vec::new(), TokenStream::new(), Vec::new());
        let (mut adds, mut grads, mut grad_types) = (TokenStream::new(), Vec::new(), Vec::new());
        for (i, p) in self.params().iter().enumerate() {
            let (x, v, s) = (self.name(i), self.local("v_", i), self.local("s_", i));
            if p.wanted {
                cotangents.push(quote!(#v));
            }
            directions.push(match (p.wanted, p.passing) {
                (false, _) => quote!(::core::option::Option::None),
                (true, Passing::Value) => quote!(::core::option::Option::Some(#v)),
                (true, _) => quote!(::core::option::Option::Some(&#v)),
            });
            if p.passing == Passing::Value {
                first.push(quote!(::core::clone::Clone::clone(&#x)));
                again.push(quote!(()));
                again_types.push(quote!(()));
                slots.push(quote!(()));
                slot_types.push(quote!(()));
                let h = self.local("d1_", i);
                grads.push(match (p.wanted, p.differentiable) {
                    (true, _) => quote!(#h),
                    (false, true) => quote!(::differentiable::Differentiable::__zero(&#x)),
                    (false, false) => quote!(()),
                });
                grad_types.push(if p.differentiable { owned_tangent(&p.ty) } else { quote!(()) });
            } else {
                first.push(quote!(#x));
                again.push(quote!(#x));
                again_types.push(crate::tangent_types::with_lifetime(&p.ty));
                slots.push(if p.wanted { quote!(#s) } else { quote!(_) });
                let slot = if p.differentiable { c.slot(p) } else { quote!(()) };
                slot_types.push(quote!(::core::option::Option<&'r mut #slot>));
                grads.push(quote!(()));
                grad_types.push(quote!(()));
            }
            last.push(if p.passing == Passing::Value && !p.differentiable {
                quote!(::core::clone::Clone::clone(&#x))
            } else {
                clone_scalar(p, &x)
            });
        }
        let mut args = last;
        args.extend(directions);
        for k in 0..2 {
            for (i, p) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
                let (d, x, s) = (self.local(&format!("d{k}_"), i), self.name(i), self.local("s_", i));
                if p.passing == Passing::Value {
                    patterns.push(if k == 0 && !with_value { quote!(_) } else { quote!(mut #d) });
                } else {
                    zeros.extend(quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);));
                    args.push(quote!(&mut #d));
                }
                if k == 1 {
                    let first = self.local("d0_", i);
                    if with_value {
                        // The value's own cotangent comes in through the gradient.
                        adds.extend(quote! {
                            ::differentiable::__private::scale(&mut #first, ct_value);
                            ::differentiable::__private::accumulate(&mut #d, &#first);
                        });
                    }
                    if p.passing != Passing::Value {
                        adds.extend(quote!(if let ::core::option::Option::Some(#s) = #s { ::differentiable::__private::accumulate(#s, &#d); }));
                    }
                }
            }
        }
        let (output, gradient, cotangent) = (c.output(), self.gradient_type(), bare(&cotangents));
        let (result, ct, ct_type) = if with_value {
            let tangent = c.output_tangent();
            (quote!((#output, #gradient)), quote!((ct_value, #cotangent)), quote!((#tangent, #gradient)))
        } else {
            (gradient.clone(), cotangent, gradient)
        };
        let (again, again_types, slots, slot_types) =
            (tuple(&again), tuple(&again_types), tuple(&slots), tuple(&slot_types));
        let (patterns, grads, grad_types) = (tuple(&patterns), tuple(&grads), tuple(&grad_types));
        let argument = quote!((#again_types, #ct_type, #slot_types));
        let (elided, captured) = (crate::tangent_types::elide(&argument), c.captured(&[]));
        quote! {
            #[doc(hidden)] #[inline]
            pub fn #name #generics (#(#params),*) -> (#result, impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types + #captured) #clause {
                let value = Self::#base #turbofish(#(#first),*);
                (value, move |(#again, #ct, #slots): #elided| -> #grad_types {
                    #zeros
                    let (_, #patterns) = Self::#rev #turbofish(#(#args),*);
                    #adds
                    #grads
                })
            }
        }
    }

    /// `__jvp_jvp`: the tangent of a directional derivative, from one level up.
    fn directional_tangent(&self, level: u32) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let (name, jvp) = (self.companion("__jvp", level - 1, "jvp"), c.host.hidden("__jvp", level));
        let turbofish = c.turbofish();
        let wanted: Vec<(usize, &Param)> = self.params().iter().enumerate().filter(|(_, p)| p.wanted).collect();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        for (i, p) in &wanted {
            let (t, ty) = (self.local("t1_", *i), c.tangent_type(p));
            params.push(quote!(#t: #ty));
        }
        // Component k of the directional derivative's arguments: those of `f`, then its directions.
        let half = 1_usize << (level - 1);
        for k in 1..half {
            for (i, p) in self.params().iter().enumerate() {
                let t = self.local(&format!("t{}_", 2 * k), i);
                let ty = if p.differentiable { c.tangent_type(p) } else { quote!(()) };
                params.push(quote!(#t: ::core::option::Option<#ty>));
            }
            for (i, p) in &wanted {
                let (t, ty) = (self.local(&format!("t{}_", 2 * k + 1), *i), c.tangent_type(p));
                params.push(quote!(#t: ::core::option::Option<#ty>));
            }
        }
        for k in 1..1_usize << level {
            for (i, p) in self.params().iter().enumerate() {
                let t = self.local(&format!("t{k}_"), i);
                args.push(match (p.wanted, k % 2) {
                    (false, 1) => quote!(::core::option::Option::None),
                    (true, 1) if k == 1 => quote!(::core::option::Option::Some(#t)),
                    _ => quote!(#t),
                });
            }
        }
        let values: Vec<Ident> =
            (0..1_usize << level).map(|k| Ident::new(&format!("value{k}"), proc_macro2::Span::mixed_site())).collect();
        let (output, tangent) = (c.output(), c.output_tangent());
        let pairs: Vec<TokenStream> = values
            .chunks(2)
            .map(|p| {
                let (a, b) = (&p[0], &p[1]);
                quote!((#a, #b))
            })
            .collect();
        let types: Vec<TokenStream> = (0..half)
            .map(|k| if k == 0 { quote!((#output, #tangent)) } else { quote!((#tangent, #tangent)) })
            .collect();
        let (pairs, types) = (tuple(&pairs), tuple(&types));
        quote! {
            #[doc(hidden)] #[inline]
            pub fn #name #generics (#(#params),*) -> #types #clause {
                let (#(#values),*) = Self::#jvp #turbofish(#(#args),*);
                #pairs
            }
        }
    }
}

impl Shells<'_> {
    /// `__fwd_jvp`: the directional derivative, and its pullback. In the sweeps one level up, the
    /// cotangent of the tangent comes first; what they give first belongs to the direction.
    fn directional_taped(&self) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let (name, fwd, turbofish) = (self.companion("__fwd", 0, "jvp"), c.host.hidden("__fwd", 1), c.turbofish());
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let mut passed = Vec::new();
        // For the arguments, then for the directions: patterns, types, slots, gradients.
        let mut own = Half::default();
        let mut directions = Half::default();
        let (mut inner_again, mut inner_slots, mut inner_grads) =
            ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        let none = quote!(::core::option::Option::None);
        for (i, p) in self.params().iter().enumerate() {
            let (x, t, s, e, g, h) = (
                self.name(i),
                self.local("t_", i),
                self.local("s_", i),
                self.local("e_", i),
                self.local("g_", i),
                self.local("h_", i),
            );
            let by_value = p.passing == Passing::Value;
            let slot = if p.differentiable { c.slot(p) } else { quote!(()) };
            let owned = if p.differentiable { owned_tangent(&p.ty) } else { quote!(()) };
            if by_value {
                own.push(
                    quote!(()),
                    quote!(()),
                    quote!(()),
                    quote!(()),
                    if p.differentiable { quote!(#h) } else { quote!(()) },
                    owned.clone(),
                );
                inner_again[0].push(quote!(()));
                inner_again[1].push(quote!(()));
                inner_slots[0].push(quote!(()));
                inner_slots[1].push(quote!(()));
                inner_grads[0].push(if p.wanted { quote!(#g) } else { quote!(_) });
                inner_grads[1].push(if p.differentiable { quote!(#h) } else { quote!(_) });
            } else {
                own.push(
                    quote!(#x),
                    crate::tangent_types::with_lifetime(&p.ty),
                    quote!(#s),
                    quote!(::core::option::Option<&'r mut #slot>),
                    quote!(()),
                    quote!(()),
                );
                inner_again[0].push(quote!(#x));
                inner_again[1].push(if p.wanted { quote!(::core::option::Option::Some(#t)) } else { none.clone() });
                inner_slots[0].push(if p.wanted { quote!(#e) } else { none.clone() });
                inner_slots[1].push(quote!(#s));
                inner_grads[0].push(quote!(_));
                inner_grads[1].push(quote!(_));
            }
            if !p.wanted {
                passed.push(none.clone());
                continue;
            }
            let ty = c.tangent_type(p);
            params.push(quote!(#t: #ty));
            passed.push(quote!(::core::option::Option::Some(#t)));
            if by_value {
                directions.push(quote!(()), quote!(()), quote!(()), quote!(()), quote!(#g), owned);
            } else {
                directions.push(
                    quote!(#t),
                    quote!(&'r #slot),
                    quote!(#e),
                    quote!(::core::option::Option<&'r mut #slot>),
                    quote!(()),
                    quote!(()),
                );
            }
        }
        args.extend(passed);
        let all = own.joined(directions);
        let (again, again_types, slots, slot_types) =
            (tuple(&all.again), tuple(&all.again_types), tuple(&all.slots), tuple(&all.slot_types));
        let (grads, grad_types) = (tuple(&all.grads), tuple(&all.grad_types));
        let ct = c.output_tangent();
        let argument = quote!((#again_types, (#ct, #ct), #slot_types));
        let (elided, outputs) = (crate::tangent_types::elide(&argument), c.outputs(1));
        let (inner_again, inner_slots, inner_grads) =
            (tuple(&inner_again.concat()), tuple(&inner_slots.concat()), tuple(&inner_grads.concat()));
        quote! {
            #[doc(hidden)] #[inline]
            pub fn #name #generics (#(#params),*) -> (#outputs, ::std::boxed::Box<dyn for<'r> ::core::ops::FnOnce(#argument) -> #grad_types>) #clause {
                let (value, tape) = Self::#fwd #turbofish(#(#args),*);
                (value, ::std::boxed::Box::new(move |(#again, (ct_value, ct_slope), #slots): #elided| -> #grad_types {
                    let #inner_grads = tape((#inner_again, (ct_slope, ct_value), #inner_slots));
                    #grads
                }))
            }
        }
    }
}

/// What a pullback takes and gives for some of its arguments.
#[derive(Default)]
struct Half {
    again: Vec<TokenStream>,
    again_types: Vec<TokenStream>,
    slots: Vec<TokenStream>,
    slot_types: Vec<TokenStream>,
    grads: Vec<TokenStream>,
    grad_types: Vec<TokenStream>,
}

impl Half {
    fn push(
        &mut self,
        again: TokenStream,
        again_type: TokenStream,
        slot: TokenStream,
        slot_type: TokenStream,
        grad: TokenStream,
        grad_type: TokenStream,
    ) {
        self.again.push(again);
        self.again_types.push(again_type);
        self.slots.push(slot);
        self.slot_types.push(slot_type);
        self.grads.push(grad);
        self.grad_types.push(grad_type);
    }

    fn joined(mut self, other: Self) -> Self {
        self.again.extend(other.again);
        self.again_types.extend(other.again_types);
        self.slots.extend(other.slots);
        self.slot_types.extend(other.slot_types);
        self.grads.extend(other.grads);
        self.grad_types.extend(other.grad_types);
        self
    }
}

/// An argument that is handed on from inside a closure.
fn clone_scalar(p: &Param, x: &Ident) -> TokenStream {
    if p.passing == Passing::Value { quote!(::core::clone::Clone::clone(&#x)) } else { quote!(#x) }
}
