use differentiable::prelude::*;

fn square_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x, move |ct| 2.0 * x * ct)
}

#[differentiable(vjp = square_vjp, tape = none)]
fn square(x: f64) -> f64 {
    x * x
}

fn main() {}
