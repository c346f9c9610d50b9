use differentiable::prelude::*;

use std::sync::atomic::{AtomicU64, Ordering};

#[differentiable]
fn f(x: &AtomicU64, y: f64) -> f64 {
    x.load(Ordering::Relaxed) as f64 * y
}

fn main() {}
