use differentiable::prelude::*;

#[differentiable]
fn square(x: f64) -> f64 {
    x * x
}

#[differentiable(lanes)]
fn f(x: f64) -> [f64; 2] {
    [square(x), x]
}

fn main() {}
