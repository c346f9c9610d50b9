use differentiable::prelude::*;

#[differentiable(implicit = residual, order = 2)]
fn root(a: f64) -> f64 {
    a.sqrt()
}

#[differentiable(order = 2)]
fn residual(a: f64, x: &f64) -> f64 {
    x * x - a
}

fn main() {}
