use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Solver {
    at: f64,
}

#[differentiable]
impl Solver {
    fn len(&mut self) -> usize {
        self.at *= 0.9;
        if self.at > 0.5 { 3 } else { 1 }
    }

    fn max(&mut self, by: f64) -> f64 {
        self.at -= by;
        self.at
    }

    fn ok(&mut self) -> bool {
        self.at *= 0.8;
        self.at > 0.1
    }

    fn tick(&mut self, by: f64) -> usize {
        self.at -= by;
        2
    }
}

#[differentiable]
fn until(x: f64) -> f64 {
    let mut solver = Solver { at: x };
    while solver.len() > 2 {}
    solver.at
}

#[differentiable]
fn asked(solver: &mut Solver, x: f64) -> f64 {
    while solver.max(x) > 0.5 {}
    solver.at
}

fn main() {}
