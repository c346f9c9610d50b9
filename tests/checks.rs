//! What `f::check` says of a wrong derivative, and `assert_gradient!`.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// The cube with a wrong pullback.
#[differentiable(vjp = wrong_vjp, jvp = cube_jvp)]
fn cube(x: &[f64], scale: f64) -> f64 {
    scale * x.iter().map(|x| x * x * x).sum::<f64>()
}

fn wrong_vjp(x: &[f64], scale: f64) -> (f64, impl Fn(f64) -> (Vec<f64>, f64)) {
    let (value, x) = (cube(x, scale), x.to_vec());
    (value, move |ct| {
        let mut d_x: Vec<f64> = x.iter().map(|x| 3.0 * scale * x * x * ct).collect();
        d_x[1] += 0.5;
        (d_x, value / scale * ct)
    })
}

fn cube_jvp(x: &[f64], scale: f64, d_x: &[f64], d_scale: f64) -> (f64, f64) {
    let along: f64 = x.iter().zip(d_x).map(|(x, d)| 3.0 * scale * x * x * d).sum();
    (cube(x, scale), along + cube(x, scale) / scale * d_scale)
}

#[differentiable]
fn right(x: f64) -> f64 {
    x.sin()
}

#[differentiable]
fn generic<T: Real>(x: T) -> T {
    x.tan()
}

const EXPECTED: &str = "the derivative of output 0 with respect to `x`, element 1, differs: \
    reverse mode gives 24.5, forward mode gives 24.0; they are 5.0e-1 apart, and 5.4e-8 is allowed";

#[test]
fn the_error_says_which_element_and_by_how_much() {
    let error = cube::check(&[1.0, 2.0, 3.0], 2.0).unwrap_err();
    assert_eq!((error.parameter.as_str(), error.element, error.output), ("x", 1, 0));
    assert_eq!(error.to_string(), EXPECTED);
    // What `unwrap` and `expect` show.
    assert_eq!(format!("{error:?}"), EXPECTED);
}

#[test]
fn a_wide_tolerance_accepts_it() {
    let wide = Tolerance { modes: 0.1, ..Tolerance::default() };
    assert!(cube::check_with(&[1.0, 2.0, 3.0], 2.0, wide).is_ok());
    assert_gradient!(cube(&[1.0, 2.0, 3.0], 2.0), wide);
    assert_gradient!(right(0.5));
    assert_gradient!(right(0.5), Tolerance { differences: 1e-8, ..Tolerance::default() },);
    assert_gradient!(self::generic::<f64>(0.5));
    assert_gradient!(generic::<f32>(0.5), Tolerance::single());
}

#[test]
fn the_assertion_shows_the_error() {
    let panic = std::panic::catch_unwind(|| assert_gradient!(cube(&[1.0, 2.0, 3.0], 2.0))).unwrap_err();
    let message = panic.downcast_ref::<String>().expect("a message");
    assert_eq!(*message, format!("wrong gradient of `cube`: {EXPECTED}"));
}

/// Single precision is told by the values: no tolerance has to be given.
#[differentiable]
fn single(x: &[f32], k: f32) -> f32 {
    x.iter().map(|x| (x * k).sin() * x.exp() * 1e3).sum()
}

#[differentiable]
fn rounded(x: f64) -> f32 {
    (x * x) as f32
}

#[differentiable(vjp = wrong_single_vjp, jvp = wrong_single_jvp)]
fn wrong_single(x: f32) -> f32 {
    x * x
}

fn wrong_single_vjp(x: f32) -> (f32, impl Fn(f32) -> f32) {
    (x * x, move |ct| 1.9 * x * ct)
}

fn wrong_single_jvp(x: f32, dx: f32) -> (f32, f32) {
    (x * x, 1.9 * x * dx)
}

#[test]
fn single_precision_has_a_tolerance_of_its_own() {
    for k in [0.3, 1.0, 2.7, -4.1] {
        single::check(&[0.1, -0.9, 1.7, 3.3], k).unwrap();
        rounded::check(f64::from(k)).unwrap();
    }
    let error = wrong_single::check(0.7).unwrap_err();
    assert_eq!(error.kind, differentiable::Disagreement::ForwardDifferences);
    single::check_with(&[0.1], 1.0, Tolerance::single()).unwrap();
    assert!(single::check_with(&[0.1, -0.9, 1.7, 3.3], 1.0, Tolerance::default()).is_err());
}

/// A layer of `relu` with kinks at these distances on either side of the point.
#[differentiable]
fn kinked<T: Real>(x: T, before: T, after: T) -> T {
    (x - before).max(T::zero()) + (x - after).max(T::zero()) * (x + after)
}

/// What `kinked` would be with a wrong derivative, off by two fifths.
#[differentiable(vjp = wrong_kinked_vjp, jvp = wrong_kinked_jvp)]
fn wrong_kinked(x: f32, before: f32, after: f32) -> f32 {
    kinked(x, before, after)
}

fn wrong_kinked_vjp(x: f32, before: f32, after: f32) -> (f32, impl Fn(f32) -> (f32, f32, f32)) {
    let (d_x, d_before, d_after) = kinked::grad(x, before, after);
    (kinked(x, before, after), move |ct| (0.6 * d_x * ct, d_before * ct, d_after * ct))
}

fn wrong_kinked_jvp(x: f32, before: f32, after: f32, d: f32, d_before: f32, d_after: f32) -> (f32, f32) {
    kinked::jvp(x, before, after, 0.6 * d, d_before, d_after)
}

/// A step of single precision is so long that it crosses kinks near the point; differences of that step are then no evidence.
#[test]
fn a_kink_beside_the_point_is_no_disagreement() {
    for (before, after) in [(0.99, 5.0), (0.999, 1.012), (-3.0, 1.001), (1.0, 2.0)] {
        kinked::check(1.0_f32, before, after).unwrap();
        let error = wrong_kinked::check(1.0, before, after);
        let wrong = kinked::grad(1.0_f32, before, after).0 != 0.0;
        assert_eq!(error.is_err(), wrong, "{before} and {after}: {error:?}");
    }
    kinked::check(1.0_f64, 1.0 - 3e-6, 5.0).unwrap();
}
