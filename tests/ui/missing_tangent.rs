use differentiable::prelude::*;

struct Sphere {
    radius: f64,
}

#[differentiable]
fn f(s: &Sphere, x: f64) -> f64 {
    s.radius * x
}

fn main() {}
