use differentiable::prelude::*;

#[differentiable(lanes)]
fn f(a: &Array1<f64>) -> [f64; 2] {
    [a[0], a[1] * a[0]]
}

fn main() {}
