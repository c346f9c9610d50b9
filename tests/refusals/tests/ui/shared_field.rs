use differentiable::prelude::*;
use std::sync::Arc;

#[derive(Clone, Differentiable)]
struct Net {
    weights: Arc<Vec<f64>>,
    bias: f64,
}

fn main() {}
