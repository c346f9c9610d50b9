use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
#[lanes]
enum Shape {
    Circle(f64),
    Square(f64),
}

fn main() {}
