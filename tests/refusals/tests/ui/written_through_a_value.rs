//! What is written through a reference that a call gives would be lost.

use std::collections::BTreeMap;

use differentiable::prelude::*;

#[differentiable]
fn into_a_map(x: f64) -> f64 {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    *sums.entry(0).or_insert(0.0) += x;
    sums[&0]
}

#[differentiable]
fn through_a_name(x: f64) -> f64 {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    let sum = sums.entry(0).or_insert(0.0);
    *sum += x;
    sums[&0]
}

#[differentiable]
fn of_an_unknown_type(x: f64) -> f64 {
    let mut sums = BTreeMap::new();
    *sums.entry(0).or_insert(0.0) += x;
    sums[&0]
}

#[differentiable]
fn into_a_group(x: f64) -> f64 {
    let mut groups: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    groups.entry(1).or_default().push(x * x);
    groups[&1][0]
}

#[differentiable]
fn in_a_pattern(x: f64) -> f64 {
    let mut sums = BTreeMap::from([(0, 1.0)]);
    if let Some(sum) = sums.get_mut(&0) {
        *sum += x;
    }
    sums[&0]
}

fn main() {}
