use differentiable::prelude::*;

#[differentiable]
fn f(at: Option<&f64>, x: f64) -> f64 {
    match at {
        Some(&at) => at * x,
        None => x,
    }
}

fn main() {}
