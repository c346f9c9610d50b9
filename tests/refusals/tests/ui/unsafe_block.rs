use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let y = unsafe { *(&raw const x) };
    y * x
}

fn main() {}
