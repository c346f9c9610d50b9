use differentiable::prelude::*;

#[differentiable(order = 2, vjp = square_vjp)]
fn square(x: f64) -> f64 {
    x * x
}

fn square_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x, move |ct| 2.0 * x * ct)
}

fn main() {}
