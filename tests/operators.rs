//! Operators and float methods on values whose types only the type checker knows.
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Layer {
    a: f64,
    b: f64,
}

#[differentiable]
impl Layer {
    fn affine(&self, x: f64) -> f64 {
        self.a * x + self.b
    }

    fn forward(&self, x: f64) -> f64 {
        let z = self.affine(x);
        z.tanh() + (-self.b * x).exp() + self.a.powi(3) + self.affine(x).powf(2.0)
    }
}

#[test]
fn float_methods_of_fields_and_results() {
    Layer { a: 0.8, b: 0.3 }.forward_check(0.7).unwrap();
}
