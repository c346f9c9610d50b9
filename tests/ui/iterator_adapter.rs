use differentiable::prelude::*;

#[differentiable]
fn cycled(v: &[f64]) -> f64 {
    v.iter().cycle().take(5).sum()
}

fn main() {}
