//! `grad`, `value_and_grad` and `grad_into`: both sweeps at once, with zeros or the caller's buffers as slots.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Shells, bare};
use crate::emit::tuple;
use crate::ir::Passing;

impl Shells<'_> {
    pub(super) fn value_and_grad(&self) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let params = self.signature(None);
        let mut args = self.forwarded();
        let mut zeros = TokenStream::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let x = self.name(i);
            if p.passing == Passing::Value {
                patterns.push(quote!(#d));
            } else {
                zeros.extend([quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(quote!(&mut #d));
            }
            if p.wanted {
                grads.push(quote!(#d));
            }
        }
        let (patterns, grads, ty, output) = (tuple(&patterns), bare(&grads), self.gradient_type(), c.output());
        let (head, both) = self.fn_head("value_and_grad");
        let (grad, _) = self.fn_head("grad");
        let forwarded = self.forwarded();
        quote! {
            #head #generics (#(#params),*) -> (#output, #ty) #clause {
                #zeros
                let (value, #patterns) = Self::#rev #turbofish(#(#args),*);
                (value, #grads)
            }
            #grad #generics (#(#params),*) -> #ty #clause {
                Self::#both #turbofish(#(#forwarded),*).1
            }
        }
    }

    pub(super) fn grad_into(&self) -> TokenStream {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let mut patterns = Vec::new();
        let mut adds = TokenStream::new();
        let mut zeros = TokenStream::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let target = c.slot(p);
            if !p.wanted {
                let x = self.name(i);
                zeros.extend([quote!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(quote!(&mut #d));
                continue;
            }
            params.push(quote!(#d: &mut #target));
            if p.passing == Passing::Value {
                let g = self.local("g_", i);
                adds.extend([quote!(::differentiable::__private::accumulate(#d, &#g);)]);
                patterns.push(quote!(#g));
            } else if p.passing == Passing::RefMut {
                // What is handed over is the cotangent of the final state.
                let (g, x) = (self.local("g_", i), self.name(i));
                zeros.extend([quote!(let mut #g = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(quote!(&mut #g));
                adds.extend([quote!(::differentiable::__private::accumulate(#d, &#g);)]);
            } else {
                args.push(quote!(#d));
            }
        }
        let (patterns, output) = (tuple(&patterns), c.output());
        let (head, _) = self.fn_head("grad_into");
        quote! {
            #[allow(clippy::too_many_arguments)]
            #head #generics (#(#params),*) -> #output #clause {
                #zeros
                let (value, #patterns) = Self::#rev #turbofish(#(#args),*);
                #adds
                value
            }
        }
    }
}
