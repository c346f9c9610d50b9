use differentiable::prelude::*;

#[differentiable]
fn f(mut x: ArrayViewMut1<f64>, s: f64) {
    x[0] = s * s;
}

fn main() {}
