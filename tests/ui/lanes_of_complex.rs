use differentiable::prelude::*;

#[differentiable(lanes)]
fn f(z: Complex<f64>) -> f64 {
    z.norm_sqr()
}

fn main() {}
