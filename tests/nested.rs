//! Derivatives inside differentiated functions, in all four combinations of modes.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable(order = 2)]
fn inner(x: f64, v: &[f64]) -> f64 {
    let mut s = x * x * x;
    for a in v.iter() {
        s += (a * x).sin() * a;
    }
    s
}

/// A function of a gradient.
#[differentiable]
fn of_gradient(x: f64, v: &[f64]) -> f64 {
    let (d_x, d_v) = inner::grad(x, v);
    let mut s = d_x * d_x;
    for d in d_v.iter() {
        s += d * x;
    }
    s
}

#[differentiable]
fn of_value_and_gradient(x: f64, v: &[f64]) -> f64 {
    let (value, grads) = inner::value_and_grad(x, v);
    value * grads.0
}

/// A function of a directional derivative, in forward mode.
#[differentiable]
fn of_direction(x: f64, k: f64) -> f64 {
    let (value, slope) = cube::jvp(x, k);
    value * slope
}

#[differentiable(order = 2)]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[test]
fn reverse_and_forward_over_gradients() {
    let v = [0.4, -0.9];
    of_gradient::check(0.7, &v).unwrap();
    of_value_and_gradient::check(0.7, &v).unwrap();
    of_direction::check(0.7, 1.3).unwrap();
}

/// Zygote's example of perturbation confusion: D(x -> x * D(y -> x + y)(1))(1) = 1.
#[differentiable(order = 2)]
fn plus(x: f64, y: f64) -> f64 {
    x + y
}

#[differentiable]
fn confusing(x: f64) -> f64 {
    let (_, d_y) = plus::grad(x, 1.0);
    x * d_y
}

#[test]
fn perturbations_are_not_confused() {
    assert_eq!(confusing::grad(1.0), 1.0);
    assert_eq!(confusing::jvp(1.0, 1.0).1, 1.0);
}
