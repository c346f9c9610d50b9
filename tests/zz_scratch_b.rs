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
macro_rules! second { ($($x:tt)*) => { second_true!($($x)*) } }
mod closures1 { #[allow(unused_imports)] use super::*;
#[differentiable(order = 2)]
fn f(x: &[f64]) -> f64 {
    let (a, b) = (x[0], x[1]);
    let sq = |t: f64| t * t;
    let affine = |t| a * t + b;
    let compose = |t: f64| sq(affine(t)) + a;
    let mut count = 0;
    let mut total = 0.0;
    let mut add = |v: f64| { count += 1; total += v * b; };
    for &v in x { add(compose(v)); }
    add(1.0);
    let scale = move |v: f64, k: i32| { if k == 0 { return v; } v * (a.powi(k)) };
    let table: Vec<f64> = (0..4).map(|k| scale(b, k)).collect();
    total / count as f64 + table.iter().map(|&t| sq(t)).sum::<f64>()
}
#[differentiable(order = 2)]
fn integrate(x: &[f64]) -> f64 {
    let n = 20;
    let h = 1.0 / n as f64;
    let integrand = |t: f64| -> f64 { let u = x[0] * t; (u + x[1]).exp() / (1.0 + x[2] * t * t) };
    let trapezoid = |lo: f64, hi: f64| 0.5 * h * (integrand(lo) + integrand(hi));
    (0..n).map(|i| { let lo = i as f64 * h; trapezoid(lo, lo + h) }).sum()
}
#[differentiable(order = 2)]
fn g(x: &[f64]) -> f64 { f(x) + integrate(x) }
case!(g, [0.7, -0.2, 1.1]);

}
mod early { #[allow(unused_imports)] use super::*;
#[differentiable(order = 2)]
fn classify(x: &[f64], w: f64) -> f64 {
    if x.is_empty() { return 0.0; }
    let mut s = 1.0;
    for (i, &a) in x.iter().enumerate() {
        if a < -1.0 { return s * a; }
        for &b in &x[i..] {
            if a * b > 2.5 { return s + a * b * w; }
            s += a * b;
            match (a > b, s) {
                (true, s) if s > 10.0 => return s.ln(),
                (false, _) => continue,
                _ => {}
            }
            s *= w;
        }
    }
    let Some(last) = x.last() else { return -1.0 };
    return s * *last;
}
#[differentiable(order = 2)]
fn newton(a: f64) -> f64 {
    let mut x = a;
    let mut n = 0;
    loop {
        let next = 0.5 * (x + a / x);
        if (next - x).abs() < 1e-14 || n > 50 { return next; }
        x = next;
        n += 1;
    }
}
#[differentiable(order = 2)]
fn f(x: &[f64]) -> f64 { classify(x, 0.9) + classify(&x[..2], x[3]) + classify(&[], x[0]) + newton(x[2] + 2.0) + classify(&[x[0] * 2.0, x[1] * 3.0], 1.0) }
case!(f, [0.4, 1.3, 0.9, 0.7]);

}
mod labels { #[allow(unused_imports)] use super::*;
#[differentiable(order = 2)]
fn search(m: &[Vec<f64>], cap: f64) -> f64 {
    let mut acc = 0.0;
    let mut hops = 0;
    let r = 'outer: loop {
        'rows: for (i, row) in m.iter().enumerate() {
            'inner: for (j, &v) in row.iter().enumerate() {
                if (i + j) % 3 == 2 { continue 'inner; }
                if v < 0.0 { acc -= v * v; continue 'rows; }
                acc += v * (j as f64 + 1.0);
                if acc > cap { break 'outer acc * v; }
            }
            acc *= 0.9;
        }
        hops += 1;
        if hops > 3 { break acc; }
    };
    r
}
#[differentiable(order = 2)]
fn find_root(mut lo: f64, mut hi: f64, a: f64) -> f64 {
    let value = 'done: {
        let mut it = 0;
        while it < 60 {
            let mid = 0.5 * (lo + hi);
            let fm = mid * mid * mid - a;
            if fm.abs() < 1e-3 { break 'done mid - fm / (3.0 * mid * mid); }
            if fm < 0.0 { lo = mid } else { hi = mid }
            it += 1;
        }
        lo
    };
    value
}
#[differentiable(order = 2)]
fn f(x: &[f64]) -> f64 {
    let rows: Vec<Vec<f64>> = x.chunks(3).map(|c| c.to_vec()).collect();
    let p = search(&rows, 9.0) + search(&rows, 0.5 * x[0] * x[0]);
    p
}
case!(f, [0.9, 0.8, 0.3, 0.7, -0.5, 0.6, 0.4, 0.2, 0.1]);

}
