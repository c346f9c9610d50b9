use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array2<f64>) -> f64 {
    let mut y = x.clone();
    y.collapse_axis(Axis(0), 1);
    y.sum()
}

fn main() {}
