//! Macros and closures that others call, which change what carries a derivative.
#![allow(missing_docs)]

use differentiable::prelude::*;

#[differentiable]
fn sorted(x: f64) -> f64 {
    let mut s = 0.0;
    let mut v = vec![3.0, x];
    v.sort_by(|a, b| {
        s += x;
        a.total_cmp(b)
    });
    s * v[0]
}

fn each(n: usize, mut f: impl FnMut(f64)) {
    (0..n).for_each(|i| f(i as f64));
}

#[differentiable]
fn passed(x: f64) -> f64 {
    let mut s = x;
    each(3, |k| s += k * x);
    s
}

fn main() {}
