//! Arrays in structs, in loops, in recurrent models, as results of functions; operands of all kinds.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::Zip;
use differentiable::prelude::*;

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (seed + 0.9 * i as f64).cos() + 0.2)
}

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() + 0.1)
}

#[derive(Clone, Differentiable)]
struct Rnn {
    w: Array2<f64>,
    u: Array2<f64>,
    b: Array1<f64>,
}

#[differentiable]
impl Rnn {
    fn step(&self, h: &Array1<f64>, x: &ArrayView1<f64>) -> Array1<f64> {
        (self.w.dot(h) + self.u.dot(x) + &self.b).mapv(f64::tanh)
    }

    fn run(&self, xs: &Array2<f64>) -> Array2<f64> {
        let mut h = Array1::zeros(self.b.len());
        let mut out = Array2::zeros((xs.nrows(), self.b.len()));
        for (t, x) in xs.outer_iter().enumerate() {
            h = self.step(&h, &x);
            out.row_mut(t).assign(&h);
        }
        out
    }

    fn norm(&self) -> f64 {
        self.w.iter().map(|w| w * w).sum::<f64>() + self.u.mapv(|u| u * u).sum() + self.b.dot(&self.b)
    }
}

#[differentiable]
fn rnn_loss(model: &Rnn, xs: &Array2<f64>, ys: &Array2<f64>) -> f64 {
    let out = model.run(xs);
    let d = &out - ys;
    d.mapv(|v| v.powi(2)).mean().unwrap() + 0.1 * model.norm()
}

#[differentiable]
fn helper(x: &Array2<f64>) -> Array2<f64> {
    let mut y = x.clone();
    y *= 2.0;
    y
}

#[differentiable]
fn of_results(x: &Array2<f64>) -> f64 {
    let y = helper(x);
    let mut total = 0.0;
    for row in y.rows() {
        total += row.sum() * row[0];
    }
    let z: Array2<f64> = helper(&y);
    for v in z.iter() {
        total += v * v;
    }
    for v in &z {
        total += v;
    }
    total + helper(&z).column(1).sum() + helper(x)[[0, 1]]
}

#[differentiable]
fn operands(a: &Array1<f64>, b: Array1<f64>, s: f64) -> f64 {
    let c = a + &b;
    let d = &c * 2.0 - s;
    let e = 2.0 * &d + s * a;
    let f = a.view().to_owned() * &b.view() / (1.0 + s * s);
    let g = a.to_owned() + b.view();
    let mut h = e.clone() - f;
    h += &g;
    h -= a;
    h *= &c;
    h /= 3.0;
    h += s;
    let k = -&h;
    let l = -h.clone();
    (k * l + &g % 0.7).sum() + (e * d).sum()
}

#[differentiable]
fn convolution(x: &Array2<f64>, k: &Array2<f64>) -> f64 {
    let (h, w) = x.dim();
    let (kh, kw) = k.dim();
    let mut out = Array2::<f64>::zeros((h - kh + 1, w - kw + 1));
    for i in 0..h - kh + 1 {
        for j in 0..w - kw + 1 {
            let patch = x.slice(s![i..i + kh, j..j + kw]);
            out[[i, j]] = (&patch * k).sum();
        }
    }
    out.mapv_inplace(|v| v.max(0.0));
    out.mapv(|v| v * v).sum()
}

#[differentiable]
fn indexed(x: &Array2<f64>) -> f64 {
    let mut y = Array2::zeros(x.dim());
    Zip::indexed(&mut y).and(x).for_each(|(i, j), y, &x| *y = x * (i + 2 * j) as f64);
    let mut sums = vec![0.0; x.ncols()];
    for ((_, j), &v) in y.indexed_iter() {
        sums[j] += v * v;
    }
    let total = Zip::from(&y).and(x).fold(0.0, |acc, &y, &x| acc + y * x * x);
    sums.iter().product::<f64>() + total
}

#[differentiable]
fn gram(x: &Array2<f64>, gamma: f64) -> Array2<f64> {
    let n = x.nrows();
    let mut k = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..n {
            let d = &x.row(i) - &x.row(j);
            k[[i, j]] = (-gamma * d.dot(&d)).exp();
        }
    }
    k
}

#[differentiable]
fn cholesky(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let mut l = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let mut sum = a[[i, j]];
            for k in 0..j {
                sum -= l[[i, k]] * l[[j, k]];
            }
            l[[i, j]] = if i == j { sum.sqrt() } else { sum / l[[j, j]] };
        }
    }
    l
}

