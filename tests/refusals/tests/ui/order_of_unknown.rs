use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Net {
    weights: Vec<f64>,
    scale: f64,
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
