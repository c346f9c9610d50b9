use differentiable::prelude::*;

fn total(items: impl Iterator<Item = f64>) -> f64 {
    items.sum()
}

#[differentiable]
fn passed(v: &[f64]) -> f64 {
    total(v.iter().map(|x| x * x))
}

fn main() {}
