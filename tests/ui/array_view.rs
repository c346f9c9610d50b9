use differentiable::ndarray::ArrayView1;
use differentiable::prelude::*;

#[differentiable]
fn total(v: ArrayView1<f64>) -> f64 {
    v.sum()
}

fn main() {}
