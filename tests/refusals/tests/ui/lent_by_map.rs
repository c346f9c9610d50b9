use differentiable::prelude::*;
use std::collections::HashMap;

#[differentiable]
fn f(x: f64) -> f64 {
    let mut counts: HashMap<usize, usize> = HashMap::from([(0, 1)]);
    let mut s = x;
    if let Some(n) = counts.get_mut(&0) {
        *n += 2;
        s *= x;
    }
    s * counts[&0] as f64
}

fn main() {}
