use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Point {
    x: f64,
    y: f64,
}

#[differentiable(lanes)]
fn f(p: &Point) -> [f64; 2] {
    [p.x * p.y, p.y]
}

fn main() {}
