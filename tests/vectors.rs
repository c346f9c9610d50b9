//! Vectors and slices that change their order or their length.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

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
