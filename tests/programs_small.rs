//! Small idioms: queues, stacks, tables, texts, swaps, searches; and a matrix with operators on references.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

#[macro_use]
mod common;

// micro-idioms
mod micro {
    use super::*;
    use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
    #[differentiable]
    fn window_mean(xs: &[f64], k: usize) -> Vec<f64> {
        let mut q: VecDeque<f64> = VecDeque::with_capacity(k);
        let mut out = Vec::new();
        let mut sum = 0.0;
        for &x in xs {
            if q.len() == k {
                sum -= q.pop_front().unwrap();
            }
            q.push_back(x);
            sum += x;
            out.push(sum / q.len() as f64);
        }
        out
    }
    #[differentiable]
    fn grouped(xs: &[f64], #[constant] keys: &[String]) -> f64 {
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut sums: Vec<f64> = vec![];
        for (x, k) in xs.iter().zip(keys) {
            let n = index.len();
            let i = *index.entry(k.as_str()).or_insert(n);
            if i == sums.len() {
                sums.push(0.0);
            }
            sums[i] += x * x;
        }
        sums.iter().map(|s| s.sqrt()).sum()
    }
    #[differentiable]
    fn visited(xs: &[f64]) -> f64 {
        let mut seen = HashSet::new();
        let mut s = 0.0;
        for (i, x) in xs.iter().enumerate() {
            if seen.insert(i % 3) {
                s += x;
            } else {
                s *= x;
            }
        }
        s
    }
    #[differentiable]
    fn heap_free(n: usize, x: f64) -> f64 {
        let mut stack = vec![(n, x)];
        let mut total = 0.0;
        while let Some((k, v)) = stack.pop() {
            if k == 0 {
                total += v;
                continue;
            }
            stack.push((k - 1, v.sin()));
            if k % 2 == 0 {
                stack.extend([(k / 2, v * 0.5), (k / 2, v * v)]);
            }
        }
        total
    }
    #[differentiable]
    fn bits(x: f64, mask: u32) -> f64 {
        (0..8).filter(|b| mask >> b & 1 == 1).map(|b| x.powi(b as i32 + 1) / (1u64 << b) as f64).sum()
    }
    #[differentiable]
    fn horner(x: f64, c: [f64; 4]) -> f64 {
        c.into_iter().rev().reduce(|acc, c| acc * x + c).unwrap()
    }
    #[differentiable]
    fn softmax(xs: &[f64]) -> Vec<f64> {
        let m = xs.iter().copied().fold(f64::MIN, f64::max);
        let e: Vec<_> = xs.iter().map(|x| f64::exp(x - m)).collect();
        let z: f64 = e.iter().sum();
        e.iter().map(|v| v / z).collect()
    }
    #[differentiable]
    fn matrix_power(m: [[f64; 2]; 2], mut n: u32) -> [[f64; 2]; 2] {
        let mul = |a: &[[f64; 2]; 2], b: &[[f64; 2]; 2]| {
            let mut c = [[0.0; 2]; 2];
            for i in 0..2 {
                for j in 0..2 {
                    c[i][j] = (0..2).map(|k| a[i][k] * b[k][j]).sum();
                }
            }
            c
        };
        let mut base = m;
        let mut acc = [[1.0, 0.0], [0.0, 1.0]];
        while n > 0 {
            if n & 1 == 1 {
                acc = mul(&acc, &base);
            }
            base = mul(&base, &base);
            n >>= 1;
        }
        acc
    }
    #[differentiable]
    fn prefix(xs: &mut Vec<f64>) {
        for i in 1..xs.len() {
            xs[i] += xs[i - 1];
        }
        let last = *xs.last().unwrap();
        xs.iter_mut().rev().for_each(|x| *x /= last);
        xs.retain(|x| *x > 0.2);
        xs.insert(0, last);
        if let Some(x) = xs.get_mut(1) {
            *x *= 2.0;
        }
        if let Some((head, tail)) = xs.split_first_mut() {
            for t in tail {
                *head += *t * *t;
            }
        }
    }
    #[differentiable]
    fn newton_sqrt(a: f64) -> f64 {
        let mut x = a;
        loop {
            let next = 0.5 * (x + a / x);
            if (next - x).abs() < 1e-12 {
                break next;
            }
            x = next;
        }
    }
    #[differentiable]
    fn golden(a: f64, lo: f64, hi: f64) -> f64 {
        let f = |x: f64| (x - a).powi(2) + x;
        let (mut lo, mut hi) = (lo, hi);
        let phi = (5f64.sqrt() - 1.0) / 2.0;
        for _ in 0..5 {
            let (c, d) = (hi - phi * (hi - lo), lo + phi * (hi - lo));
            if f(c) < f(d) { hi = d } else { lo = c }
        }
        f((lo + hi) / 2.0)
    }
    #[differentiable]
    fn strings(x: f64, #[constant] op: &str) -> f64 {
        let y = match op {
            "sin" => x.sin(),
            "cos" | "COS" => x.cos(),
            s if s.starts_with("pow") => x.powi(s[3..].parse::<i32>().unwrap_or(2)),
            _ => x,
        };
        op.chars().filter(|c| c.is_alphabetic()).map(|c| c as u32 as f64 * 1e-3).fold(y, |a, b| a * (1.0 + b))
    }
    #[differentiable]
    fn sort_pairs(mut v: Vec<(f64, usize)>, w: &[f64]) -> f64 {
        v.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then_with(|| a.1.cmp(&b.1)));
        v.iter().zip(w).map(|((x, i), w)| x * w * *i as f64).sum()
    }
    #[differentiable]
    fn triangular(xs: &[f64]) -> f64 {
        let n = xs.len();
        let mut s = 0.0;
        for (i, a) in xs.iter().enumerate() {
            for b in &xs[i + 1..] {
                s += (a - b).abs().sqrt();
            }
        }
        s / (n * (n - 1) / 2) as f64
    }
    #[differentiable]
    fn swap_fields(mut p: (f64, f64, [f64; 2])) -> f64 {
        std::mem::swap(&mut p.0, &mut p.1);
        p.2.swap(0, 1);
        let old = std::mem::replace(&mut p.2[0], p.0 * 2.0);
        (p.0, p.1) = (p.1 + old, p.0);
        let [ref mut a, b] = p.2;
        *a += b;
        p.0 * p.1 + p.2[0]
    }
    #[differentiable]
    fn const_table(i: usize, x: f64) -> f64 {
        const N: usize = 4;
        static COEFFS: [f64; N] = [1.0, -0.5, 0.25, -0.125];
        const fn clamp(i: usize) -> usize {
            if i >= N { N - 1 } else { i }
        }
        let c = COEFFS[clamp(i)];
        c * x.powi(clamp(i) as i32 + 1)
    }
    #[test]
    fn t() {
        let xs = [0.7, 1.9, 0.4, 2.6, 0.3];
        let keys: Vec<String> = ["a", "b", "a", "c", "b"].iter().map(|s| s.to_string()).collect();
        grouped::check(&xs, &keys).unwrap();
        visited::check(&xs).unwrap();
        heap_free::check(5, 0.7).unwrap();
        bits::check(0.9, 0b1011).unwrap();
        horner::check(0.9, [1.0, 2.0, -0.3, 0.4]).unwrap();
        softmax::check(&xs).unwrap();
        matrix_power::check([[1.0, 0.3], [0.2, 0.9]], 5).unwrap();
        prefix::check(&mut xs.to_vec()).unwrap();
        newton_sqrt::check(2.3).unwrap();
        golden::check(0.3, -1.0, 2.0).unwrap();
        for op in ["sin", "COS", "pow3", "id"] {
            strings::check(0.8, op).unwrap();
        }
        sort_pairs::check(vec![(0.4, 1), (2.0, 2), (-0.3, 3)], &[1.0, 0.5, 0.2]).unwrap();
        triangular::check(&xs).unwrap();
        swap_fields::check((0.3, 0.5, [1.2, -0.4])).unwrap();
        const_table::check(2, 0.7).unwrap();
        window_mean::check(&xs, 2).unwrap();
    }
}

