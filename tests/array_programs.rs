//! `ndarray` code as people write it: models by hand, stencils, losses, clustering, normalisation.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::Zip;
use differentiable::prelude::*;

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() + 0.1)
}

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (seed + 0.9 * i as f64).cos() + 0.2)
}

// A perceptron with two layers.

#[derive(Clone, Differentiable)]
struct Mlp {
    w1: Array2<f64>,
    b1: Array1<f64>,
    w2: Array2<f64>,
    b2: Array1<f64>,
}

#[differentiable]
fn mlp(model: &Mlp, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    let hidden = (x.dot(&model.w1) + &model.b1).mapv(|v| v.max(0.0));
    let output = hidden.dot(&model.w2) + &model.b2;
    let error = &output - y;
    error.mapv(|e| e * e).mean().unwrap()
}

#[test]
fn perceptron() {
    let model = Mlp { w1: matrix(3, 4, 0.1), b1: vector(4, 0.5), w2: matrix(4, 2, 1.1), b2: vector(2, 0.2) };
    mlp::check(&model, &matrix(5, 3, 0.7), &matrix(5, 2, 2.0)).unwrap();
}

// Softmax regression with a stable logarithm of the sum of exponentials.

#[differentiable]
fn softmax_regression(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>, labels: &[usize]) -> f64 {
    let logits = x.dot(w) + b;
    let mut loss = 0.0;
    for (row, &label) in logits.rows().into_iter().zip(labels) {
        let max = row.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v));
        let lse = max + row.mapv(|v| (v - max).exp()).sum().ln();
        loss += lse - row[label];
    }
    loss / labels.len() as f64
}

#[test]
fn classes() {
    softmax_regression::check(&matrix(4, 3, 0.2), &matrix(3, 3, 1.0), &vector(3, 0.4), &[0, 2, 1, 2]).unwrap();
}

#[differentiable]
fn log_softmax_axis(logits: &Array2<f64>, targets: &Array2<f64>) -> f64 {
    let max = logits.fold_axis(Axis(1), f64::NEG_INFINITY, |&m, &v| m.max(v));
    let shifted = logits - &max.insert_axis(Axis(1));
    let sums = shifted.mapv(f64::exp).sum_axis(Axis(1)).mapv(f64::ln);
    let log_p = &shifted - &sums.insert_axis(Axis(1));
    -(targets * &log_p).sum_axis(Axis(1)).mean().unwrap()
}

#[test]
fn log_softmax_by_axes() {
    log_softmax_axis::check(&matrix(4, 3, 0.2), &matrix(4, 3, 1.0)).unwrap();
}

// Logistic regression with `Zip`.

#[differentiable]
fn logistic(x: &Array2<f64>, y: &Array1<f64>, w: &Array1<f64>, b: f64) -> f64 {
    let z = x.dot(w) + b;
    let mut loss = 0.0;
    Zip::from(&z).and(y).for_each(|&z, &y| {
        let p = 1.0 / (1.0 + (-z).exp());
        loss -= y * p.ln() + (1.0 - y) * (1.0 - p).ln();
    });
    loss / x.nrows() as f64 + 0.01 * w.dot(w)
}

#[test]
fn logistic_regression() {
    let y = array![1.0, 0.0, 1.0, 1.0, 0.0];
    logistic::check(&matrix(5, 3, 0.3), &y, &vector(3, 0.8), 0.1).unwrap();
}

#[differentiable]
fn zipped_matrices(a: &Array2<f64>, b: &Array2<f64>, s: f64) -> f64 {
    let c = Zip::from(a).and(b).map_collect(|&a, &b| (a * b + s).sin());
    let mut d = a.clone();
    Zip::from(&mut d).and(&c).for_each(|d, &c| *d = *d * c + s);
    let mut sums = Array1::zeros(a.nrows());
    Zip::from(&mut sums).and(d.rows()).for_each(|s, row| *s = row.sum() * row[0]);
    d.sum() + sums.mapv(|v| v * v).sum() + c[[0, 1]]
}

#[test]
fn zips() {
    zipped_matrices::check(&matrix(3, 4, 0.3), &matrix(3, 4, 1.3), 0.4).unwrap();
}

// The heat equation by slices.

