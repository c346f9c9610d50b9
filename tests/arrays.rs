//! Arrays of `ndarray`: operators with broadcasting, products, reductions, functions of elements, views.
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() + 0.1)
}

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (seed + 0.9 * i as f64).cos() + 0.2)
}

/// Elements between 0.5 and 2.
fn positive(rows: usize, cols: usize) -> Array2<f64> {
    matrix(rows, cols, 0.4).mapv(|x| 0.5 + x.abs())
}

#[differentiable]
fn affine(x: &Array2<f64>, w: &Array2<f64>, b: &Array1<f64>) -> f64 {
    let y = x.dot(w) + b;
    y.sum()
}

#[differentiable]
fn mlp(x: &Array2<f64>, w1: &Array2<f64>, b1: &Array1<f64>, w2: &Array2<f64>, b2: &Array1<f64>) -> f64 {
    let h = (x.dot(w1) + b1).tanh();
    let y = h.dot(w2) + b2;
    (&y * &y).sum()
}

#[differentiable]
fn squared_error(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    ((a - b) * (a - b)).sum()
}

#[differentiable]
fn squared_error_by_name(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let d = a - b;
    (&d * &d).sum() / 6.0
}

#[differentiable]
fn ridge(x: &Array2<f64>, y: &Array1<f64>, w: &Array1<f64>, lambda: f64) -> f64 {
    let residual = x.dot(w) - y;
    residual.dot(&residual) + lambda * w.dot(w)
}

#[differentiable]
fn column_sums(m: &Array2<f64>, v: &Array1<f64>) -> f64 {
    m.sum_axis(Axis(0)).dot(v)
}

#[differentiable]
fn row_means(m: &Array2<f64>, v: &Array1<f64>) -> f64 {
    m.mean_axis(Axis(1)).unwrap().dot(v)
}

#[differentiable]
fn mean(m: &Array2<f64>) -> f64 {
    (m * m).mean().unwrap()
}

#[differentiable]
fn broadcasts(m: &Array2<f64>, row: &Array1<f64>) -> f64 {
    let right = m * row;
    let left = row / (m * m + 1.0);
    (right - left).sum()
}

#[differentiable]
fn both_directions(row: &Array2<f64>, column: &Array2<f64>) -> f64 {
    ((row * column) * (row - column)).sum()
}

#[differentiable]
fn scalars(a: &Array1<f64>, b: &Array1<f64>, s: f64) -> f64 {
    let c = a - 2.0 * b;
    let d = s * &c + &c * s - s / (b * b + 2.0) + (1.0 - a) / s;
    (d * 0.5).sum()
}

#[differentiable]
fn negation(a: &Array1<f64>, b: Array1<f64>) -> f64 {
    (-a * -b).sum()
}

#[differentiable]
fn compound(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    let mut c = a.clone();
    c += b;
    c *= 3.0;
    c = &c * a;
    c.sum()
}

#[differentiable]
fn array_valued(x: &Array2<f64>, w: &Array1<f64>) -> Array1<f64> {
    x.dot(w) * 2.0
}

#[differentiable]
fn transposed(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let p = a.t().dot(b);
    (&p * &p).sum()
}

#[differentiable]
fn symmetric(a: &Array2<f64>) -> f64 {
    let s = a + &a.t();
    (&s * &s).sum()
}

#[differentiable]
fn lines(m: &Array2<f64>) -> f64 {
    m.row(0).dot(&m.row(1)) + m.column(1).dot(&m.column(0)) + m.index_axis(Axis(0), 1).sum()
}

#[differentiable]
fn outer(a: Array1<f64>, b: &Array1<f64>) -> f64 {
    let column = a.insert_axis(Axis(1));
    let p = &column * b;
    (&p * &p * &p).sum()
}

#[differentiable]
fn functions(m: &Array2<f64>) -> f64 {
    let a = m.exp() + m.ln() * m.sqrt() - m.sin() / m.cos().exp();
    let b = m.powi(3) + m.recip() * m.abs() + m.ln_1p() + m.cbrt();
    (a * b).sum()
}

#[differentiable]
fn powers(m: &Array2<f64>, p: f64) -> f64 {
    (m.powf(p) + m.powf(1.5)).sum()
}

#[differentiable]
fn softmax_by_hand(x: &Array1<f64>, t: &Array1<f64>) -> f64 {
    let e = x.exp();
    let p = &e / e.sum();
    -(t * &p.ln()).sum()
}

#[differentiable]
fn standardised(x: &Array1<f64>, t: &Array1<f64>) -> f64 {
    let z = (x - x.mean().unwrap()) / x.std(0.0);
    (z * t).sum() + x.var(1.0) + x.product()
}

#[differentiable]
fn descent(a: &Array2<f64>, b: &Array1<f64>, steps: usize) -> f64 {
    let mut x = b.clone();
    for _ in 0..steps {
        let r = a.dot(&x) - b;
        x = x - 0.1 * r;
    }
    (&x * &x).sum()
}

#[differentiable]
fn behind_dereferenced(x: &ArrayRef<f64, Ix2>, w: &ArrayRef<f64, Ix1>) -> f64 {
    x.dot(w).sum() + x.tanh().sum()
}

#[differentiable]
fn generic<T: Real>(x: &Array2<T>, w: &Array1<T>) -> T {
    let y = x.dot(w).tanh();
    (&y * &y).sum()
}

#[differentiable]
fn three_axes(x: &Array3<f64>, y: &Array2<f64>) -> f64 {
    let z = x * y;
    let pages = z.sum_axis(Axis(0)).sum() + z.index_axis(Axis(2), 1).sum();
    pages + x.clamp(0.1, 0.55).sum() + x.hypot(2.0).sum()
}

