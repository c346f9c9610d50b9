//! Locals without a declared type that are indexed, cut and iterated over: what calls give, parts of tuples, shapes.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::ndarray::{Array2, Array3};
use differentiable::prelude::*;

#[differentiable]
fn split(v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    (v[..2].to_vec(), v[2..].to_vec())
}
#[differentiable]
fn halves(v: &[f64]) -> f64 {
    let (p, q) = split(v);
    let mut s = 0.0;
    for i in 0..2 {
        s += p[i] * q[i];
    }
    s + p[0]
}
#[differentiable]
fn rows(v: &[f64]) -> Vec<Vec<f64>> {
    vec![v.to_vec(), v.iter().map(|x| x * x).collect()]
}
#[differentiable]
fn of_rows(v: &[f64]) -> f64 {
    let m = rows(v);
    let r = &m[1];
    let last = r[r.len() - 1];
    m[0][1] * r[0] + last
}
#[differentiable]
fn mean_by_shape(x: &Array2<f64>) -> f64 {
    let n = x.shape()[1..].iter().product::<usize>();
    x.sum() / n as f64
}
#[differentiable]
fn reshaped(x: &Array3<f64>) -> f64 {
    let rest: usize = x.shape()[1..].iter().product();
    let y = x.to_shape((x.shape()[0], rest)).unwrap().to_owned();
    y[[1, 2]] * y[[0, 1]]
}
#[differentiable]
fn generic<T: Clone + Differentiable>(x: &T) -> T {
    x.clone()
}
#[differentiable]
fn of_generic(v: &Vec<f64>) -> f64 {
    let p = generic(v);
    let mut s = 0.0;
    for i in 0..p.len() {
        s += p[i] * p[i];
    }
    s
}
#[differentiable]
fn arr(v: &[f64]) -> [f64; 3] {
    [v[0], v[1], v[0] * v[1]]
}
#[differentiable]
fn of_array(v: &[f64]) -> f64 {
    let mut p = arr(v);
    p[1] += p[0];
    p[2] *= p[1];
    let (lo, hi) = p.split_at(1);
    p.swap(0, 2);
    p[0] * p[1] + p.iter().sum::<f64>()
}
#[differentiable]
fn mat(v: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((2, 2), |(i, j)| v[i] * v[j + 1])
}
#[differentiable]
fn of_matrix(v: &[f64]) -> f64 {
    let m = mat(v);
    m[[0, 1]] * m[[1, 0]] + m[(1, 1)]
}
#[test]
fn values_of_calls_and_parts_of_them() {
    let v = [0.4, 0.7, 1.1, -0.3];
    halves::check(&v).unwrap();
    of_rows::check(&v).unwrap();
    mean_by_shape::check(&Array2::from_shape_fn((2, 3), |(i, j)| i as f64 + 0.1 * j as f64)).unwrap();
    reshaped::check(&Array3::from_shape_fn((2, 3, 2), |(i, j, k)| i as f64 + 0.1 * j as f64 + k as f64 * 0.3)).unwrap();
    of_generic::check(&v.to_vec()).unwrap();
    of_array::check(&v).unwrap();
    of_matrix::check(&v).unwrap();
}
