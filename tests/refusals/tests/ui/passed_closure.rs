use differentiable::prelude::*;

#[differentiable]
fn apply(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(2.0) * x
}

#[differentiable]
fn f(k: f64) -> f64 {
    apply(|x| k * x, 1.0)
}

fn main() {}
