use differentiable::prelude::*;

#[differentiable]
fn collected(v: &[f64]) -> f64 {
    let w = v.iter().copied().enumerate().collect::<std::collections::HashMap<usize, f64>>();
    w[&0]
}

fn main() {}
