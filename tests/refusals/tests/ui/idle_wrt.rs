use differentiable::prelude::*;

#[differentiable(wrt(y))]
fn f(x: f64, y: f64) -> f64 {
    if y > 0.0 { x } else { -x }
}

fn main() {}
