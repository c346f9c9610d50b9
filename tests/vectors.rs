//! Vectors and slices that change their order or their length.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use differentiable::prelude::*;

#[differentiable]
fn sorted(v: &[f64]) -> f64 {
    let mut w = v.to_vec();
    w.sort_by(|a, b| a.partial_cmp(b).unwrap());
    w.iter().enumerate().map(|(i, x)| x * i as f64).sum()
}

#[differentiable]
fn sorted_in_place(v: &mut [f64]) {
    v.sort_by(f64::total_cmp);
    for i in 1..v.len() {
        v[i] *= v[i - 1];
    }
    v.sort_unstable_by(|a, b| b.total_cmp(a));
}

#[differentiable]
fn arg_sorted(v: &[f64], w: &[f64]) -> f64 {
    let mut index: Vec<usize> = (0..v.len()).collect();
    index.sort_by(|&a, &b| v[a].partial_cmp(&v[b]).unwrap());
    index.iter().enumerate().map(|(rank, &i)| w[i] * v[i] * rank as f64).sum()
}

#[differentiable]
fn sorted_points(points: &[(i32, f64)], x: f64) -> f64 {
    let mut p = points.to_vec();
    p.sort_by_key(|q| -q.0);
    let mut s = x;
    for _ in 0..2 {
        s = p.iter().fold(s, |s, q| s * x + q.1);
        p[0].1 *= s;
        p.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    s + p[0].1
}

#[differentiable]
fn median(v: &[f64]) -> f64 {
    let mut w = v.to_vec();
    w.sort_by(|a, b| a.total_cmp(b));
    let n = w.len();
    if n % 2 == 0 { (w[n / 2 - 1] + w[n / 2]) / 2.0 } else { w[n / 2] }
}

#[differentiable]
fn turned(v: &[f64]) -> f64 {
    let mut w = v.to_vec();
    w.reverse();
    w.rotate_left(2);
    w[1..].rotate_right(1);
    w[..3].reverse();
    w.iter().enumerate().map(|(i, x)| x.powi(i as i32 + 1)).sum()
}

#[differentiable]
fn edited(v: &[f64], x: f64) -> f64 {
    let mut w = v.to_vec();
    w.insert(1, x * x);
    let a = w.remove(2);
    let b = w.swap_remove(0);
    w.push(a * b);
    w.truncate(4);
    w.resize(6, x);
    w.extend_from_slice(&v[1..3]);
    w.extend(v.iter().map(|y| y * x));
    let tail = w.split_off(5);
    let mut u = vec![a, b];
    u.append(&mut w);
    u.iter().enumerate().map(|(i, y)| y * i as f64).sum::<f64>() * tail.iter().sum::<f64>() + w.len() as f64
}

#[differentiable]
fn emptied(v: Vec<f64>, x: f64) -> f64 {
    let mut v = v;
    let mut w: Vec<f64> = v.drain(..).map(|a| a * x).collect();
    v.push(x);
    w.retain(|a| *a > 0.3);
    let s: f64 = w.iter().sum();
    w.clear();
    w.push(s * x);
    w[0] * v[0]
}

#[differentiable]
fn deduplicated(v: &[f64]) -> f64 {
    let mut w = v.to_vec();
    w.dedup();
    w.iter().product::<f64>() * w.len() as f64
}

#[differentiable]
fn moved_within(v: &mut [f64], w: &mut [f64]) {
    v.copy_within(1..3, 0);
    v[2..].swap_with_slice(w);
    v[0] *= w[1];
    v.swap(0, 1);
}

#[differentiable]
fn joined(a: &[f64], b: &[f64], m: &[Vec<f64>]) -> f64 {
    let c = [a, b].concat();
    let d = m.concat();
    c.iter().zip(d.iter()).map(|(x, y)| x * y).sum()
}

#[differentiable]
fn matrix(n: usize, m: usize, x: f64) -> f64 {
    let mut a = vec![vec![0.0; n]; m];
    for (i, row) in a.iter_mut().enumerate() {
        for (j, e) in row.iter_mut().enumerate() {
            *e = x.powi(i as i32) + j as f64 * x;
        }
    }
    a.swap(0, m - 1);
    a[0].push(x);
    let first = a.remove(0);
    a.push(first.iter().map(|e| e * 2.0).collect());
    a.iter().flatten().map(|e| e * e).sum::<f64>() + a[m - 1].last().unwrap()
}

#[differentiable]
fn exchanged(a: &[f64], x: f64) -> f64 {
    let mut u = a.to_vec();
    let mut v = vec![x; 2];
    std::mem::swap(&mut u, &mut v);
    let old = std::mem::replace(&mut u, vec![x * x]);
    let taken = std::mem::take(&mut v);
    old.iter().sum::<f64>() * taken.iter().product::<f64>() + u[0] + v.len() as f64
}

#[differentiable]
fn references(v: &mut Vec<f64>, x: f64) -> f64 {
    if let Some(a) = v.first_mut() {
        *a *= x;
    }
    if let Some(a) = v.get_mut(1) {
        *a += x;
    }
    if let Some((last, rest)) = v.split_last_mut() {
        *last *= rest[0];
    }
    let (low, high) = v.split_at_mut(1);
    low[0] += high[0];
    v.iter().sum()
}

const A: [f64; 5] = [0.5, 1.5, 0.25, 0.75, 2.0];

#[test]
fn orders() {
    sorted::check(&A).unwrap();
    sorted_in_place::check(&mut A.clone()).unwrap();
    arg_sorted::check(&A, &[0.3, 0.2, 0.9, 0.4, 0.5]).unwrap();
    sorted_points::check(&[(1, 0.3), (5, 0.2), (2, 0.6)], 0.7).unwrap();
    median::check(&A).unwrap();
    median::check(&A[..4]).unwrap();
    turned::check(&A).unwrap();
    assert_eq!(median::grad(&A), [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn lengths() {
    edited::check(&A, 0.7).unwrap();
    assert_eq!(edited(&A, 0.7), edited::value_and_grad(&A, 0.7).0);
    emptied::check(A.to_vec(), 0.7).unwrap();
    deduplicated::check(&A).unwrap();
    assert_eq!(deduplicated::value_and_grad(&[0.5, 0.5, 2.0]), (2.0, vec![4.0, 0.0, 1.0]));
    joined::check(&A[..2], &A[2..], &[vec![0.3, 0.4], vec![0.5, 0.6, 0.7]]).unwrap();
    matrix::check(3, 2, 0.7).unwrap();
}

#[test]
fn in_place() {
    moved_within::check(&mut A.clone(), &mut [0.1, 0.2, 0.3]).unwrap();
    exchanged::check(&A, 0.7).unwrap();
    references::check(&mut A.to_vec(), 0.7).unwrap();
}

/// Nothing but the types tells that these are vectors.
mod aliases {
    use super::*;

    type Stack = Vec<f64>;

    #[differentiable(order = 2)]
    fn put(stack: &mut Stack, x: f64) {
        stack.push(x * x);
        stack.insert(0, x);
    }

    #[differentiable(order = 2)]
    fn take(stack: &mut Stack, x: f64) -> f64 {
        let a = stack.pop().unwrap();
        a * x * stack.remove(0)
    }

    #[differentiable(order = 2)]
    fn both(x: f64) -> f64 {
        let mut stack = Stack::new();
        put(&mut stack, x);
        put(&mut stack, x.sin());
        let mut total = take(&mut stack, x);
        while let Some(v) = stack.pop() {
            total += v * total;
        }
        total
    }

    #[test]
    fn of_vectors() {
        put::check(&mut vec![1.0], 2.0).unwrap();
        take::check(&mut vec![1.0, 3.0, 2.0], 2.0).unwrap();
        both::check(0.7).unwrap();
        let h = 1e-5;
        let differences = (both::grad(0.7 + h) - both::grad(0.7 - h)) / (2.0 * h);
        assert!((both::hvp(0.7, 1.0) - differences).abs() < 1e-5);
    }
}

/// Vectors that grow by what a closure gives.
mod resize_with {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut w = vec![x[0]];
        w.resize_with(4, || x[1] * x[1]);
        let mut k = 0.0;
        w.resize_with(6, || {
            k += x[2];
            k
        });
        w.resize_with(5, || 0.0);
        let mut rows: Vec<Vec<f64>> = Vec::new();
        rows.resize_with(2, Vec::new);
        rows[1].push(x[0]);
        w[0] * w[3] * w[4] * rows[1][0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Elements that a closure gives.
mod fill_with {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut w = vec![0.0; 4];
        w.fill_with(|| x[0] * x[0]);
        let mut k = 1.0;
        w[1..].fill_with(|| {
            k *= x[1];
            k
        });
        let mut c = [1usize; 3];
        c.fill_with(Default::default);
        w[0] * w[1] * w[3] + c[0] as f64
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// An element that is brought to its place.
mod select_nth {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut w: Vec<f64> = x.iter().map(|a| a * x[0]).collect();
        w.select_nth_unstable_by(2, |a, b| a.total_cmp(b));
        let m = w[2];
        let (_, med, _) = w.select_nth_unstable_by(1, |a, b| a.partial_cmp(b).unwrap());
        m * *med
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same of indices.
mod select_nth_int {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut w = vec![3usize, 1, 2, 0];
        w.select_nth_unstable(2);
        let k = *w.select_nth_unstable(1).1;
        x[w[2]] * x[k]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Parts that may not be there.
mod split_at_checked {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 1.0;
        if let Some((a, b)) = x.split_at_checked(1) {
            s *= a[0] * b[0] * b[2];
        }
        if let Some((a, _)) = x.split_at_checked(9) {
            s *= a[0];
        }
        let (a, b) = x.split_at_checked(2).unwrap();
        let mut w = x.to_vec();
        if let Some((c, d)) = w.split_at_mut_checked(2) {
            c[0] *= d[0];
        }
        s * a[1] + b[0] * w[0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// Rows that begin empty.
mod push_new {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for a in v {
            rows.push(Vec::new());
            rows[0].push(a * v[1]);
        }
        rows[0][0] * rows[0][3]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same at the beginning.
mod insert_new {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut rows: Vec<Vec<f64>> = vec![vec![v[0]]];
        rows.insert(0, Vec::new());
        rows[0] = Vec::new();
        rows[0].push(v[1]);
        rows[0][0] * rows[1][0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same in an option.
mod field_new {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct S {
        a: Vec<f64>,
        b: Option<Vec<f64>>,
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut s = S { a: Vec::new(), b: None };
        s.a.push(v[0]);
        s.b = Some(Vec::new());
        s.b.as_mut().unwrap().push(v[1] * v[0]);
        let mut t = (Vec::new(), 1.0);
        t.0.push(v[2]);
        s.a[0] * s.b.unwrap()[0] * t.0[0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same where an option has none.
mod get_or_insert_with {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut slot: Option<Vec<f64>> = None;
        slot.get_or_insert_with(Vec::new).push(v[0]);
        slot.get_or_insert_with(Vec::new).push(v[1] * v[1]);
        let s = slot.unwrap();
        s[0] * s[1]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}
