//! `vjp`: the forward sweep, and a closure around its tape that can be called more than once.

use super::{Shells, bare};
use crate::emit::tuple;
use crate::emit::{Code, code};
use crate::ir::Passing;
use crate::tangent_types::has_fixed_shape;

impl Shells<'_> {
    pub(super) fn vjp(&self) -> Code {
        let c = &self.companions;
        let lifetime = code!('call);
        let (generics, clause) = c.generics(std::slice::from_ref(&lifetime));
        let clause = c.keeping_tape(self.cloning(clause), &lifetime);
        let fwd = c.host.hidden("__fwd", 0);
        let turbofish = c.turbofish();
        let params = self.signature(Some(&lifetime));
        let mut keep = Code::new();
        let mut first = Vec::new();
        let mut later = Vec::new();
        let mut work = Vec::new();
        let mut renew = Code::new();
        let mut again = Vec::new();
        let mut slots = Vec::new();
        let mut zeros = Code::new();
        let mut patterns = Vec::new();
        let mut grads = Vec::new();
        let mut cotangents = Vec::new();
        let unit = self.returns_nothing();
        // What a cotangent leaves out is zero: of what may have parts that can be left out, the zero is kept.
        let partial = !unit && !c.f.signature.output.as_ref().is_some_and(|ty| has_fixed_shape(&c.f.types, ty));
        let (mut zero, mut whole) = (Code::new(), Code::new());
        if partial {
            zero = code!(let zero = ::differentiable::Differentiable::__zero(&value););
            whole = code!(let ct = ::differentiable::__private::completed(&zero, &ct););
        }
        if !unit {
            let ty = c.output_tangent();
            cotangents.push((code!(ct), ty));
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
                            code!(let #kept = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };),
                        ]);
                        first.push(code!(#x));
                        later.push(code!(#kept.view()));
                        again.push(code!(()));
                        slots.push(code!(()));
                        patterns.push(if p.wanted { code!(#d) } else { code!(_) });
                        if p.wanted {
                            grads.push(code!(#d));
                        }
                        continue;
                    }
                    let clone = if scalar { code!(#x) } else { code!(::core::clone::Clone::clone(&#x)) };
                    keep.extend([code!(let #kept = #clone;)]);
                    first.push(code!(#x));
                    later.push(if scalar { code!(#kept) } else { code!(::core::clone::Clone::clone(&#kept)) });
                    again.push(code!(()));
                    slots.push(code!(()));
                    patterns.push(if p.wanted { code!(#d) } else { code!(_) });
                    if p.wanted {
                        grads.push(code!(#d));
                    }
                }
                Passing::Ref => {
                    let shared = self.local("shared_", i);
                    keep.extend([code!(let #shared = #x;)]);
                    first.push(code!(#shared));
                    later.push(code!(#shared));
                    again.push(code!(#shared));
                    patterns.push(code!(_));
                    if p.wanted {
                        zeros.extend([code!(let mut #d = ::differentiable::Differentiable::__zero(#shared);)]);
                        slots.push(code!(::core::option::Option::Some(&mut #d)));
                        grads.push(code!(#d));
                    } else {
                        slots.push(code!(::core::option::Option::None));
                    }
                }
                Passing::RefMut => {
                    let (kept, worked) = (self.local("kept_", i), self.local("work_", i));
                    keep.extend([code!(let #kept = ::differentiable::__private::snapshot(&*#x);)]);
                    first.push(code!(&mut *#x));
                    work.push((worked.clone(), x.clone()));
                    renew.extend([code!(let mut #worked = ::core::clone::Clone::clone(&#kept);)]);
                    later.push(code!(&mut #worked));
                    again.push(code!(&mut #worked));
                    patterns.push(code!(_));
                    if p.differentiable {
                        let given = self.local("given_", i);
                        let target = c.slot(p);
                        cotangents.push((code!(#given), code!(&#target)));
                        zeros.extend([code!(let mut #d = ::differentiable::__private::snapshot(#given);)]);
                        slots.push(code!(::core::option::Option::Some(&mut #d)));
                        if p.wanted {
                            grads.push(code!(#d));
                        }
                    } else {
                        slots.push(code!(::core::option::Option::None));
                    }
                }
            }
        }
        let types: Vec<&Code> = cotangents.iter().map(|(_, t)| t).collect();
        let names: Vec<Code> = cotangents.iter().map(|(n, t)| code!(#n: #t)).collect();
        let ct = if unit { code!(()) } else { c.lent(&code!(ct)) };
        let worked: Vec<Code> = work.iter().map(|(w, _)| code!(#w)).collect();
        let mutable: Vec<Code> = work.iter().map(|(w, _)| code!(mut #w)).collect();
        let snapshot = |(w, x): &(proc_macro2::Ident, proc_macro2::Ident)| code!(let #w = ::differentiable::__private::snapshot(&*#x););
        let snapshots: Code = work.iter().map(snapshot).collect();
        let (output, ty, value) = (c.output(), self.gradient_type(), c.lent(&code!(value)));
        let captured = c.captured(&[lifetime]);
        let (head, _) = self.fn_head("vjp");
        let (again, slots, patterns, grads) = (tuple(&again), tuple(&slots), tuple(&patterns), bare(&grads));
        if crate::persistent::is_persistent(c.f) {
            // Each call reads a copy of the tape.
            let shared = self.shared_references();
            let copies: Code = worked.iter().map(|w| code!(let mut #w = ::core::clone::Clone::clone(&#w);)).collect();
            return code! {
                #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                    #shared
                    let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                    #snapshots
                    #zero
                    (value, move |#(#names),*| {
                        #whole
                        #copies
                        #zeros
                        let #patterns = ::core::clone::Clone::clone(&tape)((#again, #ct, #slots));
                        #grads
                    })
                }
            };
        }
        code! {
            #head #generics (#(#params),*) -> (#output, impl ::core::ops::Fn(#(#types),*) -> #ty + #captured) #clause {
                #keep
                let (#value, tape) = Self::#fwd #turbofish(#(#first),*);
                #snapshots
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
    fn shared_references(&self) -> Code {
        let references = self.params().iter().enumerate().filter(|(_, p)| p.passing == Passing::Ref);
        references
            .map(|(i, _)| {
                let (shared, x) = (self.local("shared_", i), self.name(i));
                code!(let #shared = #x;)
            })
            .collect()
    }
}
