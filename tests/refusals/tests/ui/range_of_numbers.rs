//! The ends of a range that carry derivatives, and an assignment with an operator on bits.
#![allow(missing_docs)]

use differentiable::prelude::*;

#[differentiable]
fn width(x: f64) -> f64 {
    let range = x..x * x;
    range.end - range.start
}

#[derive(Clone, Copy, Differentiable)]
struct Gain {
    a: f64,
}

impl std::ops::ShlAssign<f64> for Gain {
    fn shl_assign(&mut self, by: f64) {
        self.a *= by;
    }
}

#[differentiable]
fn shifted(x: f64) -> f64 {
    let mut gain = Gain { a: x };
    gain <<= x;
    gain.a
}

fn main() {}
