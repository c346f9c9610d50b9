//! Pullbacks that are called again and again.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use std::cell::Cell;

use differentiable::prelude::*;

thread_local!(static RUNS: Cell<usize> = const { Cell::new(0) });

/// Counts the forward sweeps.
fn count() -> usize {
    RUNS.with(|runs| runs.replace(runs.get() + 1))
}

#[differentiable]
fn counted(x: &[f64], k: f64, mut y: Vec<f64>) -> (f64, Vec<f64>) {
    let mut s = if count() > 1000 { k } else { 0.0 };
    for i in 0..x.len() {
        s = (s + x[i] * k).sin() * y[i].exp();
        y[i] *= s;
        if s > 0.1 {
            y[0] += s * s;
        }
    }
    (s, y)
}

#[differentiable]
fn changing(x: &mut [f64], k: f64) -> f64 {
    let mut p = if count() > 1000 { k } else { 1.0 };
    for a in x.iter_mut() {
        *a = (*a * k).sin() * *a;
        p *= *a;
    }
    p
}

#[differentiable]
fn generic<T: Real>(x: [T; 3], n: usize) -> T {
    let mut s = if count() > 1000 { x[2] } else { x[0] };
    for i in 0..n {
        s = (s * x[i % 3]).tanh() + x[1];
    }
    s
}

#[test]
fn the_forward_sweep_runs_once() {
    let (x, y) = ([0.4, -0.7, 1.1], vec![0.1, 0.2, 0.3]);
    RUNS.set(0);
    let (_, pullback) = counted::vjp(&x, 0.9, y.clone());
    let (a, b) = ((1.0, vec![0.0; 3]), (0.0, vec![1.0, 0.5, -2.0]));
    let (of_a, of_b) = (pullback(a.clone()), pullback(b.clone()));
    assert_eq!((pullback(a), pullback(b)), (of_a.clone(), of_b));
    assert_eq!(RUNS.get(), 1);
    assert_eq!(counted::vjp(&x, 0.9, y.clone()).1((1.0, vec![0.0; 3])), of_a);
    counted::check(&x, 0.9, y).unwrap();

    let mut x = [0.4, -0.7, 1.1];
    RUNS.set(0);
    {
        let (_, pullback) = changing::vjp(&mut x, 0.9);
        let first = pullback(1.0, &[0.0, 0.5, 0.0]);
        let other = pullback(0.0, &[1.0, 0.0, 0.0]);
        assert_ne!(first, other);
        assert_eq!(pullback(1.0, &[0.0, 0.5, 0.0]), first);
    }
    assert_eq!(RUNS.get(), 1);
    changing::check(&mut [0.4, -0.7, 1.1], 0.9).unwrap();

    RUNS.set(0);
    let (_, pullback) = generic::vjp([0.3, 0.5, -0.2], 5);
    assert_eq!(pullback(2.0), pullback(1.0).map(|d: f64| 2.0 * d));
    assert_eq!(RUNS.get(), 1);
}
