//! Arrays of three to six axes, and functions of arrays that call each other, under `deny(warnings)`.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![deny(warnings)]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::{Array5, Array6, ArrayView3};
use differentiable::prelude::*;

#[differentiable]
fn six(x: &Array6<f64>, y: &Array5<f64>) -> f64 {
    let z = x * y;
    let page = z.index_axis(Axis(0), 0);
    page.mapv(|v| v.sin()).sum() + z.sum_axis(Axis(5)).mapv(|v| v * v).sum()
}

#[differentiable]
fn cubes(x: &ArrayView3<f64>) -> f64 {
    let mut total = 0.0;
    for plane in x.outer_iter() {
        for row in plane.rows() {
            total += row.dot(&row) * row[0];
        }
        total += plane.diag().sum();
    }
    for lane in x.lanes(Axis(1)) {
        total += lane.product();
    }
    total
}

#[differentiable]
fn elu(x: &Array2<f64>, alpha: f64) -> Array2<f64> {
    x.mapv(|v| if v > 0.0 { v } else { alpha * (v.exp() - 1.0) })
}

#[differentiable]
fn cross_entropy(p: &Array2<f64>, labels: &Array1<usize>) -> f64 {
    let mut loss = 0.0;
    for (i, &label) in labels.iter().enumerate() {
        loss -= p[[i, label]].ln();
    }
    loss / labels.len() as f64
}

#[differentiable]
fn softmax(x: &Array2<f64>) -> Array2<f64> {
    let mut out = x.clone();
    for mut row in out.axis_iter_mut(Axis(0)) {
        let max = row.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|v| (v - max).exp());
        let sum = row.sum();
        row.mapv_inplace(|v| v / sum);
    }
    out
}

#[differentiable]
fn whole(x: &Array2<f64>, w: &Array2<f64>, labels: &Array1<usize>) -> f64 {
    let h = elu(&x.dot(w), 0.7);
    cross_entropy(&softmax(&h), labels)
}

#[differentiable]
fn moving(x: &[f64], w: usize) -> Vec<f64> {
    let a = Array1::from_vec(x.to_vec());
    (0..a.len() + 1 - w).map(|i| a.slice(s![i..i + w]).mean().unwrap()).collect()
}

#[differentiable]
fn heat(u: &mut Array2<f64>, k: f64) {
    let old = u.clone();
    let (n, m) = u.dim();
    for i in 1..n - 1 {
        for j in 1..m - 1 {
            u[[i, j]] = old[[i, j]]
                + k * (old[[i - 1, j]] + old[[i + 1, j]] + old[[i, j - 1]] + old[[i, j + 1]] - 4.0 * old[[i, j]]);
        }
    }
}

#[differentiable]
fn windows(x: &Array1<f64>) -> f64 {
    let d = &x.slice(s![1..]) - &x.slice(s![..-1]);
    let mut best = 0.0;
    for (a, b) in x.iter().zip(x.iter().skip(1)) {
        best += (a - b).abs();
    }
    d.dot(&d) + best
}

#[test]
fn all() {
    let w = |n: usize, s: f64| (0..n).map(|i| (s + i as f64 * 12.9898).sin()).collect::<Vec<f64>>();
    let x6 = Array6::from_shape_vec((1, 2, 1, 2, 1, 2), w(8, 0.1)).unwrap();
    let y5 = Array5::from_shape_vec((2, 1, 2, 1, 2), w(8, 0.7)).unwrap();
    six::check(&x6, &y5).unwrap();
    let x3 = Array3::from_shape_vec((2, 2, 2), w(8, 0.1)).unwrap();
    cubes::check(&x3.view()).unwrap();
    let m = Array2::from_shape_vec((3, 3), w(9, 0.4)).unwrap();
    whole::check(&m, &Array2::from_shape_vec((3, 3), w(9, 1.4)).unwrap(), &array![0, 2, 1]).unwrap();
    moving::check(&w(6, 0.3), 3).unwrap();
    heat::check(&mut Array2::from_shape_vec((4, 4), w(16, 1.4)).unwrap(), 0.1).unwrap();
    windows::check(&Array1::from_vec(w(5, 0.2))).unwrap();
}
