use differentiable::prelude::*;

#[differentiable]
fn at_mut(v: &mut [f64], i: usize) -> &mut f64 {
    &mut v[i]
}

fn main() {}
