use differentiable::prelude::*;
use std::ops::Range;

#[differentiable]
fn drained(x: &[f64], part: Range<usize>) -> f64 {
    let mut v = x.to_vec();
    v.drain(part).sum()
}

#[differentiable]
fn by_number(x: &[f64]) -> f64 {
    let mut map = std::collections::BTreeMap::new();
    map.insert(0, x[0]);
    map[&0] * x[0]
}

fn main() {}
