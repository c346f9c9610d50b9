//! Programs of closures and chains, of variants that are imported, of generic vectors and layers, and of hostile names.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, non_snake_case, unreachable_pub, unused)]

use differentiable::prelude::*;

mod imported_variants {
    use super::*;
    #[derive(Debug, Clone, Copy, Differentiable)]
    pub enum Shape {
        Circle(f64),
        Rect { w: f64, h: f64 },
        Tri(f64, f64, f64),
        Dot,
    }
    use Shape::*;
    #[derive(Debug, Clone, Copy, Differentiable)]
    pub struct Meters(f64);
    #[differentiable]
    impl Shape {
        fn area(&self) -> f64 {
            match *self {
                Circle(r) => std::f64::consts::PI * r * r,
                Rect { w, h } => w * h,
                Tri(a, b, c) => {
                    let s = (a + b + c) / 2.0;
                    (s * (s - a) * (s - b) * (s - c)).sqrt()
                }
                Dot => 0.0,
            }
        }
        fn scaled(&self, k: f64) -> Shape {
            match self {
                Circle(r) => Circle(r * k),
                &Rect { w, h } => Rect { w: w * k, h: h * k },
                Tri(a, b, c) => Tri(a * k, b * k, c * k),
                Dot => Dot,
            }
        }
        fn grow(&mut self, by: f64) {
            match self {
                Circle(r) => *r += by,
                Rect { w, h } => {
                    *w += by;
                    *h += by;
                }
                Tri(a, ..) => *a *= 1.0 + by,
                Dot => {}
            }
        }
    }
    #[differentiable]
    fn perimeter(s: &Shape) -> Meters {
        if let Circle(r) = s {
            return Meters(2.0 * std::f64::consts::PI * r);
        }
        let Rect { w, h } = *s else { return Meters(1.0) };
        Meters(2.0 * (w + h))
    }
    #[differentiable]
    fn total(shapes: &[Shape], k: f64) -> f64 {
        let mut s = 0.0;
        for shape in shapes {
            let mut t = shape.scaled(k);
            t.grow(0.1 * k);
            let Meters(p) = perimeter(&t);
            s += t.area() * p;
            if matches!(t, Circle(r) if r > 1.0) {
                s += k;
            }
        }
        let extra = if k > 0.0 { Circle(k) } else { Dot };
        s + extra.area()
    }
    #[test]
    fn agrees() {
        total::check(&[Circle(0.7), Rect { w: 1.0, h: 2.0 }, Tri(1.0, 1.2, 0.9), Dot, Circle(3.0)], 0.8).unwrap();
    }
}

mod closures_capture {
    use super::*;
    #[differentiable]
    fn newton(k: f64, x0: f64) -> f64 {
        let f = |x: f64| x.powi(3) - k * x - 1.0;
        let df = move |x: f64| 3.0 * x * x - k;
        std::iter::successors(Some(x0), |&x| Some(x - f(x) / df(x))).nth(6).unwrap()
    }
    #[differentiable]
    fn gradient_descent(a: &[f64], lr: f64, steps: u32) -> f64 {
        let grad = |x: &[f64; 2]| -> [f64; 2] { [2.0 * a[0] * (x[0] - a[1]), 4.0 * a[2] * x[1].powi(3)] };
        let mut x = [1.0, 1.0];
        let mut step = |rate: f64| {
            let g = grad(&x);
            for (xi, gi) in x.iter_mut().zip(g.iter()) {
                *xi -= rate * gi;
            }
        };
        for i in 0..steps {
            step(lr / (1.0 + i as f64));
        }
        x.iter().map(|v| v * v).sum()
    }
    #[differentiable]
    fn compose(x: f64, y: f64) -> f64 {
        let twice = |f: &dyn Fn(f64) -> f64, v: f64| v;
        let square = |v: f64| v * v;
        let add_y = |v: f64| v + y;
        let pipeline = |v: f64| add_y(square(add_y(v)));
        let apply_n = |n: usize, v: f64| (0..n).fold(v, |acc, _| (pipeline(acc)).tanh());
        apply_n(3, x) + [x, y].map(|v| pipeline(v)).iter().sum::<f64>()
    }
    #[differentiable]
    fn memo(x: f64, n: usize) -> f64 {
        let mut cache: Vec<Option<f64>> = vec![None; n + 1];
        cache[0] = Some(1.0);
        cache[1] = Some(x);
        for k in 2..=n {
            let v = cache[k - 1].unwrap() * 2.0 * x - cache[k - 2].unwrap();
            cache[k].get_or_insert(v);
        }
        cache.into_iter().flatten().sum()
    }
    #[test]
    fn agrees() {
        newton::check(2.0, 2.0).unwrap();
        gradient_descent::check(&[1.0, 0.5, 0.3], 0.1, 4).unwrap();
        memo::check(0.3, 6).unwrap();
    }
}

