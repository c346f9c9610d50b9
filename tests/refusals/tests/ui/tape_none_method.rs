use differentiable::prelude::*;

#[derive(Clone, Copy, Differentiable)]
struct Spring {
    stiffness: f64,
}

#[differentiable]
impl Spring {
    fn force(&self, x: f64) -> f64 {
        self.stiffness * x
    }

    #[differentiable(tape = none)]
    fn energy(&self, x: f64) -> f64 {
        0.5 * x * self.force(x)
    }
}

fn main() {}
