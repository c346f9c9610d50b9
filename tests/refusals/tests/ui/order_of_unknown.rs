use differentiable::prelude::*;

/// What an alias stands for is not read.
type Number = f64;

#[derive(Clone, Differentiable)]
struct Net {
    weights: Vec<Number>,
    scale: Number,
}

#[differentiable(order = 4)]
fn value(net: &Net) -> f64 {
    let mut s = 0.0;
    for w in &net.weights {
        s += w * net.scale.tanh();
    }
    s
}

fn main() {}
