//! Derivative code multiplies by reciprocals that are at hand or serve several times.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

/// How often a source divides floats: counts of iterations are divided by four.
fn divisions(source: &str) -> usize {
    source.matches(" / ").count() - source.matches(" / 4 {").count()
}

#[differentiable(order = 2)]
fn potential(x: f64, y: f64) -> f64 {
    let r = (x * x + y * y).sqrt();
    1.0 / r
}

#[differentiable(order = 2)]
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let norm = a.iter().map(|a| a * a).sum::<f64>().sqrt();
    let mut sum = 0.0;
    for i in 0..a.len() {
        sum += a[i] / norm * b[i];
    }
    sum
}

#[differentiable(order = 2)]
fn relaxed(x: f64, weights: &[f64], steps: usize) -> f64 {
    let mut y = x;
    #[checkpoint(snapshots = 3)]
    for k in 0..steps {
        let scale = 1.5 + (weights[k % weights.len()] * y).sin();
        let a = y / scale;
        y = a + weights[0] / scale;
    }
    y
}

#[differentiable(order = 2)]
fn branches(x: f64, n: usize) -> f64 {
    let mut sum = 0.0;
    for i in 0..n {
        let d = x + i as f64;
        if i % 2 == 0 {
            let r = d.recip();
            sum += r.sqrt() + x / d;
        } else {
            sum += d / (d + 1.0) / (d + 1.0);
        }
    }
    sum
}

#[test]
fn a_reciprocal_at_hand_is_used() {
    potential::check(0.6, -0.8).unwrap();
    // The function divides once, and the gradient not at all.
    assert_eq!(divisions(potential::source()), 1, "{}", potential::source());
    let (x, y, r) = (0.6, -0.8, 1.0_f64);
    let hessian = potential::hessian(x, y);
    assert!((hessian[[0, 0]] - (3.0 * x * x / r.powi(5) - 1.0 / r.powi(3))).abs() < 1e-12);
    assert!((hessian[[0, 1]] - 3.0 * x * y / r.powi(5)).abs() < 1e-12);
    assert!((hessian[[0, 1]] - hessian[[1, 0]]).abs() < 1e-14);
}

#[test]
fn a_loop_divides_once() {
    let (a, b) = ([0.3, -1.2, 0.7], [1.1, 0.4, -0.9]);
    cosine::check(&a, &b).unwrap();
    let source = cosine::source();
    assert!(source.contains("let inverse = 1.0 / norm;"), "{source}");
    let backward = &source[source.rfind("let inverse").unwrap()..];
    assert_eq!(divisions(backward), 1, "{backward}");
}

#[test]
fn what_an_iteration_makes_stays_in_it() {
    relaxed::check(0.4, &[0.7, -0.2], 11).unwrap();
    branches::check(1.3, 5).unwrap();
    let step = 1e-5;
    let slope = (branches::grad(1.3 + step, 5) - branches::grad(1.3 - step, 5)) / (2.0 * step);
    assert!((branches::hvp(1.3, 5, 1.0) - slope).abs() < 1e-8);
    let weights = [0.7, -0.2];
    let slope = (relaxed::grad(0.4 + step, &weights, 11).0 - relaxed::grad(0.4 - step, &weights, 11).0) / (2.0 * step);
    assert!((relaxed::hvp(0.4, &weights, 11, 1.0, &[0.0, 0.0]).0 - slope).abs() < 1e-8);
}