// operators on references, generic matrix, Index
mod matrix_ops {
    use super::*;
    use std::ops::{Add, Index, IndexMut, Mul, Sub};
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct Mat {
        #[constant]
        r: usize,
        #[constant]
        c: usize,
        d: Vec<f64>,
    }
    #[differentiable]
    impl Index<[usize; 2]> for Mat {
        type Output = f64;
        fn index(&self, [i, j]: [usize; 2]) -> &f64 {
            &self.d[i * self.c + j]
        }
    }
    #[differentiable]
    impl IndexMut<[usize; 2]> for Mat {
        fn index_mut(&mut self, [i, j]: [usize; 2]) -> &mut f64 {
            &mut self.d[i * self.c + j]
        }
    }
    #[differentiable]
    impl<'a> Mul<&'a Mat> for &'a Mat {
        type Output = Mat;
        fn mul(self, o: &Mat) -> Mat {
            assert_eq!(self.c, o.r, "shapes");
            let mut out = Mat::zeros(self.r, o.c);
            for i in 0..self.r {
                for j in 0..o.c {
                    out[[i, j]] = (0..self.c).map(|k| self[[i, k]] * o[[k, j]]).sum();
                }
            }
            out
        }
    }
    #[differentiable]
    impl Add for &Mat {
        type Output = Mat;
        fn add(self, o: &Mat) -> Mat {
            Mat { d: self.d.iter().zip(&o.d).map(|(a, b)| a + b).collect(), ..*self }
        }
    }
    #[differentiable]
    impl Sub<&Mat> for Mat {
        type Output = Mat;
        fn sub(mut self, o: &Mat) -> Mat {
            for (a, b) in self.d.iter_mut().zip(&o.d) {
                *a -= b;
            }
            self
        }
    }
    #[differentiable]
    impl Mul<&Mat> for f64 {
        type Output = Mat;
        fn mul(self, o: &Mat) -> Mat {
            let mut o = o.clone();
            o.d.iter_mut().for_each(|x| *x *= self);
            o
        }
    }
    #[differentiable]
    impl Mat {
        fn zeros(r: usize, c: usize) -> Mat {
            Mat { r, c, d: vec![0.0; r * c] }
        }
        fn from_fn(r: usize, c: usize, mut f: impl FnMut(usize, usize) -> f64) -> Mat {
            let mut m = Mat::zeros(r, c);
            for i in 0..r {
                for j in 0..c {
                    m[[i, j]] = f(i, j);
                }
            }
            m
        }
        fn transpose(&self) -> Mat {
            let mut t = Mat::zeros(self.c, self.r);
            for i in 0..self.r {
                for j in 0..self.c {
                    t[[j, i]] = self[[i, j]];
                }
            }
            t
        }
        fn trace(&self) -> f64 {
            (0..self.r.min(self.c)).map(|i| self[[i, i]]).sum()
        }
        fn row(&self, i: usize) -> &[f64] {
            &self.d[i * self.c..][..self.c]
        }
        fn norm(&self) -> f64 {
            self.d.iter().map(|x| x * x).sum::<f64>().sqrt()
        }
    }
    #[differentiable]
    fn expm(a: &Mat, terms: usize) -> Mat {
        let mut term = Mat::zeros(a.r, a.r);
        for i in 0..a.r {
            term[[i, i]] = 1.0;
        }
        let mut sum = term.clone();
        for k in 1..=terms {
            term = (1.0 / k as f64) * &(&term * a);
            sum = &sum + &term;
        }
        sum
    }
    #[differentiable]
    fn objective(d: &[f64]) -> f64 {
        let a = Mat { r: 2, c: 2, d: d.to_vec() };
        let e = expm(&a, 6);
        let r = &(&e * &e.transpose()) + &a;
        let s = r.clone() - &a.transpose();
        r.trace() * s.norm() + s.row(1).iter().sum::<f64>()
    }
    #[test]
    fn t() {
        objective::check(&[0.3, -0.2, 0.5, 0.1]).unwrap();
    }
}

