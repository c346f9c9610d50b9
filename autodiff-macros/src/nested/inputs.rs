//! What a derivative is given: the arguments of the function and directions along them, and how their components and
//! the cotangents of these are called.

use crate::emit::{Code, Part, code};
use proc_macro2::{Ident, Span};

use super::{Derivative, Nested};
use crate::signature::Param;
use crate::tangent_types::is_view;

/// An input of a derivative: an argument of the function, or the direction along one.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) param: usize,
    pub(super) direction: bool,
}

impl Nested<'_, '_> {
    pub(super) fn params(&self) -> &[Param] {
        self.shells.params()
    }

    pub(super) fn components(&self) -> usize {
        1 << self.level
    }

    pub(super) fn inputs(&self) -> Vec<Input> {
        let arguments = (0..self.params().len()).map(|param| Input { param, direction: false });
        let has_directions = self.derivative.is_directional() && !self.derivative.is_matrix();
        let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted && has_directions);
        arguments.chain(wanted.map(|(param, _)| Input { param, direction: true })).collect()
    }

    pub(super) fn ident(&self, prefix: &str, component: usize, param: usize) -> Ident {
        self.shells.local(&format!("{prefix}{component}_"), param)
    }

    /// The variable that holds a component of an input.
    pub(super) fn variable(&self, input: Input, component: usize, in_pullback: bool) -> Ident {
        let receiver = self.params()[input.param].receiver;
        match (input.direction, component) {
            (false, 0) if receiver && in_pullback => self.ident("x", 0, input.param),
            (false, 0) => self.shells.name(input.param),
            (false, c) => self.ident("x", c, input.param),
            (true, c) => self.ident("v", c, input.param),
        }
    }

    /// The type of a component of an input, as it is handed over.
    fn input_type(&self, input: Input, component: usize) -> Code {
        let p = &self.params()[input.param];
        let tangent = self.shells.companions.tangent_space(p);
        match (input.direction, component) {
            (false, 0) => p.ty.to_code(),
            (true, 0) => tangent,
            _ => code!(::core::option::Option<#tangent>),
        }
    }

    /// Arrays of its own, which the pullback keeps in place of views.
    pub(super) fn own_views(&self) -> Code {
        let views = (0..self.params().len()).filter(|i| is_view(&self.params()[*i].ty));
        let names = views.map(|param| self.variable(Input { param, direction: false }, 0, false));
        names.map(|x| code!(let #x = { use ::differentiable::__private::ToOwned as _; #x.to_owned() };)).collect()
    }

    /// The parameters of a companion.
    pub(super) fn signature(&self) -> Vec<Code> {
        let mut list = self.shells.signature(None);
        for c in 0..self.components() {
            for input in self.inputs() {
                if c > 0 || input.direction {
                    let (name, ty) = (self.variable(input, c, false), self.input_type(input, c));
                    list.push(code!(#name: #ty));
                }
            }
            if self.derivative == Derivative::Pullback {
                let (name, ty) = (cotangent(c), self.shells.companions.output_tangent());
                list.push(if c == 0 { code!(#name: #ty) } else { code!(#name: ::core::option::Option<#ty>) });
            }
        }
        list
    }

    /// The name of an input's slot in the pullback.
    pub(super) fn slot(&self, input: Input, component: usize) -> Ident {
        self.ident(if input.direction { "u" } else { "s" }, component, input.param)
    }

    /// The component of the sweeps that is the cotangent of a component of an input.
    pub(super) fn result(&self, input: Input, component: usize) -> usize {
        let (own, bits) = self.derivative.bits();
        let role = match (self.derivative.is_reverse(), input.direction) {
            (true, false) => (1 << bits) - 1,
            (true, true) => 1 << own,
            (false, false) => (1 << bits) - 1,
            (false, true) => 0,
        };
        (component << bits) + role
    }
}

/// The variable of a component of the value.
pub(super) fn value(b: usize) -> Ident {
    Ident::new(&format!("y{b}"), Span::mixed_site())
}

/// The variable of a component of the cotangent that a pullback is called with.
pub(super) fn cotangent(component: usize) -> Ident {
    Ident::new(&format!("cotangent{component}"), Span::mixed_site())
}

pub(super) fn tokens(idents: &[Ident]) -> Vec<Code> {
    idents.iter().map(Part::to_code).collect()
}
