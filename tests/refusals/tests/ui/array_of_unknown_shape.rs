use differentiable::prelude::*;

#[differentiable]
fn f(x: &Array1<f64>, shape: &[usize]) -> f64 {
    Array::from_shape_fn(shape, f64_at).sum() * x.sum()
}

fn f64_at(i: differentiable::ndarray::IxDyn) -> f64 {
    i[0] as f64
}

fn main() {}
