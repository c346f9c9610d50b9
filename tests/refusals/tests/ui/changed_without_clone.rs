use differentiable::prelude::*;

#[differentiable]
trait Layer {
    fn go(&mut self, x: f64) -> f64;
}

#[differentiable]
fn run<A: Layer + Differentiable>(a: &mut A, x: f64) -> f64 {
    let y = a.go(x);
    a.go(y)
}

fn main() {}
