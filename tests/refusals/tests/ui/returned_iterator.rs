use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Path {
    points: Vec<f64>,
}

#[differentiable]
impl Path {
    fn iter(&self) -> std::slice::Iter<'_, f64> {
        self.points.iter()
    }
}

fn main() {}
