//! Programs as users write them, twice differentiated, by what of the language they use.
#![allow(unreachable_pub, dead_code, missing_docs)]
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic, dead_code)]

#[macro_use]
mod common;

mod expression_tree {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Expr {
        Const(f64),
        Var(usize),
        Add(Box<Expr>, Box<Expr>),
        Mul(Box<Expr>, Box<Expr>),
        Sin(Box<Expr>),
        Pow { base: Box<Expr>, exp: i32 },
    }
    #[differentiable(order = 2)]
    fn eval(e: &Expr, env: &[f64]) -> f64 {
        match e {
            Expr::Const(c) => *c,
            Expr::Var(i) => env[*i],
            Expr::Add(a, b) => eval(a, env) + eval(b, env),
            Expr::Mul(a, b) => eval(a, env) * eval(b, env),
            Expr::Sin(a) => eval(a, env).sin(),
            Expr::Pow { base, exp } => eval(base, env).powi(*exp),
        }
    }
    fn tree(c: f64) -> Expr {
        Expr::Add(
            Box::new(Expr::Mul(Box::new(Expr::Const(c)), Box::new(Expr::Sin(Box::new(Expr::Var(0)))))),
            Box::new(Expr::Pow { base: Box::new(Expr::Var(1)), exp: 3 }),
        )
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let e = Expr::Mul(
            Box::new(Expr::Const(x[2])),
            Box::new(Expr::Add(Box::new(Expr::Var(0)), Box::new(Expr::Sin(Box::new(Expr::Const(x[1])))))),
        );
        eval(&e, x) + eval(&Expr::Pow { base: Box::new(Expr::Var(1)), exp: 2 }, &x[..2])
    }
    checked!(f, [0.3, 0.7, 1.9]);
    #[test]
    fn direct() {
        eval::check(&tree(1.4), &[0.4, 0.9]).unwrap();
    }
}

mod enum_methods {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Shape {
        Circle { radius: f64 },
        Rect { w: f64, h: f64 },
        Tri(f64, f64, f64),
        Point,
    }
    #[differentiable(order = 2)]
    impl Shape {
        fn area(&self) -> f64 {
            match *self {
                Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
                Shape::Rect { w, h } if w == h => w * w,
                Shape::Rect { w, h } => w * h,
                Shape::Tri(a, b, c) => {
                    let s = (a + b + c) / 2.0;
                    (s * (s - a) * (s - b) * (s - c)).sqrt()
                }
                Shape::Point => 0.0,
            }
        }
        fn scale(&mut self, k: f64) {
            match self {
                Self::Circle { radius: r } => *r *= k,
                Self::Rect { w, h } => {
                    *w *= k;
                    *h *= k;
                }
                Self::Tri(a, b, c) => {
                    *a *= k;
                    *b *= k;
                    *c *= k;
                }
                Self::Point => {}
            }
        }
        fn bounding(self) -> Shape {
            match self {
                Shape::Circle { radius } => Shape::Rect { w: 2.0 * radius, h: 2.0 * radius },
                other => other,
            }
        }
    }
    #[differentiable(order = 2)]
    fn total(x: &[f64]) -> f64 {
        let mut shapes = vec![
            Shape::Circle { radius: x[0] },
            Shape::Rect { w: x[1], h: x[2] },
            Shape::Tri(x[0] + 2.0, x[1] + 2.0, 3.0),
            Shape::Point,
        ];
        for (i, s) in shapes.iter_mut().enumerate() {
            s.scale(1.0 + 0.1 * i as f64 * x[2]);
        }
        shapes.iter().map(|s| s.area() + s.bounding().area() * 0.5).sum()
    }
    checked!(total, [1.2, 0.7, 0.4]);
}

mod options_and_questions {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn safe_div(a: f64, b: f64) -> Option<f64> {
        if b.abs() < 1e-9 { None } else { Some(a / b) }
    }
    #[differentiable(order = 2)]
    fn safe_ln(x: f64) -> Option<f64> {
        (x > 0.0).then(|| x.ln())
    }
    #[differentiable(order = 2)]
    fn first_positive(v: &[f64]) -> Option<f64> {
        for &x in v {
            if x > 0.0 {
                return Some(x);
            }
        }
        None
    }
    #[differentiable(order = 2)]
    fn compute(v: &[f64], k: f64) -> Option<f64> {
        let p = first_positive(v)?;
        let q = safe_div(p, k)?.sqrt();
        let l = safe_ln(q + 1.0).or(Some(0.5 * q))?;
        let m = v.iter().copied().reduce(f64::max)?;
        Some(l * m + q)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = compute(&x[1..], x[0]);
        let b = compute(&x[..1], 0.0).map_or(x[1] * 2.0, |v| v * 3.0);
        let mut best: Option<f64> = None;
        for w in x.windows(2) {
            let c = w[0] * w[1];
            best = match best {
                Some(b) if b >= c => Some(b),
                _ => Some(c),
            };
        }
        if let Some(a) = a
            && let Some(m) = best
        {
            a + b * m
        } else {
            0.0
        }
    }
    checked!(f, [1.3, -0.4, 0.9, 0.6]);
}

