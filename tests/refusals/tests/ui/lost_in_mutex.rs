use differentiable::prelude::*;

use std::sync::Mutex;

#[differentiable]
fn f(x: f64) -> f64 {
    let total = Mutex::new(x);
    *total.lock().unwrap() += 1.0;
    total.into_inner().unwrap()
}

fn main() {}
