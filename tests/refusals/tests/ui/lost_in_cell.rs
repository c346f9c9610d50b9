use differentiable::prelude::*;

use std::cell::Cell;

#[differentiable]
fn f(x: f64) -> f64 {
    let sum = Cell::new(x);
    sum.set(sum.get() * 2.0);
    sum.get()
}

fn main() {}
