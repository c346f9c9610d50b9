use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Net {
    layer: Dense<f32>,
}

impl Model for Net {
    type Input = Array2<f32>;
    type Output = Array2<f32>;

    fn call(&self, x: &Array2<f32>) -> Array2<f32> {
        self.layer.call(x)
    }
}

fn main() {}
