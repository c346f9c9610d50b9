use std::collections::HashMap;

use differentiable::prelude::*;

#[differentiable]
fn f(x: f64, masses: &HashMap<&str, f64>) -> f64 {
    x * masses["H"]
}

fn main() {}