#[differentiable]
fn heat(u0: &Array2<f64>, alpha: f64, steps: usize) -> f64 {
    let mut u = u0.clone();
    for _ in 0..steps {
        let lap =
            &u.slice(s![..-2, 1..-1]) + &u.slice(s![2.., 1..-1]) + &u.slice(s![1..-1, ..-2]) + &u.slice(s![1..-1, 2..])
                - &(&u.slice(s![1..-1, 1..-1]) * 4.0);
        let next = &u.slice(s![1..-1, 1..-1]) + &(lap * alpha);
        u.slice_mut(s![1..-1, 1..-1]).assign(&next);
    }
    (&u * &u).sum()
}

#[test]
fn stencil() {
    heat::check(&matrix(5, 6, 0.3), 0.1, 3).unwrap();
}

// k-means.

#[differentiable]
fn kmeans(points: &Array2<f64>, centres: &Array2<f64>) -> f64 {
    let mut cost = 0.0;
    for p in points.rows() {
        let mut best = f64::INFINITY;
        for c in centres.rows() {
            let d = &p - &c;
            best = best.min(d.dot(&d));
        }
        cost += best;
    }
    cost / points.nrows() as f64
}

#[differentiable]
fn kmeans_chain(points: &Array2<f64>, centres: &Array2<f64>) -> f64 {
    points
        .outer_iter()
        .map(|p| {
            centres
                .outer_iter()
                .map(|c| p.iter().zip(c.iter()).map(|(a, b)| (a - b) * (a - b)).sum::<f64>())
                .fold(f64::INFINITY, f64::min)
        })
        .sum()
}

#[test]
fn clusters() {
    let (points, centres) = (matrix(6, 2, 0.3), matrix(3, 2, 1.9));
    kmeans::check(&points, &centres).unwrap();
    kmeans_chain::check(&points, &centres).unwrap();
}

// Attention.

#[differentiable]
fn attention(q: &Array2<f64>, k: &Array2<f64>, v: &Array2<f64>) -> Array2<f64> {
    let scale = 1.0 / (q.ncols() as f64).sqrt();
    let mut scores = q.dot(&k.t()) * scale;
    for mut row in scores.rows_mut() {
        let max = row.fold(f64::NEG_INFINITY, |m, &x| m.max(x));
        row.mapv_inplace(|x| (x - max).exp());
        let total = row.sum();
        row /= total;
    }
    scores.dot(v)
}

#[differentiable]
fn attention_loss(q: &Array2<f64>, k: &Array2<f64>, v: &Array2<f64>, y: &Array2<f64>) -> f64 {
    let out = attention(q, k, v);
    let d = &out - y;
    (&d * &d).sum()
}

#[test]
fn attention_by_hand() {
    attention::check(&matrix(3, 2, 0.1), &matrix(4, 2, 0.4), &matrix(4, 3, 0.9)).unwrap();
    attention_loss::check(&matrix(3, 2, 0.1), &matrix(4, 2, 0.4), &matrix(4, 3, 0.9), &matrix(3, 3, 2.0)).unwrap();
}

// Batch normalisation.

#[differentiable]
fn batch_norm(x: &Array2<f64>, gamma: &Array1<f64>, beta: &Array1<f64>) -> Array2<f64> {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let centred = x - &mean;
    let var = centred.mapv(|v| v.powi(2)).mean_axis(Axis(0)).unwrap();
    let inv = var.mapv(|v| 1.0 / (v + 1e-5).sqrt());
    centred * &inv * gamma + beta
}

#[differentiable]
fn batch_norm_by_var(x: &Array2<f64>, gamma: &Array1<f64>) -> f64 {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let std = x.std_axis(Axis(0), 0.0);
    let z = (x - &mean) / &std;
    (z * gamma).mapv(|v| v.tanh()).sum() + x.var_axis(Axis(1), 1.0).sum()
}

#[test]
fn normalisation() {
    batch_norm::check(&matrix(5, 3, 0.3), &vector(3, 0.2), &vector(3, 1.2)).unwrap();
    batch_norm_by_var::check(&matrix(5, 3, 0.3), &vector(3, 0.2)).unwrap();
}

// Principal components, least squares.

#[differentiable]
fn reconstruction(x: &Array2<f64>, w: &Array2<f64>) -> f64 {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let centred = x - &mean.broadcast(x.raw_dim()).unwrap();
    let codes = centred.dot(w);
    let back = codes.dot(&w.t());
    let residual = &centred - &back;
    residual.iter().map(|r| r * r).sum::<f64>() / residual.len() as f64
}

#[test]
fn components() {
    reconstruction::check(&matrix(5, 3, 0.3), &matrix(3, 2, 1.3)).unwrap();
}
