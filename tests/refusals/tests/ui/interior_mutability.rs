use differentiable::prelude::*;

use std::cell::Cell;

#[differentiable]
fn f(x: &Cell<f64>) -> f64 {
    x.get() * 2.0
}

fn main() {}
