//! Functions of the user's own that are called like those of the standard library.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;
mod all_of_them {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn swap(a: f64, b: f64) -> f64 {
        a * a - b
    }
    #[differentiable(order = 2)]
    fn replace(a: f64, b: f64) -> f64 {
        a * b * b
    }
    #[differentiable(order = 2)]
    fn take(a: f64) -> f64 {
        a.sin()
    }
    #[differentiable(order = 2)]
    fn min(a: f64, b: f64) -> f64 {
        a * b
    }
    #[differentiable(order = 2)]
    fn max(a: f64, b: f64) -> f64 {
        a - b * b
    }
    #[differentiable(order = 2)]
    fn once(a: f64) -> f64 {
        a.cos()
    }
    #[differentiable(order = 2)]
    fn zip(a: f64, b: f64) -> f64 {
        a.cos() * b
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let y = 1.0 + drop(x[0]);
        let z = swap(x[0], x[1]) + replace(x[1], x[2]);
        y + z + take(x[0]) + min(x[0], x[1]) + max(x[1], x[2]) + once(x[0]) * zip(x[0], x[1])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod alone {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        x[1] * drop(x[0])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod changing {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: &mut f64) {
        *x *= 2.0;
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut y = x[0] * x[1];
        drop(&mut y);
        y * y
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod changing_others {
    use super::*;
    #[differentiable(order = 2)]
    fn swap(x: &mut [f64], i: usize, j: usize) {
        let t = x[i];
        x[i] = 2.0 * x[j];
        x[j] = t;
    }
    #[differentiable(order = 2)]
    fn replace(x: &mut f64, v: f64) {
        *x = 2.0 * v;
    }
    #[differentiable(order = 2)]
    fn take(x: &mut f64) -> f64 {
        *x *= 3.0;
        *x * 2.0
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut y = [x[0] * x[1], x[2]];
        swap(&mut y, 0, 1);
        let mut z = x[0];
        replace(&mut z, x[1] * x[2]);
        let u = take(&mut z);
        y[0] * y[0] * y[1] * z + u
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod exchanging {
    use super::*;
    #[differentiable(order = 2)]
    fn swap(a: &mut f64, b: &mut f64) {
        let t = *a;
        *a = 2.0 * *b;
        *b = t;
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut a, mut b) = (x[0], x[1] * x[2]);
        swap(&mut a, &mut b);
        a * a * b
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod parts_of_values {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> (f64, f64) {
        (x * x, x)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = [x[0], x[1]].map(drop);
        let w: Vec<f64> = x.iter().map(|a| drop(*a).0).collect();
        w[0] * v[0].1 + drop(x[2]).0
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
