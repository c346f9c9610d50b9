use differentiable::prelude::*;

macro_rules! zero {
    () => {
        0
    };
}

#[differentiable]
fn f(x: f64, n: usize) -> f64 {
    match n {
        zero!() => x,
        _ => x * x,
    }
}

fn main() {}