mod labelled_loops {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn search(m: &[Vec<f64>], cap: f64) -> f64 {
        let mut acc = 0.0;
        let mut hops = 0;
        let r = 'outer: loop {
            'rows: for (i, row) in m.iter().enumerate() {
                'inner: for (j, &v) in row.iter().enumerate() {
                    if (i + j) % 3 == 2 {
                        continue 'inner;
                    }
                    if v < 0.0 {
                        acc -= v * v;
                        continue 'rows;
                    }
                    acc += v * (j as f64 + 1.0);
                    if acc > cap {
                        break 'outer acc * v;
                    }
                }
                acc *= 0.9;
            }
            hops += 1;
            if hops > 3 {
                break acc;
            }
        };
        r
    }
    #[differentiable(order = 2)]
    fn find_root(mut lo: f64, mut hi: f64, a: f64) -> f64 {
        let value = 'done: {
            let mut it = 0;
            while it < 60 {
                let mid = 0.5 * (lo + hi);
                let fm = mid * mid * mid - a;
                if fm.abs() < 1e-3 {
                    break 'done mid - fm / (3.0 * mid * mid);
                }
                if fm < 0.0 {
                    lo = mid
                } else {
                    hi = mid
                }
                it += 1;
            }
            lo
        };
        value
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let rows: Vec<Vec<f64>> = x.chunks(3).map(|c| c.to_vec()).collect();
        let p = search(&rows, 9.0) + search(&rows, 0.5 * x[0] * x[0]);
        p
    }
    checked!(f, [0.9, 0.8, 0.3, 0.7, -0.5, 0.6, 0.4, 0.2, 0.1]);
}

mod early_returns {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn classify(x: &[f64], w: f64) -> f64 {
        if x.is_empty() {
            return 0.0;
        }
        let mut s = 1.0;
        for (i, &a) in x.iter().enumerate() {
            if a < -1.0 {
                return s * a;
            }
            for &b in &x[i..] {
                if a * b > 2.5 {
                    return s + a * b * w;
                }
                s += a * b;
                match (a > b, s) {
                    (true, s) if s > 10.0 => return s.ln(),
                    (false, _) => continue,
                    _ => {}
                }
                s *= w;
            }
        }
        let Some(last) = x.last() else { return -1.0 };
        return s * *last;
    }
    #[differentiable(order = 2)]
    fn newton(a: f64) -> f64 {
        let mut x = a;
        let mut n = 0;
        loop {
            let next = 0.5 * (x + a / x);
            if (next - x).abs() < 1e-14 || n > 50 {
                return next;
            }
            x = next;
            n += 1;
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        classify(x, 0.9)
            + classify(&x[..2], x[3])
            + classify(&[], x[0])
            + newton(x[2] + 2.0)
            + classify(&[x[0] * 2.0, x[1] * 3.0], 1.0)
    }
    checked!(f, [0.4, 1.3, 0.9, 0.7]);
}

mod recursion_over_slices {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn pairwise(v: &[f64]) -> f64 {
        match v {
            [] => 0.0,
            [x] => *x,
            [x, y] => x * y + x,
            _ => {
                let (l, r) = v.split_at(v.len() / 2);
                pairwise(l) * 0.5 + pairwise(r).sin()
            }
        }
    }
    #[differentiable(order = 2)]
    fn horner(c: &[f64], x: f64) -> f64 {
        if let [head, tail @ ..] = c { head + x * horner(tail, x) } else { 0.0 }
    }
    #[differentiable(order = 2)]
    fn merge_sort(v: &[f64]) -> Vec<f64> {
        if v.len() <= 1 {
            return v.to_vec();
        }
        let mid = v.len() / 2;
        let (l, r) = (merge_sort(&v[..mid]), merge_sort(&v[mid..]));
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::with_capacity(v.len());
        while i < l.len() && j < r.len() {
            if l[i] <= r[j] {
                out.push(l[i]);
                i += 1;
            } else {
                out.push(r[j]);
                j += 1;
            }
        }
        out.extend_from_slice(&l[i..]);
        out.extend_from_slice(&r[j..]);
        out
    }
    #[differentiable(order = 2)]
    fn quicksort(v: &mut [f64]) {
        if v.len() < 2 {
            return;
        }
        let p = v.len() - 1;
        let pivot = v[p];
        let mut store = 0;
        for i in 0..p {
            if v[i] < pivot {
                v.swap(i, store);
                store += 1;
            }
        }
        v.swap(store, p);
        let (left, right) = v.split_at_mut(store);
        quicksort(left);
        quicksort(&mut right[1..]);
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let s = merge_sort(x);
        let mut q = x.to_vec();
        quicksort(&mut q);
        let w: f64 = s.iter().zip(&q).enumerate().map(|(i, (a, b))| (i + 1) as f64 * a * b).sum();
        pairwise(x) + horner(x, x[1]) + w
    }
    checked!(f, [0.4, -0.3, 0.9, 0.1, 0.6, -0.8, 0.2]);
}

mod closures_with_captures {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = (x[0], x[1]);
        let sq = |t: f64| t * t;
        let affine = |t| a * t + b;
        let compose = |t: f64| sq(affine(t)) + a;
        let mut count = 0;
        let mut total = 0.0;
        let mut add = |v: f64| {
            count += 1;
            total += v * b;
        };
        for &v in x {
            add(compose(v));
        }
        add(1.0);
        let scale = move |v: f64, k: i32| {
            if k == 0 {
                return v;
            }
            v * (a.powi(k))
        };
        let table: Vec<f64> = (0..4).map(|k| scale(b, k)).collect();
        total / count as f64 + table.iter().map(|&t| sq(t)).sum::<f64>()
    }
    #[differentiable(order = 2)]
    fn integrate(x: &[f64]) -> f64 {
        let n = 20;
        let h = 1.0 / n as f64;
        let integrand = |t: f64| -> f64 {
            let u = x[0] * t;
            (u + x[1]).exp() / (1.0 + x[2] * t * t)
        };
        let trapezoid = |lo: f64, hi: f64| 0.5 * h * (integrand(lo) + integrand(hi));
        (0..n)
            .map(|i| {
                let lo = i as f64 * h;
                trapezoid(lo, lo + h)
            })
            .sum()
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        f(x) + integrate(x)
    }
    checked!(g, [0.7, -0.2, 1.1]);
}

