use differentiable::prelude::*;

#[differentiable(jvp = cube_jvp)]
fn cube(x: f64) -> f64 {
    x * x * x
}

fn cube_jvp(x: f64, dx: f64) -> (f64, f64) {
    (x * x * x, 3.0 * x * x * dx)
}

fn main() {
    let _ = cube::jvp(1.0, 1.0);
    let _ = cube::grad(1.0);
}
