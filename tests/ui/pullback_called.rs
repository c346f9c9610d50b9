use differentiable::prelude::*;

#[differentiable(order = 2)]
fn g(x: f64) -> f64 {
    x * x
}

#[differentiable]
fn f(x: f64) -> f64 {
    let (value, pullback) = g::vjp(x);
    value * pullback(1.0)
}

fn main() {}
