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
mod option_chain { #[allow(unused_imports)] use super::*;
#[differentiable]
fn safe_div(a: f64, b: f64) -> Option<f64> { if b.abs() < 1e-9 { None } else { Some(a / b) } }
#[differentiable]
fn safe_ln(x: f64) -> Option<f64> { (x > 0.0).then(|| x.ln()) }
#[differentiable]
fn first_positive(v: &[f64]) -> Option<f64> { for &x in v { if x > 0.0 { return Some(x); } } None }
#[differentiable]
fn compute(v: &[f64], k: f64) -> Option<f64> {
    let p = first_positive(v)?;
    let q = safe_div(p, k)?.sqrt();
    let l = safe_ln(q + 1.0).or(Some(0.5 * q))?;
    let m = v.iter().copied().reduce(f64::max)?;
    Some(l * m + q)
}
#[differentiable]
fn f(x: &[f64]) -> f64 {
    let a = compute(&x[1..], x[0]);
    let b = compute(&x[..1], 0.0).map_or(x[1] * 2.0, |v| v * 3.0);
    let mut best: Option<f64> = None;
    for w in x.windows(2) {
        let c = w[0] * w[1];
        best = match best { Some(b) if b >= c => Some(b), _ => Some(c) };
    }
    if let Some(a) = a && let Some(m) = best { a + b * m } else { 0.0 }
}
case!(f, [1.3, -0.4, 0.9, 0.6]);

}
mod early { #[allow(unused_imports)] use super::*;
#[differentiable]
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
#[differentiable]
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
#[differentiable]
fn f(x: &[f64]) -> f64 { classify(x, 0.9) + classify(&x[..2], x[3]) + classify(&[], x[0]) + newton(x[2] + 2.0) + classify(&[x[0] * 2.0, x[1] * 3.0], 1.0) }
case!(f, [0.4, 1.3, 0.9, 0.7]);

}
mod labels { #[allow(unused_imports)] use super::*;
#[differentiable]
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
#[differentiable]
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
#[differentiable]
fn f(x: &[f64]) -> f64 {
    let rows: Vec<Vec<f64>> = x.chunks(3).map(|c| c.to_vec()).collect();
    let p = search(&rows, 9.0) + search(&rows, 0.5 * x[0] * x[0]);
    p
}
case!(f, [0.9, 0.8, 0.3, 0.7, -0.5, 0.6, 0.4, 0.2, 0.1]);

}
mod recursion_slices { #[allow(unused_imports)] use super::*;
#[differentiable]
fn pairwise(v: &[f64]) -> f64 {
    match v { [] => 0.0, [x] => *x, [x, y] => x * y + x, _ => { let (l, r) = v.split_at(v.len() / 2); pairwise(l) * 0.5 + pairwise(r).sin() } }
}
#[differentiable]
fn horner(c: &[f64], x: f64) -> f64 { if let [head, tail @ ..] = c { head + x * horner(tail, x) } else { 0.0 } }
#[differentiable]
fn merge_sort(v: &[f64]) -> Vec<f64> {
    if v.len() <= 1 { return v.to_vec(); }
    let mid = v.len() / 2;
    let (l, r) = (merge_sort(&v[..mid]), merge_sort(&v[mid..]));
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::with_capacity(v.len());
    while i < l.len() && j < r.len() {
        if l[i] <= r[j] { out.push(l[i]); i += 1; } else { out.push(r[j]); j += 1; }
    }
    out.extend_from_slice(&l[i..]);
    out.extend_from_slice(&r[j..]);
    out
}
#[differentiable]
fn quicksort(v: &mut [f64]) {
    if v.len() < 2 { return; }
    let p = v.len() - 1;
    let pivot = v[p];
    let mut store = 0;
    for i in 0..p { if v[i] < pivot { v.swap(i, store); store += 1; } }
    v.swap(store, p);
    let (left, right) = v.split_at_mut(store);
    quicksort(left);
    quicksort(&mut right[1..]);
}
#[differentiable]
fn f(x: &[f64]) -> f64 {
    let s = merge_sort(x);
    let mut q = x.to_vec();
    quicksort(&mut q);
    let w: f64 = s.iter().zip(&q).enumerate().map(|(i, (a, b))| (i + 1) as f64 * a * b).sum();
    pairwise(x) + horner(x, x[1]) + w
}
case!(f, [0.4, -0.3, 0.9, 0.1, 0.6, -0.8, 0.2]);

}
