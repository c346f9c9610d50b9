use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let mut a = x;
    let mut b = x * x;
    *(if x > 0.0 { &mut a } else { &mut b }) *= 3.0;
    a * b
}

fn main() {}
