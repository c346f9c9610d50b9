//! Locals without a declared type that are indexed, cut and iterated over: what calls give, parts of tuples, shapes.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::ndarray::{Array2, Array3};
use differentiable::prelude::*;

#[differentiable]
fn split(v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    (v[..2].to_vec(), v[2..].to_vec())
}
#[differentiable]
fn halves(v: &[f64]) -> f64 {
    let (p, q) = split(v);
    let mut s = 0.0;
    for i in 0..2 {
        s += p[i] * q[i];
    }
    s + p[0]
}
#[differentiable]
fn rows(v: &[f64]) -> Vec<Vec<f64>> {
    vec![v.to_vec(), v.iter().map(|x| x * x).collect()]
}
#[differentiable]
fn of_rows(v: &[f64]) -> f64 {
    let m = rows(v);
    let r = &m[1];
    let last = r[r.len() - 1];
    m[0][1] * r[0] + last
}
#[differentiable]
fn mean_by_shape(x: &Array2<f64>) -> f64 {
    let n = x.shape()[1..].iter().product::<usize>();
    x.sum() / n as f64
}
#[differentiable]
fn reshaped(x: &Array3<f64>) -> f64 {
    let rest: usize = x.shape()[1..].iter().product();
    let y = x.to_shape((x.shape()[0], rest)).unwrap().to_owned();
    y[[1, 2]] * y[[0, 1]]
}
#[differentiable]
fn generic<T: Clone + Differentiable>(x: &T) -> T {
    x.clone()
}
#[differentiable]
fn of_generic(v: &Vec<f64>) -> f64 {
    let p = generic(v);
    let mut s = 0.0;
    for i in 0..p.len() {
        s += p[i] * p[i];
    }
    s
}
#[differentiable]
fn arr(v: &[f64]) -> [f64; 3] {
    [v[0], v[1], v[0] * v[1]]
}
#[differentiable]
fn of_array(v: &[f64]) -> f64 {
    let mut p = arr(v);
    p[1] += p[0];
    p[2] *= p[1];
    let (lo, hi) = p.split_at(1);
    p.swap(0, 2);
    p[0] * p[1] + p.iter().sum::<f64>()
}
#[differentiable]
fn mat(v: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((2, 2), |(i, j)| v[i] * v[j + 1])
}
#[differentiable]
fn of_matrix(v: &[f64]) -> f64 {
    let m = mat(v);
    m[[0, 1]] * m[[1, 0]] + m[(1, 1)]
}
#[test]
fn values_of_calls_and_parts_of_them() {
    let v = [0.4, 0.7, 1.1, -0.3];
    halves::check(&v).unwrap();
    of_rows::check(&v).unwrap();
    mean_by_shape::check(&Array2::from_shape_fn((2, 3), |(i, j)| i as f64 + 0.1 * j as f64)).unwrap();
    reshaped::check(&Array3::from_shape_fn((2, 3, 2), |(i, j, k)| i as f64 + 0.1 * j as f64 + k as f64 * 0.3)).unwrap();
    of_generic::check(&v.to_vec()).unwrap();
    of_array::check(&v).unwrap();
    of_matrix::check(&v).unwrap();
}

/// Ranges in variables, which every sweep uses again.
mod ranges {
    use super::*;
    use std::ops::Range;

    #[differentiable(order = 2)]
    fn of_an_array(x: &Array2<f64>, heads: usize, width: usize) -> f64 {
        let mut total = 0.0;
        for h in 0..heads {
            let r = h * width..(h + 1) * width;
            let sum = x.slice(s![.., r.clone()]).sum();
            total += sum * x.slice(s![.., r]).product();
        }
        total
    }

    #[differentiable(order = 2)]
    fn of_a_slice(x: &[f64], heads: usize, width: usize) -> f64 {
        let mut total = 0.0;
        for h in 0..heads {
            let r = h * width..(h + 1) * width;
            let sum: f64 = x[r.clone()].iter().sum();
            total += sum * x[r].iter().product::<f64>();
        }
        total
    }

    #[differentiable]
    fn given(x: &Array2<f64>, r: Range<usize>) -> f64 {
        let sum = x.slice(s![1, r.clone()]).sum();
        sum * x.slice(s![r, 0]).product()
    }

    #[differentiable(order = 2)]
    fn without_ends(x: &Vec<f64>, n: usize) -> f64 {
        let mut product = 1.0;
        let all = 0..n;
        for v in &x[all.clone()] {
            product *= v;
        }
        let (tail, head) = (n.., ..=n);
        product + x[tail].iter().map(|v| v * v).sum::<f64>() * x[head][1] + x[all.start] * all.len() as f64
    }

    #[differentiable]
    fn written(x: &[f64], n: usize) -> f64 {
        let mut y = x.to_vec();
        let r = 1..n;
        for v in &mut y[r.clone()] {
            *v *= *v;
        }
        y[r.clone()].rotate_left(1);
        y[0] = norm(&y[r.clone()]) * norm(&x[r]);
        y.iter().map(|v| v * v).sum()
    }

    #[differentiable]
    fn norm(x: &[f64]) -> f64 {
        x.iter().map(|v| v * v).sum::<f64>().sqrt()
    }

    #[differentiable]
    fn assigned(x: &Array2<f64>, n: usize) -> f64 {
        let mut y = Array2::zeros((n, x.ncols()));
        let r = 0..n;
        y.slice_mut(s![r.clone(), ..]).assign(&x.slice(s![r.clone(), ..]));
        y.slice_mut(s![r, 0]).mapv_inplace(|v| v * v);
        y.product()
    }

    #[test]
    fn agree_with_differences() {
        let x = Array2::from_shape_fn((3, 4), |(i, j)| (0.2 + 0.37 * (4 * i + j) as f64).sin());
        let list = [0.4, 0.7, -0.3, 0.9];
        of_an_array::check(&x, 2, 2).unwrap();
        of_a_slice::check(&list, 2, 2).unwrap();
        given::check(&x, 0..2).unwrap();
        without_ends::check(&list.to_vec(), 2).unwrap();
        written::check(&list, 4).unwrap();
        assigned::check(&x, 2).unwrap();
        let symmetric = |h: Array2<f64>| assert!((&h - &h.t()).iter().all(|e| e.abs() < 1e-12));
        symmetric(of_an_array::hessian(&x, 2, 2));
        symmetric(of_a_slice::hessian(&list, 2, 2));
        // Of a product of the halves' sums and products: x0·x1·(x0 + x1) + …
        assert!((of_a_slice::hessian(&list, 2, 2)[[0, 0]] - 2.0 * list[1]).abs() < 1e-12);
        symmetric(without_ends::hessian(&list.to_vec(), 2));
    }
}
