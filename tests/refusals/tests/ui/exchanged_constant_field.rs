use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Cache {
    w: f64,
    #[constant]
    all: Vec<f64>,
}

#[differentiable]
fn exchanged(cache: &mut Cache, x: f64) -> f64 {
    let mut pair = vec![x, x * cache.w];
    std::mem::swap(&mut pair, &mut cache.all);
    pair[0] * x
}

fn main() {}
