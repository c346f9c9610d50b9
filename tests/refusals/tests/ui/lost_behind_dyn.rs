use differentiable::prelude::*;

trait Shape {
    fn area(&self) -> f64;
}

struct Circle {
    r: f64,
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        self.r * self.r
    }
}

#[differentiable]
fn f(x: f64) -> f64 {
    let shape: Box<dyn Shape> = Box::new(Circle { r: x });
    shape.area()
}

fn main() {}
