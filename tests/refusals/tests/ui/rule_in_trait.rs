use differentiable::prelude::*;

#[differentiable]
trait Map {
    fn map(&self, x: f64) -> f64;
}

#[derive(Clone, Differentiable)]
struct Cube;

#[differentiable]
impl Map for Cube {
    #[differentiable(vjp = cube_vjp)]
    fn map(&self, x: f64) -> f64 {
        x * x * x
    }
}

fn cube_vjp(_: &Cube, x: f64) -> (f64, impl Fn(f64) -> (CubeTangent, f64)) {
    (x * x * x, move |ct| (CubeTangent {}, 3.0 * x * x * ct))
}

fn main() {}
