use differentiable::prelude::*;

#[differentiable]
fn drained(v: &[f64], n: usize) -> f64 {
    let mut w = v.to_vec();
    let part = 1..n;
    w.drain(part).sum::<f64>() + w[0]
}

fn main() {}
