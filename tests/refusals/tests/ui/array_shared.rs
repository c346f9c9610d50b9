use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array2<f64>) -> f64 {
    let y = x.to_shared();
    y.sum()
}

fn main() {}
