//! What is written through a reference that a call gives would be lost.

use std::collections::BTreeMap;

use differentiable::prelude::*;

#[differentiable]
fn through_a_name(x: f64) -> f64 {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let n = counts.entry(0).or_insert(0);
    *n += 1;
    x * counts[&0] as f64
}

#[differentiable]
fn of_a_derivative(x: f64) -> f64 {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    *sums.entry(0).or_insert(0.0) += x;
    sums[&0]
}

fn main() {}
