use differentiable::prelude::*;

#[differentiable(tape = some)]
fn f(x: f64) -> f64 {
    x * x
}

fn main() {}
