//! The sweeps of the function that a derivative is made of: their arguments with all tangents, and their results.

use crate::emit::{Code, Part, code};
use proc_macro2::{Ident, Span};

use super::inputs::{Input, cotangent, value};
use super::{Derivative, Nested};
use crate::emit::tuple;
use crate::ir::Passing;
use crate::shells::bare;
use crate::tangent_types::is_view;

impl Nested<'_, '_> {
    /// A component of an input as an optional tangent.
    fn tangent_of(&self, input: Input, component: usize, in_pullback: bool) -> Code {
        let p = &self.params()[input.param];
        let none = code!(::core::option::Option::None);
        if !p.differentiable || input.direction && !p.wanted {
            return none;
        }
        if input.direction && self.derivative.is_matrix() {
            let axis = self.ident("axis", 0, input.param);
            return match (component, p.passing) {
                (0, Passing::Value) => code!(::core::option::Option::Some(::core::clone::Clone::clone(&#axis))),
                (0, _) => code!(::core::option::Option::Some(&#axis)),
                _ => none,
            };
        }
        let x = self.variable(input, component, in_pullback);
        match (component, p.passing) {
            (0, Passing::Value) => code!(::core::option::Option::Some(::core::clone::Clone::clone(&#x))),
            (0, _) => code!(::core::option::Option::Some(#x)),
            (_, Passing::Value) => code!(::core::clone::Clone::clone(&#x)),
            _ => code!(#x),
        }
    }

    /// The tangent that the sweeps get for a parameter in a component of theirs.
    fn source(&self, b: usize, param: usize, bits: u32, in_pullback: bool) -> Code {
        if self.params()[param].passing == Passing::RefMut {
            return self.working_tangent(b, param);
        }
        let (role, c) = (b & ((1 << bits) - 1), b >> bits);
        let own = self.derivative.bits().0;
        let argument = Input { param, direction: false };
        match role {
            0 => self.tangent_of(argument, c, in_pullback),
            1 if own == 1 => self.tangent_of(Input { param, direction: true }, c, in_pullback),
            r if r == 1 << own && self.params()[param].wanted => {
                let w = self.ident("w", c, param);
                if self.params()[param].passing == Passing::Value {
                    code!(::core::option::Option::Some(::core::clone::Clone::clone(&#w)))
                } else {
                    code!(::core::option::Option::Some(&#w))
                }
            }
            _ => code!(::core::option::Option::None),
        }
    }

    /// The arguments of the sweeps at a level, with all their tangents.
    pub(super) fn arguments(&self, bits: u32, in_pullback: bool) -> Vec<Code> {
        let mut list = Vec::new();
        for (i, p) in self.params().iter().enumerate() {
            let x = self.variable(Input { param: i, direction: false }, 0, in_pullback);
            list.push(match p.passing {
                Passing::Value if in_pullback && is_view(&p.ty) => code!(#x.view()),
                Passing::Value => code!(::core::clone::Clone::clone(&#x)),
                Passing::Ref => code!(#x),
                Passing::RefMut => self.working_argument(i),
            });
        }
        for b in 1..1 << (self.level + bits) {
            list.extend((0..self.params().len()).map(|i| self.source(b, i, bits, in_pullback)));
        }
        list
    }

    /// The joined sweeps: the values are `y0`, `y1`, …, the components of the gradient `d0_x`, `d1_x`, ….
    pub(super) fn sweeps(&self, bits: u32, in_pullback: bool) -> Code {
        let c = &self.shells.companions;
        let level = self.level + bits;
        let base = if self.shells.is_narrowed() { "__all" } else { "__rev" };
        let (sweeps, turbofish) = (c.host.hidden(base, level), c.turbofish());
        let mut args = self.arguments(bits, in_pullback);
        let (mut zeros, mut patterns) = (self.work(bits), Vec::new());
        for b in 0..1 << level {
            for (i, p) in self.params().iter().enumerate().filter(|(_, p)| p.differentiable) {
                let d = self.ident("d", b, i);
                if p.passing == Passing::Value {
                    patterns.push(code!(#d));
                } else {
                    zeros.extend([self.seed(&d, b, i, in_pullback)]);
                    args.push(code!(&mut #d));
                }
            }
        }
        let (values, patterns) = (bare(&self.values(level)), tuple(&patterns));
        code! {
            #zeros
            let (#values, #patterns) = Self::#sweeps #turbofish(#(#args),*);
        }
    }

    fn values(&self, level: u32) -> Vec<Code> {
        (0..1 << level).map(|b| value(b).to_code()).collect()
    }

    /// A zero cotangent of a parameter.
    pub(super) fn zero(&self, d: &Ident, param: usize, in_pullback: bool) -> Code {
        let x = self.variable(Input { param, direction: false }, 0, in_pullback);
        match self.params()[param].passing {
            Passing::Value => code!(let mut #d = ::differentiable::Differentiable::__zero(&#x);),
            Passing::Ref => code!(let mut #d = ::differentiable::Differentiable::__zero(&*#x);),
            Passing::RefMut => {
                let kept = self.kept(Input { param, direction: false }, 0);
                code!(let mut #d = ::differentiable::Differentiable::__zero(&#kept);)
            }
        }
    }

    /// What a slot of the sweeps begins with: zero, but for the cotangent of the final state.
    fn seed(&self, d: &Ident, b: usize, param: usize, in_pullback: bool) -> Code {
        if in_pullback && self.params()[param].passing == Passing::RefMut {
            self.seed_of_state(d, b, param)
        } else {
            self.zero(d, param, in_pullback)
        }
    }

    /// The tangents of `f`: the values are `y0`, `y1`, ….
    pub(super) fn tangents(&self, bits: u32) -> Code {
        let c = &self.shells.companions;
        let (jvp, turbofish) = (c.host.hidden("__jvp", self.level + bits), c.turbofish());
        let (args, values) = (self.arguments(bits, false), bare(&self.values(self.level + bits)));
        let work = self.work(bits);
        code! {
            #work
            let #values = Self::#jvp #turbofish(#(#args),*);
        }
    }

    /// The backward sweep of the tangents of `f`, right after their forward sweep. For the pullback of a derivative its
    /// cotangents are those of the derivative's values, exchanged.
    pub(super) fn pulled(&self, bits: u32, in_pullback: bool) -> Code {
        let c = &self.shells.companions;
        let level = self.level + bits;
        let args = self.arguments(bits, in_pullback);
        let (mut zeros, mut again, mut slots, mut grads, mut cotangents) =
            (Code::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for b in 0..1 << level {
            cotangents.push(self.exchanged(b, in_pullback));
            for (i, p) in self.params().iter().enumerate() {
                let d = self.ident("d", b, i);
                if p.passing == Passing::Value {
                    again.push(code!(()));
                    slots.push(code!(()));
                    grads.push(if p.differentiable { code!(#d) } else { code!(_) });
                    continue;
                }
                grads.push(code!(_));
                again.push(match (b, p.passing) {
                    (0, Passing::RefMut) => self.working_argument(i),
                    (0, _) => self.variable(Input { param: i, direction: false }, 0, in_pullback).to_code(),
                    _ => self.source(b, i, bits, in_pullback),
                });
                if p.differentiable && self.is_asked_for(b, i, in_pullback) {
                    zeros.extend([self.seed(&d, b, i, in_pullback)]);
                    slots.push(code!(::core::option::Option::Some(&mut #d)));
                } else {
                    slots.push(code!(::core::option::Option::None));
                }
            }
        }
        let (again, slots, grads, cotangents) = (tuple(&again), tuple(&slots), tuple(&grads), bare(&cotangents));
        let (work, values, turbofish) = (self.work(bits), bare(&self.values(level)), c.turbofish());
        let sweeps = if c.has_sweeps_at_once() {
            let adj = c.host.hidden("__adj", level);
            code!(let (#values, #grads) = Self::#adj #turbofish(#(#args,)* #cotangents, #slots);)
        } else {
            let fwd = c.host.hidden("__fwd", level);
            code! {
                let (#values, tape) = Self::#fwd #turbofish(#(#args),*);
                let #grads = tape((#again, #cotangents, #slots));
            }
        };
        code!(#work #zeros #sweeps)
    }

    /// Whether the cotangent of an argument by reference is an answer of the derivative, or goes in as one of its state.
    fn is_asked_for(&self, b: usize, param: usize, in_pullback: bool) -> bool {
        let p = &self.params()[param];
        let mut inputs = self.inputs().into_iter().filter(|i| i.param == param);
        p.passing == Passing::RefMut
            || !in_pullback && p.wanted
            || in_pullback && inputs.any(|i| (0..self.components()).any(|c| self.result(i, c) == b))
    }

    /// The cotangent of component `b` of the value in [`Self::pulled`].
    fn exchanged(&self, b: usize, in_pullback: bool) -> Code {
        let given = |c: usize| {
            let (ct, first) = (cotangent(c), cotangent(0));
            if c == 0 {
                code!(::core::clone::Clone::clone(&#ct))
            } else {
                code!(::core::clone::Clone::clone(&#ct).unwrap_or_else(|| ::differentiable::Differentiable::__zero(&#first)))
            }
        };
        match (self.derivative, in_pullback, b % 2) {
            (Derivative::Pullback, false, _) => given(b),
            (Derivative::Pullback, true, 0) => given(b / 2),
            (Derivative::Pullback, true, _) => {
                let first = cotangent(0);
                code!(::differentiable::Differentiable::__zero(&#first))
            }
            (_, _, odd) => {
                let name = format!("{}{}", if odd == 0 { "slope" } else { "ct" }, b / 2);
                let ct = Ident::new(&name, Span::mixed_site());
                code!(::core::clone::Clone::clone(&#ct))
            }
        }
    }
}
