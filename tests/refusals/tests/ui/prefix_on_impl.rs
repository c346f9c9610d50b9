use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Line {
    slope: f64,
}

#[differentiable(prefix = d)]
impl Line {
    fn at(&self, x: f64) -> f64 {
        self.slope * x
    }

    fn twice(&self, x: f64) -> f64 {
        2.0 * self.slope * x
    }
}

fn main() {}