#[differentiable]
fn gaussian_process(x: &Array2<f64>, y: &Array1<f64>, gamma: f64, noise: f64) -> f64 {
    let k = gram(x, gamma) + Array2::<f64>::eye(x.nrows()) * noise;
    let l = cholesky(&k);
    let n = y.len();
    let mut z = y.clone();
    for i in 0..n {
        let before = l.slice(s![i, ..i]).dot(&z.slice(s![..i]));
        z[i] = (z[i] - before) / l[[i, i]];
    }
    0.5 * z.dot(&z) + l.diag().mapv(f64::ln).sum()
}

#[differentiable]
fn layer_norm(x: &Array2<f64>, g: &Array1<f64>) -> Array2<f64> {
    let mut y = x.clone();
    for mut row in y.outer_iter_mut() {
        let mean = row.mean().unwrap();
        let var = row.var(0.0);
        row.map_inplace(|v| *v = (*v - mean) / (var + 1e-5).sqrt());
        row *= g;
    }
    y
}

#[differentiable]
fn power_iteration(a: &Array2<f64>, steps: usize) -> f64 {
    let mut v = Array1::ones(a.ncols());
    for _ in 0..steps {
        let w = a.dot(&v);
        let norm = w.dot(&w).sqrt();
        v = w / norm;
    }
    v.dot(&a.dot(&v))
}

#[differentiable]
fn branches(x: &Array1<f64>, flag: bool) -> f64 {
    let y = if flag { x.mapv(|v| v * v) } else { x.clone() };
    let z = match flag {
        true => y.sum(),
        false => y.product(),
    };
    let best = y.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
    let largest = y.iter().copied().reduce(f64::max).unwrap();
    z * best + largest
}

#[differentiable]
fn lists(xs: &[Array1<f64>], w: &Array1<f64>) -> f64 {
    let mut total = Array1::zeros(w.len());
    for x in xs {
        total += &(x * w);
    }
    let tuple = (total.clone(), total.sum());
    let vectors: Vec<Array1<f64>> = xs.iter().map(|x| x * w).collect();
    tuple.0.dot(w) * tuple.1 + vectors.iter().map(|v| v.dot(&total)).sum::<f64>()
}

#[differentiable]
fn batches(x: &Array3<f64>, w: &Array2<f64>) -> f64 {
    let mut total = 0.0;
    for (b, page) in x.outer_iter().enumerate() {
        let y = page.dot(w);
        total += y.mapv(|v| v * v).sum() * (b + 1) as f64;
    }
    let flat = x.to_shape((x.shape()[0] * x.shape()[1], x.shape()[2])).unwrap().dot(w);
    let means = x.mean_axis(Axis(0)).unwrap().sum_axis(Axis(0));
    total + flat.sum() + means.dot(&means) + x.lanes(Axis(2)).into_iter().map(|l| l.product()).sum::<f64>()
}

#[differentiable]
fn of_floats(x: &Array2<f32>, s: f32) -> f32 {
    let mut y = Array2::zeros(x.raw_dim());
    y.assign(&x.mapv(|v| v * s));
    y.iter().sum::<f32>() + y.rows().into_iter().map(|r| r.dot(&r)).sum::<f32>()
}

#[test]
fn recurrence() {
    let model = Rnn { w: matrix(2, 2, 0.2), u: matrix(2, 3, 0.9), b: vector(2, 0.1) };
    rnn_loss::check(&model, &matrix(4, 3, 0.5), &matrix(4, 2, 1.5)).unwrap();
}

#[test]
fn results_of_functions() {
    of_results::check(&matrix(3, 2, 0.5)).unwrap();
    operands::check(&vector(3, 0.2), vector(3, 1.2), 0.4).unwrap();
}

#[test]
fn kernels() {
    convolution::check(&matrix(4, 5, 0.3), &matrix(2, 3, 0.8)).unwrap();
    indexed::check(&matrix(2, 3, 0.8)).unwrap();
    gaussian_process::check(&matrix(4, 2, 0.3), &vector(4, 0.6), 0.7, 0.3).unwrap();
    layer_norm::check(&matrix(3, 4, 0.3), &vector(4, 0.6)).unwrap();
    power_iteration::check(&matrix(3, 3, 0.3).mapv(|v| v + 1.0), 3).unwrap();
}

