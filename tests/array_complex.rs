//! Arrays of complex numbers.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::num_complex::{Complex, Complex64};
use differentiable::prelude::*;

fn vector(n: usize, seed: f64) -> Array1<Complex64> {
    Array1::from_shape_fn(n, |i| Complex64::new((seed + 0.9 * i as f64).cos() + 0.2, (seed - 0.4 * i as f64).sin()))
}

fn matrix(rows: usize, cols: usize, seed: f64) -> Array2<Complex64> {
    Array2::from_shape_fn((rows, cols), |(i, j)| {
        Complex64::new((seed + 1.3 * i as f64 + 0.7 * j as f64).sin(), (seed - 0.3 * i as f64 * j as f64).cos())
    })
}

#[differentiable]
fn energy(h: &Array2<Complex64>, psi: &Array1<Complex64>) -> f64 {
    let bra = psi.mapv(|z| z.conj());
    let e = bra.dot(&h.dot(psi));
    let n = psi.iter().map(|z| z.norm_sqr()).sum::<f64>();
    e.re / n
}

#[differentiable]
fn arithmetic(a: &Array1<Complex64>, b: &Array1<Complex64>, s: Complex64) -> Array1<Complex64> {
    let mut c = a * b - a / b + s * a;
    c += b;
    c *= s;
    c -= &(b * s);
    -c
}

#[differentiable]
fn products(a: &Array2<Complex64>, b: &Array2<Complex64>) -> f64 {
    let p = a.dot(b);
    let q = a.t().dot(&b.column(0));
    p.sum().norm_sqr() + q.mapv(|z| z.exp()).sum().re + p.sum_axis(Axis(0))[1].im
}

/// A discrete Fourier transform, and the power in a band.
#[differentiable]
fn spectrum(x: &Array1<f64>) -> f64 {
    let n = x.len();
    let mut power = 0.0;
    for k in 1..3 {
        let mut sum = Complex64::new(0.0, 0.0);
        for t in 0..n {
            let phase = -2.0 * std::f64::consts::PI * (k * t) as f64 / n as f64;
            sum += Complex64::from_polar(1.0, phase) * x[t];
        }
        power += sum.norm_sqr();
    }
    power
}

#[test]
fn gradients() {
    energy::check(&matrix(3, 3, 0.4), &vector(3, 0.2)).unwrap();
    arithmetic::check(&vector(3, 0.2), &vector(3, 1.2), Complex64::new(0.4, -0.7)).unwrap();
    products::check(&matrix(3, 3, 0.4), &matrix(3, 2, 1.4)).unwrap();
    spectrum::check(&array![0.3, -0.4, 1.2, 0.7]).unwrap();
}

/// The gradient of |Σ w z|² is 2 w̄ Σ w z, as in TensorFlow and PyTorch.
#[differentiable]
fn projection(z: &Array1<Complex64>, #[constant] w: &Array1<Complex64>) -> f64 {
    w.dot(z).norm_sqr()
}

#[test]
fn gradients_are_conjugate() {
    let (z, w) = (vector(3, 0.2), vector(3, 1.2));
    let expected = w.mapv(|w| 2.0 * w.conj()) * w.dot(&z);
    for (found, expected) in projection::grad(&z, &w).iter().zip(&expected) {
        assert!((found - expected).norm() < 1e-12, "{found} is not {expected}");
    }
}

#[differentiable(order = 3)]
fn real_on_the_right(a: &Array1<Complex64>, b: &Array1<f64>, x: f64) -> f64 {
    let c = (a * b + x) / b - &(a * x) / x;
    let d = c / x - b;
    d.iter().map(|z| z.norm_sqr() * x).sum::<f64>()
}

#[differentiable(order = 2)]
fn steepness(a: &Array1<Complex64>, b: &Array1<f64>, x: f64) -> f64 {
    let (da, db, dx) = real_on_the_right::grad(a, b, x);
    da.iter().map(|z| z.norm_sqr()).sum::<f64>() + db.dot(&db) + dx * dx
}

#[differentiable]
fn broadcast(a: &Array2<Complex64>, b: &Array1<f64>) -> Array2<Complex64> {
    a * b - b
}

#[differentiable]
fn views(a: &Array2<Complex64>, b: &Array2<f64>, x: f64) -> f64 {
    let p = &a.row(0) * &b.column(0);
    let q = a.slice(s![1, ..]).to_owned() * b.column(1) * 2.0;
    let r: Array1<Complex64> = p - q / 3.0;
    r.dot(&r).norm_sqr() * x + (a * &b.t()).sum().re
}

#[differentiable]
fn generic<T: Real>(a: &Array1<Complex<T>>, b: &Array1<T>, x: T) -> T {
    (a * b * x).iter().map(|z| z.norm_sqr()).sum()
}

#[derive(Clone, Differentiable)]
struct Signal {
    wave: Array1<Complex64>,
    window: Array1<f64>,
    gain: f64,
}

#[differentiable(order = 2)]
impl Signal {
    fn power(&self) -> f64 {
        let shaped = &self.wave * &self.window;
        let amplified = &shaped * self.gain - self.gain;
        amplified.iter().map(|z| z.norm_sqr()).sum()
    }
}

/// Real operands beside arrays of complex numbers: their gradient is the real part, to third order.
#[test]
fn real_operands_have_real_gradients() {
    let (a, b, x) = (vector(3, 0.2), array![0.4, 1.3, -0.7], 0.8);
    real_on_the_right::check(&a, &b, x).unwrap();
    steepness::check(&a, &b, x).unwrap();
    let along_x = |x| {
        let (da, db, dx) = steepness::grad(&a, &b, x);
        let parts = da.iter().flat_map(|z| [z.re, z.im]).chain(db).chain([dx]);
        parts.collect::<Array1<f64>>()
    };
    let expected = (along_x(x + 1e-5) - along_x(x - 1e-5)) / 2e-5;
    let found = steepness::hessian(&a, &b, x);
    for (f, e) in found.column(expected.len() - 1).iter().zip(&expected) {
        assert!((f - e).abs() < 1e-5 * (1.0 + e.abs()), "{f} is not {e}");
    }
    broadcast::check(&matrix(2, 3, 0.4), &b).unwrap();
    views::check(&matrix(2, 3, 0.4), &array![[0.4, 1.3], [-0.7, 0.2], [0.1, 0.5]], x).unwrap();
    generic::check(&a, &b, x).unwrap();
    let signal = Signal { wave: a, window: b, gain: x };
    signal.power_check().unwrap();
    let hessian = signal.power_hessian();
    assert!((&hessian - &hessian.t()).iter().all(|e| e.abs() < 1e-12));
}
