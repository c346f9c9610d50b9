//! Second derivatives of `ndarray` code.
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

/// The Hessian beside differences of the gradient.
macro_rules! agrees {
    ($f:ident($x:expr)) => {{
        let x = $x;
        let hessian = $f::hessian(&x);
        let n = x.len();
        assert_eq!(hessian.dim(), (n, n));
        let h = 1e-5;
        for j in 0..n {
            let at = |step: f64| {
                let mut x = x.clone();
                *x.iter_mut().nth(j).unwrap() += step;
                $f::grad(&x)
            };
            let (up, down) = (at(h), at(-h));
            for (i, (u, d)) in up.iter().zip(&down).enumerate() {
                let expected = (u - d) / (2.0 * h);
                let found = hessian[[i, j]];
                assert!(
                    (found - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                    "({i}, {j}): {found} is not {expected}"
                );
            }
        }
        let mut v = x.clone();
        v.iter_mut().enumerate().for_each(|(i, v)| *v = 0.3 - 0.2 * i as f64);
        let product = $f::hvp(&x, &v);
        let flat = Array1::from_iter(v.iter().copied());
        for (found, expected) in product.iter().zip(&hessian.dot(&flat)) {
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found} is not {expected}");
        }
    }};
}

#[differentiable(order = 2)]
fn quadratic(x: &Array1<f64>) -> f64 {
    let m = array![[2.0, -1.0, 0.5], [0.3, 1.0, 0.2], [0.1, 0.0, 3.0]];
    x.dot(&m.dot(x)) + x.dot(x) * x.sum() - (x / 3.0).sum() + (2.0 / (x * x + 1.0)).sum()
}

#[differentiable(order = 2)]
fn functions(x: &Array1<f64>) -> f64 {
    let y = x.tanh() * x.exp() + x.powi(3) - x.sin() / (x * x + 1.0).sqrt();
    y.sum() * y.mean().unwrap() + x.powf(2.5).sum() + x.var(1.0) * x.product() + x.std(0.0)
}

#[differentiable(order = 2)]
fn closures(x: &Array2<f64>) -> f64 {
    let y = x.mapv(|v| (v * v).sin());
    let mut z = y.clone();
    z.mapv_inplace(|v| v * v * v);
    Zip::from(&mut z).and(x).for_each(|z, &x| *z *= x);
    z += &y;
    z -= 0.5;
    z *= &z.clone();
    let rows = x.map_axis(Axis(1), |row| row.dot(&row));
    z.sum() + rows.mapv(|v| v * v).sum() + x.fold(1.0, |a, &v| a * (1.0 + v))
}

#[differentiable(order = 2)]
fn views(x: &Array2<f64>) -> f64 {
    let a = &x.row(0) * &x.row(1) - &x.slice(s![1, ..]);
    let b = x.t().dot(&x.column(0));
    let mut y = x.clone();
    y.row_mut(0).assign(&a);
    y.slice_mut(s![.., 1..]).mapv_inplace(|v| v * v);
    for mut row in y.rows_mut() {
        let norm = row.dot(&row);
        row /= norm + 1.0;
    }
    let means = y.mean_axis(Axis(0)).unwrap();
    let sums = (&y * &means).sum_axis(Axis(1));
    sums.dot(&sums) + b.dot(&b) + x.var_axis(Axis(0), 1.0).sum()
}

#[derive(Clone, Differentiable)]
struct Layer {
    w: Array2<f64>,
    b: Array1<f64>,
}

#[differentiable(order = 2)]
fn layer(x: &Array2<f64>, layer: &Layer) -> f64 {
    let y = (x.dot(&layer.w) + &layer.b).mapv(f64::tanh);
    (&y * &y).mean().unwrap()
}

/// Fields whose declared names have every method of arrays.
#[differentiable(order = 2)]
fn declared(x: &Array2<f64>, layer: &Layer) -> f64 {
    let w: &Array2<f64> = &layer.w;
    let b: &Array1<f64> = &layer.b;
    let y = (x.dot(w) + b).tanh();
    w.row(0).dot(&w.row(1)) + y.map_axis(Axis(1), |line| line.sum() * line[0]).sum() + w.tanh().column(1).product()
}

#[test]
fn hessians() {
    agrees!(quadratic(vector(3, 0.3)));
    agrees!(functions(vector(3, 0.1).mapv(|v| v.abs() + 0.3)));
    agrees!(closures(matrix(2, 2, 0.4)));
    agrees!(views(matrix(2, 2, 0.4)));
}

macro_rules! of_layers {
    ($test:ident: $f:ident) => {
        #[test]
        fn $test() {
            let l = Layer { w: matrix(2, 3, 0.9), b: vector(3, 0.2) };
            let x = matrix(2, 2, 0.4);
            let (vx, vl) = (matrix(2, 2, 1.4), LayerTangent { w: matrix(2, 3, 0.1), b: vector(3, 1.2) });
            let (hx, hl) = $f::hvp(&x, &l, &vx, &vl);
            let at = |h: f64| $f::grad(&(&x + &vx * h), &Layer { w: &l.w + &vl.w * h, b: &l.b + &vl.b * h });
            let h = 1e-5;
            let ((ux, ul), (dx, dl)) = (at(h), at(-h));
            for (found, expected) in hx.iter().zip(&((ux - dx) / (2.0 * h))) {
                assert!((found - expected).abs() < 1e-7);
            }
            for (found, expected) in hl.w.iter().zip(&((ul.w - dl.w) / (2.0 * h))) {
                assert!((found - expected).abs() < 1e-7);
            }
            for (found, expected) in hl.b.iter().zip(&((ul.b - dl.b) / (2.0 * h))) {
                assert!((found - expected).abs() < 1e-7);
            }
        }
    };
}

of_layers!(of_layers: layer);
of_layers!(of_declared_fields: declared);