mod iterator_chains {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let w = [0.5, -1.0, 2.0, 0.25];
        let a: f64 = x.iter().zip(w.iter().cycle().take(x.len())).map(|(a, b)| a * b).sum();
        a
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        let norm = x.iter().map(|v| v.powi(2)).sum::<f64>().sqrt();
        let smooth: Vec<f64> = x.windows(3).map(|w| w.iter().sum::<f64>() / 3.0).collect();
        let diffs =
            smooth.iter().zip(smooth.iter().skip(1)).map(|(a, b)| b - a).filter(|d| *d > -10.0).collect::<Vec<_>>();
        let energy = diffs.iter().rev().enumerate().fold(0.0, |acc, (i, d)| acc + d * d * (i as f64 + 1.0));
        let (even, odd): (Vec<(usize, f64)>, Vec<(usize, f64)>) =
            x.iter().copied().enumerate().partition(|(i, _)| i % 2 == 0);
        let p: f64 = even.iter().map(|(_, v)| v).product();
        let q = odd.into_iter().map(|(i, v)| v * i as f64).chain(std::iter::once(norm)).sum::<f64>();
        let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let dot: f64 = x.chunks(2).flat_map(|c| c.iter().map(|v| v * 0.5)).zip(x).map(|(a, b)| a * b).sum();
        let s: f64 = x
            .iter()
            .scan(1.0, |st, v| {
                *st *= v;
                Some(*st)
            })
            .take_while(|v| v.abs() > 1e-9)
            .last()
            .unwrap_or(0.0);
        let mx = x.iter().map(|v| v * norm).max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap();
        let mn = x.iter().min_by(|a, b| a.total_cmp(b)).unwrap();
        energy + p + q + m + dot + s + mx * mn
    }
    checked!(g, [0.7, -0.2, 1.1, 0.4, 0.9]);
}

mod cycled_iterator {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let w = [0.5, -1.0, 2.0];
        x.iter().zip(w.iter().cycle()).map(|(a, b)| a * a * b).sum()
    }
    checked!(f, [0.7, -0.2, 1.1, 0.4, 0.9]);
}

