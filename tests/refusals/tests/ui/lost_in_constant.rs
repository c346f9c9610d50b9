use differentiable::prelude::*;

#[differentiable]
fn scaled(x: f64, #[constant] by: f64) -> f64 {
    x * by
}

#[differentiable]
fn f(x: f64) -> f64 {
    scaled(x, x * 2.0)
}

fn main() {}
