use differentiable::prelude::*;

#[differentiable]
fn kept(x: f64) -> f64 {
    let mut m = std::collections::HashMap::new();
    m.insert("a", x);
    m["a"] * x
}

fn main() {}
