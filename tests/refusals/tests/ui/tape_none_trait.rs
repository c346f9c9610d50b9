use differentiable::prelude::*;

#[differentiable(tape = none)]
trait Curve {
    fn at(&self, x: f64) -> f64;
}

fn main() {}
