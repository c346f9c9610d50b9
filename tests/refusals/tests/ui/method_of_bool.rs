use differentiable::prelude::*;

trait Pick {
    fn pick(self, a: f64) -> f64;
}

impl Pick for bool {
    fn pick(self, a: f64) -> f64 {
        if self { a } else { 0.0 }
    }
}

#[differentiable]
fn picked(x: f64, positive: bool) -> f64 {
    positive.pick(x)
}

fn main() {}
