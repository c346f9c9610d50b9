use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let y = x * x;
    #[cfg(any())]
    let y = y * 100.0;
    y
}

fn main() {}
