use differentiable::prelude::*;

#[differentiable]
fn passed(p: (&[f64], f64)) -> f64 {
    p.0[0] * p.1
}

#[differentiable]
fn called(rows: &[&[f64]]) -> f64 {
    rows[0][0]
}

#[differentiable]
fn calls(x: &[f64]) -> f64 {
    called(&[x, &x[1..]])
}

fn main() {}
