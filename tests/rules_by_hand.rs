//! Rules written by hand, for either mode and for both.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// A function whose body is of no use to the compiler; its derivatives are given.
#[differentiable(vjp = smooth_abs_vjp, jvp = smooth_abs_jvp)]
fn smooth_abs(x: f64, w: &[f64]) -> f64 {
    let raw = (x * x + 0.01_f64).sqrt();
    raw * w.iter().copied().map(|a| a * a).sum::<f64>()
}

fn smooth_abs_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>) + use<'_>) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let pullback = move |ct: f64| (ct * squares * x / root, w.iter().map(|a| ct * root * 2.0 * a).collect());
    (root * squares, pullback)
}

fn smooth_abs_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let along: f64 = w.iter().zip(dw).map(|(a, d)| 2.0 * a * d).sum();
    (root * squares, squares * x / root * dx + root * along)
}

#[differentiable]
fn caller(x: f64, w: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..3 {
        s += smooth_abs(x * i as f64 - 1.0, w) * x;
    }
    s.sin()
}

#[test]
fn rules_are_used_in_both_modes() {
    smooth_abs::check(0.3, &[0.5, -0.7]).unwrap();
    caller::check(0.3, &[0.5, -0.7]).unwrap();
}
