//! The promise of `tape = none`, and what the documentation says that is stored.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use std::f64::consts::PI;

use differentiable::prelude::*;

#[derive(Clone, Copy, Differentiable)]
struct V2 {
    x: f64,
    y: f64,
}

#[differentiable(tape = none)]
fn dot(a: V2, b: V2) -> f64 {
    a.x * b.x + a.y * b.y
}

/// A loop that only adds what is cheap needs no tape; neither do branches, arrays of fixed length, and calls of functions
/// that promise the same.
#[differentiable(tape = none)]
fn energy(x: &[f64], a: V2, scale: f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        let stretch = x[i] - scale;
        sum += 0.5 * stretch * stretch;
    }
    let pair = [sum.sin(), scale];
    let weight = if sum > 1.0 { pair[0].exp() } else { pair[1] * pair[0] };
    weight * dot(a, V2 { x: scale, y: sum })
}

#[differentiable]
impl V2 {
    #[differentiable(tape = none)]
    fn length(&self) -> f64 {
        dot(*self, *self).sqrt()
    }
}

#[test]
fn derivatives_without_tape() {
    let a = V2 { x: 0.3, y: -1.2 };
    assert_gradient!(dot(a, V2 { x: 2.0, y: 0.5 }));
    assert_gradient!(energy(&[0.4, 1.5, -0.2], a, 0.7));
    assert_gradient!(energy(&[], a, 0.7));
    assert_gradient!(a.length_check());
    assert!(!energy::source().contains("Vec"), "{}", energy::source());
}

#[differentiable(tape = none, order = 2)]
fn along(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Calls of functions and methods in a branch: their pullbacks are in the tape of the branch.
#[differentiable(tape = none)]
fn bent(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let squared = along(a, a);
    if squared > 0.1 {
        let length = squared.sqrt();
        along(a, b) * length.sin() / length
    } else {
        along(b, b) * squared
    }
}

#[test]
fn calls_in_branches_keep_the_promise() {
    bent::check(&[0.3, 0.4, 0.5], &[1.0, -2.0, 0.3]).unwrap();
    bent::check(&[0.03, 0.04, 0.05], &[1.0, -2.0, 0.3]).unwrap();
}

/// What is dear is computed again, where that is asked for.
#[differentiable(tape = none, order = 2)]
fn partition(x: &[f64], k: f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        #[checkpoint]
        {
            let weight = (-k * x[i] * x[i]).exp();
            sum += weight * along(&[weight, x[i], k], &[k, 1.0 / x[i], 2.0]);
        }
    }
    sum
}

#[test]
fn checkpoints_keep_the_promise() {
    assert_gradient!(partition(&[0.4, 1.5, -0.2], 0.7));
    assert!(!partition::source().contains("Vec"), "{}", partition::source());
    let h = partition::hessian(&[0.4, 1.5, -0.2], 0.7);
    let slope = |k: f64| partition::grad(&[0.4, 1.5, -0.2], k);
    let (up, down) = (slope(0.7 + 1e-5), slope(0.7 - 1e-5));
    assert!((h[[3, 0]] - (up.0[0] - down.0[0]) / 2e-5).abs() < 1e-8);
    assert!((h[[3, 3]] - (up.1 - down.1) / 2e-5).abs() < 1e-8);
}

/// A constant of the crate, whose type only the type checker knows.
const GRAVITY: f64 = 9.81;

/// A constant is a float where what it combines with tells: nothing is stored, and the gradient is arithmetic of floats.
#[differentiable(tape = none)]
fn pendulum(angle: f64, velocity: f64, n: usize) -> f64 {
    let (mut x, mut v) = (angle, velocity);
    for _ in 0..n {
        let a = -GRAVITY * x - 0.1 * v / PI;
        v += a * 1e-2;
        x += v * 1e-2;
    }
    x
}

#[test]
fn constants_take_no_tape() {
    assert_gradient!(pendulum(0.3, 0.1, 20));
    let source = pendulum::source();
    assert!(!source.contains("operators") && !source.contains("to_owned"), "{source}");
    let (dx, dv) = pendulum::grad(0.3, 0.1, 1);
    assert!((dx - (1.0 - GRAVITY * 1e-4)).abs() < 1e-15 && (dv - (1e-2 - 0.1 / PI * 1e-4)).abs() < 1e-15);
}
