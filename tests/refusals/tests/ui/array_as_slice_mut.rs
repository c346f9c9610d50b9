use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.as_slice_mut().unwrap()[0] *= 2.0;
    y.sum()
}

fn main() {}
