use differentiable::prelude::*;

#[differentiable]
fn found(v: &[f64], i: usize) -> Option<&f64> {
    v.get(i)
}

#[differentiable]
fn halves(v: &[f64]) -> (&[f64], &[f64]) {
    v.split_at(v.len() / 2)
}

fn main() {}
