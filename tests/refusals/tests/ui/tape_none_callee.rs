use differentiable::prelude::*;

#[differentiable]
fn g(x: f64) -> f64 {
    x.sin()
}

#[differentiable(tape = none)]
fn f(x: f64) -> f64 {
    2.0 * g(x)
}

fn main() {}
