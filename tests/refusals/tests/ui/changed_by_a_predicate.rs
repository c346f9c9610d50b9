use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Solver {
    at: f64,
}

#[differentiable]
impl Solver {
    fn is_moving(&mut self, by: f64) -> bool {
        self.at -= by * self.at;
        self.at > 0.2
    }
}

#[differentiable]
fn of_a_local(x: f64) -> f64 {
    let mut solver = Solver { at: x };
    while solver.is_moving(0.1) {}
    solver.at
}

#[differentiable]
fn of_a_parameter(solver: &mut Solver, x: f64) -> f64 {
    if solver.is_moving(x) {}
    solver.at
}

fn main() {}
