use differentiable::prelude::*;

#[differentiable]
fn f(x: f64, h: impl Fn(f64) -> f64) -> f64 {
    h(x) * x
}

fn main() {}
