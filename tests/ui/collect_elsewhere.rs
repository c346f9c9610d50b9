use differentiable::prelude::*;

#[differentiable]
fn collected(v: &[f64]) -> f64 {
    let w = v.iter().copied().collect::<std::collections::VecDeque<f64>>();
    w[0]
}

fn main() {}
