//! Derivatives of derivatives: the companions of `f::grad`, `f::value_and_grad`, `f::hvp`, `f::jvp`, `f::jacobian`,
//! `f::hessian` and of the pullback of `f::vjp`, through which differentiated code calls them, at every level.
//!
//! Nothing new is differentiated. A derivative and its tangents are components of the sweeps of `f` at a
//! higher level, and by the symmetry of derivatives so is its pullback: that of the gradient is the
//! Hessian times the cotangent, that of a Hessian-vector product is a third derivative along both
//! vectors, and that of a directional derivative is the backward sweep of the tangent program with its
//! cotangents exchanged; so is that of a pullback, along the cotangent of the gradient. Directions and cotangents take
//! the lowest bits of a component's number, and the tangents of the surrounding code the bits above.
//!
//! - [`inputs`]: what a derivative is given, and how its parts are called;
//! - [`sweeps`]: the sweeps of `f`, with their arguments and results;
//! - [`state`]: arguments by `&mut`, of which sweeps get copies;
//! - [`matrices`]: Jacobians and Hessians, column by column;
//! - this module: the companions, made of those.

mod inputs;
mod matrices;
mod state;
mod sweeps;

use crate::emit::{Code, Part, code};
use proc_macro2::{Ident, Span};

use self::inputs::{tokens, value};
use crate::companions::with_std;
use crate::emit::{companion, tuple};
use crate::ir::Passing;
use crate::shells::{Shells, bare};
use crate::signature::Param;
use crate::tangent_types::{owned_tangent, with_lifetime};

/// A derivative that differentiated code may call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Derivative {
    Grad,
    ValueAndGrad,
    Hvp,
    Jvp,
    /// What the pullback of `vjp` gives, as a function of the arguments and of a cotangent.
    Pullback,
    /// [`Derivative::Jvp`] along every axis.
    Jacobian,
    /// [`Derivative::Hvp`] along every axis.
    Hessian,
}

impl Derivative {
    const ALL: [Self; 7] =
        [Self::Grad, Self::ValueAndGrad, Self::Hvp, Self::Jvp, Self::Pullback, Self::Jacobian, Self::Hessian];

    fn name(self) -> &'static str {
        match self {
            Self::Grad => "grad",
            Self::ValueAndGrad => "value_and_grad",
            Self::Hvp => "hvp",
            Self::Jvp => "jvp",
            Self::Pullback => crate::pullbacks::PULL,
            Self::Jacobian => "jacobian",
            Self::Hessian => "hessian",
        }
    }

    /// It is made of joined sweeps, and so needs a float value.
    fn is_reverse(self) -> bool {
        matches!(self, Self::Grad | Self::ValueAndGrad | Self::Hvp | Self::Hessian)
    }

    /// It is taken along directions, which are the lowest bit of a component.
    fn is_directional(self) -> bool {
        matches!(self, Self::Hvp | Self::Jvp | Self::Jacobian | Self::Hessian)
    }

    /// It is a matrix, whose columns are derivatives along the axes.
    fn is_matrix(self) -> bool {
        matches!(self, Self::Jacobian | Self::Hessian)
    }

    /// How many bits of a component are its own in the forward and in the pullback sweeps.
    fn bits(self) -> (u32, u32) {
        let own = u32::from(self.is_directional());
        (own, if matches!(self, Self::Jvp | Self::Jacobian) { own } else { own + 1 })
    }
}

