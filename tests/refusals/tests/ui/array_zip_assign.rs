use differentiable::ndarray::Zip;
use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array1<f64>, y: &mut Array1<f64>) {
    Zip::from(x).map_assign_into(y, |x| x * x);
}

fn main() {}
