//! A method with a name of the standard library that changes its receiver, in a condition.
#![allow(missing_docs)]

use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Largest {
    value: f64,
}

#[differentiable]
impl Largest {
    fn max(&mut self, x: f64) -> f64 {
        if x > self.value {
            self.value = x;
        }
        self.value
    }
}

#[differentiable]
fn tracked(x: f64) -> f64 {
    let mut largest = Largest { value: 0.0 };
    if largest.max(x) > 2.0 { largest.value * x } else { x }
}

fn main() {}
