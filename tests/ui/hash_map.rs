use differentiable::prelude::*;

use std::collections::HashMap;

#[differentiable]
fn f(x: f64) -> f64 {
    let mut cache = HashMap::new();
    cache.insert(1, x * x);
    cache[&1]
}

fn main() {}
