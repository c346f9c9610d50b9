use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let make = |k: f64| move |a: f64| a * k;
    make(x)(2.0)
}

fn main() {}
