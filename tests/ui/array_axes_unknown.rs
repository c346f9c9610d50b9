use differentiable::prelude::*;

#[differentiable]
fn f(x: &ArrayD<f64>) -> f64 {
    x.map_axis(Axis(0), |lane| lane.sum()).sum()
}

fn main() {}
