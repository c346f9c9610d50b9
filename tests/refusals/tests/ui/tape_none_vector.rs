use differentiable::prelude::*;

#[differentiable(tape = none)]
fn f(x: &[f64]) -> f64 {
    let squares: Vec<f64> = x.to_vec();
    squares[0] * squares[1]
}

fn main() {}
