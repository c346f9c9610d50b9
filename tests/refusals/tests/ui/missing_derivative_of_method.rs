use differentiable::prelude::*;

#[derive(Differentiable)]
struct Sphere {
    radius: f64,
}

impl Sphere {
    fn area(&self) -> f64 {
        self.radius * self.radius
    }
}

#[differentiable]
fn f(s: &Sphere, x: f64) -> f64 {
    s.area() * x
}

fn main() {}
