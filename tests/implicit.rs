//! Solutions of equations, differentiated by the implicit function theorem.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// A system of two equations, by Newton's method with the Jacobian that comes with the residual.
#[differentiable(implicit = circle_and_wave)]
fn crossing(radius: f64, wave: &[f64]) -> Vec<f64> {
    let mut x = vec![1.0, 1.0];
    for _ in 0..50 {
        let r = circle_and_wave(radius, wave, &x);
        let j = circle_and_wave::jacobian(radius, wave, &x);
        let (a, b) = (2 + wave.len() - 1, 2 + wave.len());
        let (j00, j01, j10, j11) = (j[[0, a]], j[[0, b]], j[[1, a]], j[[1, b]]);
        let det = j00 * j11 - j01 * j10;
        x[0] -= (j11 * r[0] - j01 * r[1]) / det;
        x[1] -= (j00 * r[1] - j10 * r[0]) / det;
    }
    x
}

#[differentiable]
fn circle_and_wave(radius: f64, wave: &[f64], x: &[f64]) -> Vec<f64> {
    vec![x[0] * x[0] + x[1] * x[1] - radius * radius, x[1] - wave[0] * (wave[1] * x[0]).sin()]
}

#[differentiable]
fn distance(radius: f64, wave: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        let x = crossing(radius + 0.1 * i as f64, wave);
        s += x[0] * x[1] * radius;
    }
    s
}

#[test]
fn systems() {
    crossing::check(1.3, &[0.9, 1.4]).unwrap();
    distance::check(1.3, &[0.9, 1.4], 3).unwrap();
}

/// A fixed point, whose iterations are not differentiated: there are different numbers of them.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Rates {
    growth: f64,
    loss: [f64; 2],
}

#[differentiable(implicit = imbalance)]
fn equilibrium(rates: &Rates, start: [f64; 2], #[constant] tolerance: f64) -> [f64; 2] {
    let mut x = start;
    loop {
        let next = balance(rates, start, &x);
        let change = (next[0] - x[0]).abs() + (next[1] - x[1]).abs();
        x = next;
        if change < tolerance {
            return x;
        }
    }
}

#[differentiable]
fn balance(rates: &Rates, start: [f64; 2], x: &[f64; 2]) -> [f64; 2] {
    [(rates.growth * x[1]).cos() * rates.loss[0] + 0.1 * start[0], 0.3 * x[0].sin() * rates.loss[1]]
}

#[differentiable]
fn imbalance(rates: &Rates, start: [f64; 2], #[constant] _tolerance: f64, x: &[f64; 2]) -> [f64; 2] {
    let y = balance(rates, start, x);
    [x[0] - y[0], x[1] - y[1]]
}

#[differentiable]
fn yield_of(rates: &Rates, start: [f64; 2]) -> f64 {
    let x = equilibrium(rates, start, 1e-14);
    x[0] * x[1] + rates.growth * x[0]
}

#[test]
fn fixed_points() {
    let rates = Rates { growth: 0.7, loss: [0.8, 1.1] };
    equilibrium::check(&rates, [0.4, 0.2], 1e-14).unwrap();
    yield_of::check(&rates, [0.4, 0.2]).unwrap();
}

/// Roots of generic code.
#[differentiable(implicit = square_minus)]
fn root<T: Real>(a: T) -> T {
    let mut x = a;
    for _ in 0..60 {
        x = (x + a / x) / (T::one() + T::one());
    }
    x
}

#[differentiable]
fn square_minus<T: Real>(a: T, x: &T) -> T {
    *x * *x - a
}

#[test]
fn generic_roots() {
    assert!((root::grad(4.0_f64) - 0.25).abs() < 1e-15);
    assert!((root::jvp(4.0_f32, 2.0).1 - 0.5).abs() < 1e-6);
    root::check(2.0_f64).unwrap();
}

#[differentiable(implicit = square_minus)]
fn square_root(a: f64) -> f64 {
    a.sqrt()
}

#[test]
#[should_panic(expected = "has no inverse")]
fn a_double_root_has_no_derivative() {
    let _ = square_root::grad(0.0);
}
