use differentiable::prelude::*;

#[derive(Differentiable)]
enum Shape {
    #[allow(non_camel_case_types)]
    circle(f64),
    Dot,
}

fn main() {}
