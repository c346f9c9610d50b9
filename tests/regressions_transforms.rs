//! Small programs that the transforms once got wrong: each was found by programs made at random, and cut down.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point {
    a: f64,
    b: f64,
}

#[differentiable]
fn helper(x: f64) -> f64 {
    x.sin() * x
}

/// The cotangent of the inner call depends on its value, so that its sweeps cannot run at once.
#[differentiable]
fn magnitude_of_a_call(x: f64) -> Option<f64> {
    let value: f64 = helper(x.sin());
    Some(f64::abs(helper(value)))
}

#[test]
fn cotangents_that_depend_on_the_value() {
    magnitude_of_a_call::check(0.4).unwrap();
    magnitude_of_a_call::check(-0.9).unwrap();
}

/// A `&mut` slice that is only looked at: its tangent is never taken out of its `Option`.
#[differentiable(order = 2)]
fn looked_at(w: &mut [f64], m: &mut f64) -> f64 {
    let t = [*m * *m; 2];
    if *m + w[0] < 0.3 { t[1] } else { t[0] * 2.0 }
}

#[differentiable(order = 2)]
fn looks(x: f64) -> f64 {
    let (mut w, mut m) = ([x, 1.0], x);
    looked_at(&mut w, &mut m) * m
}

#[test]
fn mutable_arguments_that_are_looked_at() {
    looked_at::check(&mut [0.7, 0.1], &mut 0.4).unwrap();
    looks::check(0.6).unwrap();
    assert!((looks::hessian(0.6)[[0, 0]] - 12.0 * 0.6).abs() < 1e-12);
}

/// The best of a vector whose items are made of fields, where nothing reads what is found.
#[differentiable]
fn best_of_fields(w: &mut [f64], p: Point) -> f64 {
    let t = w[..].iter().map(|_| p.b + p.b).collect::<Vec<f64>>();
    for _ in 0..3 {
        let best = t.iter().copied().max_by(|m, k| m.total_cmp(k)).unwrap().sin();
    }
    w[1] * p.a
}

#[test]
fn items_made_of_fields() {
    best_of_fields::check(&mut [0.4, 0.8], Point { a: 0.3, b: 0.9 }).unwrap();
}

/// What a call gave is replaced before anybody reads its tangent.
#[differentiable]
fn replaced(x: f64, n: usize) -> Vec<f64> {
    let mut u: f64 = helper(x);
    let old = std::mem::replace(&mut u, x.cos());
    vec![if n % 2 == 0 { x + u } else { x }, u + x]
}

#[test]
fn values_that_are_replaced_at_once() {
    replaced::check(0.4, 0).unwrap();
    replaced::check(0.4, 1).unwrap();
}
