//! Averages that follow what a layer sees while it is trained.
//!
//! A layer's value is a pure function, so it cannot change its statistics. They travel with the gradient instead: the
//! tangent of a [`Running`] average is a list of what was [`Observed`], and a step of any optimiser folds them in. It
//! has no numbers that would count as a derivative: clipping, `check` and optimisers pass it by.

use ndarray::Array1;

use crate::Real;
use crate::tangent::{Differentiable, Tangent, Update, Visit};

/// An exponential moving average, v ← μ·v + (1 − μ)·observed for everything observed, in order.
///
/// It is saved with the weights, under the name of its field.
#[derive(Clone, Debug, PartialEq)]
pub struct Running<T: Real> {
    /// The average.
    pub values: Array1<T>,
    /// μ.
    pub momentum: f64,
}

/// What has been observed for a [`Running`] average since the last step; its tangent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed<T: Real>(
    /// One array for each forward pass that was differentiated.
    pub Vec<Array1<T>>,
);

impl<T: Real> Differentiable for Running<T> {
    type Tangent = Observed<T>;

    fn __zero(&self) -> Observed<T> {
        Observed(Vec::new())
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Observed<T>, update: &mut dyn Update) {
        if update.observes() {
            let momentum = T::__lit(self.momentum);
            let rest = T::one() - momentum;
            for observed in &tangent.0 {
                assert!(
                    observed.len() == self.values.len(),
                    "a running average of {} elements cannot follow {}: was the layer replaced after the gradient was taken?",
                    self.values.len(),
                    observed.len()
                );
                self.values.zip_mut_with(observed, |v, &o| *v = *v * momentum + o * rest);
            }
        }
        if update.includes_state() {
            self.values.__update(&Array1::zeros(self.values.len()), update);
        }
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        if visitor.begin_state() {
            self.values.__visit(visitor);
            visitor.end_state();
        }
    }
}

impl<T: Real> Differentiable for Observed<T> {
    type Tangent = Self;

    fn __zero(&self) -> Self {
        Self(Vec::new())
    }

    fn __update(&mut self, _: &Self, _: &mut dyn Update) {}

    fn __visit(&self, _: &mut dyn Visit) {}
}

impl<T: Real> Tangent for Observed<T> {
    fn __add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    fn __map(&mut self, _: &mut dyn FnMut(f64) -> f64) {}
}
