use differentiable::prelude::*;

#[differentiable(infinite(b))]
fn square(a: f64) -> f64 {
    a * a
}

fn main() {}
