//! `check`: a function as a map between flat vectors, with its two derivatives.
//!
//! In: the companions of a function. Out: shells that hand three closures (the function at a displaced
//! point, forward mode along a direction, reverse mode for a cotangent) to the runtime.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::companions::with_std;
use crate::emit::tuple;
use crate::ir::Passing;
use crate::shells::Shells;
use crate::signature::Param;

/// Tokens whose local variables nothing in the user's scope can be taken for.
macro_rules! local {
    ($($tokens:tt)*) => { quote_spanned!(proc_macro2::Span::mixed_site()=> $($tokens)*) };
}

impl Shells<'_> {
    /// `check` and `check_with`.
    pub(crate) fn linear(&self) -> TokenStream {
        let (copies, map) = self.linear_map();
        let gradient = self.gradient_at_point();
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = self.cloning(clause);
        let params = self.signature(None);
        let (check, _) = self.fn_head("check");
        let (with, _) = self.fn_head("check_with");
        let both = c.host.hidden("__check", 0);
        let (vis, args) = (&c.host.vis, self.forwarded());
        let items = local! {
            #[doc(hidden)]
            #vis fn #both #generics (
                #(#params,)*
                tolerance: ::core::option::Option<::differentiable::Tolerance>,
            ) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                #copies
                ::differentiable::__private::check(#map, #gradient, tolerance)
            }
            #check #generics (#(#params),*) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                Self::#both(#(#args,)* ::core::option::Option::None)
            }
            #with #generics (#(#params,)* tolerance: ::differentiable::Tolerance) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                Self::#both(#(#args,)* ::core::option::Option::Some(tolerance))
            }
        };
        with_std(&items, &TokenStream::new())
    }

    /// The gradient from the joined sweeps, which callers of `grad` get, as a flat vector.
    fn gradient_at_point(&self) -> TokenStream {
        // The cotangent of a `&mut` argument has the shape of its final value, which may differ from the first.
        let stateful = self.params().iter().any(|p| p.passing == Passing::RefMut);
        if stateful || !self.companions.returns_scalar() {
            return local!(|| ::core::option::Option::None);
        }
        let c = &self.companions;
        let (rev, turbofish, point) = (c.host.hidden("__rev", 0), c.turbofish(), self.point());
        let (fresh, mut args) = (&point.fresh, point.arguments.clone());
        let (mut zeros, mut patterns, mut collect) = (TokenStream::new(), Vec::new(), TokenStream::new());
        for (i, p) in self.params().iter().enumerate().filter(|(_, p)| p.wanted) {
            let (d, now) = (self.local("d_", i), self.local("now_", i));
            if p.passing == Passing::Value {
                patterns.push(local!(mut #d));
            } else {
                zeros.extend(local!(let mut #d = ::differentiable::Differentiable::__zero(&#now);));
                args.push(local!(&mut #d));
            }
            collect.extend(local!(::differentiable::__private::flatten(&mut #d, &mut gradient);));
        }
        let patterns = tuple(&patterns);
        local! {
            || {
                #fresh
                #zeros
                let (_, #patterns) = Self::#rev #turbofish(#(#args),*);
                let mut gradient = ::differentiable::__private::vec::Vec::new();
                #collect
                ::core::option::Option::Some(gradient)
            }
        }
    }

    fn linear_map(&self) -> (TokenStream, TokenStream) {
        let c = &self.companions;
        let private = local!(::differentiable::__private);
        let turbofish = c.turbofish();
        let (fwd, jvp) = (c.host.hidden("__fwd", 0), c.host.hidden("__jvp", 1));
        let point = self.point();
        let (copies, fresh, tangents) = (&point.copies, &point.fresh, &point.tangents);
        let (plain_args, tangent_args) = (&point.arguments, &point.tangent_arguments);
        let mut displaced = TokenStream::new();
        let mut finals = TokenStream::new();
        let mut final_tangents = TokenStream::new();
        let mut again = Vec::new();
        let mut slots = Vec::new();
        let mut slot_zeros = TokenStream::new();
        let mut patterns = Vec::new();
        let mut collect = TokenStream::new();
        for (i, p) in self.params().iter().enumerate() {
            let (x, base, now) = (self.name(i), self.local("base_", i), self.local("now_", i));
            let (t, d) = (self.local("t_", i), self.local("d_", i));
            let owned = p.passing == Passing::Value;
            if p.wanted {
                displaced.extend(local!(#private::displace(&mut #now, &mut steps);));
            }
            match (p.passing, p.differentiable) {
                (Passing::Value, true) => {
                    again.push(local!(()));
                    slots.push(local!(()));
                    patterns.push(if p.wanted { local!(mut #d) } else { local!(_) });
                }
                (Passing::Value, false) => {
                    again.push(local!(()));
                    slots.push(local!(()));
                    patterns.push(local!(_));
                }
                (Passing::Ref, true) => {
                    let view = crate::tangent_types::is_view(p.target());
                    again.push(if view { local!(&#now.view()) } else { local!(&#now) });
                    patterns.push(local!(_));
                }
                (Passing::RefMut, true) => {
                    again.push(local!(&mut #now));
                    patterns.push(local!(_));
                    finals.extend(local!(values.push(&#now);));
                }
                (_, false) => {
                    again.push(match p.passing {
                        Passing::RefMut if self.is_copied_constant(p) => local!(&mut #now),
                        Passing::RefMut => local!(&mut **#base.borrow_mut()),
                        _ => local!(#x),
                    });
                    patterns.push(local!(_));
                    slots.push(local!(::core::option::Option::None));
                }
            }
            if p.differentiable && !owned {
                let seeded = p.passing == Passing::RefMut;
                slot_zeros.extend(if seeded {
                    local!(let mut #d = #private::unflatten(::differentiable::Differentiable::__zero(&#now), &mut cotangents);)
                } else {
                    local!(let mut #d = ::differentiable::Differentiable::__zero(&#now);)
                });
                slots.push(if p.wanted || seeded {
                    local!(::core::option::Option::Some(&mut #d))
                } else {
                    local!(::core::option::Option::None)
                });
            }
            if p.wanted {
                collect.extend(local!(#private::flatten(&mut #d, &mut gradient);));
            }
            if p.passing == Passing::RefMut && p.differentiable {
                final_tangents.extend(local!(#private::flatten(&mut #t, &mut derivatives);));
            }
        }
        let name = &c.f.signature.name;
        // A function with `impl Trait` takes no explicit type arguments.
        let explicit = if c.has_anonymous_parameters() { TokenStream::new() } else { turbofish.clone() };
        let primal = match &c.host.method {
            None => local!(#name #explicit(#(#plain_args),*)),
            Some(m) => local!(Self::#m #explicit(#(#plain_args),*)),
        };
        // A method that takes `self` by value is differentiated by reference.
        let primal = if c.f.by_value_receiver {
            let nothing = self.params().iter().map(|_| local!(::core::option::Option::None));
            local!(Self::#jvp #turbofish(#(#plain_args,)* #(#nothing),*).0)
        } else {
            primal
        };
        let (again, slots, patterns) = (tuple(&again), tuple(&slots), tuple(&patterns));
        let before = local!(#copies);
        let flat = self.params().iter().enumerate().filter(|(_, p)| p.wanted).map(|(i, p)| {
            let (label, base) = (p.name.to_string(), self.local("base_", i));
            local!((#label, {
                let mut flat = <#private::Flat as ::core::default::Default>::default();
                flat.push(&#base);
                flat
            }))
        });
        let map = local! {
            #private::LinearMap {
                inputs: ::differentiable::__private::vec![#(#flat),*],
                value: |steps: &[f64]| {
                    let mut steps = steps;
                    #fresh
                    #displaced
                    let value = #primal;
                    let mut values = <#private::Flat as ::core::default::Default>::default();
                    values.push(&value);
                    #finals
                    values
                },
                forward: |direction: &[f64]| {
                    let mut direction = direction;
                    #fresh
                    #tangents
                    let (_, mut tangent) = Self::#jvp #turbofish(#(#plain_args,)* #(#tangent_args),*);
                    let mut derivatives = ::differentiable::__private::vec::Vec::new();
                    #private::flatten(&mut tangent, &mut derivatives);
                    #final_tangents
                    derivatives
                },
                reverse: |cotangents: &[f64]| {
                    let mut cotangents = cotangents;
                    #fresh
                    let (value, tape) = Self::#fwd #turbofish(#(#plain_args),*);
                    let ct = #private::unflatten(::differentiable::Differentiable::__zero(&value), &mut cotangents);
                    #slot_zeros
                    let #patterns = tape((#again, ct, #slots));
                    let mut gradient = ::differentiable::__private::vec::Vec::new();
                    #collect
                    gradient
                },
            }
        };
        (before, map)
    }

    /// Whether a constant behind a `&mut` is known to be copyable, so that each evaluation begins with the same.
    pub(crate) fn is_copied_constant(&self, p: &Param) -> bool {
        p.passing == Passing::RefMut && !p.differentiable && self.companions.f.types.kind(p.target()).is_constant()
    }

    /// The arguments as values of their own, which can be displaced.
    pub(crate) fn point(&self) -> Point {
        let private = local!(::differentiable::__private);
        let mut point = Point::default();
        let mut inputs = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            let (x, base, now, t) = (self.name(i), self.local("base_", i), self.local("now_", i), self.local("t_", i));
            // A view is one of an array of its own.
            let view = crate::tangent_types::is_view(p.target());
            let owned = p.passing == Passing::Value && !view;
            let copied = p.differentiable || self.is_copied_constant(p);
            if !copied && p.passing == Passing::RefMut {
                point.copies.extend(local!(let #base = ::core::cell::RefCell::new(#x);));
            }
            if copied {
                point.copies.extend(if owned {
                    local!(let #base = ::core::clone::Clone::clone(&#x);)
                } else {
                    local!(let #base = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };)
                });
                point.fresh.extend(local!(let mut #now = ::core::clone::Clone::clone(&#base);));
            }
            if p.has_slot() && !p.wanted {
                point.tangents.extend(local!(let mut #t = ::differentiable::Differentiable::__zero(&#base);));
            }
            if p.wanted {
                let label = p.name.to_string();
                inputs.push(local!((#label, #private::scalars(::differentiable::Differentiable::__zero(&#base)))));
                point.tangents.extend(local! {
                    let mut #t = #private::unflatten(::differentiable::Differentiable::__zero(&#base), &mut direction);
                });
            }
            point.arguments.push(match (p.passing, copied) {
                (Passing::Value, true) if view => local!(#now.view()),
                (Passing::Ref, true) if view => local!(&#now.view()),
                (Passing::Value, true) => local!(#now),
                (Passing::Value, false) => local!(::core::clone::Clone::clone(&#x)),
                (Passing::Ref, true) => local!(&#now),
                (Passing::Ref, false) => local!(#x),
                (Passing::RefMut, true) => local!(&mut #now),
                (Passing::RefMut, false) => local!(&mut **#base.borrow_mut()),
            });
            point.tangent_arguments.push(match (p.has_slot(), p.passing) {
                (false, _) => local!(::core::option::Option::None),
                (true, Passing::Value) => local!(::core::option::Option::Some(::core::clone::Clone::clone(&#t))),
                (true, Passing::Ref) => local!(::core::option::Option::Some(&#t)),
                (true, Passing::RefMut) => local!(::core::option::Option::Some(&mut #t)),
            });
        }
        point.inputs = local!(let inputs = [#(#inputs),*];);
        point
    }
}

/// The arguments of a function as values that can be displaced.
#[derive(Default)]
pub(crate) struct Point {
    /// Copies of the arguments.
    pub(crate) copies: TokenStream,
    /// Copies of the copies, one set for each evaluation.
    pub(crate) fresh: TokenStream,
    /// Tangents with the numbers of a direction.
    pub(crate) tangents: TokenStream,
    /// The names of the parameters, with their numbers of scalars.
    pub(crate) inputs: TokenStream,
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) tangent_arguments: Vec<TokenStream>,
}
