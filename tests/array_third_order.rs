//! Third derivatives of `ndarray` code.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::ndarray::Zip;
use differentiable::num_complex::Complex64;
use differentiable::prelude::*;

fn vector(n: usize, seed: f64) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| (seed + 0.9 * i as f64).cos() + 0.4)
}

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<f64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() + 0.1)
}

/// A function with three orders; the product of its Hessian with a vector, whose derivatives are third ones; and the
/// Hessian of a function of its gradient.
macro_rules! third {
    ($test:ident, $f:ident($x:ident: $t:ty) $body:block, $at:expr) => {
        mod $test {
            use super::*;

            #[differentiable(order = 3)]
            fn $f($x: &$t) -> f64 $body

            #[differentiable]
            fn product(x: &$t, v: &$t) -> f64 {
                let h = $f::hvp(x, v);
                (&h * v).sum() + h.sum()
            }

            #[differentiable(order = 2)]
            fn of_gradient(x: &$t) -> f64 {
                let g = $f::grad(x);
                (&g * &g).sum()
            }

            #[test]
            fn products_are_differentiated() {
                let x = $at;
                let v = x.mapv(|x| 0.7 - 0.4 * x);
                product::check(&x, &v).unwrap();
            }

            #[test]
            fn functions_of_gradients_have_hessians() {
                let x = $at;
                let hessian = of_gradient::hessian(&x);
                let h = 1e-5;
                for j in 0..x.len() {
                    let at = |step: f64| {
                        let mut x = x.clone();
                        *x.iter_mut().nth(j).unwrap() += step;
                        of_gradient::grad(&x)
                    };
                    for (i, (up, down)) in at(h).iter().zip(&at(-h)).enumerate() {
                        let (found, expected) = (hessian[[i, j]], (up - down) / (2.0 * h));
                        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "({i}, {j}): {found} is not {expected}");
                    }
                }
            }
        }
    };
}

third!(operators, f(x: Array1<f64>) {
    let y = x * x / (x + 2.0) - 3.0 / (x * x + 1.0) * x;
    let z = -&y * 0.5 + &(x % 0.3) * x;
    (&y * &y * &z + 2.0 * x - x / 4.0).sum()
}, vector(3, 0.3));

third!(products, f(x: Array2<f64>) {
    let y = x.dot(x) + x.t().dot(x);
    let u = y.dot(&x.row(0));
    let v = x.column(1).dot(&y);
    u.dot(&v) + y.diag().dot(&u)
}, matrix(2, 2, 0.4));

third!(functions, f(x: Array1<f64>) {
    let y = x.tanh() * x.exp() + x.powi(3) - x.sin() / (x * x + 1.0).sqrt();
    y.sum() * y.mean().unwrap() + x.powf(2.5).sum() + x.var(1.0) * x.product()
}, vector(3, 0.1).mapv(|v| v.abs() + 0.3));

third!(closures, f(x: Array2<f64>) {
    let y = x.mapv(|v| (v * v).sin());
    let mut z = y.clone();
    z.mapv_inplace(|v| v * v * v);
    Zip::from(&mut z).and(x).for_each(|z, &x| *z *= x);
    z += &y;
    z *= &z.clone();
    let rows = x.map_axis(Axis(1), |row| row.dot(&row));
    z.sum() + rows.mapv(|v| v * v).sum() + x.fold(1.0, |a, &v| a * (1.0 + v))
}, matrix(2, 2, 0.4));

third!(views, f(x: Array2<f64>) {
    let a = &x.row(0) * &x.row(1) - &x.slice(s![1, ..]);
    let mut y = x.clone();
    y.row_mut(0).assign(&a);
    y.slice_mut(s![.., 1..]).mapv_inplace(|v| v * v);
    for mut row in y.rows_mut() {
        let norm = row.dot(&row);
        row /= norm + 1.0;
    }
    let means = y.mean_axis(Axis(0)).unwrap();
    let sums = (&y * &means).sum_axis(Axis(1));
    sums.dot(&sums) + x[[0, 1]] * x[(1, 0)] * y[[1, 1]]
}, matrix(2, 2, 0.4));

/// Arrays whose types no declaration shows: everything is a method or an operator of the runtime.
#[derive(Clone, Differentiable)]
struct Layer {
    w: Array2<f64>,
    b: Array1<f64>,
    scale: f64,
}

#[differentiable(order = 3)]
impl Layer {
    fn energy(&self) -> f64 {
        let y = (self.w.dot(&self.b) * self.scale + &self.b).tanh();
        let z = (&self.w.t() * &y).exp() / (self.w.powi(2) + 1.5);
        let n = self.w.nrows();
        let c = self.w.column(n - 1);
        z.sum() + y.powf(2.0).sum() * self.w.row(0).dot(&c) - self.w.sum_axis(Axis(0)).dot(&-&self.b)
            + self.w.mean().unwrap() * self.b.clamp(-0.5, 0.9).sum()
    }
}

#[differentiable]
fn curvature(layer: &Layer, direction: &Layer) -> f64 {
    let d: LayerTangent = LayerTangent { w: direction.w.clone(), b: direction.b.clone(), scale: direction.scale };
    let h = layer.energy_hvp(&d);
    let (w, b): (&Array2<f64>, &Array1<f64>) = (&h.w, &h.b);
    (w * w).sum() + b.sum() * h.scale
}

#[test]
fn fields_have_three_orders() {
    let layer = Layer { w: matrix(2, 2, 0.9), b: vector(2, 0.2), scale: 0.8 };
    let direction = Layer { w: matrix(2, 2, 0.1), b: vector(2, 1.2), scale: -0.3 };
    layer.energy_check().unwrap();
    curvature::check(&layer, &direction).unwrap();
}

/// Scalars on the left, broadcasting, and complex elements.
#[differentiable(order = 3)]
fn waves(z: &Array1<Complex64>, k: f64) -> f64 {
    let w = z * z * Complex64::new(k, 0.0) / (z + Complex64::new(2.0, 0.5));
    let e = w.dot(z);
    e.norm_sqr() + w.sum().re
}

#[differentiable]
fn of_waves(z: &Array1<Complex64>, v: &Array1<Complex64>, k: f64) -> f64 {
    let (h, hk) = waves::hvp(z, k, v, 1.0);
    h.dot(v).re + hk * k
}

#[test]
fn complex_arrays_have_three_orders() {
    let z = array![Complex64::new(0.3, -0.7), Complex64::new(1.1, 0.2)];
    let v = array![Complex64::new(-0.4, 0.1), Complex64::new(0.6, 0.9)];
    waves::check(&z, 0.8).unwrap();
    of_waves::check(&z, &v, 0.8).unwrap();
}
