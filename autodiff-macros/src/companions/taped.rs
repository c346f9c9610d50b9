//! Reverse mode in two parts: the forward sweep, and the tape that runs the backward sweep.

use crate::emit::{Code, Part, code};
use proc_macro2::Span;
use quote::format_ident;
use syn::Type;
use syn::ext::IdentExt;

use super::{Companions, unwrap_tangent, with_std};
use crate::emit::{Emitter, tuple};
use crate::expand::Sweeps;
use crate::ir::Passing;
use crate::signature::Param;
use crate::tangent_types::{lifetime_tokens, with_lifetime};

impl Companions<'_> {
    /// The taped companion of a level: forward sweep and pullback.
    pub(crate) fn taped(&self, level: u32) -> Code {
        self.taped_as_item(level, true)
    }

    /// The taped companion with (`body`) or without its body.
    pub(crate) fn taped_as_item(&self, level: u32, body: bool) -> Code {
        self.taped_both(level, body, Taped::FORWARD)
    }

    /// The taped companion, boxed where the function may call itself.
    fn taped_both(&self, level: u32, body: bool, taped: Taped) -> Code {
        // What calls only functions that store nothing of variable size cannot call itself.
        self.taped_as(level, self.is_erased(), body, taped)
    }

    /// The taped companion for callers that need `&mut` parameters as outputs alone (see [`crate::outputs`]).
    pub(crate) fn taped_outputs(&self, level: u32) -> Code {
        if self.params().iter().all(|p| p.passing != Passing::RefMut) {
            return Code::new();
        }
        let outputs = self.f.adjoint(level, Sweeps::Outputs);
        let flat = |p: &Param| p.passing != Passing::RefMut || self.has_one_shape(p.target());
        if self.params().iter().all(flat) && !crate::outputs::are_read(&outputs) {
            return self.taped_both(level, true, Taped { name: "__out", sweeps: Sweeps::Outputs, ..Taped::FORWARD });
        }
        // What cannot do without the last contents keeps a copy of them.
        self.taped_both(level, true, Taped { name: "__out", last: true, ..Taped::FORWARD })
    }

    /// The taped companion as an item of a trait, with (`body`) or without its body.
    pub(crate) fn taped_erased(&self, level: u32, body: bool) -> Code {
        with_std(&self.taped_as(level, true, body, Taped::FORWARD), &Code::new())
    }

    /// The taped companion as an item of a trait that an `impl` need not have.
    pub(crate) fn taped_absent(&self, level: u32, absent: &syn::Block) -> Code {
        with_std(&without_semicolon(self.taped_as(level, true, false, Taped::FORWARD), absent), &Code::new())
    }

    /// Whether all values of a type have as many floats in the same places: floats, and slices and arrays of them.
    fn has_one_shape(&self, ty: &Type) -> bool {
        match ty {
            Type::Slice(s) => self.has_one_shape(&s.elem),
            Type::Array(a) => self.has_one_shape(&a.elem),
            ty => self.f.types.kind_of(Some(ty)).is_some_and(|kind| kind.is_float()),
        }
    }

    pub(super) fn taped_as(&self, level: u32, erased: bool, with_body: bool, taped: Taped) -> Code {
        let program = self.f.laid_out(&self.f.adjoint(level, taped.sweeps));
        let reverse = program.reverse.clone().expect("a reversed program");
        let slots = self.optional_slots(&program);
        let mut emitter = Emitter::new(&program, &self.f.types, slots.clone(), &self.f.reserved);
        emitter.text = taped.text;
        let (mut forward, backward) = self.f.written(&program, &emitter);
        // The tape keeps an array of its own in place of a view.
        for (p, q) in self.params().iter().zip(&program.params) {
            let name = emitter.name(q.parts[0]);
            if p.passing == Passing::Value
                && crate::tangent_types::is_view(&p.ty)
                && crate::mentions::occurs(&name, &backward)
            {
                forward = code!(let #name = #name.to_owned(); #forward);
            }
        }
        if self.f.options.tape_none && level == 0 {
            forward.extend([crate::storage::assertions(&program, &emitter).into()]);
        }
        let values = self.lent_values(&emitter);
        let value = if level == 0 { values[0].clone() } else { tuple(&values) };
        let (tangents, prologue) = self.tangent_params(&emitter, level);
        let params = self.primal_params(&emitter);
        let components = 1_usize << level;
        let mut again = (Vec::new(), Vec::new());
        let mut slot = (Vec::new(), Vec::new());
        let mut grads = (Vec::new(), Vec::new());
        let (mut unwrap, mut hollow) = (Code::new(), Code::new());
        for c in 0..components {
            for ((p, q), adjoints) in self.params().iter().zip(&program.params).zip(&reverse.adjoints) {
                let by_value = p.passing == Passing::Value;
                let ty = self.tangent_type(p);
                // The arguments by reference, again.
                let (pattern, again_type) = match (by_value, c, q.parts.get(c)) {
                    (true, _, _) => (code!(()), code!(())),
                    (false, 0, _) => {
                        let (name, ty) = (emitter.name(q.parts[0]), with_lifetime(&p.ty));
                        (code!(#name), ty)
                    }
                    (false, _, Some(&v)) => {
                        let name = emitter.name(v);
                        unwrap.extend([unwrap_tangent(&emitter, p, q.parts[0], v, &ty)]);
                        let ty = lifetime_tokens(&ty);
                        (code!(#name), code!(::core::option::Option<#ty>))
                    }
                    (false, _, None) => {
                        let ty = lifetime_tokens(&self.tangent_space(p));
                        (code!(_), code!(::core::option::Option<#ty>))
                    }
                };
                again.0.push(pattern);
                again.1.push(again_type);
                // The slots.
                let adjoint = adjoints.get(c);
                let target = self.space(p);
                slot.0.push(self.slot_pattern(&emitter, p, q.parts[0], adjoint.copied(), &slots, &mut unwrap));
                slot.1.push(if by_value { code!(()) } else { code!(::core::option::Option<&'r mut #target>) });
                // The gradients by value.
                let (value, ty) = self.gradient_of(&emitter, p, q.parts[0], adjoint.copied(), &mut hollow);
                grads.0.push(value);
                grads.1.push(ty);
            }
        }
        let cotangents: Vec<Code> =
            reverse.cotangent.iter().map(|v| self.lent(&emitter.pattern(*v).to_code())).collect();
        let cotangent_types: Vec<Code> =
            reverse.cotangent.iter().map(|_| self.lent_type(&self.output_tangent())).collect();
        let (cotangent, cotangent_type) = match (cotangents.as_slice(), cotangent_types.as_slice()) {
            ([one], [ty]) => (one.clone(), ty.clone()),
            (many, types) => (code!((#(#many),*)), code!((#(#types),*))),
        };
        let (again_pattern, again_type) = (tuple(&again.0), tuple(&again.1));
        let (slot_pattern, slot_types) = (tuple(&slot.0), tuple(&slot.1));
        let (grads, grad_types) = (tuple(&grads.0), tuple(&grads.1));
        let argument = code!((#again_type, #cotangent_type, #slot_types));
        let elided = argument.eliding("'r");
        let captured = self.captured(&[]);
        let clone = (level == 0 && !self.host.of_trait && crate::persistent::is_persistent(self.f))
            .then(|| code!(+ ::core::clone::Clone));
        let plain = code!(impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types #clone + #captured);
        let generic = !self.generic_names(true).is_empty() || self.host.of_trait;
        let (tape_type, extra) = if erased {
            let outlives = generic.then(|| code!(+ 'tape));
            let boxed = code!(::differentiable::__private::boxed::Box<dyn for<'r> ::core::ops::FnOnce(#argument) -> #grad_types #outlives>);
            // Without an allocator only what does not call itself has a tape, and a trait's methods have none.
            let tape = if self.host.of_trait || taped.text { boxed } else { with_std(&boxed, &plain) };
            (tape, Vec::from_iter(generic.then(|| code!('tape))))
        } else {
            (plain, Vec::new())
        };
        let (generics, clause) = self.generics(&extra);
        let clause = if extra.is_empty() {
            clause
        } else {
            let names: Vec<Code> = self.type_names().iter().map(|n| code!(#n: 'tape)).collect();
            let outlive = match (self.host.of_trait, self.host.declared) {
                (true, true) => code!(Self: 'tape #(, #names)*),
                (true, false) => code!(Self: 'tape),
                (false, _) => code!(#(#names),*),
            };
            if clause.is_empty() { code!(where #outlive) } else { code!(#clause, #outlive) }
        };
        // What may hold its arguments instead chooses.
        let chooses = level == 0 && taped == Taped::FORWARD && self.may_hold_arguments();
        let choosing = chooses.then(|| self.choosing(&argument, &elided, &grad_types));
        let name = self.host.hidden(if chooses { "__boxed" } else { taped.name }, level);
        let (vis, attrs) = (&self.host.vis, &self.host.attrs);
        let this = self.receiver(&emitter, &[&forward, &backward]);
        let (mut keep, mut put) = (Code::new(), Code::new());
        for (p, q) in self.params().iter().zip(&program.params) {
            if !taped.last || p.passing != Passing::RefMut {
                continue;
            }
            for (c, v) in q.parts.iter().take(components).enumerate() {
                // A tangent that nothing reads stays in its `Option`.
                if c > 0 && !emitter.is_mentioned(*v) {
                    continue;
                }
                let name = emitter.name(*v);
                let last = format_ident!("last_{}", name.unraw(), span = Span::mixed_site());
                keep.extend([code!(let #last = ::differentiable::__private::snapshot(&*#name);)]);
                put.extend([code!(::differentiable::__private::restore(&mut *#name, #last);)]);
            }
        }
        let outputs = self.lent_outputs(level);
        let result = emitter.unused("value");
        let closure = code!(move |(#again_pattern, #cotangent, #slot_pattern): #elided| -> #grad_types { #unwrap #put #backward #grads });
        let closure = match (erased, taped.text) {
            (true, true) => code!(::differentiable::__private::boxed::Box::new(#closure)),
            (true, false) => in_a_box(&closure),
            (false, _) => closure,
        };
        let clause = if self.host.declared { self.sized(clause) } else { clause };
        if !with_body {
            return code!(#[doc(hidden)] fn #name #generics (#(#params,)* #(#tangents),*) -> (#outputs, #tape_type) #clause;);
        }
        code! {
            #choosing
            #attrs #[doc(hidden)] #[inline]
            #vis fn #name #generics (#(#params,)* #(#tangents),*) -> (#outputs, #tape_type) #clause {
                #this #prologue #hollow #forward
                let #result = #value;
                #keep
                (#result, #closure)
            }
        }
    }
}

/// A taped companion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Taped {
    name: &'static str,
    /// It is for people to read.
    text: bool,
    sweeps: Sweeps,
    /// It keeps the last contents of `&mut` parameters, which callers do not give back.
    last: bool,
}

impl Taped {
    pub(super) const FORWARD: Self = Self { name: "__fwd", text: false, sweeps: Sweeps::Taped, last: false };
    pub(super) const TEXT: Self = Self { text: true, ..Self::FORWARD };
}

/// A closure, in a box where there is an allocator.
fn in_a_box(closure: &Code) -> Code {
    let boxed = with_std(&code!(::differentiable::__private::boxed::Box::new(tape)), &code!(tape));
    code!({ let tape = #closure; #boxed })
}

/// A declaration of a function, with a body in place of the semicolon.
pub(super) fn without_semicolon(mut declaration: Code, body: &syn::Block) -> Code {
    declaration.pop();
    declaration.push(body);
    declaration
}
