use differentiable::prelude::*;

#[differentiable(tape = none)]
fn f(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        let e = x[i].exp();
        sum += e * e;
    }
    sum
}

fn main() {}
