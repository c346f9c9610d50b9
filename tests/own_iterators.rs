//! Iterators of the user's own: `#[differentiable] impl Iterator for …`, looped over, advanced and behind adapters.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

/// A recurrence, whose fields carry derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Fib {
    a: f64,
    b: f64,
}

#[differentiable(order = 2)]
impl Fib {
    fn new(a: f64, b: f64) -> Fib {
        Fib { a, b }
    }
}

#[differentiable(order = 2)]
impl Iterator for Fib {
    type Item = f64;
    fn next(&mut self) -> Option<f64> {
        let c = self.a * 0.7 + self.b.sin();
        self.a = self.b;
        self.b = c;
        Some(self.a)
    }
}

/// Indices, without derivative.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Even {
    #[constant]
    at: usize,
    #[constant]
    to: usize,
}

#[differentiable(order = 2)]
impl Iterator for Even {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        if self.at >= self.to {
            return None;
        }
        self.at += 2;
        Some(self.at - 2)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.to))
    }
}

mod loops {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for v in Fib::new(x[0], x[1]) {
            s += v * x[2];
            if s > 3.0 {
                break;
            }
        }
        let fib = Fib { a: x[1], b: x[2] };
        'outer: for v in fib {
            for i in (Even { at: 0, to: 3 }) {
                s += v * x[i];
                if s > 9.0 {
                    break 'outer;
                }
            }
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod advanced {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut fib = Fib::new(x[0], x[1]);
        let mut s = fib.next().unwrap() * fib.next().unwrap_or(0.0);
        while let Some(v) = fib.next() {
            s += v * x[2];
            if s > 2.0 {
                break;
            }
        }
        for v in &mut fib {
            s += v;
            if s > 4.0 {
                break;
            }
        }
        for v in fib.by_ref().take(2) {
            s *= v;
        }
        s + fib.next().unwrap() * fib.a
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod adapters {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let fib = Fib::new(x[0], x[1]);
        let squares = fib.clone().take(4).map(|v| v * v).sum::<f64>();
        let last = fib.clone().take(5).last().unwrap();
        let w: Vec<f64> = fib.skip(1).step_by(2).take(3).collect();
        let below: f64 = Fib::new(x[1], x[0]).take_while(|v| *v < 5.0).take(3).sum();
        let greatest = Fib::new(x[1], x[2]).take(3).fold(0.0, f64::max);
        let mut s = squares * last + below * greatest;
        for (i, v) in Fib::new(x[2], x[1]).enumerate() {
            if i > 3 {
                break;
            }
            s += v * i as f64 * w[i % 3];
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod zipped {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for (a, v) in x.iter().zip(Fib::new(x[0], x[1])) {
            s += a * v;
        }
        for (v, a) in Fib::new(x[1], x[2]).zip(x) {
            s += a * v.sin();
        }
        s + x.iter().chain(&[1.0]).copied().zip(Fib::new(x[2], x[0]).skip(1)).map(|(a, v)| a * v).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod of_indices {
    use super::*;
    #[differentiable(order = 2)]
    fn even(to: usize) -> Even {
        Even { at: 0, to }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = Even { at: 0, to: x.len() }.map(|i| x[i] * x[i]).sum::<f64>() * x[1];
        let mut given = even(x.len());
        let first = given.next().unwrap();
        for i in given {
            s += x[i] * x[first] * x[1];
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod parameters {
    use super::*;
    #[differentiable(order = 2)]
    fn used_up(mut fib: Fib, x: f64) -> f64 {
        let k = fib.next().unwrap();
        let mut s = 0.0;
        for v in fib.take(3) {
            s += v * v * x;
        }
        s * k
    }
    #[differentiable(order = 2)]
    fn lent(fib: &mut Fib, x: f64) -> f64 {
        let k = fib.next().unwrap();
        let mut s = 0.0;
        for v in fib.by_ref().take(3) {
            s += v * v * x;
        }
        for v in fib.take(2) {
            s *= v;
        }
        s * k
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut fib = Fib::new(x[0], x[1]);
        lent(&mut fib, x[2]) * fib.a + used_up(fib, x[1])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// An iterator over what another one gives, and a vector.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Pairs {
    inner: Fib,
    data: Vec<f64>,
    #[constant]
    i: usize,
}

#[differentiable(order = 2)]
impl std::iter::Iterator for Pairs {
    type Item = (usize, f64);
    fn next(&mut self) -> Option<Self::Item> {
        let k = self.inner.next()?;
        let d = self.data.get(self.i)?;
        self.i += 1;
        Some((self.i, k * d))
    }
}

mod of_pairs {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let pairs = Pairs { inner: Fib::new(x[0], x[1]), data: x.to_vec(), i: 0 };
        pairs.filter(|(i, _)| *i != 2).map(|(i, v)| v * v * i as f64).fold(0.0, |s, v| s + v * x[0])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod generic {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Steps<T: Real> {
        at: T,
        rate: T,
        #[constant]
        left: u32,
    }
    #[differentiable(order = 2)]
    impl<T: Real> Iterator for Steps<T> {
        type Item = T;
        fn next(&mut self) -> Option<T> {
            if self.left == 0 {
                return None;
            }
            self.left -= 1;
            self.at = self.at * self.rate;
            Some(self.at)
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let it = Steps { at: x[0], rate: x[1], left: 4 };
        let last = it.clone().fold(0.0, |_, v| v);
        let mut s = x[2];
        for v in it.skip(1) {
            s += v.sin() * last;
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod fields {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Drip {
        level: f64,
    }
    #[differentiable(order = 2)]
    impl Iterator for Drip {
        type Item = f64;
        fn next(&mut self) -> Option<f64> {
            self.level *= 0.5;
            if self.level > 0.01 { Some(self.level) } else { None }
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Model {
        fib: Fib,
        k: f64,
    }
    #[differentiable(order = 2)]
    impl Model {
        fn run(&mut self, n: usize) -> f64 {
            let mut s = self.fib.next().unwrap_or(0.0);
            for _ in 0..n {
                if let Some(v) = self.fib.next() {
                    s += v * self.k;
                }
            }
            for v in self.fib.by_ref().take(2) {
                s *= v;
            }
            s
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut m = Model { fib: Fib::new(x[0], x[1]), k: x[2] };
        let drip = Drip { level: x[0] * x[1] };
        m.run(3) + drip.map(|v| v * v).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod copies {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut fib = Fib::new(x[0], x[1]);
        let mut s = 0.0;
        for v in fib.take(3) {
            s += v * x[2];
        }
        s += fib.next().unwrap();
        for v in fib.take(2) {
            s *= v;
        }
        s * fib.b
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod collected {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let fib = Fib::new(x[0], x[1]);
        let v: Vec<f64> = fib.zip(x.iter()).map(|(a, b)| a * b).collect();
        let (a, b): (Vec<f64>, Vec<f64>) = Fib::new(x[1], x[1]).take(4).partition(|v| *v > 1.0);
        v[0] * v[2]
            + a.iter().sum::<f64>() * b.iter().sum::<f64>()
            + Fib::new(x[0], x[1]).take(5).max_by(|a, b| a.total_cmp(b)).unwrap()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod searched {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = Fib::new(x[0], x[1]).take(10).position(|v| v > 1.0).unwrap_or(0);
        let mut s = x[0] * n as f64;
        let mut it = Fib::new(x[0], x[1]).peekable();
        while let Some(v) = it.next() {
            s += v;
            if s > 3.0 {
                break;
            }
        }
        let mut e = Fib::new(x[2], x[1]).enumerate();
        while let Some((i, v)) = e.next() {
            s += v * i as f64;
            if i > 2 {
                break;
            }
        }
        if Fib::new(x[0], x[1]).take(5).any(|v| v > 1.0) { s } else { 2.0 * s }
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod over_vectors {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Own {
        data: Vec<f64>,
        #[constant]
        i: usize,
    }
    #[differentiable(order = 2)]
    impl Iterator for Own {
        type Item = f64;
        fn next(&mut self) -> Option<f64> {
            if self.i < self.data.len() {
                self.i += 1;
                Some(self.data[self.i - 1])
            } else {
                None
            }
        }
    }
    #[differentiable(order = 2)]
    impl Own {
        fn new(data: Vec<f64>) -> Self {
            Self { data, i: 0 }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for v in Own::new(x.to_vec()) {
            s += v * v;
        }
        for (i, v) in Own::new(x.to_vec()).enumerate().skip(1) {
            s *= v + i as f64;
        }
        s + Own { data: x.to_vec(), i: 1 }.product::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod nested {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        for i in 0..2 {
            let fib = Fib::new(x[i], x[i + 1]);
            for (k, v) in fib.take(3).enumerate() {
                s += v * k as f64 * x[i];
            }
        }
        s + (0..2).map(|i| Fib::new(x[i], 0.5).take(2).sum::<f64>()).sum::<f64>()
            + (0..2).flat_map(|i| Fib::new(x[i], 0.5).take(2)).sum::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// A type that is no iterator, with methods of the same names.
mod others {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct V2 {
        a: f64,
        b: f64,
    }
    #[differentiable(order = 2)]
    impl V2 {
        fn new(a: f64, b: f64) -> V2 {
            V2 { a, b }
        }
        fn map(&self, k: f64) -> V2 {
            V2 { a: self.a * k, b: self.b * k * k }
        }
        fn sum(&self) -> f64 {
            self.a + self.b
        }
        fn take(&self, n: usize) -> f64 {
            self.a * n as f64
        }
        fn count(&self) -> f64 {
            self.a * self.b
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = V2::new(x[0], x[1]);
        v.map(x[2]).sum() * V2::new(x[1], x[2]).take(2) + v.take(3) + V2 { a: x[0], b: x[2] }.count() + v.sum()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// Values without a name, what functions give, and parameters that are never advanced by `next`.
mod shown_by_what_follows {
    use super::*;
    #[differentiable(order = 2)]
    fn make(a: f64) -> Fib {
        Fib { a, b: a * a }
    }
    #[differentiable(order = 2)]
    fn squares(it: Fib, k: f64) -> f64 {
        let mut s = it.take(3).map(|a| a * a).sum::<f64>() * k;
        for a in it.take(2) {
            s *= a;
        }
        s
    }
    #[differentiable(order = 2)]
    fn numbered(it: &mut Fib, k: f64) -> f64 {
        let mut s = k;
        for (i, a) in it.by_ref().enumerate() {
            s += a * i as f64;
            if i > 2 {
                break;
            }
        }
        s
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut it = make(x[1]);
        let named = make(x[2]);
        Fib::new(x[0], x[1]).next().unwrap() * make(x[2]).next().unwrap_or(0.0)
            + make(x[0]).take(3).map(|a| a * x[1]).sum::<f64>()
            + make(x[1]).zip(x).map(|(a, b)| a * b).sum::<f64>()
            + squares(Fib { a: x[0], b: x[1] }, x[2])
            + numbered(&mut it, x[0]) * it.next().unwrap()
            + named.skip(1).take(2).product::<f64>()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// Vectors that functions give, or that have another name.
mod vectors_of_functions {
    use super::*;
    type Row = Vec<f64>;
    #[differentiable(order = 2)]
    fn doubled(x: &[f64]) -> Row {
        x.iter().map(|a| a * 2.0).collect()
    }
    #[differentiable(order = 2)]
    fn taken(row: Row, k: f64) -> f64 {
        row.clone().into_iter().take(2).sum::<f64>() * row.iter().skip(1).product::<f64>() * k
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = doubled(x);
        let w: Vec<f64> = doubled(&v);
        let mut s = taken(w.clone(), x[0]);
        for (i, a) in v.into_iter().enumerate() {
            s += a * i as f64 * x[1];
        }
        for (i, a) in doubled(x).into_iter().skip(1).enumerate() {
            s += a * a * i as f64;
        }
        s + w.into_iter().take(2).product::<f64>() + doubled(x).into_iter().next().unwrap() * x[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// Iterators of the standard library that functions give, and which carry no derivative.
mod without_derivative {
    use super::*;
    fn evens(n: usize) -> impl Iterator<Item = usize> {
        (0..n).filter(|i| i % 2 == 0)
    }
    fn weights() -> std::vec::IntoIter<f64> {
        vec![0.5, 1.5, 2.0].into_iter()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let all = evens(3).collect::<Vec<usize>>();
        let it = evens(3);
        let named: Vec<usize> = it.collect();
        let mut s = x[evens(3).next().unwrap()] * x[all[1]] * x[named[1]];
        for i in evens(9).take(2) {
            s *= x[i] + x[1];
        }
        for (i, w) in weights().enumerate() {
            s += x[i] * w * s;
        }
        s
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// The visible derivatives of `next`, and order 1.
#[test]
fn next_has_derivatives_of_its_own() {
    let mut fib = Fib::new(0.5, 0.25);
    let (value, pullback) = fib.next_vjp();
    assert_eq!(value, Some(0.25));
    let tangent = pullback(Some(2.0), &FibTangent { a: 0.0, b: 1.0 });
    assert!((tangent.a - 0.7).abs() < 1e-12);
    assert!((tangent.b - (2.0 + 0.25_f64.cos())).abs() < 1e-12);
}
