//! A method with the name of a length that gives a number, which is handed on before anything shows its type.
#![allow(missing_docs)]

use differentiable::prelude::*;

/// What a macro is given is not read.
macro_rules! declared {
    ($item:item) => {
        $item
    };
}

declared! {
    #[derive(Clone, Differentiable)]
    struct Arrow {
        x: f64,
        y: f64,
    }
}

#[differentiable]
impl Arrow {
    fn len(&self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }
}

#[derive(Clone, Differentiable)]
struct Body {
    velocity: Arrow,
}

#[differentiable]
fn drag(speed: f64) -> f64 {
    speed * speed
}

#[differentiable]
fn force(body: &Body) -> f64 {
    drag(body.velocity.len())
}

fn main() {}
