use differentiable::prelude::*;

#[differentiable]
#[allow(non_snake_case)]
fn Kinetic(m: f64, v: f64) -> f64 {
    0.5 * m * v * v
}

#[differentiable]
fn f(x: f64) -> f64 {
    Kinetic(x, 2.0)
}

fn main() {}
