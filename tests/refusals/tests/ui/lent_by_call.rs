use differentiable::prelude::*;

fn pick(k: &mut [usize], i: usize) -> &mut usize {
    &mut k[i]
}

#[differentiable]
fn f(x: f64) -> f64 {
    let mut k = [0; 3];
    let r = pick(&mut k, 1);
    *r += 2;
    x * k[1] as f64
}

fn main() {}
