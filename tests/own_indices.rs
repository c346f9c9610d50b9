//! Types with an `Index` of their own, wherever they are: in fields, in vectors, and as what functions and methods give.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;
use std::ops::{Index, IndexMut};
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V3 {
    x: f64,
    y: f64,
    z: f64,
}
#[differentiable(order = 2)]
impl Index<usize> for V3 {
    type Output = f64;
    fn index(&self, i: usize) -> &f64 {
        match i {
            0 => &self.x,
            1 => &self.y,
            _ => &self.z,
        }
    }
}
#[differentiable(order = 2)]
fn make(x: &[f64]) -> V3 {
    V3 { x: x[0] * x[1], y: x[1] * x[2], z: x[2] * x[2] }
}
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Mat {
    rows: Vec<V3>,
}
#[differentiable(order = 2)]
impl Mat {
    fn row(&self, i: usize) -> V3 {
        self.rows[i]
    }
    fn lent(&self, i: usize) -> &V3 {
        &self.rows[i]
    }
    fn total(&self, k: usize) -> f64 {
        let mut s = 0.0;
        for i in 0..2 {
            s += self.row(i)[k] * self.lent(i)[k];
        }
        s
    }
    fn new(x: &[f64]) -> Mat {
        Mat { rows: vec![make(x), V3 { x: x[0], y: x[1].sin(), z: 1.0 }] }
    }
}
mod given_by_functions {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        make(x)[1] * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod at_counters {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for k in 0..3 {
            s += make(x)[k] * x[k];
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod given_by_methods {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Mat::new(x);
        let mut s = 0.0;
        for i in 0..2 {
            for j in 0..3 {
                s += m.row(i)[j] * x[j];
            }
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod lent_by_methods {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Mat::new(x);
        let mut s = 0.0;
        for i in 0..2 {
            for j in 0..3 {
                s += m.lent(i)[j] * x[j];
            }
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod methods_beside {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        Mat::new(x).total(1) * x[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod fields_by_methods {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Model {
        w: V3,
        v: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Model {
        fn weights(&self) -> V3 {
            self.w
        }
        fn vs(&self) -> &[f64] {
            &self.v
        }
        fn run(&self, x: &[f64]) -> f64 {
            let mut s = 0.0;
            for k in 0..3 {
                s += self.weights()[k] * x[k] * self.vs()[k];
            }
            s
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Model { w: make(x), v: vec![x[0], x[1], 2.0] };
        m.run(x) + (0..3).map(|k| m.weights()[k]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod vectors_of_them {
    use super::*;
    #[differentiable(order = 2)]
    fn many(x: &[f64]) -> Vec<V3> {
        vec![make(x), make(&[x[0], 1.0, x[1]])]
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for k in 0..2 {
            s += many(x)[k][k + 1] * x[k];
        }
        s + many(x)[1][2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod in_fields {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Body {
        at: V3,
        all: Vec<V3>,
    }
    #[differentiable(order = 2)]
    impl Body {
        fn k(&self, i: usize) -> f64 {
            self.at[i] * self.all[i][2] + self.all[0].z
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let b = Body { at: make(x), all: vec![make(x), make(x)] };
        let mut s = 0.0;
        for v in &b.all {
            s += v[0] * v[1];
        }
        let g = |v: &V3| v[1] * v[0];
        s + b.k(1) + g(&b.at) + b.all.iter().map(|v| v[2]).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod generic {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Vector<T: Real> {
        e: Vec<T>,
    }
    #[differentiable(order = 2)]
    impl<T: Real> Index<usize> for Vector<T> {
        type Output = T;
        fn index(&self, i: usize) -> &T {
            &self.e[i]
        }
    }
    impl<T: Real> IndexMut<usize> for Vector<T> {
        fn index_mut(&mut self, i: usize) -> &mut T {
            &mut self.e[i]
        }
    }
    #[differentiable(order = 2)]
    fn mk(x: &[f64]) -> Vector<f64> {
        Vector { e: x.to_vec() }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Fixed<const N: usize>([f64; N]);
    #[differentiable(order = 2)]
    impl<const N: usize> Index<usize> for Fixed<N> {
        type Output = f64;
        fn index(&self, i: usize) -> &f64 {
            &self.0[i]
        }
    }
    impl<const N: usize> IndexMut<usize> for Fixed<N> {
        fn index_mut(&mut self, i: usize) -> &mut f64 {
            &mut self.0[i]
        }
    }
    #[differentiable(order = 2)]
    fn fixed(x: &[f64]) -> Fixed<2> {
        Fixed([x[0], x[1] * x[1]])
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Both {
        v: Vector<f64>,
        f: Fixed<2>,
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut b = Both { v: mk(x), f: fixed(x) };
        b.v[1] *= 2.0;
        b.f[0] += b.v[2];
        let w = mk(x);
        let q = w[2];
        let mut s = 0.0;
        for k in 0..2 {
            s += mk(x)[k] * fixed(x)[k] + w[k];
        }
        b.v[1] * b.f[0] * s * q + mk(x)[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
