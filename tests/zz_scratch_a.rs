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
macro_rules! second { ($($x:tt)*) => { second_false!($($x)*) } }
mod index_ops { #[allow(unused_imports)] use super::*;
use std::ops::{Index, IndexMut};
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Grid { w: usize, h: usize, cells: Vec<f64> }
#[differentiable]
impl Index<(usize, usize)> for Grid { type Output = f64; fn index(&self, (i, j): (usize, usize)) -> &f64 { &self.cells[i * self.w + j] } }
#[differentiable]
impl IndexMut<(usize, usize)> for Grid { fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 { &mut self.cells[i * self.w + j] } }
#[differentiable]
fn heat(g: &mut Grid, k: f64) {
    let old = g.clone();
    for i in 1..g.h - 1 { for j in 1..g.w - 1 {
        g[(i, j)] = old[(i, j)] + k * (old[(i - 1, j)] + old[(i + 1, j)] + old[(i, j - 1)] + old[(i, j + 1)] - 4.0 * old[(i, j)]);
    } }
}
#[differentiable]
fn f(x: &[f64]) -> f64 {
    let mut g = Grid { w: 3, h: 4, cells: x[1..].to_vec() };
    for _ in 0..3 { heat(&mut g, x[0]); }
    g[(1, 1)] * g[(2, 1)]
}
case!(f, [0.1, 1.0, 2.0, 3.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3]);

}
