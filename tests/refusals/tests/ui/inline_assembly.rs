use differentiable::prelude::*;

use std::arch::asm;

#[differentiable]
fn f(x: f64) -> f64 {
    asm!("nop");
    x
}

fn main() {}
