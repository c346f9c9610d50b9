//! Axes that are computed, blocks and windows of arrays, `azip!`, slices at run time, and arrays in fields.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::{Zip, azip, concatenate, stack};
use differentiable::prelude::*;

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| ((i as f64 + seed) * 1.7).sin() + 0.3)
}

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| ((i * cols + j) as f64 * 0.9 + seed).sin() + 0.2)
}

fn cube(a: usize, b: usize, c: usize, seed: f64) -> Array3<f64> {
    Array3::from_shape_fn((a, b, c), |(i, j, k)| (((i * b + j) * c + k) as f64 * 0.7 + seed).sin())
}

#[differentiable]
fn along(x: &Array3<f64>, k: usize) -> f64 {
    let norms = x.map_axis(Axis(k), |lane| lane.iter().map(|a| a * a).sum::<f64>().sqrt());
    let folded = x.fold_axis(Axis(2 - k), 1.0, |a, b| a * (1.0 + 0.1 * b));
    let mut total = norms.product() + folded.sum();
    for lane in x.lanes(Axis(k)) {
        total += lane[0] * lane[lane.len() - 1];
    }
    total
}

#[differentiable]
fn of_matrix(x: &Array2<f64>, k: usize) -> f64 {
    let mut y = x.clone();
    for mut lane in y.lanes_mut(Axis(k)) {
        lane[0] *= 2.0;
    }
    y.map_axis(Axis(k), |lane| lane.product()).sum() + y.var_axis(Axis(1 - k), 0.0).sum()
}

#[differentiable]
fn azipped(x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    let mut z = x.clone();
    azip!((a in &mut z, &b in y) *a = *a * b + 1.0);
    azip!((index (i, j), a in &mut z, &b in x) {
        if i != j {
            *a += b * b;
        }
    });
    let w = azip_(&z);
    w.sum()
}

#[differentiable]
fn azip_(z: &Array2<f64>) -> Array2<f64> {
    let mut w = Array2::zeros(z.dim());
    Zip::from(&mut w).and(z).for_each(|w, &z| *w = z.sin());
    w
}

#[differentiable]
fn chunked(x: &Array2<f64>) -> f64 {
    let mut total = 0.0;
    for block in x.exact_chunks((2, 2)) {
        total += block[[0, 0]] * block[[1, 1]] - block[[0, 1]] * block[[1, 0]];
    }
    total
}

#[differentiable]
fn windowed(x: &Array2<f64>, k: &Array2<f64>) -> f64 {
    let mut total = 0.0;
    for window in x.windows((2, 3)) {
        let s = (&window * k).sum();
        total += s * s;
    }
    total
}

#[differentiable]
fn pooled(x: &Array2<f64>) -> Array2<f64> {
    let mut y = Array2::zeros((x.nrows() / 2, x.ncols() / 2));
    Zip::from(&mut y).and(x.exact_chunks((2, 2))).for_each(|y, block| *y = block.sum());
    y
}

#[differentiable]
fn slices_at_run_time(x: &Array2<f64>, a: usize, b: usize) -> f64 {
    let part = x.slice(s![a..b, ..]);
    let other = x.slice(s![.., a]);
    let stepped = x.slice(s![..;2, 1..]);
    part.sum() * other.product() + stepped.mapv(f64::exp).sum()
}

#[differentiable]
fn various(x: &Array2<f64>, v: &Array1<f64>) -> f64 {
    let wide = v.broadcast((3, 4)).unwrap();
    let joined = concatenate(Axis(0), &[x.view(), wide]).unwrap();
    let stacked = stack(Axis(0), &[x.view(), x.view()]).unwrap();
    let chosen = joined.select(Axis(0), &[0, 2, 2]);
    let shaped = chosen.clone().into_shape_with_order((4, 3)).unwrap();
    let t = shaped.t().insert_axis(Axis(0)).permuted_axes([2, 0, 1]).to_owned();
    let mut filled = Array2::zeros((2, 2));
    filled.fill(v[0]);
    filled.row_mut(0).assign(&v.slice(s![..2]));
    let means = x.mean_axis(Axis(0)).unwrap();
    let std = x.std_axis(Axis(1), 1.0);
    let mut y = x.to_owned();
    y.map_inplace(|a| *a *= 2.0);
    let y = y.mapv_into(|a| a.tanh());
    t.sum()
        + stacked.mapv(|a| a * a).sum()
        + filled.product()
        + means.dot(v)
        + std.sum()
        + y.mean().unwrap()
        + (1.0 / x.mapv(|a| a + 3.0)).sum()
        + (x.mapv(|a| a + 3.0) / 2.0).fold(0.0, |a, b| a + b.ln())
}

#[derive(Clone, Differentiable)]
struct Layer {
    w: Array2<f64>,
    b: Array1<f64>,
}

#[differentiable(order = 2)]
impl Layer {
    fn by_rows(&self, x: &Array1<f64>) -> f64 {
        let mut s = 0.0;
        for i in 0..self.w.nrows() {
            s += (self.w.row(i).dot(x) + self.b[i]).tanh();
        }
        s
    }

    fn by_functions(&self) -> f64 {
        (self.w.mapv(f64::tanh) * 2.0).sum() + self.b.mapv(f64::exp).sum()
    }

    fn by_views(&self, x: &Array1<f64>) -> f64 {
        let t = self.w.t();
        (t.dot(&self.b) * x).sum() + self.w.column(0).dot(&self.b) + self.w.index_axis(Axis(0), 1).dot(x)
    }
}

#[test]
fn axes_that_are_computed() {
    for k in 0..3 {
        along::check(&cube(2, 3, 4, 0.3), k).unwrap();
    }
    for k in 0..2 {
        of_matrix::check(&matrix(3, 4, 0.3), k).unwrap();
    }
}

#[test]
fn zips_and_chunks() {
    azipped::check(&matrix(3, 3, 0.1), &matrix(3, 3, 0.5)).unwrap();
    chunked::check(&matrix(4, 5, 0.1)).unwrap();
    windowed::check(&matrix(4, 5, 0.1), &matrix(2, 3, 0.4)).unwrap();
    pooled::check(&matrix(4, 6, 0.1)).unwrap();
}

#[test]
fn views_and_functions() {
    slices_at_run_time::check(&matrix(4, 4, 0.2), 1, 3).unwrap();
    various::check(&matrix(3, 4, 0.2), &vector(4, 0.1)).unwrap();
}

#[test]
fn fields() {
    let layer = Layer { w: matrix(3, 4, 0.1), b: vector(3, 0.2) };
    layer.by_rows_check(&vector(4, 0.3)).unwrap();
    layer.by_functions_check().unwrap();
    layer.by_views_check(&vector(4, 0.3)).unwrap();
    assert_eq!(layer.by_functions_hessian().dim(), (15, 15));
}
