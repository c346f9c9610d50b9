//! Vectors of references, and references that a branch chooses: copies stand in their place. Parts of one value that are lent to
//! one call, of which one is changed.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod sorted {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = x.iter().collect();
        r.sort_by(|a, b| (**b).partial_cmp(*a).unwrap());
        assert!(*r[0] >= *r[1]);
        *r[0] * *r[1] + r[2].sin() * **r.last().unwrap()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod filtered {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let r = x.iter().filter(|a| **a > 0.2).collect::<Vec<&f64>>();
        let any = r.iter().any(|a| **a > 0.4);
        let mut s = if any { x[1] } else { 0.0 };
        for a in &r {
            s += **a * **a;
        }
        s * s * r.len() as f64
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod partitioned {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (even, odd): (Vec<(usize, &f64)>, Vec<(usize, &f64)>) = x.iter().enumerate().partition(|(i, _)| i % 2 == 0);
        let (large, small): (Vec<&f64>, Vec<&f64>) = x.iter().partition(|a| **a > 0.25);
        let product = large.iter().copied().sum::<f64>() * small.into_iter().product::<f64>();
        product + even.iter().map(|(i, a)| **a * *i as f64).sum::<f64>() * odd.iter().map(|(_, a)| **a).product::<f64>()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod ranked {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<(usize, &f64)> = x.iter().enumerate().collect();
        r.sort_by(|a, b| b.1.partial_cmp(a.1).unwrap());
        r.iter().map(|(i, a)| **a * *i as f64).sum::<f64>() + r[0].1 * r[1].1
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod pushed {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = Vec::new();
        for a in x {
            if *a > 0.05 {
                r.push(a);
            }
        }
        let last = x[2] * x[0];
        let pair = [&x[0], &last];
        r.iter().enumerate().map(|(i, a)| **a * *pair[i % 2]).sum()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod of_rows {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let rows: Vec<Vec<f64>> = x.iter().map(|a| vec![*a, a * a]).collect();
        let mut r: Vec<&Vec<f64>> = rows.iter().collect();
        r.sort_by(|a, b| b[0].total_cmp(&a[0]));
        let mut pairs: Vec<&[f64]> = x.windows(2).collect();
        pairs.reverse();
        r[0][1] * r[1][0] + r[2][1] * pairs[0][1] * (*pairs[1])[0]
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod chosen {
    use super::*;

    #[differentiable(order = 2)]
    fn half(x: &f64) -> f64 {
        *x * *x * 0.5
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = (x[0] * 2.0, x[1] * x[2]);
        let big: &f64 = if a > b { &a } else { &b };
        let small = match x.len() {
            0 => &x[0],
            1 => &a,
            _ => {
                if a > b {
                    &b
                } else {
                    &x[2]
                }
            }
        };
        let (p, (q, k)) = if a > b { (&a, (&x[2], 2)) } else { (&b, (&a, 3)) };
        half(big) * half(small) + half(p) * *q * k as f64 + big.sin()
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod bound_as_references {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut r: Vec<&f64> = x.iter().collect();
        r.sort_by(|a, b| a.total_cmp(b));
        let least: &f64 = r[0];
        let greatest: &f64 = r[r.len() - 1];
        let halves: Vec<&[f64]> = vec![&x[..1], &x[1..]];
        let half: &[f64] = halves[1];
        *least * greatest.sin() + least * least * half[0] * half.len() as f64
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

mod chosen_slices {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (u, v) = (vec![x[0], x[1] * x[1]], vec![x[2], x[1] * x[0]]);
        let (p, q) = if x[0] > 0.2 { (&u, &v) } else { (&v, &u) };
        let rest = if x.len() > 2 { &x[1..] } else { &u[..] };
        let all: &[f64] = if x.len() > 5 { &u } else { x };
        p[0] * q[1] - q[0] * p[1] + rest.iter().map(|a| a * a).sum::<f64>() * all[0]
    }

    checked!(f, [0.3, 0.1, 0.5]);
}

#[derive(Clone, Debug, Differentiable)]
struct Particle {
    mass: f64,
    at: Vec<f64>,
}

#[differentiable]
fn of_structs(all: &[Particle], x: f64) -> f64 {
    let heavy: Vec<&Particle> = all.iter().filter(|p| p.mass > 0.2).collect();
    let mut s = 0.0;
    for p in &heavy {
        s += p.mass * p.at[0] * x;
    }
    let (a, b) = if all[0].mass > x { (&all[0], &all[1]) } else { (&all[1], &all[0]) };
    let one = if x > 2.0 { &all[0] } else { heavy[1] };
    s + heavy.iter().map(|p| p.mass).sum::<f64>() * (*heavy[0]).at[1] + a.mass * b.at[0] * x * one.mass
}

#[test]
fn references_to_structs() {
    let particle = |mass, x, y| Particle { mass, at: vec![x, y] };
    let all = [particle(0.1, 0.2, 0.3), particle(0.5, 0.4, 0.3), particle(0.7, 0.4, 0.1)];
    of_structs::check(&all, 1.3).unwrap();
}

mod literals {
    use super::*;
    #[differentiable(order = 2)]
    fn g(a: &f64, b: &[f64]) -> f64 {
        a * b[0].sin()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (p, q) = (&x[0], &x[1]);
        let mut s = 0.0;
        for v in [&x[0], &x[2]] {
            s += v * v * x[1];
        }
        for (v, k) in [(p, 2.0), (q, 3.0), (&x[2], 1.0)] {
            s += v * v * k;
        }
        for (a, b) in [(&x[0], &x[1..]), (&x[1], &x[..])] {
            s += g(a, b) * a;
        }
        for r in [&x[..2], &x[1..]] {
            s += r[0] * r[1];
        }
        for &v in &[&x[0], &x[1]] {
            s *= v;
        }
        s += [&x[0], &x[1]].into_iter().map(|a| a * a).sum::<f64>() * x[2];
        s += x[..1].iter().chain([&x[1], &x[2]]).map(|a| a * a).sum::<f64>();
        s += [&x[0], &x[2]].iter().zip([&x[1], &x[2]]).map(|(a, b)| **a * *b).sum::<f64>();
        let w: Vec<&f64> = vec![&x[0], &x[2]];
        for v in w {
            s += v.sin();
        }
        s + *[&x[0], &x[1]].iter().copied().max_by(|a, b| a.total_cmp(b)).unwrap()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

/// What is changed through the references of a literal, whose derivative was that of what it was before.
mod mutable_literals {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut p, mut q) = (x[0] * 2.0, x[1]);
        for v in [&mut p, &mut q] {
            *v *= x[2];
        }
        for (i, (v, k)) in [(&mut p, x[1]), (&mut q, x[2])].into_iter().enumerate() {
            *v *= k * i as f64 + k;
            if *v > 0.8 {
                break;
            }
        }
        [&mut p, &mut q].iter_mut().for_each(|v| **v *= x[0]);
        for (v, a) in [&mut p, &mut q].into_iter().zip(x) {
            *v += a;
        }
        let mut y = [p, q];
        let [a, b] = &mut y;
        for v in [a, b] {
            *v *= x[2];
        }
        let mut z = vec![x[0], x[1]];
        for r in [&mut z[..], &mut y[..]] {
            r[0] *= x[1];
            r[1] = r[0] * r[1];
        }
        for v in [&mut z] {
            v.push(x[1]);
        }
        y[0] * y[1] + z[0] * z[1] * z[2]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod parts_of_one_value {
    use super::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Vector {
        a: f64,
        b: f64,
    }

    #[derive(Clone, Debug, Differentiable)]
    enum Pair {
        Two(Vector, Vector),
        Named { x: Vector, y: Vector },
    }

    #[derive(Clone, Debug, Differentiable)]
    struct Inner {
        u: Vector,
        v: Vector,
        pair: (Vector, Vector),
        table: Vec<f64>,
        #[constant]
        at: usize,
    }

    #[derive(Clone, Debug, Differentiable)]
    struct Outer {
        at: Vector,
        speed: Vector,
        inner: Inner,
        many: Vec<Vector>,
        chosen: Option<Vector>,
        pair: Pair,
    }

    #[differentiable(order = 2)]
    impl Vector {
        fn add_scaled(&mut self, o: &Vector, k: f64) {
            self.a += o.a * k;
            self.b *= o.b * k;
        }
        fn grow(&mut self, k: &f64) {
            self.a *= *k;
        }
        fn absorb(&mut self, o: &[Vector]) {
            for v in o {
                self.a += v.b * v.a;
            }
        }
        fn mix(&mut self, o: &mut Vector) -> f64 {
            self.a *= o.b;
            o.b += self.a * self.b;
            self.a
        }
        fn step(&mut self, o: &Vector) -> bool {
            self.a += 0.3 * o.a;
            self.b *= 0.9;
            self.a < 3.0 * o.b
        }
        fn dot(&self, o: &Vector) -> f64 {
            self.a * o.a + self.b * o.b
        }
    }

    #[differentiable(order = 2)]
    fn blend(p: &Vector, q: &mut Vector, k: f64) -> f64 {
        q.a += p.b * k;
        q.b *= p.a;
        q.a * q.b
    }

    #[differentiable(order = 2)]
    fn each(p: &mut [Vector], q: &[Vector]) {
        for (a, b) in p.iter_mut().zip(q) {
            a.a += b.b * 0.5;
            a.b *= b.a;
        }
    }

    #[differentiable(order = 2)]
    impl Outer {
        fn fields(&mut self) -> f64 {
            self.at.add_scaled(&self.speed, 0.7);
            let k = self.at.mix(&mut self.speed);
            self.speed.add_scaled(&self.at, k);
            self.inner.u.add_scaled(&self.inner.v, 0.3);
            let m = self.inner.u.mix(&mut self.inner.v);
            self.inner.v.grow(&self.inner.table[self.inner.at]);
            let b = blend(&self.inner.u, &mut self.inner.v, m) + blend(&self.at, &mut self.speed, 0.1);
            self.inner.pair.0.mix(&mut self.inner.pair.1);
            self.at.dot(&self.speed) + b + self.inner.pair.1.b
        }

        fn halves(&mut self) -> f64 {
            let (l, r) = self.many.split_at_mut(2);
            l[0].add_scaled(&r[0], 0.4);
            r[1].add_scaled(&l[1], 0.7);
            l[1].mix(&mut r[0]);
            each(l, r);
            each(r, &l[..1]);
            l[0].absorb(r);
            blend(&l[0], &mut r[1], 0.2) + self.many[1].dot(&self.many[2])
        }

        fn patterns(&mut self) {
            if let Some((first, rest)) = self.many.split_first_mut() {
                rest[1].add_scaled(first, 0.9);
                first.absorb(rest);
                first.mix(&mut rest[2]);
            }
            let [a, b, ..] = &mut self.many[..] else { panic!("there are four") };
            a.mix(b);
            b.add_scaled(a, 0.2);
            let mut all = self.many.iter_mut();
            let (p, q) = (all.next().unwrap(), all.next().unwrap());
            p.add_scaled(q, 0.3);
            q.mix(p);
            match &mut self.pair {
                Pair::Two(x, y) | Pair::Named { x, y } => {
                    x.step(y);
                    y.mix(x);
                    self.at.step(x);
                    x.step(&self.speed);
                }
            }
        }

        fn conditions(&mut self) -> usize {
            let mut n = 0;
            while self.at.step(&self.speed) && n < 5 {
                n += 1;
            }
            if self.speed.step(&self.at) && n > 0 {
                n += 10;
            }
            if let Some(v) = self.chosen.as_mut() {
                v.step(&self.at);
                self.speed.step(v);
            }
            n
        }
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = |a: f64, b: f64| Vector { a, b };
        let mut total = 0.0;
        for k in 0..2 {
            let pair = || {
                if k == 0 {
                    Pair::Two(v(x[0], x[1]), v(x[2], 0.4))
                } else {
                    Pair::Named { x: v(x[1], 0.3), y: v(x[2], x[0]) }
                }
            };
            let mut s = Outer {
                at: v(x[0], 1.0),
                speed: v(x[1], 0.4),
                inner: Inner {
                    u: v(x[2], x[1]),
                    v: v(0.7, x[0]),
                    pair: (v(1.0, x[1]), v(x[2], 0.1)),
                    table: vec![x[0], x[1], x[2]],
                    at: 1,
                },
                many: vec![v(x[0], x[1]), v(0.3, x[2]), v(x[1], 0.5), v(x[0], x[2])],
                chosen: Some(v(x[2], x[0])),
                pair: pair(),
            };
            s.at.add_scaled(&s.speed, 0.7);
            s.speed.mix(&mut s.at);
            total += s.fields() + s.halves();
            s.patterns();
            total += s.conditions() as f64 + s.at.dot(&s.speed) + s.many.iter().map(|v| v.a * v.b).sum::<f64>();
            total += match &s.pair {
                Pair::Two(p, q) | Pair::Named { x: p, y: q } => p.dot(q),
            };
        }
        total
    }

    checked!(f, [0.7, 0.4, 1.2]);
}

mod operators_on_parts_of_one_value {
    use super::*;
    use std::ops::{AddAssign, SubAssign};

    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Point {
        a: f64,
        b: f64,
    }

    #[differentiable(order = 2)]
    impl AddAssign for Point {
        fn add_assign(&mut self, o: Point) {
            self.a += o.a * o.b;
            self.b *= o.a;
        }
    }

    #[differentiable(order = 2)]
    impl SubAssign<&Point> for Point {
        fn sub_assign(&mut self, o: &Point) {
            self.a -= o.b;
            self.b -= o.a * o.a;
        }
    }

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut all: Vec<Point> = (0..3).map(|i| Point { a: x[i], b: x[(i + 1) % 3] }).collect();
        for i in 1..3 {
            let (left, right) = all.split_at_mut(i);
            left[0] += right[0];
            right[0] -= &left[i - 1];
        }
        all.iter().map(|p| p.a * p.b).sum()
    }

    checked!(f, [0.7, 0.4, 1.2]);
}

/// A row that is reached through the end of a vector.
mod last_mut_push {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut rows: Vec<Vec<f64>> = vec![vec![v[0]]];
        for a in v {
            if *a > 1.0 {
                rows.push(Vec::new());
            }
            rows.last_mut().unwrap().push(a * v[1]);
        }
        let mut s = 0.0;
        for r in &rows {
            s += r.iter().product::<f64>();
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same of queues.
mod back_mut {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut q = VecDeque::new();
        q.push_back((1usize, v[0]));
        for a in v {
            if *a > 1.0 {
                q.push_back((2, v[1]));
            }
            q.back_mut().unwrap().1 += a * a;
            q.front_mut().unwrap().0 += 1;
        }
        q.iter().map(|(k, a)| *k as f64 * a).product::<f64>()
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same in a branch.
mod if_last_mut {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut rows: Vec<Vec<f64>> = vec![vec![v[0]]];
        for a in v {
            if *a > 1.0 {
                rows.push(vec![2.0]);
            }
            if let Some(r) = rows.last_mut() {
                r.push(a * v[1]);
                r[0] *= v[0];
            }
        }
        let mut s = 0.0;
        for r in &rows {
            s += r.iter().product::<f64>();
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same of numbers without derivative.
mod const_last_mut {
    use super::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut rows: Vec<Vec<usize>> = vec![vec![0]];
        for (i, a) in v.iter().enumerate() {
            if *a > 1.0 {
                rows.push(Vec::new());
            }
            rows.last_mut().unwrap().push(i);
            if let Some(r) = rows.first_mut() {
                r.push(i);
            }
        }
        let mut s = 0.0;
        for r in &rows {
            s += r.iter().map(|i| v[*i]).product::<f64>();
        }
        s
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// What vectors, queues and options of integers lend.
mod const_misc {
    use super::*;
    use std::collections::*;
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut q: VecDeque<(usize, bool)> = VecDeque::new();
        q.push_back((1, false));
        q.back_mut().unwrap().0 += 2;
        q.front_mut().unwrap().1 = true;
        let mut c = vec![0usize; 4];
        *c.first_mut().unwrap() += 1;
        c.get_mut(1).map(|a| *a += 3);
        *c.iter_mut().next().unwrap() += 1;
        if let Some(a) = c.get_mut(2) {
            *a = 3;
        }
        let mut slot: Option<Vec<usize>> = None;
        slot.get_or_insert_with(Vec::new).push(3);
        slot.as_mut().unwrap()[0] -= 1;
        let mut o = Some(2usize);
        if let Some(k) = o.as_mut() {
            *k += 1;
        }
        let (a, b) = c.split_first_mut().unwrap();
        *a += b[0];
        b[1] += *a;
        let p = q[0];
        let k = slot.unwrap()[0];
        v[k] * v[p.0] * (if p.1 { v[0] * v[0] } else { 1.0 }) * v[o.unwrap()] * c[2] as f64 * v[1].powi(c[0] as i32)
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The ends of vectors, of numbers, rows and pairs.
mod ends {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut w = x.to_vec();
        *w.last_mut().unwrap() *= x[0];
        *w.last_mut().unwrap() += w[0] * x[1];
        let mut c = vec![1usize, 2];
        *c.last_mut().unwrap() += 1;
        if let Some(l) = c.last_mut() {
            *l -= 1;
        }
        let mut r = [x.to_vec(), vec![x[1]]];
        r.last_mut().unwrap()[0] *= 2.0 * x[0];
        *r[0].last_mut().unwrap() *= x[2];
        let mut t = vec![(x[0], 1usize)];
        t.last_mut().unwrap().0 *= x[1];
        t.last_mut().unwrap().1 += 1;
        let l = t.len() - 1;
        t[l].0 += x[3];
        w[3] * r[1][0] * r[0][3] * t[0].0 * t[0].1 as f64 * c[1] as f64
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A `&mut` that a branch chooses.
mod mut_branch {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut a, mut b) = (x[0], x[1]);
        let mut s = 1.0;
        for i in 0..3 {
            let r = if i % 2 == 0 { &mut a } else { &mut b };
            *r += x[2] * x[3];
            *r *= x[0];
            s *= *r;
        }
        s * a * b
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A pair of buffers that changes its sides.
mod mut_pair {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut a = x.to_vec();
        let mut b = vec![0.0; 4];
        for s in 0..3 {
            let (src, dst) = if s % 2 == 0 { (&a, &mut b) } else { (&b, &mut a) };
            for i in 0..4 {
                dst[i] = src[i] * src[(i + 1) % 4] + x[s];
            }
            dst[0] *= 0.5;
        }
        a[0] * b[1]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A `&mut` that a pattern chooses, or that is not there.
mod mut_iflet {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut a = x[0];
        let mut v = x.to_vec();
        let o = Some(2usize);
        for k in 0..2 {
            let r: &mut f64 = if let Some(i) = o
                && k == 0
            {
                &mut v[i]
            } else if k == 5 {
                continue;
            } else {
                &mut a
            };
            let t = x[1] * *r;
            *r += t;
            if *r > 100.0 {
                return *r;
            }
            let z = t * 2.0;
            v[3] += z;
        }
        a * v[2] * v[3]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A `&mut` that is chosen from parameters.
mod mut_param {
    use super::*;
    #[differentiable(order = 2)]
    fn g(a: &mut Vec<f64>, b: &mut Vec<f64>, c: bool) -> f64 {
        let r = if c { a } else { b };
        r.push(2.0);
        r[0] *= r[1];
        let n = r.len();
        r[n - 1] += r[0];
        r[n - 1]
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut a = x.to_vec();
        let mut b = vec![x[1], x[2]];
        let s = g(&mut a, &mut b, true) * g(&mut a, &mut b, false);
        s + a[0] * b[0] + a[4]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A counter that a branch chooses.
mod mut_const {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut odd, mut even) = (0usize, 0usize);
        for i in 0..4 {
            let c = if x[i] > 1.0 { &mut odd } else { &mut even };
            *c += 1;
        }
        x[odd] * x[even] * odd as f64 + x[0]
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A field that a branch chooses.
mod mut_self {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct S {
        l: Vec<f64>,
        r: Vec<f64>,
        n: usize,
    }
    #[differentiable(order = 2)]
    impl S {
        fn add(&mut self, a: f64) {
            let side = if a > 1.0 { &mut self.l } else { &mut self.r };
            side.push(a * a);
            self.n += 1;
            let last = side_len(self);
            self.l[0] += last as f64 * a;
        }
    }
    #[differentiable(order = 2)]
    fn side_len(s: &S) -> usize {
        s.l.len() + s.r.len()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut s = S { l: vec![x[0]], r: vec![], n: 0 };
        for a in x {
            s.add(*a);
        }
        s.l.iter().product::<f64>() * s.r.iter().sum::<f64>()
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// An option of a reference that is filtered.
mod filtered_reference {
    use super::*;
    #[differentiable(order = 2)]
    fn clamp_soft(x: f64, lo: f64, hi: f64) -> f64 {
        if x < lo {
            return lo + (x - lo) * 0.1;
        }
        if x > hi {
            return hi + (x - hi) * 0.1;
        }
        x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        if x.is_empty() {
            return 0.0;
        }
        let first = match x.first() {
            Some(&v) if v > 100.0 => return v,
            Some(v) => *v,
            None => return -1.0,
        };
        let mut acc = first * first;
        for (i, &v) in x.iter().enumerate().skip(1) {
            acc += clamp_soft(v * first, -0.5, 0.5) * v;
            if acc > 2.0 {
                return acc.sqrt() * i as f64;
            }
            for w in &x[i..] {
                acc *= 1.0 + 0.1 * w;
                if acc < 0.05 {
                    return if acc < 0.0 { -acc } else { acc * first };
                }
            }
        }
        let Some(last) = x.last().filter(|l| **l > 0.0) else {
            return acc.sin();
        };
        acc * last
    }
    checked!(f, [0.7, 0.6, 1.9]);
    mod none {
        use super::*;
        checked!(f, [0.2, 0.1, -0.9]);
    }
}

/// References to references, in a tuple and alone.
mod of_references {
    use super::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = x[0] * x[1];
        let t = (v, &v, &&v);
        let a = &&v;
        t.0 * *t.1 * **t.2 + **a * x[2]
    }

    checked!(f, [0.7, 0.4, 1.2]);
}

mod in_an_argument {
    use super::*;
    #[differentiable]
    fn sum(rows: &[&[f64]]) -> f64 {
        let mut s = 0.0;
        for r in rows {
            for a in *r {
                s += a * a;
            }
        }
        s * rows[0][0]
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        sum(&[v, &v[1..]]) * v[0]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod to_numbers_in_an_argument {
    use super::*;
    #[differentiable]
    fn sum(rows: &[&f64]) -> f64 {
        let mut s = 1.0;
        for r in rows {
            s *= *r;
        }
        s
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = v[0] * v[1];
        let b = v[2];
        sum(&[&a, &b]) * v[0]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod named_before {
    use super::*;
    #[differentiable]
    fn sum(rows: &[&[f64]]) -> f64 {
        let mut s = 0.0;
        for r in rows {
            for a in *r {
                s += a * a;
            }
        }
        s * rows[0][0]
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let rows = [v, &v[1..]];
        sum(&rows) * v[0]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod collected_before {
    use super::*;
    #[differentiable]
    fn sum(rows: &[&[f64]]) -> f64 {
        let mut s = 0.0;
        for r in rows {
            for a in *r {
                s += a * a;
            }
        }
        s * rows[0][0]
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let rows: Vec<&[f64]> = v.chunks(2).collect();
        sum(&rows) * v[0]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod to_structs_in_an_argument {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct P {
        x: f64,
    }
    #[differentiable]
    fn sum(ps: &[&P]) -> f64 {
        let mut s = 1.0;
        for p in ps {
            s *= p.x;
        }
        s
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let (a, b) = (P { x: v[0] }, P { x: v[1] });
        sum(&[&a, &b, &a]) * v[2]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod of_several_kinds_in_an_argument {
    use super::*;
    #[differentiable]
    fn sum(rows: &[&[f64]]) -> f64 {
        let mut s = 0.0;
        for r in rows {
            for a in *r {
                s += a * a;
            }
        }
        s * rows[0][0]
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let mut s = 1.0;
        for i in 0..2 {
            let w = [v[i] * s, v[2]];
            s += sum(&[&w, &v[i..], &[s]]);
        }
        s
    }
    agrees!(f, [0.2, 0.7, 0.9]);
}
