use differentiable::prelude::*;

#[differentiable]
fn g(x: f64) -> Option<f64> {
    Some(x * x)
}

#[differentiable]
fn f(o: Option<f64>, x: f64) -> f64 {
    if let Some(a) = o && let Some(b) = g(a) { a * b } else { x }
}

fn main() {}
