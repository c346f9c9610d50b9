use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let (mut p, mut q) = (x, 2.0 * x);
    let both = [&mut p, &mut q];
    for v in both {
        *v *= x;
    }
    p * q
}

fn main() {}
