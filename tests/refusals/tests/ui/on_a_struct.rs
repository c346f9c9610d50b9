use differentiable::prelude::*;

#[differentiable]
struct P {
    x: f64,
}

fn main() {}
