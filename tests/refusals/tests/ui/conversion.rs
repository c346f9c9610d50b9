use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Point {
    a: f64,
    b: f64,
}

impl From<[f64; 2]> for Point {
    fn from(p: [f64; 2]) -> Point {
        Point { a: p[0], b: p[1] }
    }
}

#[differentiable]
fn f(x: f64) -> f64 {
    let p = Point::from([x, 2.0]);
    p.a * p.b
}

fn main() {}
