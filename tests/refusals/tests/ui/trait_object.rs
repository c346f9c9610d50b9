use differentiable::prelude::*;

trait Shape {
    fn area(&self) -> f64;
}

#[differentiable]
fn f(s: &dyn Shape, x: f64) -> f64 {
    s.area() * x
}

fn main() {}