#[test]
fn flow() {
    branches::check(&vector(3, 0.5), true).unwrap();
    branches::check(&vector(3, 0.5), false).unwrap();
    lists::check(&[vector(3, 0.5), vector(3, 1.5)], &vector(3, 0.1)).unwrap();
    let x = Array3::from_shape_fn((2, 2, 3), |(i, j, k)| (0.3 + i as f64 - 0.7 * j as f64 + 1.1 * k as f64).sin());
    batches::check(&x, &matrix(3, 2, 0.4)).unwrap();
}

#[test]
fn single_precision() {
    let x = array![[0.5_f32, -1.0], [0.25, 2.0]];
    let (dx, ds) = of_floats::grad(&x, 2.0);
    // y = s x: the gradient of Σ y + Σ y² is s + 2 s² x, and by s it is Σ x + 2 s x².
    assert_eq!(dx, x.mapv(|v| 2.0 + 8.0 * v));
    assert_eq!(ds, x.iter().map(|v| v + 4.0 * v * v).sum::<f32>());
}

#[differentiable]
fn picked(x: &Array2<f64>, #[constant] labels: &Array2<usize>) -> f64 {
    let all = labels.iter().cloned().collect::<Vec<usize>>();
    let mut sum = 0.0;
    for (i, k) in all.iter().enumerate() {
        sum += x[[i, *k]] * x[[i, *k]];
    }
    sum
}

#[differentiable]
fn picked2(x: &Array2<f64>, y: &Array2<usize>) -> f64 {
    let all: Vec<usize> = y.iter().copied().collect();
    let mut sum = 0.0;
    for i in 0..all.len() {
        sum += x[[i, all[i]]].exp();
    }
    let most = y.iter().max().unwrap();
    for k in y.iter() {
        sum += *k as f64 * x[[0, 0]];
    }
    sum * *most as f64
}

#[test]
fn arrays_of_integers() {
    let x = array![[0.1, 0.2, 0.3], [1.0, -0.4, 0.9]];
    picked::check(&x, &array![[2, 0]]).unwrap();
    picked2::check(&x, &array![[2], [1]]).unwrap();
}

/// An array of constants that is made of a vector: its length is read before the vector is moved.
#[differentiable(wrt(x))]
fn weighted<T: Real>(x: &Array1<T>, labels: &[usize]) -> T {
    let (_, weights): (Vec<usize>, Vec<f64>) = labels.iter().map(|&l| (l, if l == 0 { 0.0 } else { 1.5 })).unzip();
    let w = Array1::from_iter(weights.iter().map(|&w| T::from(w).unwrap()));
    x.mapv(|v| v * v).dot(&w)
}

#[test]
fn arrays_of_constants_from_iterators() {
    weighted::check(&array![0.4, -0.3, 1.2], &[1, 0, 2]).unwrap();
    assert_eq!(weighted::grad(&array![0.5, 2.0], &[0, 3]), array![0.0, 6.0]);
}

/// A covariance that constant matrices move on: views of them are made where they are read.
#[differentiable]
fn covariance(noise: f64, start: f64) -> f64 {
    let step = array![[1.0, 0.1], [0.0, 1.0]];
    let seen = array![[1.0, 0.0]];
    let mut p = Array2::<f64>::eye(2) * start;
    let mut s = 0.0;
    for _ in 0..3 {
        p = step.dot(&p).dot(&step.t()) + Array2::<f64>::eye(2) * noise;
        let v = seen.dot(&p).dot(&seen.t())[[0, 0]] + noise;
        let gain = p.dot(&seen.t()) / v;
        p = (Array2::<f64>::eye(2) - gain.dot(&seen)).dot(&p);
        s += v.ln() * gain[[1, 0]];
    }
    s * p[[0, 1]]
}

/// The same of arrays of a generic type.
#[differentiable]
fn generic<T: Real>(x: T, y: T) -> T {
    let m = array![[T::one(), T::zero()], [T::one(), T::one()]];
    let z = m.dot(&array![x, y]).dot(&m.t());
    z[0] * z[1]
}

#[test]
fn views_of_constant_arrays() {
    covariance::check(0.3, 0.7).unwrap();
    generic::check(0.7, 1.3).unwrap();
    // z = (x, 2 x + y).
    assert_eq!(generic::grad(0.5, 2.0), (4.0, 0.5));
}
