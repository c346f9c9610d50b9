//! Arguments by `&mut`: the sweeps get copies of them, and the derivative leaves the arguments as the function does.
//!
//! `kept0_x`, `kept1_x`, … are the components of the initial state, `work0_x`, … those that the sweeps change. The
//! cotangent of the final state comes in with the slot and is a seed of the backward sweep; that of the initial state is
//! left in the slot. Jacobians and Hessians leave such arguments as they are.

use crate::emit::{Code, Part, code};
use proc_macro2::Ident;

use super::inputs::Input;
use super::{Derivative, Nested};
use crate::ir::Passing;
use crate::signature::Param;

impl Nested<'_, '_> {
    /// The parameters by `&mut`.
    pub(super) fn states(&self) -> impl Iterator<Item = (usize, &Param)> {
        self.params().iter().enumerate().filter(|(_, p)| p.passing == Passing::RefMut)
    }

    /// The inputs by `&mut`.
    fn state_inputs(&self) -> Vec<Input> {
        let mut inputs = self.inputs();
        inputs.retain(|i| self.params()[i.param].passing == Passing::RefMut);
        inputs
    }

    /// The copy of a component of the initial state.
    pub(super) fn kept(&self, input: Input, component: usize) -> Ident {
        self.ident(if input.direction { "kept_v" } else { "kept" }, component, input.param)
    }

    /// Whether a call changes an input: state, and the tangent of a state in forward mode.
    pub(super) fn changes(&self, input: Input) -> bool {
        self.params()[input.param].passing == Passing::RefMut
            && !self.derivative.is_matrix()
            && (!input.direction || self.derivative == Derivative::Jvp)
    }

    /// Which components an input has.
    fn components_of(&self, input: Input) -> usize {
        if self.params()[input.param].differentiable { self.components() } else { 1 }
    }