mod chains {
    use super::*;
    #[differentiable]
    fn a(xs: &[f64], ws: &[f64]) -> f64 {
        xs.iter().rev().zip(ws).enumerate().skip(1).step_by(2).map(|(i, (x, w))| x * w * (i as f64).sqrt()).sum::<f64>()
    }
    #[differentiable]
    fn b(xs: &[f64]) -> f64 {
        let (lo, hi, sum) =
            xs.iter().fold((f64::INFINITY, f64::NEG_INFINITY, 0.0), |(lo, hi, s), &x| (lo.min(x), hi.max(x), s + x));
        let mean = sum / xs.len() as f64;
        let var = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (xs.len() - 1) as f64;
        (hi - lo) / var.sqrt()
    }
    #[differentiable]
    fn c(xs: &[f64]) -> f64 {
        xs.windows(3)
            .map(|w| match w {
                [a, b, c] => a * b - c,
                _ => unreachable!(),
            })
            .map(f64::abs)
            .fold(0.0, f64::max)
            + xs.chunks(2)
                .map(|c| c.iter().product::<f64>())
                .scan(0.0, |acc, x| {
                    *acc += x;
                    Some(*acc)
                })
                .last()
                .unwrap_or(0.0)
    }
    #[differentiable]
    fn d(xs: &[f64]) -> f64 {
        xs.iter()
            .copied()
            .map(f64::sqrt)
            .take_while(|&x| x < 2.0)
            .map_while(|x| if x > 0.5 { Some(x * x * x) } else { None })
            .sum()
    }
    #[differentiable]
    fn e(xs: &[f64], k: f64) -> Vec<f64> {
        let mut out = vec![0.0; xs.len()];
        for (dst, src) in out.chunks_exact_mut(2).zip(xs.chunks_exact(2)) {
            let [p, q] = dst else { unreachable!() };
            *p = src[0] * k;
            *q = src[1] / k + *p;
        }
        out.rotate_left(1);
        out.iter().zip(out.iter().skip(1)).map(|(a, b)| a * b).collect()
    }
    #[differentiable]
    fn f(xs: &[f64]) -> f64 {
        let mut sorted = xs.to_vec();
        sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let n = sorted.len();
        let median = if n % 2 == 0 { 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]) } else { sorted[n / 2] };
        let mad = {
            let mut d: Vec<f64> = sorted.iter().map(|x| (x - median).abs()).collect();
            d.sort_unstable_by(f64::total_cmp);
            d[n / 2]
        };
        let (idx, best) = xs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        median + 1.4826 * mad + best * idx as f64 + xs.iter().copied().reduce(f64::min).unwrap()
    }
    #[differentiable]
    fn g(m: &[Vec<f64>]) -> f64 {
        let cols = m[0].len();
        let transposed: Vec<Vec<f64>> = (0..cols).map(|j| m.iter().map(|row| row[j]).collect()).collect();
        let gram: Vec<Vec<f64>> = transposed
            .iter()
            .map(|a| transposed.iter().map(|b| a.iter().zip(b).map(|(x, y)| x * y).sum()).collect())
            .collect();
        let trace: f64 = gram.iter().enumerate().map(|(i, r)| r[i]).sum();
        let off: f64 = gram
            .iter()
            .enumerate()
            .flat_map(|(i, r)| r.iter().enumerate().filter(move |(j, _)| i != *j).map(|(_, v)| v * v))
            .sum();
        trace - off.sqrt()
    }
    #[differentiable]
    fn h(xs: &[f64]) -> f64 {
        let (pos, neg): (Vec<f64>, Vec<f64>) = xs.iter().partition(|x| **x > 0.0);
        let (a, b): (Vec<f64>, Vec<usize>) = xs.iter().enumerate().map(|(i, x)| (x * x, i)).unzip();
        let any = xs.iter().any(|x| *x > 1.0);
        let pos_i = xs.iter().position(|&x| x < 0.0).unwrap_or(0);
        pos.iter().sum::<f64>() * neg.iter().map(|v| v.exp()).product::<f64>()
            + a[pos_i]
            + if any { a.iter().sum::<f64>() } else { b.len() as f64 }
    }
    #[differentiable]
    fn i(n: usize, x: f64) -> f64 {
        let mut state = x;
        let noise: Vec<f64> = std::iter::repeat_with(|| {
            state = 3.7 * state * (1.0 - state);
            state
        })
        .take(n)
        .collect();
        noise.iter().rev().take(3).zip(1..).map(|(v, k)| v.powi(k)).sum()
    }
    #[test]
    fn agrees() {
        let xs = [0.7, 1.9, -0.4, 2.6, 0.3, 1.1];
        let pos = [0.7, 1.9, 0.4, 2.6, 9.0, 1.1];
        a::check(&xs, &pos).unwrap();
        b::check(&xs).unwrap();
        c::check(&xs).unwrap();
        d::check(&pos).unwrap();
        e::check(&xs, 1.3).unwrap();
        f::check(&xs).unwrap();
        g::check(&[vec![1.0, 2.0, -0.3], vec![0.4, 0.5, 0.6]]).unwrap();
        h::check(&xs).unwrap();
        i::check(5, 0.3).unwrap();
    }
}