// Receivers that are reached through a mutable reference, in conditions and indices.
mod receivers_behind_references {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct State {
        at: f64,
        steps: usize,
    }
    #[differentiable(order = 2)]
    impl State {
        fn step(&mut self, x: f64) -> f64 {
            self.at = self.at * x + 0.1;
            self.at
        }
        fn count(&mut self, x: f64) -> usize {
            self.at *= x;
            self.steps += 1;
            self.steps
        }
    }
    #[differentiable(order = 2)]
    fn behind(s: &mut State, x: f64) -> f64 {
        if (&mut *s).step(x) > 0.1 { x * x } else { x }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut v: Vec<State> = x.iter().map(|&at| State { at, steps: 0 }).collect();
        let mut held = Some(v[0].clone());
        let mut y = behind(&mut v[1], x[0]);
        if v.last_mut().unwrap().step(x[0]) > 0.1 {
            y += v[1].at;
        }
        if v.iter_mut().next().unwrap().step(x[0]) > 0.1 {
            y += v[0].at * x[1];
        }
        while held.as_mut().unwrap().step(x[1]) < 2.0 {
            y += x[0];
        }
        let picked = x[v[0].count(x[1]) - 1] * x[v[0].count(x[1]) - 1];
        y + held.unwrap().at * picked + v[0].at
    }
    checked!(f, [0.8, 1.3]);
}