    /// Copies of the initial state.
    pub(super) fn keep(&self) -> Code {
        let mut out = Code::new();
        for input in self.state_inputs() {
            for c in 0..self.components_of(input) {
                let (x, kept) = (self.variable(input, c, false), self.kept(input, c));
                let first = self.kept(Input { direction: false, ..input }, 0);
                out.extend([if c == 0 {
                    code!(let #kept = ::differentiable::__private::snapshot(&*#x);)
                } else {
                    code! {
                        let #kept = match &#x {
                            ::core::option::Option::Some(given) => ::differentiable::__private::snapshot(&**given),
                            ::core::option::Option::None => ::differentiable::Differentiable::__zero(&#first),
                        };
                    }
                }]);
            }
        }
        out
    }

    /// Where component `b` of the state that the sweeps change comes from; `None` for a zero.
    fn origin(&self, b: usize, param: usize, bits: u32) -> Option<Code> {
        let p = &self.params()[param];
        let (role, c) = (b & ((1 << bits) - 1), b >> bits);
        let own = self.derivative.bits().0;
        if b > 0 && !p.differentiable {
            return None;
        }
        match role {
            0 => Some(self.kept(Input { param, direction: false }, c).to_code()),
            // The tangent of a state is wanted also where its direction is zero: rows of a Jacobian depend on it.
            1 if own == 1 && self.derivative.is_matrix() => {
                (c == 0 && p.wanted).then(|| self.ident("axis", 0, param).to_code())
            }
            1 if own == 1 => p.wanted.then(|| self.kept(Input { param, direction: true }, c).to_code()),
            r if r == 1 << own && p.wanted => Some(self.ident("w", c, param).to_code()),
            _ => None,
        }
    }

    /// Declares what the sweeps change.
    pub(super) fn work(&self, bits: u32) -> Code {
        let mut out = Code::new();
        for (i, p) in self.states() {
            for b in 0..1_usize << (self.level + bits) {
                let (work, first) = (self.ident("work", b, i), self.kept(Input { param: i, direction: false }, 0));
                out.extend([match self.origin(b, i, bits) {
                    Some(origin) => code!(let mut #work = ::core::clone::Clone::clone(&#origin);),
                    None if p.differentiable => {
                        code!(let mut #work = ::differentiable::Differentiable::__zero(&#first);)
                    }
                    None => Code::new(),
                }]);
            }
        }
        out
    }

    /// The state as an argument of the sweeps.
    pub(super) fn working_argument(&self, param: usize) -> Code {
        let work = self.ident("work", 0, param);
        code!(&mut #work)
    }

    /// Its tangent in component `b`.
    pub(super) fn working_tangent(&self, b: usize, param: usize) -> Code {
        if !self.params()[param].differentiable {
            return code!(::core::option::Option::None);
        }
        let work = self.ident("work", b, param);
        code!(::core::option::Option::Some(&mut #work))
    }

    /// The tangents of the final state in component `b`.
    pub(super) fn final_tangents(&self, b: usize) -> Vec<Code> {
        let states = self.states().filter(|(_, p)| p.differentiable);
        states.map(|(i, _)| self.ident("work", b, i).to_code()).collect()
    }

    /// Leaves the arguments as the function leaves them.
    pub(super) fn leave_final(&self) -> Code {
        let mut out = Code::new();
        let own = self.derivative.bits().0;
        // Joined sweeps leave tangents as they were.
        let again = self.derivative != Derivative::Jvp && self.level > 0;
        if again && self.states().next().is_some() {
            let c = &self.shells.companions;
            let (jvp, turbofish) = (c.host.hidden("__jvp", self.level), c.turbofish());
            let (work, args) = (self.work(0), self.arguments(0, false));
            out.extend([code! {
                #work
                let _ = Self::#jvp #turbofish(#(#args),*);
            }]);
        }
        for input in self.state_inputs().into_iter().filter(|i| self.changes(*i)) {
            for c in 0..self.components_of(input) {
                let b = if again { c } else { (c << own) + usize::from(input.direction) };
                let (x, work) = (self.variable(input, c, false), self.ident("work", b, input.param));
                out.extend([put(c, &x, &work)]);
            }
        }
        out
    }

    /// Puts the initial state back, at the end of the pullback.
    pub(super) fn restore_initial(&self) -> Code {
        let mut out = Code::new();
        for input in self.state_inputs().into_iter().filter(|i| self.changes(*i)) {
            for c in 0..self.components_of(input) {
                out.extend([put(c, &self.variable(input, c, true), &self.kept(input, c))]);
            }
        }
        out
    }

    /// What the cotangent of a state begins with in component `b` of the pullback's sweeps.
    pub(super) fn seed_of_state(&self, d: &Ident, b: usize, param: usize) -> Code {
        let zero = self.zero(d, param, true);
        let (own, bits) = self.derivative.bits();
        let c = b >> bits;
        if self.derivative == Derivative::Jacobian && b.is_multiple_of(2) {
            let seed = self.ident("final", c, param);
            return code!(let mut #d = ::core::clone::Clone::clone(&#seed););
        }
        let p = &self.params()[param];
        let directional = own == 1 && p.wanted && !self.derivative.is_matrix();
        let inputs = [false].into_iter().chain(directional.then_some(true)).map(|direction| Input { param, direction });
        let Some(input) = inputs.filter(|i| self.changes(*i)).find(|i| self.result(*i, c) == b) else {
            return zero;
        };
        let (slot, kept) = (self.slot(input, c), self.kept(Input { param, direction: false }, 0));
        code! {
            let mut #d = match &#slot {
                ::core::option::Option::Some(given) => ::differentiable::__private::snapshot(&**given),
                ::core::option::Option::None => ::differentiable::Differentiable::__zero(&#kept),
            };
        }
    }
}

/// Puts a copy into a component of an argument.
fn put(component: usize, x: &Ident, copy: &Ident) -> Code {
    if component == 0 {
        code!(::differentiable::__private::restore(#x, #copy);)
    } else {
        code! {
            if let ::core::option::Option::Some(given) = #x {
                ::differentiable::__private::restore(given, #copy);
            }
        }
    }
}
