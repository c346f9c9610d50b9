use differentiable::prelude::*;

#[differentiable]
fn advanced(m: &[Vec<f64>]) -> f64 {
    let mut it = m.iter().flatten();
    let first = it.next().unwrap();
    first * it.map(|x| x * x).sum::<f64>()
}

fn main() {}