mod generic_vectors {
    use super::*;
    use std::ops::{Add, AddAssign, Div, Index, IndexMut, Mul, MulAssign, Neg, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Vec3<T> {
        pub x: T,
        pub y: T,
        pub z: T,
    }
    #[differentiable]
    impl<T> Vec3<T>
    where
        T: Real,
    {
        pub fn new(x: T, y: T, z: T) -> Self {
            Self { x, y, z }
        }
        pub fn splat(v: T) -> Self {
            Self::new(v, v, v)
        }
        pub fn dot(self, rhs: Self) -> T {
            self.x * rhs.x + self.y * rhs.y + self.z * rhs.z
        }
        pub fn cross(self, o: Self) -> Self {
            Vec3 { x: self.y * o.z - self.z * o.y, y: self.z * o.x - self.x * o.z, z: self.x * o.y - self.y * o.x }
        }
        pub fn length(self) -> T {
            self.dot(self).sqrt()
        }
        pub fn normalize(self) -> Self {
            self / self.length()
        }
        #[differentiable(skip)]
        pub fn map<F: Fn(T) -> T>(self, f: F) -> Self {
            Self::new(f(self.x), f(self.y), f(self.z))
        }
        pub fn lerp(self, to: Self, t: T) -> Self {
            self * (T::one() - t) + to * t
        }
    }
    #[differentiable]
    impl<T: Real> Add for Vec3<T> {
        type Output = Self;
        fn add(self, o: Self) -> Self {
            Self::new(self.x + o.x, self.y + o.y, self.z + o.z)
        }
    }
    #[differentiable]
    impl<T: Real> Sub for Vec3<T> {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            Self::new(self.x - o.x, self.y - o.y, self.z - o.z)
        }
    }
    #[differentiable]
    impl<T: Real> Mul<T> for Vec3<T> {
        type Output = Self;
        fn mul(self, k: T) -> Self {
            Self::new(self.x * k, self.y * k, self.z * k)
        }
    }
    #[differentiable]
    impl<T: Real> Div<T> for Vec3<T> {
        type Output = Self;
        fn div(self, k: T) -> Self {
            self * k.recip()
        }
    }
    #[differentiable]
    impl<T: Real> Neg for Vec3<T> {
        type Output = Self;
        fn neg(self) -> Self {
            Self::new(-self.x, -self.y, -self.z)
        }
    }
    #[differentiable]
    impl<T: Real> MulAssign<T> for Vec3<T> {
        fn mul_assign(&mut self, k: T) {
            self.x *= k;
            self.y *= k;
            self.z *= k;
        }
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Ray<T> {
        origin: Vec3<T>,
        dir: Vec3<T>,
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Sphere<T> {
        center: Vec3<T>,
        radius: T,
        albedo: T,
    }
    #[differentiable]
    impl<T: Real> Sphere<T> {
        pub fn hit(&self, ray: &Ray<T>) -> Option<(T, Vec3<T>)> {
            let oc = ray.origin - self.center;
            let b = oc.dot(ray.dir);
            let c = oc.dot(oc) - self.radius * self.radius;
            let disc = b * b - c;
            if disc < T::zero() {
                return None;
            }
            let t = -b - disc.sqrt();
            if t > T::zero() {
                let p = ray.origin + ray.dir * t;
                Some((t, (p - self.center) / self.radius))
            } else {
                None
            }
        }
    }
    #[differentiable]
    fn shade<T: Real>(spheres: &[Sphere<T>], ray: Ray<T>, light: Vec3<T>, depth: u32) -> T {
        let mut closest: Option<(T, Vec3<T>, T)> = None;
        for s in spheres {
            if let Some((t, n)) = s.hit(&ray) {
                match closest {
                    Some((best, _, _)) if best <= t => {}
                    _ => closest = Some((t, n, s.albedo)),
                }
            }
        }
        match closest {
            None => T::zero(),
            Some((t, n, albedo)) => {
                let diffuse = n.dot(light.normalize()).max(T::zero());
                let here = albedo * diffuse;
                if depth == 0 {
                    here
                } else {
                    let p = ray.origin + ray.dir * t;
                    let two = T::one() + T::one();
                    let r = ray.dir - n * (two * ray.dir.dot(n));
                    here + albedo * shade(spheres, Ray { origin: p + n * (t * t).recip(), dir: r }, light, depth - 1)
                        / two
                }
            }
        }
    }
    #[test]
    fn agrees() {
        let v = Vec3::new;
        let s = [
            Sphere { center: v(0.0, 0.0, 5.0), radius: 1.0, albedo: 0.8 },
            Sphere { center: v(0.0, 3.0, 0.2), radius: 1.5, albedo: 0.5 },
        ];
        let d = Vec3::new(0.02, 0.09, 1.0).normalize();
        shade::check(&s, Ray { origin: v(0.0, 0.0, 0.0), dir: d }, v(0.3, 1.0, -1.0), 2).unwrap();
    }
}

mod layers {
    use super::*;
    use std::fmt::Debug;
    #[differentiable]
    pub trait Layer: Clone {
        const NAME: &'static str;
        fn forward(&self, input: &[f64]) -> Vec<f64>;
        fn l2(&self) -> f64;
        fn describe(&self) -> String {
            format!("{}", Self::NAME)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Linear<const I: usize, const O: usize> {
        weight: [[f64; I]; O],
        bias: [f64; O],
    }
    #[derive(Clone, Debug, Default, Differentiable)]
    pub struct Softplus {
        beta: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Residual<L> {
        inner: L,
        gate: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Chain<A, B>(A, B);
    #[differentiable]
    impl<const I: usize, const O: usize> Layer for Linear<I, O> {
        const NAME: &'static str = "linear";
        fn forward(&self, input: &[f64]) -> Vec<f64> {
            self.weight
                .iter()
                .zip(&self.bias)
                .map(|(row, b)| row.iter().zip(input).fold(*b, |acc, (w, x)| acc + w * x))
                .collect()
        }
        fn l2(&self) -> f64 {
            self.weight.iter().flatten().map(|w| w.powi(2)).sum()
        }
    }
    #[differentiable]
    impl Layer for Softplus {
        const NAME: &'static str = "softplus";
        fn forward(&self, input: &[f64]) -> Vec<f64> {
            input.iter().map(|x| (self.beta * x).exp().ln_1p() / self.beta).collect()
        }
        fn l2(&self) -> f64 {
            0.0
        }
    }
    #[differentiable]
    impl<L: Layer + Differentiable> Layer for Residual<L> {
        const NAME: &'static str = "residual";
        fn forward(&self, input: &[f64]) -> Vec<f64> {
            let mut out = self.inner.forward(input);
            for (o, i) in out.iter_mut().zip(input) {
                *o = self.gate * *o + (1.0 - self.gate) * i;
            }
            out
        }
        fn l2(&self) -> f64 {
            self.inner.l2()
        }
    }
    #[differentiable]
    impl<A, B> Layer for Chain<A, B>
    where
        A: Layer + Differentiable,
        B: Layer + Differentiable,
    {
        const NAME: &'static str = "chain";
        fn forward(&self, input: &[f64]) -> Vec<f64> {
            let Chain(a, b) = self;
            b.forward(&a.forward(input))
        }
        fn l2(&self) -> f64 {
            self.0.l2() + self.1.l2()
        }
    }
    #[differentiable]
    fn cross_entropy<N: Layer + Differentiable>(net: &N, data: &[(Vec<f64>, usize)], lambda: f64) -> f64 {
        let mut loss = 0.0;
        for (x, label) in data.iter() {
            let logits = net.forward(x);
            let max = logits.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
            let lse = logits.iter().map(|l| (l - max).exp()).sum::<f64>().ln() + max;
            loss += lse - logits[*label];
        }
        loss / data.len() as f64 + lambda * net.l2()
    }
    #[test]
    fn agrees() {
        let net = Chain(
            Chain(Linear { weight: [[0.1, -0.3], [0.5, 0.2]], bias: [0.01, -0.2] }, Softplus { beta: 1.5 }),
            Residual { inner: Linear { weight: [[0.3, 0.1], [-0.2, 0.9]], bias: [0.0, 0.1] }, gate: 0.7 },
        );
        cross_entropy::check(&net, &[(vec![1.0, 0.3], 0), (vec![-0.5, 0.8], 1)], 0.01).unwrap();
    }
}

mod hostile {
    use super::*;
    #[differentiable]
    fn ops(add: f64, mul: f64, zero: f64, grad: f64, vjp: f64, f: f64, r#match: f64, r#fn: f64) -> f64 {
        let tangent = add * mul;
        let mut acc = tangent;
        let d_acc = acc + zero;
        let old = d_acc * grad;
        let pullback = |payload: f64| payload * old + r#match;
        let mut tape = vec![pullback(1.0), vjp];
        let (t, t_1, t_dot) = (tape[0], tape[1], f);
        for i in 0..2 {
            let i_1 = tape[i];
            acc += i_1 * t_dot;
            tape[i] = acc;
        }
        let value = {
            let value = acc;
            value * t
        };
        let value_1 = value + t_1;
        struct Local {
            d_value: f64,
        }
        let ct = if value_1 > 0.0 { value_1.sqrt() } else { -value_1 };
        let ct_1 = match ct {
            given if given > 1.0 => given.ln(),
            slot => slot,
        };
        let (c, returned, left, found) = (ct_1, old, tape[0], tape[1]);
        let some = Some(c);
        let Some(none) = some else { return returned };
        none * left + found * r#fn
    }
    mod differentiable_user {
        pub fn core() -> usize {
            2
        }
    }
    #[differentiable]
    fn shadow(self_: f64, std: f64, core: f64, vec: f64, String: f64, Option: f64) -> f64 {
        let x = self_ * std;
        let x = x + core;
        {
            let x = x * vec;
            let _ = x;
        }
        let x = if x > 0.0 {
            let x = x.sin();
            x * String
        } else {
            x
        };
        let sum = [x, Option].iter().sum::<f64>();
        let exp = sum.exp();
        let max = exp.max(sum);
        max * differentiable_user::core() as f64
    }
    #[test]
    fn agrees() {
        ops::check(0.3, 0.7, 0.2, 1.1, 0.9, 0.4, 0.6, 1.3).unwrap();
        shadow::check(0.3, 0.7, 0.2, 1.1, 0.9, 0.4).unwrap();
    }
}

/// Closures that return closures, generators, and the less common adapters.
mod closures_that_make_closures {
    use super::*;
    #[differentiable]
    pub fn curried(a: f64, b: f64, x: f64) -> f64 {
        let add = |k: f64| move |y: f64| y + k * a;
        let mul = |k: f64| move |y: f64| y * k;
        let compose = |y: f64| mul(b)(add(2.0)(y));
        compose(x) + compose(compose(a))
    }
    #[differentiable]
    pub fn sequences(xs: &[f64], decay: f64) -> f64 {
        let ema: Vec<f64> = xs
            .iter()
            .scan(0.0, |state, &x| {
                *state = decay * *state + (1.0 - decay) * x;
                Some(*state)
            })
            .collect();
        let jumps = ema.windows(2).step_by(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, |a: f64, b| a.max(b));
        let geo: f64 = std::iter::successors(Some(decay), |d| if *d > 0.05 { Some(d * decay) } else { None }).sum();
        let (lo, hi) = ema.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &x| (lo.min(x), hi.max(x)));
        let (mut a, mut b) = (decay, 1.0);
        let fib = std::iter::from_fn(move || {
            let c = a + b;
            a = b;
            b = c;
            Some(c)
        });
        let f: f64 = fib.take(4).sum();
        jumps + geo + (hi - lo) + f + ema.rchunks(2).map(|c| c.iter().product::<f64>()).sum::<f64>()
    }
    #[differentiable]
    pub fn three(a: &[f64], b: &[f64], c: &[f64]) -> f64 {
        let dot3: f64 = a.iter().zip(b).zip(c).map(|((x, y), z)| x * y * z).sum();
        let rev: f64 = a.iter().rev().enumerate().map(|(i, x)| x / (i + 1) as f64).sum();
        let exact: f64 = a
            .chunks_exact(2)
            .map(|p| match p {
                &[u, v] => u * v,
                _ => unreachable!(),
            })
            .sum();
        let (pos, neg): (Vec<f64>, Vec<f64>) = b.iter().partition(|x| **x > 0.0);
        let (i, m) = c.iter().copied().enumerate().max_by(|(_, a), (_, b)| a.partial_cmp(b).unwrap()).unwrap();
        dot3 + rev + exact + pos.iter().sum::<f64>() - neg.iter().map(|x| x * x).sum::<f64>() + m * i as f64
    }
    #[differentiable]
    pub fn pipeline(coeffs: [f64; 3], x: f64) -> f64 {
        let poly = |t: f64| coeffs.iter().rfold(0.0, |acc, c| acc * t + c);
        let bisect = |mut lo: f64, mut hi: f64| {
            for _ in 0..3 {
                let mid = 0.5 * (lo + hi);
                if poly(mid) > 0.0 { hi = mid } else { lo = mid }
            }
            0.5 * (lo + hi)
        };
        let table: [f64; 4] = std::array::from_fn(|i| poly(x + i as f64 * 0.1));
        let root = bisect(x, x + 2.0);
        table.iter().sum::<f64>() * root
    }
    #[test]
    fn agrees() {
        curried::check(0.3, 0.7, 1.1).unwrap();
        sequences::check(&[0.2, 0.9, 0.4, 0.8, 0.1], 0.6).unwrap();
        three::check(&[0.2, 0.9, 0.4], &[0.3, -0.4, 0.6], &[0.5, 0.7, 0.6]).unwrap();
        pipeline::check([-0.8, 0.3, 0.9], 0.2).unwrap();
    }
}
