use differentiable::prelude::*;

/// What a macro declares is not read.
macro_rules! alias {
    ($name:ident) => {
        type $name = f64;
    };
}
alias!(Number);

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
