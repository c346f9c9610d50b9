#![allow(warnings, clippy::all)]
use differentiable::prelude::*;
pub fn close(a: f64, b: f64) -> bool { (a - b).abs() <= 2e-5 * (1.0 + a.abs().max(b.abs())) }
pub fn diff(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    (0..x.len()).map(|i| { let h = 1e-5; let mut p = x.to_vec(); let mut m = x.to_vec(); p[i] += h; m[i] -= h; (f(&p) - f(&m)) / (2.0 * h) }).collect()
}
#[macro_export]
macro_rules! case { ($f:ident, $x:expr) => {
    #[test] fn case() {
        let x: &[f64] = &$x;
        $f::check(x).unwrap();
        let d = diff(|x| $f(x), x);
        let (v, g) = $f::value_and_grad(x);
        assert!(close(v, $f(x)), "value {v} {}", $f(x));
        assert!(d.iter().any(|d| *d != 0.0), "trivial");
        for (a, b) in d.iter().zip(&g) { assert!(close(*a, *b), "grad {g:?} differences {d:?}"); }
        assert_eq!($f::grad(x), g);
        let mut into = vec![1.0; x.len()];
        let v2 = $f::grad_into(x, &mut into);
        assert!(close(v2, v));
        for (a, b) in into.iter().zip(&g) { assert!(close(*a - 1.0, *b), "into"); }
        let (v3, pullback) = $f::vjp(x);
        assert!(close(v3, v));
        let p = pullback(2.0); let p2 = pullback(2.0);
        assert_eq!(p, p2);
        for (a, b) in p.iter().zip(&g) { assert!(close(*a, 2.0 * *b), "vjp"); }
        let j = $f::jacobian(x);
        for i in 0..x.len() { let mut e = vec![0.0; x.len()]; e[i] = 1.0; let (w, t) = $f::jvp(x, &e); assert!(close(w, v)); assert!(close(t, g[i]), "jvp"); assert!(close(j[[0, i]], g[i])); }
        second!($f, x);
    }
} }
macro_rules! second_true { ($f:ident, $x:expr) => {
    let h = $f::hessian($x);
    let n = $x.len();
    for i in 0..n {
        let d = diff(|x| $f::grad(x)[i], $x);
        let mut e = vec![0.0; n]; e[i] = 1.0;
        let v = $f::hvp($x, &e);
        for j in 0..n {
            assert!((h[[i, j]] - d[j]).abs() < 1e-4 * (1.0 + d[j].abs()), "hessian {i} {j} {} {}", h[[i, j]], d[j]);
            assert!(close(v[j], h[[j, i]]), "hvp");
        }
    }
} }
macro_rules! second_false { ($($x:tt)*) => {} }
macro_rules! second { ($($x:tt)*) => { second_false!($($x)*) } }
mod kalman_mat { #[allow(unused_imports)] use super::*;
use std::ops::{Add, Mul, Sub};
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Mat<const R: usize, const C: usize>([[f64; C]; R]);
#[differentiable]
impl<const R: usize, const C: usize> Mat<R, C> {
    fn zero() -> Self { Mat([[0.0; C]; R]) }
    fn t(&self) -> Mat<C, R> {
        let mut m = Mat::<C, R>::zero();
        for i in 0..R { for j in 0..C { m.0[j][i] = self.0[i][j]; } }
        m
    }
}
#[differentiable]
impl<const R: usize, const C: usize, const K: usize> Mul<Mat<C, K>> for Mat<R, C> {
    type Output = Mat<R, K>;
    fn mul(self, o: Mat<C, K>) -> Mat<R, K> {
        let mut m = Mat::<R, K>::zero();
        for i in 0..R { for j in 0..K { for k in 0..C { m.0[i][j] += self.0[i][k] * o.0[k][j]; } } }
        m
    }
}
#[differentiable]
impl<const R: usize, const C: usize> Add for Mat<R, C> { type Output = Self; fn add(mut self, o: Self) -> Self { for i in 0..R { for j in 0..C { self.0[i][j] += o.0[i][j]; } } self } }
#[differentiable]
impl<const R: usize, const C: usize> Sub for Mat<R, C> { type Output = Self; fn sub(self, o: Self) -> Self { let mut m = self; for i in 0..R { for j in 0..C { m.0[i][j] -= o.0[i][j]; } } m } }
#[derive(Clone, Debug, Differentiable)]
struct Filter { x: Mat<2, 1>, p: Mat<2, 2> }
#[differentiable]
impl Filter {
    fn predict(&mut self, f: &Mat<2, 2>, q: &Mat<2, 2>) {
        self.x = *f * self.x;
        self.p = *f * self.p * f.t() + *q;
    }
    fn update(&mut self, z: f64, r: f64) -> f64 {
        let h = Mat([[1.0, 0.0]]);
        let y = Mat([[z]]) - h * self.x;
        let s = h * self.p * h.t() + Mat([[r]]);
        let inv = Mat([[1.0 / s.0[0][0]]]);
        let k = self.p * h.t() * inv;
        self.x = self.x + k * y;
        let i = Mat([[1.0, 0.0], [0.0, 1.0]]);
        self.p = (i - k * h) * self.p;
        -0.5 * (y.0[0][0].powi(2) / s.0[0][0] + s.0[0][0].ln())
    }
}
#[differentiable]
fn nll(theta: &[f64]) -> f64 {
    let dt = 0.1;
    let f = Mat([[1.0, dt], [0.0, 1.0]]);
    let q = Mat([[theta[0] * dt, 0.0], [0.0, theta[1]]]);
    let mut kf = Filter { x: Mat([[theta[2]], [0.0]]), p: Mat([[1.0, 0.0], [0.0, 1.0]]) };
    let mut total = 0.0;
    for z in [0.1, 0.3, 0.25, 0.5] {
        kf.predict(&f, &q);
        total -= kf.update(z, theta[3]);
    }
    total
}
case!(nll, [0.5, 0.3, 0.1, 0.2]);

}
mod enum_shapes { #[allow(unused_imports)] use super::*;
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
enum Shape { Circle { radius: f64 }, Rect { w: f64, h: f64 }, Tri(f64, f64, f64), Point }
#[differentiable]
impl Shape {
    fn area(&self) -> f64 {
        match *self {
            Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
            Shape::Rect { w, h } if w == h => w * w,
            Shape::Rect { w, h } => w * h,
            Shape::Tri(a, b, c) => { let s = (a + b + c) / 2.0; (s * (s - a) * (s - b) * (s - c)).sqrt() }
            Shape::Point => 0.0,
        }
    }
    fn scale(&mut self, k: f64) {
        match self {
            Self::Circle { radius: r } => *r *= k,
            Self::Rect { w, h } => { *w *= k; *h *= k; }
            Self::Tri(a, b, c) => { *a *= k; *b *= k; *c *= k; }
            Self::Point => {}
        }
    }
    fn bounding(self) -> Shape { match self { Shape::Circle { radius } => Shape::Rect { w: 2.0 * radius, h: 2.0 * radius }, other => other } }
}
#[differentiable]
fn total(x: &[f64]) -> f64 {
    let mut shapes = vec![Shape::Circle { radius: x[0] }, Shape::Rect { w: x[1], h: x[2] }, Shape::Tri(x[0] + 2.0, x[1] + 2.0, 3.0), Shape::Point];
    for (i, s) in shapes.iter_mut().enumerate() { s.scale(1.0 + 0.1 * i as f64 * x[2]); }
    shapes.iter().map(|s| s.area() + s.bounding().area() * 0.5).sum()
}
case!(total, [1.2, 0.7, 0.4]);

}
mod generic_vec3 { #[allow(unused_imports)] use super::*;
use std::ops::*;
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Vec3<T> { pub x: T, pub y: T, pub z: T }
#[differentiable]
impl<T: Real> Add for Vec3<T> { type Output = Vec3<T>; fn add(self, o: Self) -> Self::Output { Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z } } }
#[differentiable]
impl<T: Real> Sub for Vec3<T> { type Output = Vec3<T>; fn sub(self, o: Self) -> Self::Output { Vec3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z } } }
#[differentiable]
impl<T: Real> Mul<T> for Vec3<T> { type Output = Vec3<T>; fn mul(self, k: T) -> Self::Output { Vec3 { x: self.x * k, y: self.y * k, z: self.z * k } } }
#[differentiable]
impl<T: Real> Div<T> for Vec3<T> { type Output = Vec3<T>; fn div(self, k: T) -> Self::Output { self * (T::one() / k) } }
#[differentiable]
impl<T: Real> Neg for Vec3<T> { type Output = Vec3<T>; fn neg(self) -> Self::Output { Vec3 { x: -self.x, y: -self.y, z: -self.z } } }
#[differentiable]
impl<'a, T: Real> Add<&'a Vec3<T>> for &'a Vec3<T> { type Output = Vec3<T>; fn add(self, o: &Vec3<T>) -> Vec3<T> { Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z } } }
#[differentiable]
impl<T: Real> Vec3<T> {
    pub fn new(x: T, y: T, z: T) -> Self { Self { x, y, z } }
    pub fn dot(&self, o: &Self) -> T { self.x * o.x + self.y * o.y + self.z * o.z }
    pub fn cross(&self, o: &Self) -> Self { Self::new(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x) }
    pub fn norm(&self) -> T { self.dot(self).sqrt() }
    pub fn normalized(self) -> Self { let n = self.norm(); self / n }
    pub fn reflect(self, n: Self) -> Self { self - n * (self.dot(&n) * (T::one() + T::one())) }
}
#[differentiable]
fn shade<T: Real>(o: Vec3<T>, d: Vec3<T>, r: T) -> T {
    let d = d.normalized();
    let b = o.dot(&d);
    let c = o.dot(&o) - r * r;
    let disc = b * b - c;
    if disc < T::zero() { return T::zero(); }
    let t = -b - disc.sqrt();
    let hit = o + d * t;
    let n = hit.normalized();
    let l = Vec3::new(T::one(), T::one(), -T::one()).normalized();
    n.dot(&l).max(T::zero()) + d.reflect(n).cross(&l).norm() + (&hit + &n).x
}
#[differentiable]
fn f(v: &[f64]) -> f64 { shade(Vec3::new(v[0], v[1], v[2]), Vec3 { x: v[3], y: v[4], z: 1.0 }, v[5]) + (-Vec3::new(v[0], v[1], 1.0)).dot(&Vec3::new(v[2], v[2], v[3])) }
case!(f, [0.1, 0.2, -3.0, 0.05, -0.1, 1.2]);

}
mod fft_rec { #[allow(unused_imports)] use super::*;
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Cplx { re: f64, im: f64 }
#[differentiable]
impl std::ops::Add for Cplx { type Output = Cplx; fn add(self, o: Cplx) -> Cplx { Cplx { re: self.re + o.re, im: self.im + o.im } } }
#[differentiable]
impl std::ops::Sub for Cplx { type Output = Cplx; fn sub(self, o: Cplx) -> Cplx { Cplx { re: self.re - o.re, im: self.im - o.im } } }
#[differentiable]
impl std::ops::Mul for Cplx { type Output = Cplx; fn mul(self, o: Cplx) -> Cplx { Cplx { re: self.re * o.re - self.im * o.im, im: self.re * o.im + self.im * o.re } } }
#[differentiable]
impl Cplx {
    const ZERO: Cplx = Cplx { re: 0.0, im: 0.0 };
    fn from_polar(r: f64, theta: f64) -> Self { Self { re: r * theta.cos(), im: r * theta.sin() } }
    fn norm_sqr(&self) -> f64 { self.re.powi(2) + self.im.powi(2) }
}
#[differentiable]
fn fft(x: &[Cplx]) -> Vec<Cplx> {
    let n = x.len();
    if n == 1 { return vec![x[0]]; }
    let even: Vec<Cplx> = x.iter().step_by(2).copied().collect();
    let odd: Vec<Cplx> = x.iter().skip(1).step_by(2).copied().collect();
    let e = fft(&even);
    let o = fft(&odd);
    let mut out = vec![Cplx::ZERO; n];
    for k in 0..n / 2 {
        let w = Cplx::from_polar(1.0, -2.0 * std::f64::consts::PI * k as f64 / n as f64);
        let t = w * o[k];
        out[k] = e[k] + t;
        out[k + n / 2] = e[k] - t;
    }
    out
}
#[differentiable]
fn energy(x: &[f64]) -> f64 {
    let c: Vec<Cplx> = x.iter().map(|&re| Cplx { re, im: 0.0 }).collect();
    let f = fft(&c);
    f.iter().take(3).map(|z| z.norm_sqr()).sum::<f64>() + f[2].re * f[1].im
}
case!(energy, [0.1, 0.5, -0.3, 0.7, 0.2, -0.9, 0.4, 0.6]);

}
