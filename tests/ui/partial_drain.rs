use differentiable::prelude::*;

#[differentiable]
fn drained(v: Vec<f64>) -> f64 {
    let mut v = v;
    v.drain(1..3).sum()
}

fn main() {}
