use differentiable::prelude::*;

#[differentiable(lanes)]
trait Curve {
    fn at(&self, x: f64) -> f64;
}

fn main() {}