#[differentiable]
fn dynamic(x: &ArrayD<f64>, y: &ArrayD<f64>) -> f64 {
    (x * y - x).sum() + x.sum_axis(Axis(0)).sum()
}

#[differentiable]
fn rows(m: &Array2<f64>) -> f64 {
    let mut total = 0.0;
    for i in 0..m.nrows() {
        let row = m.row(i);
        total += row.dot(&row) * row.sum();
    }
    total
}

#[differentiable]
fn elements(m: &Array2<f64>) -> f64 {
    let y = m * 2.0;
    y[[0, 1]] * y[(1, 0)] + y.sum()
}

#[differentiable]
fn single(x: &Array2<f32>, w: &Array1<f32>) -> f32 {
    (x.dot(w) * 2.0).tanh().sum()
}

#[derive(Clone, Differentiable)]
struct Layer {
    w: Array2<f64>,
    b: Array1<f64>,
}

#[differentiable]
impl Layer {
    fn forward(&self, x: &Array2<f64>) -> Array2<f64> {
        (x.dot(&self.w) + &self.b).tanh()
    }
}

#[differentiable]
fn layers(layers: &[Layer], x: &Array2<f64>) -> f64 {
    let mut h = x.clone();
    for layer in layers {
        h = layer.forward(&h);
    }
    h.sum()
}

#[test]
fn products() {
    let (x, w, b) = (matrix(4, 3, 0.0), matrix(3, 2, 1.0), vector(2, 0.3));
    affine::check(&x, &w, &b).unwrap();
    mlp::check(&x, &w, &b, &matrix(2, 3, 2.0), &vector(3, 0.1)).unwrap();
    ridge::check(&x, &vector(4, 0.5), &vector(3, 0.7), 0.3).unwrap();
    array_valued::check(&x, &vector(3, 0.2)).unwrap();
    transposed::check(&x, &matrix(4, 2, 0.3)).unwrap();
    descent::check(&matrix(3, 3, 0.1), &vector(3, 0.6), 4).unwrap();
    layers::check(
        &[Layer { w: matrix(3, 2, 0.2), b: vector(2, 0.9) }, Layer { w: matrix(2, 4, 0.6), b: vector(4, 0.4) }],
        &x,
    )
    .unwrap();
}

#[test]
fn dimensions() {
    let x = Array3::from_shape_fn((2, 2, 3), |(i, j, k)| 0.3 * (i + 2 * j) as f64 - 0.17 * k as f64);
    three_axes::check(&x, &matrix(2, 3, 0.3)).unwrap();
    dynamic::check(&matrix(2, 3, 0.1).into_dyn(), &vector(3, 0.4).into_dyn()).unwrap();
    behind_dereferenced::check(&matrix(2, 3, 0.1), &vector(3, 0.4)).unwrap();
    generic::check(&matrix(2, 3, 0.1), &vector(3, 0.4)).unwrap();
    rows::check(&matrix(3, 2, 0.1)).unwrap();
    elements::check(&matrix(2, 2, 0.1)).unwrap();
}

#[test]
fn reductions() {
    let m = matrix(2, 3, 0.8);
    column_sums::check(&m, &vector(3, 0.1)).unwrap();
    row_means::check(&m, &vector(2, 0.1)).unwrap();
    mean::check(&m).unwrap();
    standardised::check(&vector(4, 0.3), &vector(4, 1.1)).unwrap();
}

#[test]
fn operators() {
    let (a, b) = (matrix(2, 3, 0.5), matrix(2, 3, 1.5));
    squared_error::check(&a, &b).unwrap();
    squared_error_by_name::check(&a, &b).unwrap();
    broadcasts::check(&a, &vector(3, 0.4)).unwrap();
    both_directions::check(&matrix(1, 3, 0.4), &matrix(2, 1, 0.9)).unwrap();
    let (a, b) = (vector(4, 0.2), vector(4, 0.8));
    scalars::check(&a, &b, 0.7).unwrap();
    negation::check(&a, b.clone()).unwrap();
    compound::check(&a, &b).unwrap();
    softmax_by_hand::check(&a, &b).unwrap();
}

#[test]
fn functions_of_elements() {
    functions::check(&positive(2, 3)).unwrap();
    powers::check(&positive(2, 3), 1.7).unwrap();
}

#[test]
fn shapes() {
    symmetric::check(&matrix(3, 3, 0.1)).unwrap();
    lines::check(&matrix(2, 2, 0.7)).unwrap();
    outer::check(vector(2, 0.1), &vector(3, 0.2)).unwrap();
}

#[test]
fn single_precision() {
    let (d_x, d_w) = single::grad(&array![[0.1, 0.2], [0.3, 0.4]], &array![0.5, -0.5]);
    assert_eq!((d_x.dim(), d_w.dim()), ((2, 2), 2));
}

#[test]
fn repeated_operands_receive_sums() {
    let (d_row, d_column) = both_directions::grad(&array![[1.0, 2.0]], &array![[3.0], [4.0]]);
    // d(r²c - rc²) = (2rc - c²) dr + (r² - 2rc) dc
    assert_eq!(d_row, array![[2.0 * 7.0 - 25.0, 4.0 * 7.0 - 25.0]]);
    assert_eq!(d_column, array![[5.0 - 6.0 * 3.0], [5.0 - 6.0 * 4.0]]);
}

#[differentiable]
fn squared_residual(x: &Array1<f64>, k: f64) -> f64 {
    let mut r = x * k;
    r += x;
    r.dot(&r)
}

#[test]
fn a_mutable_receiver_that_is_its_own_argument() {
    squared_residual::check(&array![0.3, -0.8, 1.1], 0.7).unwrap();
}
