//! `check` and `jacobian`: a function as a map between flat vectors, with its two derivatives.
//!
//! In: the companions of a function. Out: shells that hand three closures (the function at a displaced
//! point, forward mode along a direction, reverse mode for a cotangent) to the runtime.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::tuple;
use crate::ir::Passing;
use crate::shells::Shells;

impl Shells<'_> {
    /// `check` and `jacobian`.
    pub(crate) fn linear(&self) -> TokenStream {
        let (copies, map) = self.linear_map();
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = self.cloning(clause);
        let params = self.signature(None);
        let (check, _) = self.fn_head("check");
        let (with, _) = self.fn_head("check_with");
        let (jacobian, _) = self.fn_head("jacobian");
        quote! {
            #check #generics (#(#params),*) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                #copies
                ::differentiable::__private::check(#map, ::differentiable::Tolerance::default())
            }
            #with #generics (#(#params,)* tolerance: ::differentiable::Tolerance) -> ::core::result::Result<(), ::differentiable::GradientCheckError> #clause {
                #copies
                ::differentiable::__private::check(#map, tolerance)
            }
            #jacobian #generics (#(#params),*) -> ::differentiable::ndarray::Array2<f64> #clause {
                #copies
                ::differentiable::__private::jacobian(#map)
            }
        }
    }

    fn linear_map(&self) -> (TokenStream, TokenStream) {
        let c = &self.companions;
        let private = quote!(::differentiable::__private);
        let turbofish = c.turbofish();
        let (fwd, jvp) = (c.host.hidden("__fwd", 0), c.host.hidden("__jvp", 1));
        let point = self.point();
        let (copies, fresh, tangents, inputs) = (&point.copies, &point.fresh, &point.tangents, &point.inputs);
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
                displaced.extend(quote!(#private::displace(&mut #now, &mut steps);));
            }
            match (p.passing, p.differentiable) {
                (Passing::Value, true) => {
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(if p.wanted { quote!(mut #d) } else { quote!(_) });
                }
                (Passing::Value, false) => {
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(quote!(_));
                }
                (Passing::Ref, true) => {
                    again.push(quote!(&#now));
                    patterns.push(quote!(_));
                }
                (Passing::RefMut, true) => {
                    again.push(quote!(&mut #now));
                    patterns.push(quote!(_));
                    finals.extend(quote!(#private::flatten_value(&#now, &mut values);));
                }
                (_, false) => {
                    again.push(if p.passing == Passing::RefMut { quote!(&mut *#x) } else { quote!(#x) });
                    patterns.push(quote!(_));
                    slots.push(quote!(::core::option::Option::None));
                }
            }
            if p.differentiable && !owned {
                let seeded = p.passing == Passing::RefMut;
                slot_zeros.extend(if seeded {
                    quote!(let mut #d = #private::unflatten(::differentiable::Differentiable::__zero(&#now), &mut cotangents);)
                } else {
                    quote!(let mut #d = ::differentiable::Differentiable::__zero(&#now);)
                });
                slots.push(if p.wanted || seeded {
                    quote!(::core::option::Option::Some(&mut #d))
                } else {
                    quote!(::core::option::Option::None)
                });
            }
            if p.wanted {
                collect.extend(quote!(#private::flatten(&mut #d, &mut gradient);));
            }
            if p.passing == Passing::RefMut && p.differentiable {
                final_tangents.extend(if p.wanted {
                    quote!(#private::flatten(&mut #t, &mut derivatives);)
                } else {
                    quote!(#private::flatten(&mut ::differentiable::Differentiable::__zero(&#base), &mut derivatives);)
                });
            }
        }
        let name = &c.f.signature.name;
        // A function with `impl Trait` takes no explicit type arguments.
        let explicit = if c.has_anonymous_parameters() { TokenStream::new() } else { turbofish.clone() };
        let primal = match &c.host.method {
            None => quote!(#name #explicit(#(#plain_args),*)),
            Some(m) => quote!(Self::#m #explicit(#(#plain_args),*)),
        };
        // A method that takes `self` by value is differentiated by reference.
        let primal = if c.f.by_value_receiver {
            let nothing = self.params().iter().map(|_| quote!(::core::option::Option::None));
            quote!(Self::#jvp #turbofish(#(#plain_args,)* #(#nothing),*).0)
        } else {
            primal
        };
        let (again, slots, patterns) = (tuple(&again), tuple(&slots), tuple(&patterns));
        let before = quote! {
            #copies
            #inputs
        };
        let map = quote! {
            #private::LinearMap {
                inputs: inputs.to_vec(),
                value: |steps: &[f64]| {
                    let mut steps = steps;
                    #fresh
                    #displaced
                    let value = #primal;
                    let mut values = ::std::vec::Vec::new();
                    #private::flatten_value(&value, &mut values);
                    #finals
                    values
                },
                forward: |direction: &[f64]| {
                    let mut direction = direction;
                    #fresh
                    #tangents
                    let (_, mut tangent) = Self::#jvp #turbofish(#(#plain_args,)* #(#tangent_args),*);
                    let mut derivatives = ::std::vec::Vec::new();
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
                    let mut gradient = ::std::vec::Vec::new();
                    #collect
                    gradient
                },
            }
        };
        (before, map)
    }

    /// The arguments as values of their own, which can be displaced.
    pub(crate) fn point(&self) -> Point {
        let private = quote!(::differentiable::__private);
        let mut point = Point::default();
        let mut inputs = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            let (x, base, now, t) = (self.name(i), self.local("base_", i), self.local("now_", i), self.local("t_", i));
            let owned = p.passing == Passing::Value;
            if p.differentiable {
                point.copies.extend(if owned {
                    quote!(let #base = ::core::clone::Clone::clone(&#x);)
                } else {
                    quote!(let #base = #x.to_owned();)
                });
                point.fresh.extend(quote!(let mut #now = ::core::clone::Clone::clone(&#base);));
            }
            if p.wanted {
                let label = p.name.to_string();
                inputs.push(quote!((#label, #private::scalars(::differentiable::Differentiable::__zero(&#base)))));
                point.tangents.extend(quote! {
                    let mut #t = #private::unflatten(::differentiable::Differentiable::__zero(&#base), &mut direction);
                });
            }
            point.arguments.push(match (p.passing, p.differentiable) {
                (Passing::Value, true) => quote!(#now),
                (Passing::Value, false) => quote!(::core::clone::Clone::clone(&#x)),
                (Passing::Ref, true) => quote!(&#now),
                (Passing::Ref, false) => quote!(#x),
                (Passing::RefMut, true) => quote!(&mut #now),
                (Passing::RefMut, false) => quote!(&mut *#x),
            });
            point.tangent_arguments.push(match (p.wanted, p.passing) {
                (false, _) => quote!(::core::option::Option::None),
                (true, Passing::Value) => quote!(::core::option::Option::Some(::core::clone::Clone::clone(&#t))),
                (true, Passing::Ref) => quote!(::core::option::Option::Some(&#t)),
                (true, Passing::RefMut) => quote!(::core::option::Option::Some(&mut #t)),
            });
        }
        point.inputs = quote!(let inputs = [#(#inputs),*];);
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
