use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Solver {
    at: f64,
}

#[differentiable]
impl Solver {
    fn step(&mut self, by: f64) -> f64 {
        self.at -= by * self.at;
        self.at
    }
}

#[differentiable]
fn of_a_local(x: f64) -> f64 {
    let mut solver = Solver { at: x };
    while solver.step(0.1) > 0.2 {}
    solver.at
}

#[differentiable]
fn of_a_parameter(solver: &mut Solver, x: f64) -> f64 {
    while solver.step(x) > 0.2 {}
    solver.at
}

fn main() {}
