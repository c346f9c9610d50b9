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
        let mut copies = TokenStream::new();
        let mut inputs = Vec::new();
        let mut plain_args = Vec::new();
        let mut displaced = TokenStream::new();
        let mut tangents = TokenStream::new();
        let mut tangent_args = Vec::new();
        let mut fresh = TokenStream::new();
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
            let label = p.name.to_string();
            let owned = p.passing == Passing::Value;
            if p.differentiable {
                copies.extend(if owned {
                    quote!(let #base = ::core::clone::Clone::clone(&#x);)
                } else {
                    quote!(let #base = #x.to_owned();)
                });
                fresh.extend(quote!(let mut #now = ::core::clone::Clone::clone(&#base);));
            }
            if p.wanted {
                inputs.push(quote!((#label, ::differentiable::Differentiable::__zero(&#base))));
                displaced.extend(quote!(#private::displace(&mut #now, &mut steps);));
                tangents.extend(quote!(let mut #t = #private::unflatten(::differentiable::Differentiable::__zero(&#base), &mut direction);));
            }
            match (p.passing, p.differentiable) {
                (Passing::Value, true) => {
                    plain_args.push(quote!(#now));
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(if p.wanted { quote!(mut #d) } else { quote!(_) });
                }
                (Passing::Value, false) => {
                    plain_args.push(quote!(::core::clone::Clone::clone(&#x)));
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(quote!(_));
                }
                (Passing::Ref, true) => {
                    plain_args.push(quote!(&#now));
                    again.push(quote!(&#now));
                    patterns.push(quote!(_));
                }
                (Passing::RefMut, true) => {
                    plain_args.push(quote!(&mut #now));
                    again.push(quote!(&mut #now));
                    patterns.push(quote!(_));
                    finals.extend(quote!(#private::flatten_value(&#now, &mut values);));
                }
                (_, false) => {
                    plain_args.push(if p.passing == Passing::RefMut {
                        quote!(&mut *#x)
                    } else {
                        quote!(#x)
                    });
                    again.push(if p.passing == Passing::RefMut {
                        quote!(&mut *#x)
                    } else {
                        quote!(#x)
                    });
                    patterns.push(quote!(_));
                    slots.push(quote!(None));
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
                    quote!(Some(&mut #d))
                } else {
                    quote!(None)
                });
            }
            if p.wanted {
                collect.extend(quote!(#private::flatten(&mut #d, &mut gradient);));
            }
            tangent_args.push(match (p.wanted, p.passing) {
                (false, _) => quote!(None),
                (true, Passing::Value) => quote!(Some(::core::clone::Clone::clone(&#t))),
                (true, Passing::Ref) => quote!(Some(&#t)),
                (true, Passing::RefMut) => quote!(Some(&mut #t)),
            });
            if p.passing == Passing::RefMut && p.differentiable {
                final_tangents.extend(if p.wanted {
                    quote!(#private::flatten(&mut #t, &mut derivatives);)
                } else {
                    quote!(#private::flatten(&mut ::differentiable::Differentiable::__zero(&#base), &mut derivatives);)
                });
            }
        }
        let name = &c.f.signature.name;
        let primal = match &c.host.method {
            None => quote!(#name #turbofish(#(#plain_args),*)),
            Some(m) => quote!(Self::#m #turbofish(#(#plain_args),*)),
        };
        // A method that takes `self` by value is differentiated by reference.
        let primal = if c.f.by_value_receiver {
            let nothing = self.params().iter().map(|_| quote!(None));
            quote!(Self::#jvp #turbofish(#(#plain_args,)* #(#nothing),*).0)
        } else {
            primal
        };
        let (again, slots, patterns) = (tuple(&again), tuple(&slots), tuple(&patterns));
        let wanted_names = inputs;
        let before = quote! {
            #copies
            let inputs = [#({
                let (name, mut zero) = #wanted_names;
                let mut flat = ::std::vec::Vec::new();
                #private::flatten(&mut zero, &mut flat);
                (name, flat.len())
            }),*];
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
}
