//! Programs as a Rust user would write them: transforms, factorisations, simulation, filters, vision,
//! layers, labels, recursion, closures, generic vectors.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic, dead_code)]
mod fft {
    use differentiable::prelude::*;
    #[differentiable]
    fn fft(re: &mut [f64], im: &mut [f64]) {
        let n = re.len();
        let mut j = 0;
        for i in 1..n {
            let mut bit = n >> 1;
            while j & bit != 0 {
                j ^= bit;
                bit >>= 1;
            }
            j |= bit;
            if i < j {
                re.swap(i, j);
                im.swap(i, j);
            }
        }
        let mut len = 2;
        while len <= n {
            let ang = -2.0 * std::f64::consts::PI / len as f64;
            let half = len / 2;
            for start in (0..n).step_by(len) {
                for k in 0..half {
                    let (s, c) = (ang * k as f64).sin_cos();
                    let (a, b) = (start + k, start + k + half);
                    let tr = re[b] * c - im[b] * s;
                    let ti = re[b] * s + im[b] * c;
                    re[b] = re[a] - tr;
                    im[b] = im[a] - ti;
                    re[a] += tr;
                    im[a] += ti;
                }
            }
            len <<= 1;
        }
    }
    #[differentiable]
    fn power(x: &[f64], k: usize) -> f64 {
        let mut re = x.to_vec();
        let mut im = vec![0.0; x.len()];
        fft(&mut re, &mut im);
        re[k].powi(2) + im[k].powi(2)
    }
    #[test]
    fn checks() {
        power::check(&[0.3, 0.7, -0.2, 0.5, 0.9, -0.4, 0.1, 0.6], 3).unwrap();
    }
}
mod lu {
    use differentiable::prelude::*;
    #[derive(Debug, Clone, PartialEq)]
    enum Fail {
        Singular(usize),
    }
    #[differentiable]
    fn lu_solve(a: &[Vec<f64>], b: &[f64]) -> Result<Vec<f64>, Fail> {
        let n = b.len();
        let mut m = a.to_vec();
        let mut x = b.to_vec();
        for k in 0..n {
            let mut p = k;
            for i in k + 1..n {
                if m[i][k].abs() > m[p][k].abs() {
                    p = i;
                }
            }
            if m[p][k].abs() < 1e-12 {
                return Err(Fail::Singular(k));
            }
            if p != k {
                m.swap(p, k);
                x.swap(p, k);
            }
            for i in k + 1..n {
                let f = m[i][k] / m[k][k];
                for j in k..n {
                    let t = m[k][j];
                    m[i][j] -= f * t;
                }
                x[i] -= f * x[k];
            }
        }
        for i in (0..n).rev() {
            let mut s = x[i];
            for j in i + 1..n {
                s -= m[i][j] * x[j];
            }
            x[i] = s / m[i][i];
        }
        Ok(x)
    }
    #[differentiable]
    fn energy(a: &[Vec<f64>], b: &[f64]) -> f64 {
        match lu_solve(a, b) {
            Ok(x) => x.iter().map(|v| v * v).sum::<f64>(),
            Err(Fail::Singular(_)) => 0.0,
        }
    }
    #[differentiable]
    fn tried(a: &[Vec<f64>], b: &[f64]) -> Result<f64, Fail> {
        let x = lu_solve(a, b)?;
        let y = lu_solve(a, &x)?;
        Ok(x.iter().zip(&y).map(|(a, b)| a * b).sum())
    }
    #[differentiable]
    fn total(a: &[Vec<f64>], b: &[f64]) -> f64 {
        tried(a, b).unwrap_or_else(|_| b[0])
    }
    #[test]
    fn checks() {
        let a = vec![vec![0.1, 2.0, 0.4], vec![1.5, 0.3, 0.7], vec![0.2, 0.9, 3.0]];
        energy::check(&a, &[0.3, 0.7, 0.9]).unwrap();
        total::check(&a, &[0.3, 0.7, 0.9]).unwrap();
    }
}
mod cholesky {
    use differentiable::prelude::*;
    #[differentiable]
    fn cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
        let mut l = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let mut s = a[i * n + j];
                for k in 0..j {
                    s -= l[i * n + k] * l[j * n + k];
                }
                if i == j {
                    if s <= 0.0 {
                        return None;
                    }
                    l[i * n + i] = s.sqrt();
                } else {
                    l[i * n + j] = s / l[j * n + j];
                }
            }
        }
        Some(l)
    }
    #[differentiable]
    fn log_det(a: &[f64], n: usize) -> Option<f64> {
        let l = cholesky(a, n)?;
        Some(2.0 * (0..n).map(|i| l[i * n + i].ln()).sum::<f64>())
    }
    #[differentiable]
    fn nll(a: &[f64], n: usize, k: f64) -> f64 {
        log_det(a, n).map(|d| 0.5 * d * k).unwrap_or(f64::INFINITY)
    }
    #[test]
    fn checks() {
        nll::check(&[4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0], 3, 1.3).unwrap();
    }
}
mod nbody {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Body {
        pos: [f64; 3],
        vel: [f64; 3],
        mass: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct System {
        bodies: Vec<Body>,
        time: f64,
    }
    #[differentiable]
    impl System {
        fn advance(&mut self, dt: f64) {
            let n = self.bodies.len();
            for i in 0..n {
                for j in (i + 1)..n {
                    let mut d = [0.0; 3];
                    for k in 0..3 {
                        d[k] = self.bodies[i].pos[k] - self.bodies[j].pos[k];
                    }
                    let d2: f64 = d.iter().map(|x| x * x).sum();
                    let mag = dt / (d2 * d2.sqrt());
                    let (mi, mj) = (self.bodies[i].mass, self.bodies[j].mass);
                    for k in 0..3 {
                        self.bodies[i].vel[k] -= d[k] * mj * mag;
                        self.bodies[j].vel[k] += d[k] * mi * mag;
                    }
                }
            }
            for b in &mut self.bodies {
                for k in 0..3 {
                    b.pos[k] += dt * b.vel[k];
                }
            }
            self.time += dt;
        }
        fn energy(&self) -> f64 {
            let mut e = 0.0;
            for (i, b) in self.bodies.iter().enumerate() {
                e += 0.5 * b.mass * b.vel.iter().map(|v| v * v).sum::<f64>();
                for c in &self.bodies[i + 1..] {
                    let mut d2 = 0.0;
                    for k in 0..3 {
                        let d = b.pos[k] - c.pos[k];
                        d2 += d * d;
                    }
                    e -= b.mass * c.mass / d2.sqrt();
                }
            }
            e
        }
        fn run(&mut self, steps: usize, dt: f64) -> f64 {
            for _ in 0..steps {
                self.advance(dt);
            }
            self.energy()
        }
    }
    #[test]
    fn checks() {
        let b = |x: f64| Body { pos: [x, 0.3 * x, 0.5], vel: [0.1, -x * 0.2, 0.3], mass: 1.0 + 0.1 * x };
        let mut s = System { bodies: vec![b(0.1), b(1.3), b(-1.7)], time: 0.0 };
        s.run_check(3, 0.05).unwrap();
    }
}
mod kalman {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Kalman {
        x: [f64; 2],
        p: [[f64; 2]; 2],
        q: f64,
        r: f64,
    }
    #[differentiable]
    impl Kalman {
        fn predict(&mut self, dt: f64) {
            let [x, v] = self.x;
            self.x = [x + dt * v, v];
            let p = self.p;
            let a = p[0][0] + dt * (p[1][0] + p[0][1]) + dt * dt * p[1][1] + self.q;
            let b = p[0][1] + dt * p[1][1];
            self.p = [[a, b], [b, p[1][1] + self.q]];
        }
        fn update(&mut self, z: Option<f64>) -> Option<f64> {
            let z = z?;
            let y = z - self.x[0];
            let s = self.p[0][0] + self.r;
            let k = [self.p[0][0] / s, self.p[1][0] / s];
            for i in 0..2 {
                self.x[i] += k[i] * y;
            }
            let top = self.p[0];
            for i in 0..2 {
                for j in 0..2 {
                    self.p[i][j] -= k[i] * top[j];
                }
            }
            Some(-0.5 * (y * y / s + s.ln()))
        }
        fn likelihood(&mut self, zs: &[Option<f64>], dt: f64) -> f64 {
            let mut l = 0.0;
            for z in zs {
                self.predict(dt);
                if let Some(step) = self.update(*z) {
                    l += step;
                }
            }
            l
        }
    }
    #[test]
    fn checks() {
        let mut k = Kalman { x: [0.1, 0.4], p: [[1.0, 0.1], [0.1, 0.8]], q: 0.05, r: 0.3 };
        k.likelihood_check(&[Some(0.4), None, Some(0.9), Some(1.4)], 0.2).unwrap();
    }
}
mod brusselator {
    use differentiable::prelude::*;
    #[differentiable]
    fn rhs(u: &[f64], du: &mut [f64], a: f64, b: f64, alpha: f64, n: usize) {
        let at = |i: usize, j: usize| i * n + j;
        for i in 0..n {
            for j in 0..n {
                let (l, r) = ((i + n - 1) % n, (i + 1) % n);
                let (d, t) = ((j + n - 1) % n, (j + 1) % n);
                let c = at(i, j);
                let m = n * n;
                let (x, y) = (u[c], u[m + c]);
                let lap =
                    |o: usize| u[o + at(l, j)] + u[o + at(r, j)] + u[o + at(i, d)] + u[o + at(i, t)] - 4.0 * u[o + c];
                du[c] = a + x * x * y - (b + 1.0) * x + alpha * lap(0);
                du[m + c] = b * x - x * x * y + alpha * lap(m);
            }
        }
    }
    #[differentiable]
    fn integrate(u0: &[f64], a: f64, b: f64, alpha: f64, n: usize, steps: usize) -> f64 {
        let mut u = u0.to_vec();
        let mut du = vec![0.0; u.len()];
        for _ in 0..steps {
            rhs(&u, &mut du, a, b, alpha, n);
            for (x, d) in u.iter_mut().zip(&du) {
                *x += 0.01 * d;
            }
        }
        u.iter().map(|x| x * x).sum()
    }
    #[test]
    fn checks() {
        let u: Vec<f64> = (0..8).map(|i| 0.5 + 0.1 * f64::from(i)).collect();
        integrate::check(&u, 1.0, 1.7, 0.3, 2, 4).unwrap();
    }
}
mod bundle {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Camera {
        rot: [f64; 3],
        trans: [f64; 3],
        focal: f64,
        dist: (f64, f64),
    }
    #[differentiable]
    fn cross(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    }
    #[differentiable]
    fn rotate(r: &[f64; 3], p: &[f64; 3]) -> [f64; 3] {
        let t2 = r.iter().map(|x| x * x).sum::<f64>();
        if t2 < 1e-12 {
            let c = cross(r, p);
            return [p[0] + c[0], p[1] + c[1], p[2] + c[2]];
        }
        let t = t2.sqrt();
        let (s, c) = t.sin_cos();
        let w = [r[0] / t, r[1] / t, r[2] / t];
        let x = cross(&w, p);
        let d = (w[0] * p[0] + w[1] * p[1] + w[2] * p[2]) * (1.0 - c);
        let mut out = [0.0; 3];
        for i in 0..3 {
            out[i] = p[i] * c + x[i] * s + w[i] * d;
        }
        out
    }
    #[differentiable]
    fn project(cam: &Camera, p: &[f64; 3]) -> Option<(f64, f64)> {
        let q = rotate(&cam.rot, p);
        let z = q[2] + cam.trans[2];
        if z.abs() < 1e-9 {
            return None;
        }
        let (x, y) = ((q[0] + cam.trans[0]) / z, (q[1] + cam.trans[1]) / z);
        let r2 = x * x + y * y;
        let (k1, k2) = cam.dist;
        let l = 1.0 + r2 * (k1 + k2 * r2);
        Some((cam.focal * l * x, cam.focal * l * y))
    }
    #[differentiable]
    fn cost(cams: &[Camera], pts: &[[f64; 3]], obs: &[(usize, usize, [f64; 2])]) -> f64 {
        let mut s = 0.0;
        for (c, p, m) in obs.iter() {
            let Some((u, v)) = project(&cams[*c], &pts[*p]) else { continue };
            s += (u - m[0]).powi(2) + (v - m[1]).powi(2);
        }
        s
    }
    #[test]
    fn checks() {
        let c = Camera { rot: [0.1, 0.2, -0.1], trans: [0.3, 0.1, 3.0], focal: 1.2, dist: (0.05, 0.01) };
        let d = Camera { rot: [0.0; 3], ..c.clone() };
        cost::check(
            &[c, d],
            &[[0.2, 0.3, 0.5], [0.6, -0.4, 0.1]],
            &[(0, 0, [0.1, 0.2]), (1, 1, [0.3, -0.2]), (0, 1, [0.2, 0.2])],
        )
        .unwrap();
    }
}
mod layers {
    use differentiable::prelude::*;
    trait Layer {
        fn forward(&self, x: &[f64]) -> Vec<f64>;
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Dense {
        w: Vec<Vec<f64>>,
        b: Vec<f64>,
    }
    #[derive(Clone, Debug, Differentiable)]
    enum Act {
        Tanh,
        Leaky(f64),
        Swish { beta: f64 },
    }
    #[differentiable]
    impl Dense {
        fn forward(&self, x: &[f64]) -> Vec<f64> {
            self.w.iter().zip(&self.b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
        }
    }
    #[differentiable]
    impl Act {
        fn apply(&self, x: f64) -> f64 {
            match self {
                Act::Tanh => x.tanh(),
                Act::Leaky(a) => {
                    if x > 0.0 {
                        x
                    } else {
                        a * x
                    }
                }
                Act::Swish { beta } => x / (1.0 + (-beta * x).exp()),
            }
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Net {
        layers: Vec<(Dense, Act)>,
        skip: Option<f64>,
    }
    #[differentiable]
    impl Net {
        fn forward(&self, x: &[f64]) -> f64 {
            let mut h = x.to_vec();
            for (dense, act) in &self.layers {
                let z = dense.forward(&h);
                let mut next = Vec::with_capacity(z.len());
                for v in &z {
                    next.push(act.apply(*v));
                }
                h = next;
            }
            let s: f64 = h.iter().sum();
            s + self.skip.map_or(0.0, |k| k * x[0])
        }
    }
    #[test]
    fn checks() {
        let d = |a: f64| Dense { w: vec![vec![a, 0.3], vec![-0.2, a * 0.5]], b: vec![0.1, -a] };
        let n = Net {
            layers: vec![(d(0.4), Act::Tanh), (d(-0.3), Act::Leaky(0.1)), (d(0.7), Act::Swish { beta: 1.2 })],
            skip: Some(0.3),
        };
        n.forward_check(&[0.5, -0.8]).unwrap();
        Net { skip: None, ..n }.forward_check(&[0.5, -0.8]).unwrap();
    }
}
mod labels {
    use differentiable::prelude::*;
    #[differentiable]
    fn f(m: &[Vec<f64>], x: f64) -> f64 {
        let mut best = None;
        'rows: for row in m {
            let mut p = x;
            'cells: for &c in row {
                if c < 0.0 {
                    continue 'rows;
                }
                if c > 5.0 {
                    break 'cells;
                }
                p *= c;
                if p > 10.0 {
                    best = Some(p);
                    break 'rows;
                }
            }
            best = match best {
                Some(b) if b > p => Some(b),
                _ => Some(p),
            };
        }
        let k = loop {
            let Some(b) = best else {
                break x;
            };
            if b > 3.0 {
                break b.ln();
            }
            best = best.map(|v| v * 2.0 + x);
        };
        k * x
    }
    #[test]
    fn checks() {
        f::check(&[vec![0.3, 1.2], vec![1.1, -0.5, 2.0], vec![1.4, 2.1]], 0.7).unwrap();
        f::check(&[], 0.7).unwrap();
        f::check(&[vec![3.0, 4.0, 6.0, 2.0], vec![0.1]], 1.1).unwrap();
    }
}
mod recursion {
    use differentiable::prelude::*;
    #[differentiable]
    fn sum(v: &[f64]) -> f64 {
        match v {
            [] => 0.0,
            [x] => x * x,
            [first, .., last] if v.len() < 3 => first * last,
            _ => {
                let (a, b) = v.split_at(v.len() / 2);
                sum(a) * 0.5 + sum(b).sin()
            }
        }
    }
    #[differentiable]
    fn horner(c: &[f64], x: f64) -> f64 {
        if let [first, rest @ ..] = c { first + x * horner(rest, x) } else { 0.0 }
    }
    #[differentiable]
    fn find(v: &[f64], lo: f64, depth: usize) -> Option<f64> {
        if depth > 4 {
            return None;
        }
        let (&h, t) = v.split_first()?;
        if h > lo {
            return Some(h * lo);
        }
        find(t, lo * 0.9, depth + 1).map(|r| r + h)
    }
    #[differentiable]
    fn all(v: &[f64], x: f64) -> f64 {
        sum(v) + horner(v, x) + find(v, x, 0).unwrap_or_default()
    }
    #[test]
    fn checks() {
        all::check(&[0.3, 0.7, 1.2, -0.5, 0.9], 0.8).unwrap();
        all::check(&[0.3], 0.8).unwrap();
        all::check(&[], 0.8).unwrap();
    }
}
mod closures {
    use differentiable::prelude::*;
    #[differentiable]
    fn f(a: &[f64], k: f64) -> f64 {
        let mut total = 0.0;
        let scale = |x: f64| k * x;
        let twice = |x: f64| scale(scale(x));
        let mut add = |x: f64| total += twice(x) * a[0];
        for &x in a {
            add(x);
        }
        add(k);
        let apply = |g: f64, n: usize| {
            let mut r = g;
            for _ in 0..n {
                r = scale(r) + 1.0;
            }
            r
        };
        total * apply(a[1], 3)
            + a.iter()
                .map(|&x| {
                    let y = scale(x);
                    if y > 0.2 {
                        return y * y;
                    }
                    y
                })
                .fold(0.0, |s, y| s + y)
    }
    #[test]
    fn checks() {
        f::check(&[0.3, 0.7, 0.1], 0.9).unwrap();
    }
}
mod generic_vec {
    #![deny(warnings)]
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V<T> {
        x: T,
        y: T,
    }
    #[differentiable]
    impl<T: Real> Add for V<T> {
        type Output = V<T>;
        fn add(self, o: V<T>) -> V<T> {
            V { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable]
    impl<T: Real> Sub for V<T> {
        type Output = V<T>;
        fn sub(self, o: V<T>) -> V<T> {
            V { x: self.x - o.x, y: self.y - o.y }
        }
    }
    #[differentiable]
    impl<T: Real> Mul<T> for V<T> {
        type Output = V<T>;
        fn mul(self, k: T) -> V<T> {
            V { x: self.x * k, y: self.y * k }
        }
    }
    #[differentiable]
    impl<T: Real> V<T> {
        fn dot(self, o: V<T>) -> T {
            self.x * o.x + self.y * o.y
        }
        fn norm(self) -> T {
            self.dot(self).sqrt()
        }
        fn lerp(self, o: V<T>, t: T) -> V<T> {
            self + (o - self) * t
        }
        fn unit(self) -> Option<V<T>> {
            let n = self.norm();
            if n > T::zero() { Some(self * (T::one() / n)) } else { None }
        }
    }
    #[differentiable]
    fn path<T: Real>(ps: &[V<T>], t: T) -> T {
        let mut s = T::zero();
        for w in ps.windows(2) {
            let q = w[0].lerp(w[1], t);
            if let Some(u) = q.unit()
                && let Some(v) = w[1].unit()
            {
                s += u.dot(v) * q.norm();
            }
        }
        s
    }
    #[test]
    fn checks() {
        path::check(&[V { x: 0.3, y: 0.5 }, V { x: 1.2, y: -0.4 }, V { x: 0.6, y: 0.9 }], 0.3).unwrap();
    }
}
mod by_value {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct P {
        x: f64,
        v: Vec<f64>,
    }
    #[differentiable]
    impl P {
        fn scaled(mut self, k: f64) -> Self {
            self.x *= k;
            for v in self.v.iter_mut() {
                *v *= self.x;
            }
            self
        }
        fn with_x(self, x: f64) -> Self {
            P { x, ..self }
        }
        fn total(self) -> f64 {
            self.x * self.v.iter().sum::<f64>()
        }
        fn me(self) -> Self {
            self
        }
        fn sq(self) -> f64 {
            let P { x, v } = self;
            x * x * v[0]
        }
    }
    #[differentiable]
    fn f(p: &P, k: f64) -> f64 {
        p.clone().scaled(k).with_x(k * k).me().total() + p.clone().sq()
    }
    #[test]
    fn checks() {
        let p = P { x: 0.3, v: vec![0.4, 0.5] };
        f::check(&p, 1.2).unwrap();
        p.clone().scaled_check(1.3).unwrap();
        p.total_check().unwrap();
    }
}
