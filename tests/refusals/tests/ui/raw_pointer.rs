use differentiable::prelude::*;

#[differentiable]
fn f(x: f64, p: *const f64) -> f64 {
    if p.is_null() { x } else { -x }
}

fn main() {}
