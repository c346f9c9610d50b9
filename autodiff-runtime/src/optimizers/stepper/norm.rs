//! The norm of the gradient of what a step moves: frozen parts do not count.

use super::pass::rate_factor;
use crate::optimizers::global_norm;
use crate::tangent::{Rows, Update};
use crate::{Differentiable, Real};

/// A walk over the leaves of a model that changes nothing.
struct Squares<'a> {
    rates: &'a [(String, f64)],
    path: Vec<String>,
    sum: f64,
}

/// The Euclidean norm of the gradient of all parts of a model that are not frozen.
pub(super) fn moving_norm<M: Differentiable>(model: &mut M, gradients: &M::Tangent, rates: &[(String, f64)]) -> f64 {
    if rates.iter().all(|(_, factor)| *factor != 0.0) {
        return global_norm(gradients);
    }
    let mut squares = Squares { rates, path: Vec::new(), sum: 0.0 };
    model.__update(gradients, &mut squares);
    squares.sum.sqrt()
}

impl Squares<'_> {
    fn add<T: Real>(&mut self, gradients: &[T]) {
        if rate_factor(self.rates, &self.path) != 0.0 {
            self.sum += gradients.iter().map(|g| g.__f64() * g.__f64()).sum::<f64>();
        }
    }
}

impl Update for Squares<'_> {
    fn leaf_f32(&mut self, _: &mut [f32], gradients: &[f32]) {
        self.add(gradients);
    }

    fn leaf_f64(&mut self, _: &mut [f64], gradients: &[f64]) {
        self.add(gradients);
    }

    fn rows_f32(&mut self, _: &mut [f32], gradients: &Rows<f32>) {
        self.add(gradients.values());
    }

    fn rows_f64(&mut self, _: &mut [f64], gradients: &Rows<f64>) {
        self.add(gradients.values());
    }

    fn enter(&mut self, name: &str) {
        self.path.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.path.pop();
    }
}
