use differentiable::prelude::*;

#[differentiable(order = 2, vjp = scale_vjp, jvp = scale_jvp)]
fn scale(x: &mut [f64], k: f64) {
    x.iter_mut().for_each(|x| *x *= k);
}

fn scale_vjp(x: &mut [f64], k: f64) -> ((), impl Fn(&[f64]) -> (Vec<f64>, f64)) {
    let before = x.to_vec();
    scale(x, k);
    ((), move |ct| (ct.iter().map(|c| c * k).collect(), ct.iter().zip(&before).map(|(c, x)| c * x).sum()))
}

#[differentiable]
fn scale_jvp(x: &mut [f64], k: f64, dx: &mut [f64], dk: f64) -> ((), ()) {
    for i in 0..x.len() {
        dx[i] = dx[i] * k + x[i] * dk;
        x[i] *= k;
    }
    ((), ())
}

fn main() {}