mod generic_vectors {
    use differentiable::prelude::*;
    use std::ops::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Vec3<T> {
        pub x: T,
        pub y: T,
        pub z: T,
    }
    #[differentiable(order = 2)]
    impl<T: Real> Add for Vec3<T> {
        type Output = Vec3<T>;
        fn add(self, o: Self) -> Self::Output {
            Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Sub for Vec3<T> {
        type Output = Vec3<T>;
        fn sub(self, o: Self) -> Self::Output {
            Vec3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Mul<T> for Vec3<T> {
        type Output = Vec3<T>;
        fn mul(self, k: T) -> Self::Output {
            Vec3 { x: self.x * k, y: self.y * k, z: self.z * k }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Div<T> for Vec3<T> {
        type Output = Vec3<T>;
        fn div(self, k: T) -> Self::Output {
            self * (T::one() / k)
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Neg for Vec3<T> {
        type Output = Vec3<T>;
        fn neg(self) -> Self::Output {
            Vec3 { x: -self.x, y: -self.y, z: -self.z }
        }
    }
    #[differentiable(order = 2)]
    impl<'a, T: Real> Add<&'a Vec3<T>> for &'a Vec3<T> {
        type Output = Vec3<T>;
        fn add(self, o: &Vec3<T>) -> Vec3<T> {
            Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
        }
    }
    #[differentiable(order = 2)]
    impl<T: Real> Vec3<T> {
        pub fn new(x: T, y: T, z: T) -> Self {
            Self { x, y, z }
        }
        pub fn dot(&self, o: &Self) -> T {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
        pub fn cross(&self, o: &Self) -> Self {
            Self::new(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
        }
        pub fn norm(&self) -> T {
            self.dot(self).sqrt()
        }
        pub fn normalized(self) -> Self {
            let n = self.norm();
            self / n
        }
        pub fn reflect(self, n: Self) -> Self {
            self - n * (self.dot(&n) * (T::one() + T::one()))
        }
    }
    #[differentiable(order = 2)]
    fn shade<T: Real>(o: Vec3<T>, d: Vec3<T>, r: T) -> T {
        let d = d.normalized();
        let b = o.dot(&d);
        let c = o.dot(&o) - r * r;
        let disc = b * b - c;
        if disc < T::zero() {
            return T::zero();
        }
        let t = -b - disc.sqrt();
        let hit = o + d * t;
        let n = hit.normalized();
        let l = Vec3::new(T::one(), T::one(), -T::one()).normalized();
        n.dot(&l).max(T::zero()) + d.reflect(n).cross(&l).norm() + (&hit + &n).x
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        shade(Vec3::new(v[0], v[1], v[2]), Vec3 { x: v[3], y: v[4], z: 1.0 }, v[5])
            + (-Vec3::new(v[0], v[1], 1.0)).dot(&Vec3::new(v[2], v[2], v[3]))
    }
    checked!(f, [0.1, 0.2, -3.0, 0.05, -0.1, 1.2]);
}

mod layers_of_a_trait {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    trait Layer {
        const NAME: &'static str;
        fn forward(&self, x: &[f64]) -> Vec<f64>;
        fn penalty(&self) -> f64 {
            0.0
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Linear {
        w: Vec<Vec<f64>>,
        b: Vec<f64>,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Tanh;
    #[derive(Clone, Debug, Differentiable)]
    struct Seq<A, B> {
        a: A,
        b: B,
    }
    #[differentiable(order = 2)]
    impl Layer for Linear {
        const NAME: &'static str = "linear";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.w.iter().zip(&self.b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
        }
        fn penalty(&self) -> f64 {
            self.w.iter().flatten().map(|w| w * w).sum()
        }
    }
    #[differentiable(order = 2)]
    impl Layer for Tanh {
        const NAME: &'static str = "tanh";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            x.iter().map(|v| v.tanh()).collect()
        }
    }
    #[differentiable(order = 2)]
    impl<A: Layer + Differentiable, B: Layer + Differentiable> Layer for Seq<A, B> {
        const NAME: &'static str = "seq";
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            let h = self.a.forward(x);
            self.b.forward(&h)
        }
        fn penalty(&self) -> f64 {
            self.a.penalty() + self.b.penalty()
        }
    }
    #[differentiable(order = 2)]
    fn loss<L: Layer + Differentiable>(model: &L, x: &[f64], y: &[f64]) -> f64 {
        let p = model.forward(x);
        let mse = p.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / y.len() as f64;
        mse + 0.01 * model.penalty()
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let net = Seq {
            a: Seq { a: Linear { w: vec![p[..2].to_vec(), p[2..4].to_vec()], b: vec![0.1, p[4]] }, b: Tanh },
            b: Linear { w: vec![p[5..7].to_vec()], b: vec![p[7]] },
        };
        loss(&net, &[0.5, -0.4], &[0.3])
    }
    checked!(f, [0.1, 0.4, -0.3, 0.8, 0.2, 0.6, -0.7, 0.05]);
}

mod layers_over_the_float_type {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    pub trait Module<T: Real> {
        fn call(&self, x: &Vec<T>) -> Vec<T>;
        fn twice(&self, x: &Vec<T>) -> Vec<T> {
            let h = self.call(x);
            self.call(&h)
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct Dense<T, const I: usize, const O: usize> {
        w: [[T; I]; O],
        b: [T; O],
    }
    #[differentiable(order = 2)]
    impl<T: Real, const I: usize, const O: usize> Module<T> for Dense<T, I, O> {
        fn call(&self, x: &Vec<T>) -> Vec<T> {
            let mut out = Vec::with_capacity(O);
            for o in 0..O {
                let mut s = self.b[o];
                for i in 0..I {
                    s += self.w[o][i] * x[i];
                }
                out.push(if s > T::zero() { s } else { T::from(0.1).unwrap() * s });
            }
            out
        }
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let d = Dense { w: [[p[0], p[1]], [p[2], p[3]]], b: [p[4], p[5]] };
        let y = d.twice(&vec![1.0, -0.5]);
        y[0] * y[1]
    }
    checked!(f, [0.1, 0.4, -0.3, 0.8, 0.2, 0.6]);
}

mod hostile_names {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn f(d_x: &[f64]) -> f64 {
        let x = d_x[0];
        let tape = d_x[1];
        let t = x * tape;
        let t_1 = t + x;
        let value = t_1 * t;
        let ct = value.sin();
        let adj = ct;
        let cotangent = adj * x;
        let grad = cotangent + t_1;
        let pullback = grad;
        let result = {
            let t = pullback * 2.0;
            let d_t = t + 1.0;
            d_t * t
        };
        let old = result;
        let saved = old + d_x[2];
        let seed = saved;
        let out = seed * seed;
        let state = out;
        let dual = state;
        let x_dot = dual * 1e-3;
        let f = x_dot;
        let f64_ = f;
        let usize_ = 2usize;
        let vec = vec![f64_; usize_];
        let iter = vec.iter();
        let sum: f64 = iter.sum();
        let core = sum;
        let std = core;
        let differentiable = std;
        let prelude = differentiable;
        let r#loop = prelude;
        r#loop
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        let mut value = x[0];
        let mut d_value = x[1];
        let mut i = 0usize;
        let mut entry = 1.0;
        let lo = 0;
        let hi = 5;
        let mut stack = vec![];
        for tape in lo..hi {
            let t = value * d_value;
            stack.push(t);
            value = t + entry;
            d_value *= 0.9;
            entry += value * x[2];
            i += tape;
        }
        while let Some(t) = stack.pop() {
            let d_t = t;
            entry -= d_t * value;
            value *= 0.5;
        }
        let x = entry;
        let x = x * value;
        {
            let x = 3.0;
            value += x;
        }
        x + value + i as f64
    }
    #[differentiable(order = 2)]
    fn h(x: &[f64]) -> f64 {
        f(x) + g(x)
    }
    checked!(h, [0.7, -0.2, 1.1]);
}

mod boxed_tree {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Node {
        value: f64,
        left: Option<Box<Node>>,
        right: Option<Box<Node>>,
    }
    #[differentiable(order = 2)]
    impl Node {
        fn leaf(value: f64) -> Self {
            Node { value, left: None, right: None }
        }
        fn sum(&self) -> f64 {
            let l = match &self.left {
                Some(n) => n.sum(),
                None => 0.0,
            };
            let r = if let Some(n) = &self.right { n.sum() } else { 1.0 };
            self.value * (1.0 + l) + r.sin()
        }
        fn insert(&mut self, v: f64) {
            if v < self.value {
                match &mut self.left {
                    Some(n) => n.insert(v),
                    None => self.left = Some(Box::new(Node::leaf(v))),
                }
            } else {
                match self.right {
                    Some(ref mut n) => n.insert(v),
                    None => self.right = Some(Box::new(Node::leaf(v))),
                }
            }
        }
        fn depth(&self) -> usize {
            1 + self.left.as_ref().map_or(0, |n| n.depth()).max(self.right.as_ref().map_or(0, |n| n.depth()))
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut root = Node::leaf(x[0]);
        for &v in &x[1..] {
            root.insert(v);
        }
        root.sum() * root.depth() as f64
    }
    checked!(f, [0.5, 0.4, -0.3, 0.8, 0.6]);
}

mod indexed_grid {
    use differentiable::prelude::*;
    use std::ops::{Index, IndexMut};
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Grid {
        w: usize,
        h: usize,
        cells: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Index<(usize, usize)> for Grid {
        type Output = f64;
        fn index(&self, (i, j): (usize, usize)) -> &f64 {
            &self.cells[i * self.w + j]
        }
    }
    #[differentiable(order = 2)]
    impl IndexMut<(usize, usize)> for Grid {
        fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
            &mut self.cells[i * self.w + j]
        }
    }
    #[differentiable(order = 2)]
    fn heat(g: &mut Grid, k: f64) {
        let old = g.clone();
        for i in 1..g.h - 1 {
            for j in 1..g.w - 1 {
                g[(i, j)] = old[(i, j)]
                    + k * (old[(i - 1, j)] + old[(i + 1, j)] + old[(i, j - 1)] + old[(i, j + 1)] - 4.0 * old[(i, j)]);
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut g = Grid { w: 3, h: 4, cells: x[1..].to_vec() };
        for _ in 0..3 {
            heat(&mut g, x[0]);
        }
        g[(1, 1)] * g[(2, 1)]
    }
    checked!(f, [0.1, 1.0, 2.0, 3.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3]);
}

mod indexed_vector {
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
                2 => &self.z,
                _ => panic!("index {i}"),
            }
        }
    }
    #[differentiable(order = 2)]
    impl IndexMut<usize> for V3 {
        fn index_mut(&mut self, i: usize) -> &mut f64 {
            match i {
                0 => &mut self.x,
                1 => &mut self.y,
                2 => &mut self.z,
                _ => panic!(),
            }
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Poly<const N: usize>([f64; N]);
    #[differentiable(order = 2)]
    impl<const N: usize> Index<usize> for Poly<N> {
        type Output = f64;
        fn index(&self, i: usize) -> &Self::Output {
            &self.0[i]
        }
    }
    #[differentiable(order = 2)]
    impl<const N: usize> Poly<N> {
        fn eval(&self, x: f64) -> f64 {
            (0..N).rev().fold(0.0, |acc, i| acc * x + self[i])
        }
    }
    #[differentiable(order = 2)]
    fn rotate(v: V3, a: f64) -> V3 {
        let mut out = V3 { x: 0.0, y: 0.0, z: v[2] };
        out[0] = v[0] * a.cos() - v[1] * a.sin();
        out[1] += v[0] * a.sin();
        out[1] += v[1] * a.cos();
        out
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = V3 { x: x[0], y: x[1], z: x[2] };
        let r: V3 = rotate(v, x[3]);
        let p = Poly([x[0], x[2], x[3]]);
        let mut s = 0.0;
        for i in 0..3 {
            s += r[i] * v[(i + 1) % 3];
        }
        s + p.eval(r[0])
    }
    checked!(f, [0.1, 0.4, -0.3, 0.8]);
}

mod arrays_by_element {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn softmax<const N: usize>(x: [f64; N]) -> [f64; N] {
        let m = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e = x.map(|v| (v - m).exp());
        let s: f64 = e.iter().sum();
        e.map(|v| v / s)
    }
    #[differentiable(order = 2)]
    fn matmul<const N: usize>(a: [[f64; N]; N], b: [[f64; N]; N]) -> [[f64; N]; N] {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let s = softmax([x[0], x[1], x[2]]);
        let v: [f64; 3] = x[..3].try_into().unwrap();
        let p = softmax(v.map(|t| t * x[3]));
        let m = matmul([[x[0], x[1]], [x[2], x[3]]], [[s[0], p[1]], [1.0, x[0]]]);
        let t = [x[0], x[1]].map(f64::sin);
        m[0][0] * m[1][1] + s.iter().zip(p).map(|(a, b)| a * b.ln()).sum::<f64>() + t[0] * t[1]
    }
    checked!(f, [0.1, 0.4, -0.3, 0.8]);
}

mod constant_fields {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Oscillator {
        x: f64,
        v: f64,
        #[constant]
        omega: f64,
        #[constant]
        knots: Vec<f64>,
        damping: f64,
        steps: usize,
        #[constant]
        time: f64,
    }
    #[derive(Clone, Copy, Debug, Differentiable)]
    enum Force {
        Spring {
            k: f64,
            #[constant]
            rest: f64,
        },
        Constant(#[constant] f64),
        None,
    }
    #[differentiable(order = 2)]
    fn force(f: &Force, x: f64) -> f64 {
        match f {
            Force::Spring { k, rest } => -k * (x - rest),
            Force::Constant(c) => *c * x,
            Force::None => 0.0,
        }
    }
    #[differentiable(order = 2)]
    impl Oscillator {
        fn accel(&self) -> f64 {
            -self.omega * self.omega * self.x - 2.0 * self.damping * self.v * self.omega + self.knots[1] * self.x
        }
        fn step(&mut self, dt: f64) {
            let a = self.accel();
            self.v += dt * a;
            self.x += dt * self.v;
            self.time += 0.1;
            for i in 0..self.knots.len() {
                self.v -= 0.01 * self.knots[i] * self.x;
            }
        }
        fn energy(&self) -> f64 {
            0.5 * self.v.powi(2) + 0.5 * (self.omega * self.x).powi(2) + self.omega.sqrt()
        }
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let mut o =
            Oscillator { x: p[0], v: p[1], omega: 1.3, knots: vec![0.1, 0.2], damping: p[2], steps: 4, time: 0.0 };
        for _ in 0..o.steps {
            o.step(0.1);
        }
        let s = Force::Spring { k: p[1], rest: 0.3 };
        o.energy() + force(&s, o.x) + force(&Force::Constant(2.0), p[2]) + force(&Force::None, 1.0)
    }
    checked!(f, [0.7, 0.2, 0.1]);
    #[test]
    fn methods() {
        let mut o = Oscillator { x: 0.3, v: 0.4, omega: 1.3, knots: vec![0.1, 0.2], damping: 0.2, steps: 4, time: 0.0 };
        o.energy_check().unwrap();
        o.step_check(0.1).unwrap();
        o.accel_check().unwrap();
    }
}

mod constant_fields_that_change {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Clock {
        x: f64,
        rows: Vec<[f64; 2]>,
        #[constant]
        time: f64,
        #[constant]
        rates: [f64; 2],
        #[constant]
        log: Vec<f64>,
        order: Vec<usize>,
    }
    #[differentiable(order = 2)]
    impl Clock {
        fn step(&mut self, k: usize) -> f64 {
            self.time *= 1.1;
            self.time = self.time * 0.5 + 0.3;
            self.rates[k % 2] *= self.time;
            self.rates.swap(0, 1);
            self.log.push(0.5);
            self.order.push(k % 2);
            self.order.swap(0, k);
            let last = self.order.pop().unwrap();
            self.order.insert(0, last);
            self.rows[last].reverse();
            self.rows.swap(0, 1);
            self.rows[self.order[0]][0] *= self.x;
            self.x *= self.rates[0] + self.log[k] + self.time;
            self.x
        }
        fn later(&self, by: f64) -> Clock {
            Clock { time: self.time + by, x: self.x * self.time, ..self.clone() }
        }
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let rows = vec![[p[0], p[1]], [p[2], 0.4]];
        let mut c = Clock { x: p[0], rows, time: 0.4, rates: [0.5, 0.7], log: vec![], order: vec![] };
        let mut s = p[1];
        for k in 0..3 {
            s += c.step(k) * p[k];
            c = c.later(0.25);
        }
        s * c.time + c.rows[0][1] * c.rows[1][0]
    }
    checked!(f, [0.7, 1.2, -0.6]);
}

mod integers_beside_numbers_that_are_returned {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn walk(v: &[f64], seen: &mut Vec<f64>, depth: usize) -> (f64, usize) {
        if v.len() < 2 {
            seen.push(v[0]);
            return (v[0], 1);
        }
        let (left, right) = v.split_at(v.len() / 2);
        let (a, i) = walk(left, seen, depth + 1);
        let (b, j) = walk(right, seen, depth + 1);
        let last = seen.pop().unwrap();
        seen.push(last * a / (depth + 1) as f64);
        (a * b + i as f64 * last, i + j)
    }
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let mut seen = vec![];
        let (value, count) = walk(p, &mut seen, 0);
        value * count as f64 + seen.iter().sum::<f64>()
    }
    checked!(f, [0.7, 1.2, -0.6, 0.9, 1.4]);
}

mod chosen_from_one_iterator_after_another {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn f(p: &[f64]) -> f64 {
        let a = [p[0] * 2.0, p[1] * p[2]];
        let most = p[..2].iter().chain(&a).max_by(|x, y| x.total_cmp(y)).unwrap();
        let least = a.iter().chain(&p[1..]).copied().min_by(|x, y| x.total_cmp(y)).unwrap();
        let last = p.iter().chain(a.iter().filter(|x| **x > 5.0)).last().unwrap();
        let found = p.iter().chain(&a).find(|x| **x > 0.9).copied().unwrap_or(0.3);
        let third = p[..1].iter().map(|x| x * x).chain(a.iter().copied().filter(|x| *x > 0.0)).nth(1).unwrap_or(p[1]);
        let all = p.iter().copied().chain(a.iter().map(|x| x * 3.0)).reduce(|s, x| s * 0.5 + x * s).unwrap();
        let (i, key) = p.iter().enumerate().chain(a.iter().enumerate()).max_by_key(|(i, _)| (i * 2) % 3).unwrap();
        let mut it = p.iter().chain(&a);
        let mut s = 0.0;
        while let Some(x) = it.next() {
            s = s * 0.7 + x;
            if s > 1.0 {
                it.next();
            }
        }
        let beside: f64 = a.iter().chain(p).zip(p[..2].iter().chain(&a)).step_by(2).map(|(x, y)| x * y).sum();
        most * last + least + found * third + all + key * i as f64 + s + beside
    }
    checked!(f, [0.7, 1.2, -0.6]);
    #[test]
    fn elsewhere() {
        for p in [[-0.4, 0.8, 1.7], [2.1, -0.5, 0.3], [-0.2, -0.9, 1.1]] {
            f::check(&p).unwrap();
            assert_eq!(f::value_and_grad(&p).0, f(&p));
        }
    }
}

/// Arrays of slices, where the length may be another.
mod arrays_of_slices {
    use differentiable::prelude::*;

    #[differentiable]
    fn product(a: [f64; 3]) -> f64 {
        a[0] * a[1] * a[2]
    }

    #[differentiable(order = 2)]
    fn by_path(v: &[f64]) -> f64 {
        let a = <[f64; 3]>::try_from(&v[0..3]).unwrap();
        let b = <&[f64; 2]>::try_from(&v[1..3]).expect("there are three");
        a[0] * a[1] * b[1] + a.iter().map(|x| x * x).sum::<f64>()
    }

    #[differentiable]
    fn by_reference(v: &[f64]) -> f64 {
        let a: &[f64; 3] = v[..3].try_into().unwrap();
        product(*a) * a[1]
    }

    #[differentiable]
    fn matched(v: &[f64]) -> f64 {
        match <[f64; 3]>::try_from(v) {
            Ok(a) => product(a),
            Err(_) => v[0] * v[1],
        }
    }

    #[differentiable]
    fn with_else(v: &[f64]) -> f64 {
        let Ok([a, b, c]) = <[f64; 3]>::try_from(v) else { return v[0] * v[0] };
        a * b + c * c
    }

    #[differentiable]
    fn with_question(v: &[f64]) -> Option<f64> {
        let a = <[f64; 3]>::try_from(v).ok()?;
        Some(product(a) * a[0])
    }

    #[test]
    fn agree() {
        for v in [&[0.3, 0.7, 1.1][..], &[0.3, 0.7, 1.1, 0.2]] {
            by_path::check(v).unwrap();
            by_reference::check(v).unwrap();
            matched::check(v).unwrap();
            with_else::check(v).unwrap();
            with_question::check(v).unwrap();
        }
        let hessian = by_path::hessian(&[0.3, 0.7, 1.1]);
        assert!((hessian[[0, 1]] - 1.1).abs() < 1e-14 && (hessian[[1, 1]] - 2.0).abs() < 1e-14);
    }
}

/// Assignments that take a value apart: nested, with `..` and `_`, of structs, of elements whose index is assigned before.
mod taken_apart_by_an_assignment {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct P(f64, f64);
    #[derive(Clone, Debug, Differentiable)]
    struct Q {
        a: f64,
        v: Vec<f64>,
        p: P,
    }
    #[differentiable(order = 2)]
    fn pair(x: f64, y: f64) -> (f64, (f64, [f64; 2])) {
        (x * y, (x.sin(), [y, x]))
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut a, mut b, mut c) = (x[0], x[1], x[2]);
        let mut v = vec![a, b, c];
        ((a, b), c) = ((b * c, a), b);
        (a, (_, [b, v[0]])) = pair(a, b);
        [v[1], .., c] = [c, 1.0, 2.0, a];
        (v[2], ..) = (v[0] * v[1], 1.0, 2.0);
        (.., b) = (0.0, 0.0, b * 2.0);
        let mut p = P(a, b);
        P(p.1, a) = p;
        P(_, v[0]) = P(c, p.1 * v[0]);
        let mut q = Q { a, v: v.clone(), p };
        Q { a: b, v, p: P(c, _) } = q.clone();
        Q { p: P(q.a, ..), .. } = q;
        let mut i = 0;
        (i, v[i]) = (1, v[i] * a);
        (v[i], i) = (v[2] + b, 2);
        [a, b] = if i == 2 { [b, a] } else { [a, b] };
        (a, b) = match i {
            2 => (a + b, a - b),
            _ => (a, b),
        };
        a * b + c * v[0] + v[1] * v[2] + q.a * p.1
    }
    checked!(f, [0.7, 1.3, -0.4]);
    #[derive(Clone, Debug, Differentiable)]
    struct Fib {
        a: f64,
        b: f64,
    }
    #[differentiable]
    impl Fib {
        fn step(&mut self) -> f64 {
            (self.a, self.b) = (self.b, self.a + self.b * self.b);
            let Self { a, b } = self;
            (*a, *b) = (*b * 0.5, *a);
            Self { a: self.b, b: self.a } = self.clone();
            self.a
        }
    }
    #[differentiable]
    fn g(x: &[f64]) -> f64 {
        let mut s = Fib { a: x[0], b: x[1] * x[2] };
        let mut t = 0.0;
        for _ in 0..3 {
            t += s.step();
            (s.a, t) = (t * 0.3, s.a);
        }
        t * s.b
    }
    mod of_fields {
        use super::*;
        agrees!(g, [0.7, 1.3, 0.6]);
    }
}

/// Literals that end in a dot, where one has to say its type.
mod literals_with_a_dot {
    use differentiable::prelude::*;

    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        x[0] * f64::sin(2.) + f64::max(2., x[1]) * x[0] + f64::powf(2., x[1]) + f64::hypot(3., x[0])
    }

    checked!(f, [0.7, 0.4]);
}
