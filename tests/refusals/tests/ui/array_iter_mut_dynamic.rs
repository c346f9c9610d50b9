use differentiable::prelude::*;

#[differentiable]
fn f(x: &ArrayD<f64>) -> f64 {
    let mut y = x.clone();
    for v in y.iter_mut() {
        *v *= *v;
    }
    y.sum()
}

fn main() {}