impl Shells<'_> {
    /// All companions of derivatives, for functions of order 2 or more.
    pub(crate) fn nested(&self) -> Code {
        let order = self.companions.f.options.order();
        // A constant behind a `&mut` that cannot be copied is no other after a second run.
        let lent = |p: &Param| p.passing == Passing::RefMut && !p.differentiable && !self.is_copied_constant(p);
        if order < 2 || self.params().iter().any(lent) {
            return Code::new();
        }
        let scalar = self.companions.returns_scalar();
        let stateful = self.params().iter().any(|p| p.passing == Passing::RefMut);
        let mut out = Code::new();
        if scalar && self.is_narrowed() {
            for level in 0..order {
                out.extend([self.companions.joined_over_all(level)]);
            }
        }
        for derivative in Derivative::ALL.into_iter().filter(|d| scalar || !d.is_reverse()) {
            let pullback = derivative == Derivative::Pullback;
            if pullback && (stateful || self.returns_nothing()) {
                continue;
            }
            let (own, pulled) = derivative.bits();
            let most = if derivative.is_reverse() || pullback { order - 1 } else { order };
            for level in 0..=order {
                let nested = Nested { shells: self, derivative, level };
                let mut items = Code::new();
                if (level > 0 || pullback) && level + own <= most {
                    items.extend([nested.tangent()]);
                }
                if level + pulled < order {
                    items.extend([nested.taped()]);
                }
                out.extend([if derivative.is_matrix() { with_std(&items, &Code::new()) } else { items }]);
            }
        }
        out
    }

    fn is_narrowed(&self) -> bool {
        self.params().iter().any(|p| p.differentiable && !p.wanted)
    }
}

/// One derivative of one function at one level.
struct Nested<'a, 'b> {
    shells: &'a Shells<'b>,
    derivative: Derivative,
    level: u32,
}

