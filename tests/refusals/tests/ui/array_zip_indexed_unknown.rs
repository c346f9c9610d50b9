use differentiable::ndarray::Zip;
use differentiable::prelude::*;

#[differentiable]
fn double(x: &Array2<f64>) -> Array2<f64> {
    x * 2.0
}

#[differentiable]
fn f(x: &Array2<f64>) -> f64 {
    let y = double(x);
    Zip::indexed(&y).fold(0.0, |acc, (i, _), y| acc + y * i as f64)
}

fn main() {}
