//! `grad`, `value_and_grad` and `grad_into`: both sweeps at once, with zeros or the caller's buffers as slots.

use super::{Shells, bare};
use crate::emit::tuple;
use crate::emit::{Code, code};
use crate::ir::Passing;

impl Shells<'_> {
    pub(super) fn value_and_grad(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let params = self.signature(None);
        let mut args = self.forwarded();
        let mut zeros = Code::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let x = self.name(i);
            if p.passing == Passing::Value {
                patterns.push(code!(#d));
            } else {
                zeros.extend([code!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(code!(&mut #d));
            }
            if p.wanted {
                grads.push(code!(#d));
            }
        }
        let (patterns, grads, ty, output) = (tuple(&patterns), bare(&grads), self.gradient_type(), c.output());
        let (head, both) = self.fn_head("value_and_grad");
        let (grad, _) = self.fn_head("grad");
        let forwarded = self.forwarded();
        code! {
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

    pub(super) fn grad_into(&self) -> Code {
        let c = &self.companions;
        let (generics, clause) = c.generics(&[]);
        let clause = c.scalar_clause(clause);
        let rev = c.host.hidden("__rev", 0);
        let turbofish = c.turbofish();
        let mut params = self.signature(None);
        let mut args = self.forwarded();
        let mut patterns = Vec::new();
        let mut adds = Code::new();
        let mut zeros = Code::new();
        for (i, p) in self.slotted() {
            let d = self.local("d_", i);
            let target = c.slot(p);
            if !p.wanted {
                let x = self.name(i);
                zeros.extend([code!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(code!(&mut #d));
                continue;
            }
            params.push(code!(#d: &mut #target));
            if p.passing == Passing::Value {
                let g = self.local("g_", i);
                adds.extend([code!(::differentiable::__private::accumulate(#d, &#g);)]);
                patterns.push(code!(#g));
            } else if p.passing == Passing::RefMut {
                // What is handed over is the cotangent of the final state.
                let (g, x) = (self.local("g_", i), self.name(i));
                zeros.extend([code!(let mut #g = ::differentiable::Differentiable::__zero(&*#x);)]);
                args.push(code!(&mut #g));
                adds.extend([code!(::differentiable::__private::accumulate(#d, &#g);)]);
            } else {
                args.push(code!(#d));
            }
        }
        let (patterns, output) = (tuple(&patterns), c.output());
        let (head, _) = self.fn_head("grad_into");
        code! {
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
