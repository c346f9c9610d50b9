use differentiable::prelude::*;

#[differentiable(order = 2)]
fn g(x: f64) -> f64 {
    x * x
}

#[differentiable]
fn f(x: f64) -> f64 {
    g::vjp(x).1(1.0)
}

fn main() {}
