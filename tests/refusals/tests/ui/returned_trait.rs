use differentiable::prelude::*;

#[differentiable]
fn f(x: Vec<f64>) -> impl Iterator<Item = f64> {
    x.into_iter()
}

fn main() {}
