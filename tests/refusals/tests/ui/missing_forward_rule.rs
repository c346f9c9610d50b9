use differentiable::prelude::*;

#[differentiable(vjp = cube_vjp)]
fn cube(x: f64) -> f64 {
    x * x * x
}

fn cube_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x * x, move |ct| 3.0 * x * x * ct)
}

fn main() {
    let _ = cube::grad(1.0);
    let _ = cube::jvp(1.0, 1.0);
}
