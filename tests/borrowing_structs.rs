//! Structs that hold references.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[macro_use]
mod common;

#[derive(Clone, Copy, Differentiable)]
struct Matrix<'a> {
    data: &'a [f64],
    #[constant]
    width: usize,
    scale: f64,
}

#[differentiable(order = 2)]
impl<'a> Matrix<'a> {
    fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.width + j] * self.scale
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.width..(i + 1) * self.width]
    }

    fn times(&self, x: &[f64]) -> Vec<f64> {
        let mut y = vec![0.0; self.data.len() / self.width];
        for i in 0..y.len() {
            for j in 0..self.width {
                y[i] += self.at(i, j) * x[j];
            }
        }
        y
    }

    fn of_row(self, i: usize) -> f64 {
        let mut s = 0.0;
        for j in 0..self.width {
            s += self.at(i, j) * self.at(i, j);
        }
        s
    }
}

#[differentiable(order = 2)]
fn trace(m: &Matrix<'_>) -> f64 {
    let mut s = 0.0;
    for i in 0..m.width {
        s += m.data[i * m.width + i] * m.scale;
    }
    s
}

#[differentiable(order = 2)]
fn product(m: &Matrix<'_>, n: &Matrix<'_>) -> f64 {
    m.at(0, 1) * n.at(1, 0) * n.scale + trace(m)
}

mod methods {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Matrix { data: &x[..4], width: 2, scale: x[4] * x[4] };
        let y = m.times(&x[2..4]);
        m.at(0, 1) * y[0] * y[1].sin() + m.data[1] * m.scale + trace(&m) * m.of_row(1)
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4, 0.9]);
}

mod two {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let m = Matrix { data: x, width: 2, scale: x[0] };
        let n = Matrix { data: &x[..], width: 2, scale: 2.0 };
        product(&m, &n) * product(&n, &m)
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4]);
}

mod in_loops {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut k = 1;
        let mut s = x[0];
        let mut work = x.to_vec();
        for i in 0..3 {
            let m = Matrix { data: &work, width: k, scale: s };
            k += 1;
            s = s * 0.5 + m.at(0, 0) * m.row(0)[0];
            if s > 0.0 {
                s += m.times(&x[..3])[0].cos();
            }
            work[i] *= s;
        }
        s
    }

    checked!(f, [0.3, 0.7, 1.1, -0.4]);
}

mod alone {
    use super::*;

    #[test]
    fn gradients() {
        let data = [1.0, 2.0, 3.0, 4.0];
        let m = Matrix { data: &data, width: 2, scale: 2.0 };
        let gradient = trace::grad(&m);
        assert_eq!(gradient.data, [2.0, 0.0, 0.0, 2.0]);
        assert_eq!(gradient.scale, 5.0);
        let (value, pullback) = product::vjp(&m, &m);
        assert_eq!(value, product(&m, &m));
        let (first, second) = pullback(1.0);
        assert_eq!((first.clone(), second.clone()), product::grad(&m, &m));
        let tangent = MatrixTangent { data: vec![1.0; 4], width: (), scale: 0.0 };
        let slope = first.data.iter().chain(&second.data).sum::<f64>();
        assert!((product::jvp(&m, &m, &tangent, &tangent).1 - slope).abs() < 1e-12);
    }
}

mod nested {
    use super::*;

    #[derive(Differentiable)]
    struct Pair<'a, T: Clone>(&'a [T], Inner<'a>);

    #[derive(Clone, Differentiable)]
    struct Weights {
        first: f64,
    }

    #[derive(Differentiable)]
    struct Inner<'b> {
        one: &'b Weights,
        many: &'b [f64],
    }

    #[differentiable(order = 2)]
    fn of_pair(pair: &Pair<'_, f64>) -> f64 {
        let Pair(items, inner) = pair;
        let more = inner.many.iter().product::<f64>();
        items[0] * inner.one.first * more
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let weights = Weights { first: x[1].sin() };
        let inner = Inner { one: &weights, many: &x[1..] };
        let pair = Pair(x, inner);
        of_pair(&pair)
    }

    checked!(f, [0.3, 0.7, 1.1]);
}
