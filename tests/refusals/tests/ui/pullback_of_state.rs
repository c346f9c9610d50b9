use differentiable::prelude::*;

#[differentiable(order = 2)]
fn g(x: &mut f64) -> f64 {
    *x *= *x;
    *x
}

#[differentiable]
fn f(x: f64) -> f64 {
    let mut y = x;
    let (value, pullback) = g::vjp(&mut y);
    value * pullback(1.0, &0.0)
}

fn main() {}
