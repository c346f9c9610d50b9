use differentiable::prelude::*;

#[derive(Differentiable)]
struct Spring {
    stiffness: f64,
}

#[differentiable]
impl Spring {
    fn energy(&self, x: f64) -> f64 {
        self.stiffness * x * x
    }
}

#[differentiable(order = 2)]
fn caller(spring: &Spring, x: f64) -> f64 {
    spring.energy(x)
}

fn main() {}
