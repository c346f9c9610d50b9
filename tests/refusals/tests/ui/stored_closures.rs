use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let steps = [|a: f64| a * 2.0, |a: f64| a + 1.0];
    steps[0](x)
}

fn main() {}
