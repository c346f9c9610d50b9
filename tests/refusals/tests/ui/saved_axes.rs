use differentiable::prelude::*;

#[derive(Differentiable)]
struct Layer {
    #[saved(name = "weight", axes = [0, 2])]
    w: Array2<f64>,
}

fn main() {}
