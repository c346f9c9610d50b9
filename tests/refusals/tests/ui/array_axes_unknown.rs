use differentiable::prelude::*;

#[differentiable]
fn f(x: &mut ArrayD<f64>) {
    x.lanes_mut(Axis(0)).into_iter().for_each(|mut lane| lane[0] *= 2.0);
}

fn main() {}
