use differentiable::prelude::*;

#[differentiable]
fn scaled(x: f64, #[constant] by: f64) -> f64 {
    x * by
}

#[differentiable]
fn f(x: f64) -> f64 {
    scaled(x, x * 2.0)
}

#[derive(Clone, Differentiable)]
struct Weights {
    a: f64,
}

#[differentiable]
fn weighed(x: f64, #[constant] weights: &Weights) -> f64 {
    x * weights.a
}

#[differentiable]
fn g(x: f64, weights: &Weights) -> f64 {
    weighed(x, weights)
}

fn main() {}