// Fields marked `#[constant]` that are given what varies, and tuples in them.
mod constant_fields {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Scaled {
        a: f64,
        #[constant]
        scale: f64,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Layer {
        inner: Scaled,
        weights: Weights,
        #[constant]
        obstacles: Vec<(f64, f64, f64)>,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Weights {
        rows: Vec<Vec<f64>>,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Node {
        Inner {
            #[constant]
            size: f64,
            mass: f64,
        },
        Leaf(f64, #[constant] f64),
    }
    #[differentiable(order = 2)]
    fn scaled(x: f64, y: f64) -> Scaled {
        let scale = x * 2.0 + y;
        let a = -x;
        Scaled { a: a * y, scale }
    }
    #[differentiable(order = 2)]
    fn node(x: f64, y: f64) -> Node {
        let k = x * 2.0 + y;
        if y > 1.0 { Node::Inner { mass: k * x, size: -x } } else { Node::Leaf(x, 3.0 * k * y) }
    }
    #[differentiable(order = 2)]
    impl Layer {
        fn new(x: &[f64]) -> Layer {
            let rows = x.chunks(1).map(<[f64]>::to_vec).collect();
            Layer {
                inner: Scaled { a: x[0] * x[1], scale: 3.0 },
                weights: Weights { rows },
                obstacles: vec![(1.0, 2.0, 3.0), (0.5, 0.1, 0.7)],
            }
        }
        fn cost(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for &(a, b, c) in &self.obstacles {
                s += a * x + b * x * x + c;
            }
            for (row, o) in self.weights.rows.iter().zip(self.obstacles.iter()) {
                s += row[0] * o.1 * x;
            }
            s * self.inner.a * self.inner.scale
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let n = match node(x[0], x[1]) {
            Node::Inner { mass, .. } => mass,
            Node::Leaf(a, _) => a,
        };
        scaled(x[0], x[1]).a * x[0] + n + Layer::new(x).cost(x[1])
    }
    checked!(f, [0.8, 1.2]);
}

// Items of inner blocks with the names of others, iterators from blocks, and methods called by their paths.
mod blocks_and_paths {
    use differentiable::prelude::*;
    const A: f64 = 2.0;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = {
            const A: f64 = 3.0;
            fn own() -> f64 {
                A
            }
            x[0] * A * own()
        };
        let b = if x[0] > 0.0 {
            const K: f64 = 3.0;
            a * K
        } else {
            const K: f64 = 4.0;
            a + K
        };
        x.iter().min_by(|a, b| a.total_cmp(b));
        let s: f64 = {
            let k = x[0];
            x.iter().map(move |a| a * k)
        }
        .sum();
        let squares = {
            let k = x[1];
            x.iter().map(move |a| a * a * k)
        };
        let rows: Vec<Vec<f64>> = x.chunks(2).map(<[f64]>::to_vec).collect();
        let again: Vec<Vec<f64>> = rows.iter().map(Clone::clone).collect();
        let held: f64 = x.iter().map(|a| Some(a * a)).map(Option::unwrap).sum();
        let lengths: usize = rows.iter().map(Vec::len).sum();
        b * A + s * squares.sum::<f64>() + again[0][1] * held * lengths as f64
    }
    checked!(f, [0.8, 1.3]);
}

// A result whose error only its type tells, roundings of fields, and a number that a call fills.
mod small_types {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Cell {
        x: f64,
        w: f64,
    }
    #[differentiable(order = 2)]
    fn rounded(c: &Cell) -> f64 {
        c.w * (c.x - c.x.floor()) + c.x.signum() * c.w * c.x.abs().ceil()
    }
    #[differentiable(order = 2)]
    fn nearest(points: &[f64], q: f64, best: &mut f64) {
        for p in points {
            let d = (p - q).powi(2);
            if d < *best {
                *best = d;
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut total = rounded(&Cell { x: x[0] * 3.0, w: x[1] });
        for q in [0.2, 0.9, 0.5] {
            let mut best = f64::INFINITY;
            nearest(x, q, &mut best);
            total += best.sqrt();
        }
        let known: Result<f64, usize> = Ok(x[0]);
        let other: Result<f64, usize> = if x[1] > 10.0 { Ok(x[1]) } else { Err(3) };
        total + known.map_or(1.0, |a| a * a) + other.map_or_else(|e| e as f64 * x[0], |a| a)
    }
    checked!(f, [0.8, 1.3]);
}

// Options in fields marked `#[constant]`, which are matched, set and tested beside what varies.
mod constant_options {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable, Default)]
    struct Pid {
        kp: f64,
        ki: f64,
        integral: f64,
        previous: Option<f64>,
        #[constant]
        limits: Option<(f64, f64)>,
        #[constant]
        dead: Option<f64>,
    }
    #[differentiable(order = 2)]
    impl Pid {
        fn new(kp: f64, ki: f64) -> Self {
            Self { kp, ki, dead: Some(0.01), ..Default::default() }
        }
        fn with_limits(mut self, #[constant] lo: f64, #[constant] hi: f64) -> Self {
            self.limits = Some((lo, hi));
            self
        }
        fn update(&mut self, error: f64, dt: f64) -> f64 {
            self.integral += error * dt;
            let rate = match self.previous {
                Some(p) => (error - p) / dt,
                None => 0.0,
            };
            self.previous = Some(error);
            let mut out = self.kp * error + self.ki * self.integral + 0.1 * rate;
            if let Some(dead) = self.dead
                && out.abs() < dead
            {
                out = out * out / dead;
            }
            if let Some((lo, hi)) = self.limits {
                let clamped = out.clamp(lo, hi);
                if clamped != out {
                    self.integral -= error * dt;
                }
                clamped
            } else {
                out
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(g: &[f64]) -> f64 {
        let mut pid = Pid::new(g[0], g[1]).with_limits(-2.0, 2.0);
        let (mut x, mut v, mut cost) = (0.0, 0.0, 0.0);
        for _ in 0..12 {
            let u = pid.update(1.0 - x, 0.1);
            v += 0.1 * (u - 0.5 * v);
            x += 0.1 * v;
            cost += (x - 1.0).powi(2) * 0.1 + 0.001 * u * u;
        }
        cost + v
    }
    checked!(f, [2.1, 0.3]);
}

/// Integers in fields, whose types a function does not show: `(self.len + 1).min(n)` in a ring buffer.
mod integer_fields {
    use super::*;

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
}

/// Ordinary Rust in the forms in which users write it: cuts of slices, ranges that are used twice, patterns that leave out what
/// comes first, functions that are named by their trait.
mod programs_ordinary {
    use super::*;

    mod cuts_of_slices {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let mut s = x[0];
            for part in x.split(|v| *v < 0.5) {
                for a in part {
                    s *= a * x[2];
                }
                s += 1.0;
            }
            for part in x[1..].split_inclusive(|v| *v < 0.5) {
                s += part[0] * part[part.len() - 1];
            }
            let rising = x.chunk_by(|a, b| a <= b).map(|run| run.iter().product::<f64>()).fold(0.0, |s, a| s + a * a);
            s * rising
        }
        checked!(f, [0.7, 1.3, 0.4, 0.9, 1.1]);
    }

    mod searches_from_the_end {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let k = x.iter().rposition(|v| *v > 0.5).unwrap_or(0);
            let none = x.iter().rposition(|v| *v > 50.0).map_or(x[0], |i| x[i]);
            x[k] * x[2] * none + x[1]
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod patterns_that_begin_with_a_rest {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let mut best: Option<(f64, usize)> = None;
            for (k, a) in x.iter().enumerate() {
                best = match best {
                    Some((b, j)) if b > *a => Some((b, j)),
                    _ => Some((a * x[2], k)),
                };
            }
            let Some((.., k)) = best else { return x[0] };
            let (a, .., c) = (x[0], x[1], x[2], x[1] * x[2]);
            let o = Some((x[0], x[1], 2));
            let factor = if let Some((.., n)) = o { n as f64 } else { 1.0 };
            match o {
                Some((.., b, _)) => b * x[k] * a * c * factor,
                None => 0.0,
            }
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod functions_named_by_a_trait {
        use super::*;
        trait Model {
            type Scalar: Real;
        }
        struct A;
        impl Model for A {
            type Scalar = f64;
        }
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            <A as Model>::Scalar::sin(x[0]) * <f64 as differentiable::num_traits::Float>::powi(x[1], 2) * x[2].sin()
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod ranges_that_are_copied {
        use super::*;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let r = 1..3;
            let mut s = x[0];
            for _ in 0..2 {
                for i in r.clone() {
                    s = s * x[i] + x[0];
                }
            }
            s * r.len() as f64 * x[r.clone()][0]
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod queues_of_what_is_there {
        use super::*;
        use std::collections::VecDeque;
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            let mut q = VecDeque::from(vec![x[0], x[1]]);
            let mut r = std::collections::VecDeque::from([x[2], x[1]]);
            q.push_back(x[2]);
            r.push_front(x[0] * x[0]);
            let a = q.pop_front().unwrap();
            a * q[0] * q[1] + r[0] * r[2]
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod texts_that_are_copied {
        use super::*;
        #[differentiable(order = 2)]
        fn parsed(tokens: &[&str], x: &[f64]) -> Result<f64, String> {
            let mut stack: Vec<f64> = Vec::new();
            for t in tokens.iter().copied() {
                match t {
                    "+" | "*" => {
                        let b = stack.pop().ok_or("empty".to_string())?;
                        let a = stack.pop().ok_or_else(|| "empty".to_string())?;
                        stack.push(if t == "+" { a + b } else { a * b });
                    }
                    name if name.starts_with('x') => {
                        let i: usize = name[1..].parse().map_err(|_| format!("bad {name}"))?;
                        stack.push(*x.get(i).ok_or("range")?);
                    }
                    number => stack.push(number.parse::<f64>().map_err(|e| e.to_string())?),
                }
            }
            stack.pop().ok_or_else(|| String::from("none"))
        }
        #[differentiable(order = 2)]
        fn f(x: &[f64]) -> f64 {
            parsed(&["x0", "x1", "*", "2.5", "x2", "+", "*"], x).unwrap_or(0.0)
                + parsed(&["x0", "x9", "*"], x).map_or(x[1], |v| v * x[2])
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }

    mod slices_of_slices {
        use super::*;
        #[differentiable(order = 2)]
        fn weighted(rows: &[&[f64]], names: &[(&str, f64)], k: f64) -> f64 {
            let mut s = k;
            for row in rows {
                s += row.iter().map(|a| a * a * k).sum::<f64>();
            }
            for (name, a) in names {
                s *= a * name.len() as f64 * k;
            }
            s
        }

        #[test]
        fn as_parameters() {
            let (a, b) = (vec![0.3, 0.7], vec![1.2]);
            let (rows, names): ([&[f64]; 2], _) = ([&a, &b], [("ab", 0.4), ("c", 1.1)]);
            let (d_rows, d_names, d_k) = weighted::grad(&rows, &names, 0.6);
            let by_k = common::differences(|k| weighted(&rows, &names, k[0]), &[0.6]);
            assert!(common::close(d_k, by_k[0]));
            let by_a = common::differences(|a| weighted(&[a, &b], &names, 0.6), &a);
            assert!(common::close(d_rows[0][1], by_a[1]));
            let by_name = common::differences(|v| weighted(&rows, &[("ab", v[0]), ("c", v[1])], 0.6), &[0.4, 1.1]);
            assert!(common::close(d_names[1].1, by_name[1]));
            let (d_a, d_b) = (vec![1.0, -2.0], vec![0.5]);
            let along = weighted::jvp(&rows, &names, 0.6, &[d_a.clone(), d_b.clone()], &[((), 0.0), ((), 3.0)], 0.25).1;
            let by_b = common::differences(|b| weighted(&[&a, b], &names, 0.6), &b);
            let expected = d_a[0] * by_a[0] + d_a[1] * by_a[1] + d_b[0] * by_b[0] + 3.0 * by_name[1] + 0.25 * by_k[0];
            assert!(common::close(along, expected), "{along} is not {expected}");
        }
    }
}
