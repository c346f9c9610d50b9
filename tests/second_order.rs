//! Hessians and Hessian-vector products against closed forms and differences of gradients.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable(order = 2)]
fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
    }
    sum
}

#[test]
fn the_hessian_of_rosenbrock() {
    let x = [-1.2, 1.0];
    let h = rosenbrock::hessian(&x);
    let expected = array![[1200.0 * 1.44 - 400.0 + 2.0, 480.0], [480.0, 200.0]];
    assert!((&h - &expected).iter().all(|d| d.abs() < 1e-9), "{h}");
    let product = rosenbrock::hvp(&x, &[1.0, 2.0]);
    assert!((product[0] - (1330.0 + 960.0)).abs() < 1e-9 && (product[1] - 880.0).abs() < 1e-9, "{product:?}");
}

#[differentiable(order = 2)]
fn scalar(x: f64, y: f64, n: usize) -> f64 {
    let mut t = x;
    for _ in 0..n {
        t = (t * y).sin() + 0.1 * t * t;
    }
    if t > 0.0 { t * t.exp() } else { t.powi(3) }
}

#[differentiable(order = 2)]
fn outer(x: f64, v: &[f64]) -> f64 {
    let mut s = scalar(x, v[0], 2);
    for a in v.iter() {
        s *= 1.0 + scalar(*a, x, 1) * 0.1;
    }
    s
}

/// The Hessian by differences of the gradient.
fn differences(gradient: impl Fn(&[f64]) -> Vec<f64>, at: &[f64]) -> Vec<Vec<f64>> {
    (0..at.len())
        .map(|j| {
            let h = 1e-5;
            let (mut up, mut down) = (at.to_vec(), at.to_vec());
            up[j] += h;
            down[j] -= h;
            gradient(&up).iter().zip(gradient(&down)).map(|(u, d)| (u - d) / (2.0 * h)).collect()
        })
        .collect()
}

#[test]
fn hessians_of_loops_branches_and_calls() {
    for at in [[0.7, 0.9], [-0.8, 1.3]] {
        let h = scalar::hessian(at[0], at[1], 3);
        let gradient = |x: &[f64]| {
            let (a, b) = scalar::grad(x[0], x[1], 3);
            vec![a, b]
        };
        for (j, column) in differences(gradient, &at).iter().enumerate() {
            for (i, d) in column.iter().enumerate() {
                assert!((h[[i, j]] - d).abs() < 1e-6, "{h} {d}");
            }
        }
        assert!((h[[0, 1]] - h[[1, 0]]).abs() < 1e-12);
    }
    let h = outer::hessian(0.6, &[0.3, 0.8]);
    let gradient = |x: &[f64]| {
        let (a, b) = outer::grad(x[0], &x[1..]);
        [vec![a], b].concat()
    };
    for (j, column) in differences(gradient, &[0.6, 0.3, 0.8]).iter().enumerate() {
        for (i, d) in column.iter().enumerate() {
            assert!((h[[i, j]] - d).abs() < 1e-6, "{h} {d}");
        }
    }
}

#[differentiable(order = 2)]
fn integer_power(x: f64, n: i32) -> f64 {
    x.powi(n)
}

#[differentiable(order = 2)]
fn real_power(x: f64, y: f64) -> f64 {
    x.powf(y)
}

#[differentiable(order = 2)]
fn fixed_powers(x: f64) -> f64 {
    x.powi(0) + 2.0 * x.powi(1) + 3.0 * x.powi(2) + x.powf(0.0) + 5.0 * x.powf(1.0) + 7.0 * x.powf(2.0) + x.powf(3.0)
}

#[test]
fn powers_at_zero() {
    for (n, slope, curvature) in [(0, 0.0, 0.0), (1, 1.0, 0.0), (2, 0.0, 2.0), (3, 0.0, 0.0)] {
        let y = f64::from(n);
        assert_eq!((integer_power::grad(0.0, n), integer_power::jvp(0.0, n, 1.0).1), (slope, slope));
        assert_eq!((real_power::grad(0.0, y).0, real_power::jvp(0.0, y, 1.0, 0.0).1), (slope, slope));
        assert_eq!((integer_power::hvp(0.0, n, 1.0), real_power::hvp(0.0, y, 1.0, 0.0).0), (curvature, curvature));
    }
    assert_eq!((fixed_powers::grad(0.0), fixed_powers::hvp(0.0, 1.0)), (7.0, 20.0));
}
