use differentiable::prelude::*;

static mut COUNTER: f64 = 0.0;

#[differentiable]
fn f(x: f64) -> f64 {
    unsafe {
        COUNTER += x;
    }
    x
}

fn main() {}
