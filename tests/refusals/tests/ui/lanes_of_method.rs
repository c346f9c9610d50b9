use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Line(f64);

#[differentiable]
impl Line {
    fn at(&self, x: f64) -> f64 {
        self.0 * x
    }
}

#[differentiable(lanes)]
fn f(#[constant] line: &Line, x: f64) -> f64 {
    line.at(x)
}

fn main() {}
