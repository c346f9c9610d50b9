//! `vjp`: the forward sweep, and a closure around its tape that can be called more than once.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Shells, bare};
use crate::emit::tuple;
use crate::ir::Passing;
use crate::tangent_types::has_fixed_shape;

impl Shells<'_> {
    pub(super) fn vjp(&self) -> TokenStream {
        let c = &self.companions;
        let lifetime = quote!('call);
        let (generics, clause) = c.generics(std::slice::from_ref(&lifetime));
        let clause = c.keeping_tape(self.cloning(clause), &lifetime);
        let fwd = c.host.hidden("__fwd", 0);
        let turbofish = c.turbofish();
        let params = self.signature(Some(&lifetime));
        let mut keep = TokenStream::new();
        let mut first = Vec::new();
        let mut later = Vec::new();
        let mut work = Vec::new();
        let mut renew = TokenStream::new();
        let mut again = Vec::new();
        let mut slots = Vec::new();
        let mut zeros = TokenStream::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        let mut cotangents = Vec::new();
        let unit = self.returns_nothing();
        // What a cotangent leaves out is zero: of what may have parts that can be left out, the zero is kept.
        let partial = !unit && !c.f.signature.output.as_ref().is_some_and(|ty| has_fixed_shape(&c.f.types, ty));
        let (mut zero, mut whole) = (TokenStream::new(), TokenStream::new());
        if partial {
            zero = quote!(let zero = ::differentiable::Differentiable::__zero(&value););
            whole = quote!(let ct = ::differentiable::__private::completed(&zero, &ct););
        }
        if !unit {
            let ty = c.output_tangent();
            cotangents.push((quote!(ct), ty));
        }
        for (i, p) in self.params().iter().enumerate() {
            let x = self.name(i);
            let d = self.local("d_", i);
            let scalar = c.f.types.kind(&p.ty).is_scalar();
            match p.passing {
                Passing::Value => {
                    let kept = self.local("kept_", i);
                    if crate::tangent_types::is_view(&p.ty) {
                        // The pullback keeps an array of its own.
                        keep.extend([
                            quote!(let #kept = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };),
                        ]);
                        first.push(quote!(#x));
                        later.push(quote!(#kept.view()));
                        again.push(quote!(()));
                        slots.push(quote!(()));
                        patterns.push(if p.wanted { quote!(#d) } else { quote!(_) });
                        if p.wanted {
                            grads.push(quote!(#d));
                        }
                        continue;
                    }
                    let clone = if scalar { quote!(#x) } else { quote!(::core::clone::Clone::clone(&#x)) };
                    keep.extend([quote!(let #kept = #clone;)]);
                    first.push(quote!(#x));
                    later.push(if scalar { quote!(#kept) } else { quote!(::core::clone::Clone::clone(&#kept)) });
                    again.push(quote!(()));
                    slots.push(quote!(()));
                    patterns.push(if p.wanted { quote!(#d) } else { quote!(_) });
                    if p.wanted {
                        grads.push(quote!(#d));
                    }
                }
                Passing::Ref => {
                    let shared = self.local("shared_", i);
                    keep.extend([quote!(let #shared = #x;)]);
                    first.push(quote!(#shared));
                    later.push(quote!(#shared));
                    again.push(quote!(#shared));
                    patterns.push(quote!(_));
                    if p.wanted {
                        zeros.extend([quote!(let mut #d = ::differentiable::Differentiable::__zero(#shared);)]);
                        slots.push(quote!(::core::option::Option::Some(&mut #d)));
                        grads.push(quote!(#d));
                    } else {
                        slots.push(quote!(::core::option::Option::None));
                    }
                }
                Passing::RefMut => {
                    let (kept, worked) = (self.local("kept_", i), self.local("work_", i));
                    keep.extend([quote!(let #kept = ::differentiable::__private::snapshot(&*#x);)]);
                    first.push(quote!(&mut *#x));
                    work.push((worked.clone(), x.clone()));
                    renew.extend([quote!(let mut #worked = ::core::clone::Clone::clone(&#kept);)]);
                    later.push(quote!(&mut #worked));
                    again.push(quote!(&mut #worked));
                    patterns.push(quote!(_));
                    if p.differentiable {
                        let given = self.local("given_", i);
                        let target = c.slot(p);
                        cotangents.push((quote!(#given), quote!(&#target)));
                        zeros.extend([quote!(let mut #d = ::differentiable::__private::snapshot(#given);)]);
                        slots.push(quote!(::core::option::Option::Some(&mut #d)));
                        if p.wanted {
                            grads.push(quote!(#d));
                        }
                    } else {
                        slots.push(quote!(::core::option::Option::None));
                    }
                }
            }
        }
        let types = cotangents.iter().map(|(_, t)| t);
        let names = cotangents.iter().map(|(n, t)| quote!(#n: #t));
        let ct = if unit { quote!(()) } else { c.lent(&quote!(ct)) };
        let worked: Vec<TokenStream> = work.iter().map(|(w, _)| quote!(#w)).collect();
        let mutable: Vec<TokenStream> = work.iter().map(|(w, _)| quote!(mut #w)).collect();
        let snapshots = work.iter().map(|(w, x)| quote!(let #w = ::differentiable::__private::snapshot(&*#x);));
        let (output, ty, value) = (c.output(), self.gradient_type(), c.lent(&quote!(value)));
        let captured = c.captured(&[lifetime]);
        let (head, _) = self.fn_head("vjp");
        let (again, slots, patterns, grads) = (tuple(&again), tuple(&slots), tuple(&patterns), bare(&grads));
        if crate::persistent::is_persistent(c.f) {
            // Each call reads a copy of the tape.
            let first = first.iter();
            let shared = self.shared_references();
            return quote! {
                #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                    #shared
                    let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                    #(#snapshots)*
                    #zero
                    (value, move |#(#names),*| {
                        #whole
                        #(let mut #worked = ::core::clone::Clone::clone(&#worked);)*
                        #zeros
                        let #patterns = ::core::clone::Clone::clone(&tape)((#again, #ct, #slots));
                        #grads
                    })
                }
            };
        }
        quote! {
            #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                #keep
                let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                #(#snapshots)*
                #zero
                let state = ::core::cell::Cell::new(::core::option::Option::Some((tape, #(#worked),*)));
                (value, move |#(#names),*| {
                    #whole
                    // The first call uses the tape; a later one runs the forward sweep again.
                    let (tape, #(#mutable),*) = match state.take() {
                        ::core::option::Option::Some(state) => state,
                        ::core::option::Option::None => {
                            #renew
                            let (_, tape) = Self::#fwd #turbofish(#(#later),*);
                            (tape, #(#worked),*)
                        }
                    };
                    #zeros
                    let #patterns = tape((#again, #ct, #slots));
                    #grads
                })
            }
        }
    }

    /// The references that a pullback keeps.
    fn shared_references(&self) -> TokenStream {
        let references = self.params().iter().enumerate().filter(|(_, p)| p.passing == Passing::Ref);
        references
            .map(|(i, _)| {
                let (shared, x) = (self.local("shared_", i), self.name(i));
                quote!(let #shared = #x;)
            })
            .collect()
    }
}
