use differentiable::prelude::*;

mod physics {
    pub fn drag(v: f64) -> f64 {
        v * v
    }
}

struct Layer;

impl Layer {
    fn scale(x: f64) -> f64 {
        x
    }
}

trait Model {
    fn run(x: f64) -> f64;
}

#[differentiable]
fn through_a_path(x: f64) -> f64 {
    physics::drag(x) * 2.0
}

#[differentiable]
fn of_another_crate(x: f64) -> f64 {
    std::hint::black_box(x) * 2.0
}

#[differentiable]
fn associated(x: f64) -> f64 {
    Layer::scale(x) * 2.0
}

#[differentiable]
fn generic<M: Model>(m: &[M], x: f64) -> f64 {
    M::run(x) * 2.0
}

fn main() {}