impl Nested<'_, '_> {
    /// The components of the derivative, after the statements that compute them.
    fn evaluated(&self) -> (Code, Code) {
        let bits = self.derivative.bits().0;
        let mut stmts = match self.derivative {
            Derivative::Pullback => self.pulled(bits, false),
            d if d.is_reverse() => self.sweeps(bits, false),
            _ => self.tangents(bits),
        };
        let components: Vec<Code> = (0..self.components())
            .map(|c| match self.derivative {
                Derivative::Grad | Derivative::Pullback => bare(&tokens(&self.gradient(c))),
                Derivative::ValueAndGrad => {
                    let (value, gradient) = (value(c), bare(&tokens(&self.gradient(c))));
                    code!((#value, #gradient))
                }
                Derivative::Hvp => bare(&tokens(&self.gradient(2 * c + 1))),
                Derivative::Jvp => {
                    let (value, slope) = (value(2 * c), value(2 * c + 1));
                    code!((#value, #slope))
                }
                Derivative::Jacobian => {
                    let slope = value(2 * c + 1).to_code();
                    tuple(&[vec![slope], self.final_tangents(2 * c + 1)].concat())
                }
                Derivative::Hessian => tuple(&tokens(&self.gradient(2 * c + 1))),
            })
            .collect();
        if self.derivative.is_matrix() {
            return self.columns(&stmts, &components);
        }
        stmts.extend([self.leave_final()]);
        (stmts, bare(&components))
    }

    /// The components of the gradient of the wanted parameters.
    fn gradient(&self, b: usize) -> Vec<Ident> {
        let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted);
        wanted.map(|(i, _)| self.ident("d", b, i)).collect()
    }

    /// `__jvp_grad`, `__jvp2_grad`, …: the derivative and its tangents.
    fn tangent(&self) -> Code {
        let c = &self.shells.companions;
        let (generics, clause) = c.generics(&[]);
        let name = self.companion("__jvp");
        let (params, types, clause) = (self.signature(), self.output_types(), self.clause(clause));
        let (keep, (stmts, result)) = (self.keep(), self.evaluated());
        let vis = &c.host.vis;
        code! {
            #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params),*) -> #types #clause {
                #keep
                #stmts
                #result
            }
        }
    }

    /// `__fwd_grad`, `__fwd1_grad`, …: the derivative, its tangents and their pullback, which runs the
    /// sweeps again.
    fn taped(&self) -> Code {
        let c = &self.shells.companions;
        let (generics, clause) = c.generics(&[]);
        let name = self.companion("__fwd");
        let (params, outputs, clause) = (self.signature(), self.output_types(), self.clause(clause));
        let (keep, (stmts, result)) = (self.keep(), self.evaluated());
        let (again, slots, grads, stores) = self.pullback_parts();
        let (cotangent, cotangent_type) = self.cotangents();
        let bits = self.derivative.bits().1;
        let mut pull = if self.derivative.is_reverse() { self.sweeps(bits, true) } else { self.pulled(bits, true) };
        pull.extend([self.product_with_value()]);
        pull.extend([stores]);
        let pull = if self.derivative.is_matrix() { self.by_columns(&pull) } else { pull };
        let shape = (self.derivative == Derivative::Jacobian).then(|| self.shape_of_value());
        let (again_types, slot_types, grad_types) = self.pullback_types();
        let argument = code!((#again_types, #cotangent_type, #slot_types));
        let (elided, captured) = (argument.eliding("'r"), c.captured(&[]));
        let (vis, result_name) = (&c.host.vis, Ident::new("result", Span::mixed_site()));
        let (own, restore) = (self.own_views(), self.restore_initial());
        code! {
            #[doc(hidden)] #[inline] #[allow(clippy::too_many_arguments)]
            #vis fn #name #generics (#(#params),*) -> (#outputs, impl for<'r> ::core::ops::FnOnce(#argument) -> #grad_types + #captured) #clause {
                #keep
                #shape
                let #result_name = { #stmts #result };
                #own
                (#result_name, move |(#again, #cotangent, #slots): #elided| -> #grad_types {
                    #pull
                    #restore
                    #grads
                })
            }
        }
    }

    fn companion(&self, base: &str) -> Ident {
        let c = &self.shells.companions;
        let name = match (self.derivative, &c.host.method) {
            (Derivative::Pullback, Some(_)) => crate::pullbacks::PULL_OF_METHOD,
            (derivative, _) => derivative.name(),
        };
        let public = c.host.public(name, c.f.options.prefix.as_ref());
        if self.level == 0 && base == "__jvp" {
            return public;
        }
        Ident::new(&format!("{}_{public}", companion(base, self.level)), public.span())
    }

    fn clause(&self, clause: Code) -> Code {
        let clause = if self.derivative.is_reverse() { self.shells.companions.scalar_clause(clause) } else { clause };
        self.shells.cloning_values(clause)
    }

    /// The types of the derivative and its tangents.
    fn output_types(&self) -> Code {
        let c = &self.shells.companions;
        let (gradient, tangent) = (self.shells.gradient_type(), c.output_tangent());
        let types: Vec<Code> = (0..self.components())
            .map(|k| {
                let value = if k == 0 { c.output() } else { tangent.clone() };
                match self.derivative {
                    Derivative::Grad | Derivative::Hvp | Derivative::Pullback => gradient.clone(),
                    Derivative::ValueAndGrad => code!((#value, #gradient)),
                    Derivative::Jvp => code!((#value, #tangent)),
                    Derivative::Jacobian | Derivative::Hessian => code!(::differentiable::ndarray::Array2<f64>),
                }
            })
            .collect();
        bare(&types)
    }

    /// The pattern and the type of the cotangents of the derivative's components.
    fn cotangents(&self) -> (Code, Code) {
        let (gradient, tangent) = (self.shells.gradient_type(), self.shells.companions.output_tangent());
        let (mut patterns, mut types) = (Vec::new(), Vec::new());
        for k in 0..self.components() {
            let wanted = self.params().iter().enumerate().filter(|(_, p)| p.wanted);
            let w = bare(&tokens(&wanted.map(|(i, _)| self.ident("w", k, i)).collect::<Vec<_>>()));
            let name = |base: &str| Ident::new(&format!("{base}{k}"), Span::mixed_site());
            let (ct, slope, weights) = (name("ct"), name("slope"), name("weights"));
            let (pattern, ty) = match self.derivative {
                Derivative::Grad | Derivative::Hvp | Derivative::Pullback => (w, gradient.clone()),
                Derivative::ValueAndGrad => (code!((#ct, #w)), code!((#tangent, #gradient))),
                Derivative::Jvp => (code!((#ct, #slope)), code!((#tangent, #tangent))),
                Derivative::Jacobian | Derivative::Hessian => {
                    (code!(#weights), code!(::differentiable::ndarray::Array2<f64>))
                }
            };
            patterns.push(pattern);
            types.push(ty);
        }
        (bare(&patterns), bare(&types))
    }

    /// The pullback's patterns for arguments and slots, what it returns, and what it adds to the slots.
    fn pullback_parts(&self) -> (Code, Code, Code, Code) {
        let (mut again, mut slots, mut grads, mut stores) = (Vec::new(), Vec::new(), Vec::new(), Code::new());
        let matrix = self.derivative.is_matrix();
        for c in 0..self.components() {
            for input in self.inputs() {
                let p = &self.params()[input.param];
                let d = self.ident("d", self.result(input, c), input.param);
                let total = self.ident("total", c, input.param);
                if p.passing == Passing::Value {
                    again.push(code!(()));
                    slots.push(code!(()));
                    if p.differentiable && matrix {
                        stores.extend([code!(::differentiable::__private::accumulate(&mut #total, &#d);)]);
                    }
                    grads.push(match (p.differentiable, matrix) {
                        (true, false) => code!(#d),
                        (true, true) => code!(#total),
                        (false, _) => code!(()),
                    });
                    continue;
                }
                let slot = self.slot(input, c);
                let x = self.variable(input, c, true);
                again.push(code!(#x));
                grads.push(code!(()));
                if !p.differentiable {
                    slots.push(code!(_));
                    continue;
                }
                slots.push(code!(mut #slot));
                let store = if self.changes(input) {
                    code!(::differentiable::__private::restore(slot, #d))
                } else {
                    code!(::differentiable::__private::accumulate(slot, &#d))
                };
                stores.extend([code! {
                    if let ::core::option::Option::Some(slot) = #slot.as_deref_mut() {
                        #store;
                    }
                }]);
            }
            if self.derivative == Derivative::Pullback {
                again.push(code!(()));
                slots.push(code!(()));
                grads.push(value(2 * c + 1).to_code());
            }
        }
        (tuple(&again), tuple(&slots), tuple(&grads), stores)
    }

    fn pullback_types(&self) -> (Code, Code, Code) {
        let c = &self.shells.companions;
        let (mut again, mut slots, mut grads) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..self.components() {
            for input in self.inputs() {
                let p = &self.params()[input.param];
                let by_value = p.passing == Passing::Value;
                let slot = c.space(p);
                let mutable = (p.passing == Passing::RefMut).then(|| code!(mut));
                again.push(match (by_value, k, input.direction) {
                    (true, ..) => code!(()),
                    (_, 0, false) => with_lifetime(&p.ty),
                    (_, 0, true) => code!(&'r #mutable #slot),
                    _ => code!(::core::option::Option<&'r #mutable #slot>),
                });
                slots.push(if by_value { code!(()) } else { code!(::core::option::Option<&'r mut #slot>) });
                grads.push(if by_value && p.differentiable { owned_tangent(&p.ty) } else { code!(()) });
            }
            if self.derivative == Derivative::Pullback {
                again.push(code!(()));
                slots.push(code!(()));
                grads.push(c.output_tangent());
            }
        }
        (tuple(&again), tuple(&slots), tuple(&grads))
    }

    /// The cotangent of a value comes in through the gradient, by the product rule at every level.
    fn product_with_value(&self) -> Code {
        let mut out = Code::new();
        if self.derivative != Derivative::ValueAndGrad {
            return out;
        }
        for c in 0..self.components() {
            for a in (0..=c).filter(|a| a & c == *a) {
                let ct = Ident::new(&format!("ct{a}"), Span::mixed_site());
                for (i, _) in self.params().iter().enumerate().filter(|(_, p)| p.differentiable) {
                    let (target, factor) = (self.ident("d", 2 * c + 1, i), self.ident("d", 2 * (c ^ a), i));
                    out.extend([code! {
                        let mut term = ::core::clone::Clone::clone(&#factor);
                        ::differentiable::__private::scale(&mut term, #ct);
                        let mut sum = #target;
                        ::differentiable::__private::accumulate(&mut sum, &term);
                        let #target = sum;
                    }]);
                }
            }
        }
        out
    }
}
