use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> Result<f64, f64> {
    if x > 0.0 { Ok(x) } else { Err(x * x) }
}

fn main() {}
