use differentiable::prelude::*;

#[differentiable]
fn passed(p: (&[f64], f64)) -> f64 {
    p.0[0] * p.1
}

#[differentiable]
fn calls(x: &[f64]) -> f64 {
    passed((x, x[0]))
}

fn main() {}
