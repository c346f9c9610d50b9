use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array2<f64>, k: usize) -> f64 {
    x.map_axis(Axis(k), |lane| lane.sum()).sum()
}

fn main() {}
