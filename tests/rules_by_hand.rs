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

/// A rule for one mode suffices for that mode, also in what calls the function.
#[differentiable(vjp = only_backward_vjp)]
fn only_backward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_backward_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>)) {
    let saved = w[0];
    (x * x * saved, move |ct| (2.0 * x * saved * ct, vec![x * x * ct]))
}

#[differentiable(jvp = only_forward_jvp)]
fn only_forward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_forward_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    (x * x * w[0], 2.0 * x * w[0] * dx + x * x * dw[0])
}

#[differentiable]
fn calls_backward(x: f64, w: &[f64]) -> f64 {
    only_backward(x * 2.0, w) + x
}

#[differentiable]
fn calls_forward(x: f64, w: &[f64]) -> f64 {
    only_forward(x * 2.0, w) + x
}

#[test]
fn one_rule_suffices_for_its_mode() {
    assert_eq!(only_backward::grad(3.0, &[0.5]), (3.0, vec![9.0]));
    assert_eq!(calls_backward::grad(3.0, &[0.5]), (13.0, vec![36.0]));
    assert_eq!(calls_backward::vjp(3.0, &[0.5]).1(2.0), (26.0, vec![72.0]));
    assert_eq!(only_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (4.5, 3.0));
    assert_eq!(calls_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (21.0, 13.0));
}

/// Rules that carry closures and saved values, of a method and of a function of another crate.
#[differentiable(vjp = bessel_vjp)]
fn log_sum(xs: &[f64], scale: impl Fn(f64) -> f64) -> f64 {
    num_sum(xs, &scale).ln()
}

fn num_sum(xs: &[f64], scale: &impl Fn(f64) -> f64) -> f64 {
    xs.iter().map(|x| scale(x.exp())).sum()
}

fn bessel_vjp(xs: &[f64], scale: impl Fn(f64) -> f64) -> (f64, impl Fn(f64) -> Vec<f64>) {
    let terms: Vec<f64> = xs.iter().map(|x| scale(x.exp())).collect();
    let total: f64 = terms.iter().sum();
    (total.ln(), move |ct| terms.iter().map(|t| ct * t / total).collect())
}

#[differentiable]
fn uses_closure(xs: &[f64], k: f64) -> f64 {
    log_sum(xs, |x| 3.0 * x) * k
}

#[test]
fn rules_with_closures() {
    let (d_xs, d_k) = uses_closure::grad(&[0.1, 0.7], 2.0);
    let total = 0.1_f64.exp() + 0.7_f64.exp();
    assert!((d_xs[0] - 2.0 * 0.1_f64.exp() / total).abs() < 1e-14);
    assert!((d_k - (3.0 * total).ln()).abs() < 1e-14);
}

/// Rules of a function that changes its argument: they are called at its initial state, and given the cotangent of the
/// final one.
#[differentiable(vjp = decay_vjp, jvp = decay_jvp)]
fn decay(x: &mut [f64], rate: f64) -> f64 {
    for v in x.iter_mut() {
        *v *= *v * rate;
    }
    x.iter().sum::<f64>() * rate
}

fn decay_vjp(x: &mut [f64], rate: f64) -> (f64, impl Fn(f64, &[f64]) -> (Vec<f64>, f64) + use<>) {
    let before = x.to_vec();
    let value = decay(x, rate);
    let pullback = move |ct: f64, d: &[f64]| {
        let total = || d.iter().map(|d| d + ct * rate).zip(&before);
        let squares = || before.iter().map(|v| v * v);
        let d_rate = total().map(|(d, v)| d * v * v).sum::<f64>() + ct * rate * squares().sum::<f64>();
        (total().map(|(d, v)| 2.0 * d * v * rate).collect(), d_rate)
    };
    (value, pullback)
}

fn decay_jvp(x: &mut [f64], rate: f64, dx: &mut [f64], d_rate: f64) -> (f64, f64) {
    for (v, d) in x.iter().zip(dx.iter_mut()) {
        *d = 2.0 * v * *d * rate + v * v * d_rate;
    }
    let value = decay(x, rate);
    (value, dx.iter().sum::<f64>() * rate + x.iter().sum::<f64>() * d_rate)
}

/// A function that gives nothing but what it changes.
#[differentiable(vjp = scale_vjp, jvp = scale_jvp)]
fn scale(x: &mut Vec<f64>, k: f64) {
    x.iter_mut().for_each(|v| *v *= k);
}

fn scale_vjp(x: &mut Vec<f64>, k: f64) -> ((), impl Fn(&Vec<f64>) -> (Vec<f64>, f64) + use<>) {
    let before = x.clone();
    scale(x, k);
    ((), move |d| (d.iter().map(|d| d * k).collect(), d.iter().zip(&before).map(|(d, v)| d * v).sum()))
}

fn scale_jvp(x: &mut Vec<f64>, k: f64, dx: &mut Vec<f64>, dk: f64) -> ((), ()) {
    dx.iter_mut().zip(x.iter()).for_each(|(d, v)| *d = *d * k + v * dk);
    scale(x, k);
    ((), ())
}

#[differentiable]
fn changes(x: &[f64], rate: f64) -> f64 {
    let mut y = x.to_vec();
    let mut sum = 0.0;
    for i in 0..2 {
        let k = rate + y[0];
        scale(&mut y, k);
        sum += decay(&mut y[i..], rate) * y[1];
    }
    sum * y[0]
}

#[test]
fn rules_of_functions_that_change_their_arguments() {
    decay::check(&mut [0.3, -0.8, 1.2], 0.7).unwrap();
    scale::check(&mut vec![0.3, -0.8, 1.2], 0.7).unwrap();
    changes::check(&[0.3, -0.8, 1.2], 0.7).unwrap();
    // The derivatives leave the argument as the function does.
    let (mut x, mut y) = ([0.3, -0.8, 1.2], [0.3, -0.8, 1.2]);
    let (value, _) = decay::value_and_grad(&mut x, 0.7);
    assert_eq!((value, x), (decay(&mut y, 0.7), y));
    assert_eq!(decay::jacobian(&mut [0.3, -0.8, 1.2], 0.7).dim(), (4, 4));
}

#[test]
fn the_source_of_a_rule_names_it() {
    assert_eq!(
        only_backward::source(),
        "// The derivatives of `only_backward` are given.\n// In reverse mode: `only_backward_vjp`.\n// In forward mode there is none.\n"
    );
}
