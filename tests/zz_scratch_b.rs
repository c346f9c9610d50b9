#![allow(warnings, clippy::all)]
use differentiable::prelude::*;
pub fn close(a: f64, b: f64) -> bool { (a - b).abs() <= 2e-5 * (1.0 + a.abs().max(b.abs())) }
pub fn diff(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    (0..x.len()).map(|i| { let h = 1e-5; let mut p = x.to_vec(); let mut m = x.to_vec(); p[i] += h; m[i] -= h; (f(&p) - f(&m)) / (2.0 * h) }).collect()
}
#[macro_export]
macro_rules! case { ($f:ident, $x:expr) => {
    #[test] fn case1() {
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
macro_rules! second { ($($x:tt)*) => { second_true!($($x)*) } }
mod index_ops { #[allow(unused_imports)] use super::*;
use std::ops::{Index, IndexMut};
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Grid { w: usize, h: usize, cells: Vec<f64> }
#[differentiable(order = 2)]
impl Index<(usize, usize)> for Grid { type Output = f64; fn index(&self, (i, j): (usize, usize)) -> &f64 { &self.cells[i * self.w + j] } }
#[differentiable(order = 2)]
impl IndexMut<(usize, usize)> for Grid { fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 { &mut self.cells[i * self.w + j] } }
#[differentiable(order = 2)]
fn heat(g: &mut Grid, k: f64) {
    let old = g.clone();
    for i in 1..g.h - 1 { for j in 1..g.w - 1 {
        g[(i, j)] = old[(i, j)] + k * (old[(i - 1, j)] + old[(i + 1, j)] + old[(i, j - 1)] + old[(i, j + 1)] - 4.0 * old[(i, j)]);
    } }
}
#[differentiable(order = 2)]
fn f(x: &[f64]) -> f64 {
    let mut g = Grid { w: 3, h: 4, cells: x[1..].to_vec() };
    for _ in 0..3 { heat(&mut g, x[0]); }
    g[(1, 1)] * g[(2, 1)]
}
case!(f, [0.1, 1.0, 2.0, 3.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3]);

}
mod ba_struct { #[allow(unused_imports)] use super::*;
#[derive(Clone, Debug, Differentiable)]
struct Camera { rotation: [f64; 3], translation: [f64; 3], focal: f64, distortion: (f64, f64) }
#[derive(Clone, Copy, Debug)]
struct Observation { camera: usize, point: usize, u: f64, v: f64 }
#[differentiable(order = 2)]
fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() }
#[differentiable(order = 2)]
fn cross([a0, a1, a2]: [f64; 3], [b0, b1, b2]: [f64; 3]) -> [f64; 3] { [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0] }
#[differentiable(order = 2)]
fn rodrigues(r: &[f64; 3], p: &[f64; 3]) -> [f64; 3] {
    let theta2 = dot(r, r);
    if theta2 > 1e-12 {
        let theta = theta2.sqrt();
        let w = [r[0] / theta, r[1] / theta, r[2] / theta];
        let (s, c) = theta.sin_cos();
        let wxp = cross(w, *p);
        let tmp = dot(&w, p) * (1.0 - c);
        std::array::from_fn(|i| p[i] * c + wxp[i] * s + w[i] * tmp)
    } else {
        let wxp = cross(*r, *p);
        [p[0] + wxp[0], p[1] + wxp[1], p[2] + wxp[2]]
    }
}
#[differentiable(order = 2)]
impl Camera {
    fn from_slice(x: &[f64]) -> Self {
        let &[r0, r1, r2, t0, t1, t2, f, k1, k2] = x else { panic!("a camera has nine parameters, got {}", x.len()) };
        Camera { rotation: [r0, r1, r2], translation: [t0, t1, t2], focal: f, distortion: (k1, k2) }
    }
    fn project(&self, point: &[f64; 3]) -> (f64, f64) {
        let q = rodrigues(&self.rotation, point);
        let [x, y, z] = [q[0] + self.translation[0], q[1] + self.translation[1], q[2] + self.translation[2]];
        let (xp, yp) = (-x / z, -y / z);
        let r2 = xp * xp + yp * yp;
        let (k1, k2) = self.distortion;
        let d = 1.0 + r2 * (k1 + k2 * r2);
        (self.focal * d * xp, self.focal * d * yp)
    }
}
#[differentiable(order = 2)]
fn cost(params: &[f64]) -> f64 {
    let cameras: Vec<Camera> = params[..18].chunks_exact(9).map(Camera::from_slice).collect();
    let points: Vec<[f64; 3]> = params[18..].chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
    let observations = [Observation { camera: 0, point: 0, u: 0.1, v: 0.2 }, Observation { camera: 1, point: 0, u: -0.3, v: 0.2 }, Observation { camera: 1, point: 1, u: 0.4, v: -0.1 }];
    let mut e = 0.0;
    for o in &observations {
        let (u, v) = cameras[o.camera].project(&points[o.point]);
        let (du, dv) = (u - o.u, v - o.v);
        e += 0.5 * (du * du + dv * dv);
    }
    e
}
case!(cost, [0.1, -0.2, 0.3, 0.0, 0.1, 2.0, 1.1, 0.01, 0.002, -0.1, 0.2, 0.05, 0.2, 0.0, 2.5, 0.9, 0.02, 0.001, 0.5, 0.4, 1.0, -0.3, 0.6, 0.8]);

}
