//! Integers in fields, whose types a function does not show: `(self.len + 1).min(n)` in a ring buffer.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

const N: usize = 4;

/// The last few values.
#[derive(Clone, Debug, PartialEq, Differentiable)]
#[lanes]
struct Ring {
    data: Vec<f64>,
    #[constant]
    head: usize,
    #[constant]
    len: usize,
    #[constant]
    n: i32,
}

#[differentiable(order = 2, lanes)]
impl Ring {
    fn push(&mut self, x: f64) -> f64 {
        let at = (self.head + self.len) % N;
        self.data[at] = x * x;
        self.len = (self.len + 1).min(N);
        x
    }
    fn turn(&mut self, x: f64) {
        self.data[self.head] = x;
        self.head = self.head.wrapping_add(1) % N;
        self.len = usize::min(self.len + 1, N);
    }
    fn last(&self, x: f64) -> f64 {
        let k = (self.n - 1).max(1);
        let j = (self.n - 8).abs().max(1) as f64;
        x * k as f64 * self.data[(self.head + N - 1) % N] * j * (self.n - 9).signum() as f64
    }
    fn power(&self, x: f64) -> f64 {
        let k = (self.n - 1).pow(2);
        let c = self.len.saturating_sub(1).clamp(1, 3);
        let d = (self.len * 2 + 1).clamp(1, 3);
        x.powi(k) * (c + d) as f64 * self.data[0]
    }
    fn distance(&self, x: f64) -> f64 {
        let d = self.head.abs_diff(self.len + 1);
        let r = (self.len + 3).rem_euclid(N);
        let q = (self.n + 3).rem_euclid(4);
        let least = std::cmp::min(self.len + 1, N);
        let most = std::cmp::max(self.len * 2, self.head);
        let digits = self.len.ilog2() + u32::from(self.head.is_power_of_two());
        x * (d + r + least + most + digits as usize) as f64 * q as f64 * self.data[1]
    }
    fn until(&self, x: f64) -> f64 {
        let mut s = x;
        for i in 0..(self.len + 1).min(N) {
            s *= self.data[i];
        }
        for i in self.len.saturating_sub(2)..self.len {
            s += self.data[i] * x;
        }
        if let Some(before) = self.len.checked_sub(1) {
            s *= self.data[before];
        }
        let (next, over) = self.head.overflowing_add(1);
        if over || (self.len + 1).min(N) > 2 { s * s * self.data[next % N] } else { x * self.data[0] }
    }
}

mod rings {
    use super::*;
    #[differentiable(order = 2, lanes)]
    fn f(x: &[f64]) -> f64 {
        let mut r = Ring { data: vec![x[0], x[1], x[2], 0.3], head: 1, len: 2, n: 3 };
        let mut s = r.push(x[0] * x[1]);
        r.turn(x[2] * x[2]);
        s += r.last(x[0]) + r.power(x[1]) + r.distance(x[2]) + r.until(x[1]);
        s
    }
    checked!(f, [0.7, 1.3, 0.4]);

    #[test]
    fn several_directions() {
        let x = [0.7, 1.3, 0.4];
        let (_, tangents) = f::jvps(&x, &[vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]]);
        let gradient = f::grad(&x);
        assert!(common::close(tangents[0], gradient[0]) && common::close(tangents[1], gradient[1]));
    }
}

/// A type of the user's own has methods, and sums with integers, of the same names.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V2 {
    a: f64,
    b: f64,
}
#[differentiable(order = 2)]
impl std::ops::Add<i32> for V2 {
    type Output = V2;
    fn add(self, k: i32) -> V2 {
        V2 { a: self.a + k as f64, b: self.b * k as f64 }
    }
}
#[differentiable(order = 2)]
impl V2 {
    fn min(self, o: f64) -> f64 {
        self.a.min(o) * self.b
    }
    fn pow(self, k: i32) -> f64 {
        self.a.powi(k) * self.b
    }
    fn wrapping_add(&self, k: f64) -> f64 {
        self.a * k * k
    }
}

mod others {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Holder {
        v: V2,
        #[constant]
        k: V2,
    }
    #[differentiable(order = 2)]
    impl Holder {
        fn all(&self, x: f64) -> f64 {
            (self.v + 1).min(x) * (self.v + 2).pow(2) + (self.k + 1).min(x) + self.v.wrapping_add(x)
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let h = Holder { v: V2 { a: x[0], b: x[1] }, k: V2 { a: 0.1, b: 0.2 } };
        h.all(x[2] * 5.0)
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod settings {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Config {
        #[constant]
        steps: usize,
        #[constant]
        order: i32,
        rate: f64,
    }
    #[differentiable(order = 2)]
    fn solved(cfg: &Config, x: f64) -> f64 {
        let n = (cfg.steps + 1).min(3);
        let m = (cfg.steps - 1).max(1);
        let p = (cfg.order + 1).pow(2);
        let h = 1.0 / (cfg.steps.max(1) as f64);
        let mut s = x;
        for i in 0..n {
            s += h * cfg.rate * (s * i as f64).sin();
        }
        for _ in 0..(cfg.steps / 2).max(m) {
            s *= cfg.rate;
        }
        let length = (cfg.steps * 2).ilog2() as f64;
        if (cfg.steps + 1).is_power_of_two() { s * p as f64 } else { s.powi((cfg.order - 1).abs()) * length }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let c = Config { steps: 3, order: -2, rate: x[1] };
        let d = Config { steps: 4, order: 2, rate: x[2] };
        solved(&c, x[0]) * solved(&d, x[0] * x[1])
    }
    checked!(f, [0.7, 1.3, 0.4]);
}
