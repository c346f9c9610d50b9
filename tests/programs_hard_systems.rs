//! Dynamics, filters, cameras and models as different people write them.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod gravity_in_arrays_of_components {
    use differentiable::prelude::*;

    const DIM: usize = 2;

    #[derive(Clone, Debug, Differentiable)]
    pub struct System {
        q: Vec<[f64; DIM]>,
        p: Vec<[f64; DIM]>,
        m: Vec<f64>,
        time: f64,
    }

    #[differentiable]
    impl System {
        const SOFTENING: f64 = 1e-2;

        fn pair_force(&self, i: usize, j: usize) -> [f64; DIM] {
            let mut r = [0.0; DIM];
            for (k, r) in r.iter_mut().enumerate() {
                *r = self.q[j][k] - self.q[i][k];
            }
            let d2 = r.iter().map(|x| x * x).sum::<f64>() + Self::SOFTENING;
            r.map(|x| x * self.m[i] * self.m[j] * d2.powf(-1.5))
        }

        fn kick(&mut self, h: f64) {
            let n = self.q.len();
            for i in 0..n {
                for j in i + 1..n {
                    let f = self.pair_force(i, j);
                    for k in 0..DIM {
                        self.p[i][k] += h * f[k];
                        self.p[j][k] -= h * f[k];
                    }
                }
            }
        }

        fn drift(&mut self, h: f64) {
            let Self { q, p, m, time } = self;
            for ((q, p), m) in q.iter_mut().zip(p.iter()).zip(m.iter()) {
                for (q, p) in q.iter_mut().zip(p) {
                    *q += h * p / m;
                }
            }
            *time += h;
        }
    }

    /// Yoshida's fourth-order composition of leapfrog steps.
    #[differentiable]
    fn advance(s: &mut System, h: f64, steps: u32) {
        let cbrt2 = 2f64.cbrt();
        let w = [1.0 / (2.0 - cbrt2), -cbrt2 / (2.0 - cbrt2), 1.0 / (2.0 - cbrt2)];
        for _ in 0..steps {
            for &w in &w {
                s.drift(0.5 * w * h);
                s.kick(w * h);
                s.drift(0.5 * w * h);
            }
        }
    }

    #[differentiable]
    fn closest(s: &System, h: f64) -> f64 {
        let mut s = s.clone();
        let mut least = f64::INFINITY;
        for _ in 0..4 {
            advance(&mut s, h, 2);
            let d = (s.q[0][0] - s.q[1][0]).hypot(s.q[0][1] - s.q[1][1]);
            if d < least {
                least = d;
            }
        }
        least * s.time
    }

    #[test]
    fn checks() {
        let s = System {
            q: vec![[0.0, 0.0], [1.0, 0.2], [-0.7, 0.9]],
            p: vec![[0.1, -0.1], [0.0, 0.6], [0.3, 0.0]],
            m: vec![1.0, 0.4, 0.2],
            time: 0.0,
        };
        closest::check(&s, 0.02).unwrap();
    }
}

mod unscented_and_scalar_filters {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, Default, Differentiable)]
    struct Gaussian {
        mean: f64,
        var: f64,
    }

    #[derive(Clone, Copy, Debug, Differentiable)]
    enum Reading {
        Missing,
        Exact(f64),
        Noisy { value: f64, sigma: f64 },
    }

    #[differentiable]
    impl Gaussian {
        fn predicted(self, drift: f64, noise: f64) -> Self {
            Self { mean: self.mean + drift, var: self.var + noise * noise }
        }

        fn updated(self, reading: Reading) -> (Self, f64) {
            let (z, r) = match reading {
                Reading::Missing => return (self, 0.0),
                Reading::Exact(z) => (z, 1e-3),
                Reading::Noisy { value, sigma } => (value, sigma.powi(2)),
            };
            let s = self.var + r;
            let gain = self.var / s;
            let innovation = z - self.mean;
            let posterior = Self { mean: self.mean + gain * innovation, var: (1.0 - gain) * self.var };
            (posterior, -0.5 * (innovation * innovation / s + (std::f64::consts::TAU * s).ln()))
        }
    }

    #[differentiable]
    fn evidence(prior: Gaussian, drift: f64, noise: f64, readings: &[Reading]) -> f64 {
        readings
            .iter()
            .fold((prior, 0.0), |(state, total), &reading| {
                let (state, log_p) = state.predicted(drift, noise).updated(reading);
                (state, total + log_p)
            })
            .1
    }

    /// Rauch-Tung-Striebel smoothing: forward in a list, backward from its end.
    #[differentiable]
    fn smoothed(prior: Gaussian, drift: f64, noise: f64, readings: &[Reading]) -> Vec<f64> {
        let mut predicted = Vec::new();
        let mut filtered = vec![];
        let mut state = prior;
        for r in readings {
            state = state.predicted(drift, noise);
            predicted.push(state);
            state = state.updated(*r).0;
            filtered.push(state);
        }
        let mut means = vec![state.mean];
        let mut later = state;
        for (f, p) in filtered.iter().rev().skip(1).zip(predicted.iter().rev()) {
            let gain = f.var / p.var;
            later = Gaussian {
                mean: f.mean + gain * (later.mean - p.mean),
                var: f.var + gain.powi(2) * (later.var - p.var),
            };
            means.push(later.mean);
        }
        means.reverse();
        means
    }

    #[test]
    fn checks() {
        let readings = [
            Reading::Exact(0.3),
            Reading::Missing,
            Reading::Noisy { value: 0.9, sigma: 0.4 },
            Reading::Noisy { value: 1.4, sigma: 0.2 },
        ];
        let prior = Gaussian { mean: 0.1, var: 1.0 };
        evidence::check(prior, 0.3, 0.2, &readings).unwrap();
        smoothed::check(prior, 0.3, 0.2, &readings).unwrap();
    }
}

mod kalman_with_ndarray_and_gating {
    use differentiable::ndarray::{Array1, Array2, Axis, array};
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    pub struct Filter {
        x: Array1<f64>,
        p: Array2<f64>,
        q: f64,
        #[constant]
        rejected: usize,
    }

    #[differentiable]
    impl Filter {
        fn predict(&mut self, f: &Array2<f64>) {
            self.x = f.dot(&self.x);
            self.p = f.dot(&self.p).dot(&f.t());
            for i in 0..self.x.len() {
                self.p[[i, i]] += self.q;
            }
        }

        /// A measurement along `h`; what is too far off is rejected.
        fn update(&mut self, h: &Array1<f64>, z: f64, r: f64) -> Option<f64> {
            let ph = self.p.dot(h);
            let s = h.dot(&ph) + r;
            let innovation = z - h.dot(&self.x);
            if innovation * innovation > 9.0 * s {
                self.rejected += 1;
                return None;
            }
            let k = &ph / s;
            self.x += &(&k * innovation);
            let outer = k.view().insert_axis(Axis(1)).dot(&ph.view().insert_axis(Axis(0)));
            self.p -= &outer;
            Some(innovation * innovation / s + s.ln())
        }
    }

    #[differentiable]
    fn cost(start: &Filter, f: &Array2<f64>, zs: &[f64], r: f64) -> f64 {
        let h = array![1.0, 0.0];
        let mut filter = start.clone();
        let mut total = 0.0;
        for &z in zs {
            filter.predict(f);
            if let Some(term) = filter.update(&h, z, r) {
                total += term;
            }
        }
        total + filter.rejected as f64
    }

    #[test]
    fn checks() {
        let start = Filter { x: array![0.0, 1.0], p: array![[1.0, 0.2], [0.2, 0.5]], q: 0.05, rejected: 0 };
        let f = array![[1.0, 0.1], [0.0, 0.98]];
        cost::check(&start, &f, &[0.2, 0.1, 90.0, 0.4], 0.3).unwrap();
    }
}

mod brusselator_with_a_stencil_closure {
    use differentiable::prelude::*;

    const N: usize = 4;
    type Field = [[f64; N]; N];

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Params {
        pub a: f64,
        pub b: f64,
        pub alpha: f64,
    }

    #[differentiable]
    fn rhs(u: &Field, v: &Field, p: Params, t: f64) -> (Field, Field) {
        let (mut du, mut dv) = ([[0.0; N]; N], [[0.0; N]; N]);
        let wrap = |i: usize, by: isize| (i as isize + by).rem_euclid(N as isize) as usize;
        let laplace = |f: &Field, i: usize, j: usize| {
            f[wrap(i, 1)][j] + f[wrap(i, -1)][j] + f[i][wrap(j, 1)] + f[i][wrap(j, -1)] - 4.0 * f[i][j]
        };
        for i in 0..N {
            for j in 0..N {
                let source =
                    if t >= 0.02 && (i as f64 - 1.0).powi(2) + (j as f64 - 1.0).powi(2) <= 1.0 { 5.0 } else { 0.0 };
                let react = u[i][j].powi(2) * v[i][j];
                du[i][j] = p.b + react - (p.a + 1.0) * u[i][j] + p.alpha * laplace(u, i, j) + source;
                dv[i][j] = p.a * u[i][j] - react + p.alpha * laplace(v, i, j);
            }
        }
        (du, dv)
    }

    #[differentiable]
    fn blend(x: &Field, k: &Field, h: f64) -> Field {
        std::array::from_fn(|i| std::array::from_fn(|j| x[i][j] + h * k[i][j]))
    }

    /// Heun's method.
    #[differentiable]
    fn integrate(u0: &Field, v0: &Field, p: Params, h: f64) -> f64 {
        let (mut u, mut v) = (*u0, *v0);
        let mut t = 0.0;
        while t < 0.05 {
            let (k1u, k1v) = rhs(&u, &v, p, t);
            let (mu, mv) = (blend(&u, &k1u, h), blend(&v, &k1v, h));
            let (k2u, k2v) = rhs(&mu, &mv, p, t + h);
            u = blend(&blend(&u, &k1u, h / 2.0), &k2u, h / 2.0);
            v = blend(&blend(&v, &k1v, h / 2.0), &k2v, h / 2.0);
            t += 0.01;
        }
        let total: f64 = u.iter().flatten().sum::<f64>() * 0.1;
        total + v.iter().flat_map(|row| row.iter()).map(|v| v * v).sum::<f64>()
    }

    #[test]
    fn checks() {
        let field = |k: f64| std::array::from_fn(|i| std::array::from_fn(|j| 1.0 + k * ((i * 3 + j) as f64).sin()));
        integrate::check(&field(0.2), &field(-0.3), Params { a: 3.4, b: 1.0, alpha: 0.1 }, 0.011).unwrap();
    }
}

mod brusselator_in_one_vector {
    use differentiable::ndarray::{Array1, s};
    use differentiable::prelude::*;

    /// Both species in one vector, neighbours by slices of arrays.
    #[differentiable]
    fn residual(y: &Array1<f64>, a: f64, b: f64, alpha: f64) -> Array1<f64> {
        let n = y.len() / 2;
        let (u, v) = (y.slice(s![..n]).to_owned(), y.slice(s![n..]).to_owned());
        let reaction = &u * &u * &v;
        let mut out = Array1::zeros(2 * n);
        let du = &reaction - &((b + 1.0) * &u) + a;
        let dv = &u * b - &reaction;
        out.slice_mut(s![..n]).assign(&du);
        out.slice_mut(s![n..]).assign(&dv);
        for i in 1..n - 1 {
            out[i] += alpha * (y[i - 1] - 2.0 * y[i] + y[i + 1]);
            out[n + i] += alpha * (y[n + i - 1] - 2.0 * y[n + i] + y[n + i + 1]);
        }
        out
    }

    #[differentiable]
    fn energy(y: &Array1<f64>, a: f64, b: f64, alpha: f64, steps: usize) -> f64 {
        let mut y = y.clone();
        for _ in 0..steps {
            let r = residual(&y, a, b, alpha);
            y = y + r * 0.01;
        }
        y.mapv(|x| x.powi(2)).sum().sqrt()
    }

    #[test]
    fn checks() {
        let y: Array1<f64> = (0..8).map(|i| 1.0 + 0.1 * (i as f64).cos()).collect();
        energy::check(&y, 1.0, 2.5, 0.3, 3).unwrap();
        residual::check(&y, 1.0, 2.5, 0.3).unwrap();
    }
}

mod brusselator_with_work_arrays {
    use super::*;
    #[differentiable(order = 2)]
    fn rhs(_t: f64, y: &[f64], p: &[f64], dy: &mut [f64]) {
        let n = y.len() / 2;
        let d = p[2] * (n as f64 + 1.0).powi(2) * 0.01;
        for i in 0..n {
            let (u, v) = (y[2 * i], y[2 * i + 1]);
            let (um, vm) = if i == 0 { (1.0, 3.0) } else { (y[2 * i - 2], y[2 * i - 1]) };
            let (up, vp) = if i == n - 1 { (1.0, 3.0) } else { (y[2 * i + 2], y[2 * i + 3]) };
            dy[2 * i] = p[0] + u * u * v - (p[1] + 1.0) * u + d * (um - 2.0 * u + up);
            dy[2 * i + 1] = p[1] * u - u * u * v + d * (vm - 2.0 * v + vp);
        }
    }
    #[differentiable(order = 2)]
    fn rk4(y: &mut [f64], t: &mut f64, h: f64, p: &[f64], work: &mut [f64]) {
        let n = y.len();
        let (k1, rest) = work.split_at_mut(n);
        let (k2, rest) = rest.split_at_mut(n);
        let (k3, rest) = rest.split_at_mut(n);
        let (k4, yt) = rest.split_at_mut(n);
        rhs(*t, y, p, k1);
        for i in 0..n {
            yt[i] = y[i] + 0.5 * h * k1[i];
        }
        rhs(*t + 0.5 * h, yt, p, k2);
        for i in 0..n {
            yt[i] = y[i] + 0.5 * h * k2[i];
        }
        rhs(*t + 0.5 * h, yt, p, k3);
        for i in 0..n {
            yt[i] = y[i] + h * k3[i];
        }
        rhs(*t + h, yt, p, k4);
        for i in 0..n {
            y[i] += h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]);
        }
        *t += h;
    }
    #[differentiable(order = 2)]
    fn brusselator(p: &[f64]) -> f64 {
        let mut y = [1.0, 3.1, 0.9, 2.9, 1.1, 3.0];
        let mut work = vec![0.0; 5 * y.len()];
        let mut t = 0.0;
        let mut steps = 0;
        while t < 0.5 - 1e-9 {
            rk4(&mut y, &mut t, 0.1, p, &mut work);
            steps += 1;
        }
        y[0] * y[3] - y[5] + steps as f64
    }
    checked!(brusselator, [1.0, 2.5, 0.4]);
}

mod bodies_that_attract_in_pairs {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    struct Body {
        p: [f64; 2],
        v: [f64; 2],
        m: f64,
    }
    #[differentiable(order = 2)]
    impl Body {
        fn attract(&mut self, other: &mut Body, h: f64) -> f64 {
            let d = [other.p[0] - self.p[0], other.p[1] - self.p[1]];
            let r2 = d[0] * d[0] + d[1] * d[1] + 0.1;
            let f = h / (r2 * r2.sqrt());
            for k in 0..2 {
                self.v[k] += d[k] * other.m * f;
                other.v[k] -= d[k] * self.m * f;
            }
            r2
        }
        fn collide(&mut self, other: &Body) {
            let s = self.m / (self.m + other.m);
            for (a, b) in self.v.iter_mut().zip(other.v.iter()) {
                *a = s * *a + (1.0 - s) * b;
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut bodies: Vec<Body> = (0..4)
            .map(|i| Body { p: [x[i % 3] * i as f64, x[(i + 1) % 3]], v: [0.1 * i as f64, 0.0], m: 1.0 + x[0] * x[0] })
            .collect();
        let mut near = 0.0;
        for _ in 0..2 {
            for i in 0..bodies.len() {
                let (left, right) = bodies.split_at_mut(i);
                let (me, later) = right.split_first_mut().unwrap();
                for b in later.iter_mut() {
                    near += 0.01 * me.attract(b, 0.1);
                }
                if let Some(b) = left.last_mut() {
                    b.collide(me);
                    me.collide(b);
                }
            }
            for b in &mut bodies {
                for k in 0..2 {
                    b.p[k] += 0.1 * b.v[k];
                }
            }
        }
        near + bodies.iter().map(|b| b.p[0] * b.v[1] + b.p[1]).sum::<f64>()
    }
    checked!(f, [0.4, 0.8, -0.3]);
}

/// Rays that are traced recursively through an enum of shapes.
mod rays_and_shapes {
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiable(order = 2)]
    impl V3 {
        fn dot(self, o: V3) -> f64 {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
        fn unit(self) -> V3 {
            self * (1.0 / self.dot(self).sqrt())
        }
        fn reflect(self, n: V3) -> V3 {
            self - n * (2.0 * self.dot(n))
        }
    }
    #[differentiable(order = 2)]
    impl Add for V3 {
        type Output = V3;
        fn add(self, o: V3) -> V3 {
            V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for V3 {
        type Output = V3;
        fn sub(self, o: V3) -> V3 {
            V3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<f64> for V3 {
        type Output = V3;
        fn mul(self, k: f64) -> V3 {
            V3 { x: self.x * k, y: self.y * k, z: self.z * k }
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Shape {
        Sphere { center: V3, radius: f64 },
        Plane(V3, f64),
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Ray {
        origin: V3,
        dir: V3,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Hit {
        t: f64,
        normal: V3,
        shade: f64,
    }
    #[differentiable(order = 2)]
    impl Shape {
        fn hit(&self, r: &Ray) -> Option<Hit> {
            match self {
                Shape::Sphere { center, radius } => {
                    let oc = r.origin - *center;
                    let b = oc.dot(r.dir);
                    let c = oc.dot(oc) - radius * radius;
                    let disc = b * b - c;
                    if disc < 0.0 {
                        return None;
                    }
                    let t = -b - disc.sqrt();
                    if t < 1e-4 {
                        return None;
                    }
                    let p = r.origin + r.dir * t;
                    Some(Hit { t, normal: (p - *center).unit(), shade: 0.8 })
                }
                Shape::Plane(n, d) => {
                    let denom = n.dot(r.dir);
                    if denom.abs() < 1e-6 {
                        None
                    } else {
                        let t = (d - n.dot(r.origin)) / denom;
                        (t > 1e-4).then(|| Hit { t, normal: *n, shade: 0.3 })
                    }
                }
            }
        }
    }
    #[differentiable(order = 2)]
    fn trace(shapes: &[Shape], ray: Ray, depth: usize, light: V3) -> f64 {
        if depth == 0 {
            return 0.1;
        }
        let mut best: Option<Hit> = None;
        for s in shapes {
            if let Some(h) = s.hit(&ray) {
                let closer = match &best {
                    Some(b) => h.t < b.t,
                    None => true,
                };
                if closer {
                    best = Some(h);
                }
            }
        }
        let Some(hit) = best else { return 0.5 * (ray.dir.y + 1.0) };
        let p = ray.origin + ray.dir * hit.t;
        let to = (light - p).unit();
        let diffuse = to.dot(hit.normal).max(0.0) * hit.shade;
        diffuse + 0.3 * trace(shapes, Ray { origin: p, dir: ray.dir.reflect(hit.normal) }, depth - 1, light)
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let shapes = vec![
            Shape::Sphere { center: V3 { x: v[0], y: v[1], z: -3.0 }, radius: v[2] },
            Shape::Plane(V3 { x: 0.0, y: 1.0, z: 0.0 }, -v[3]),
        ];
        let mut sum = 0.0;
        for k in 0..4 {
            let dir = V3 { x: 0.1 * k as f64 - 0.2, y: -0.05 * k as f64 + v[0] * 0.1, z: -1.0 }.unit();
            sum += trace(
                &shapes,
                Ray { origin: V3 { x: 0.0, y: 0.0, z: 0.0 }, dir },
                3,
                V3 { x: 2.0, y: v[2] * 3.0, z: 1.0 },
            );
        }
        sum
    }
    checked!(f, [0.1, 0.2, 0.9, 1.1]);
}

/// Atoms that repel each other within a distance.
mod molecular_dynamics {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Atoms {
        pos: Vec<[f64; 2]>,
        force: Vec<[f64; 2]>,
        #[constant]
        cutoff: f64,
        energy: f64,
    }
    #[differentiable(order = 2)]
    fn lj(r2: f64, eps: f64, sigma: f64) -> (f64, f64) {
        let s6 = (sigma * sigma / r2).powi(3);
        (4.0 * eps * (s6 * s6 - s6), 24.0 * eps * (2.0 * s6 * s6 - s6) / r2)
    }
    #[differentiable(order = 2)]
    impl Atoms {
        fn forces(&mut self, eps: f64, sigma: f64) {
            self.force.iter_mut().for_each(|f| *f = [0.0; 2]);
            self.energy = 0.0;
            for i in 0..self.pos.len() {
                for j in 0..i {
                    let [dx, dy] = [self.pos[i][0] - self.pos[j][0], self.pos[i][1] - self.pos[j][1]];
                    let r2 = dx * dx + dy * dy;
                    if r2 > self.cutoff * self.cutoff {
                        continue;
                    }
                    let (e, f) = lj(r2, eps, sigma);
                    self.energy += e;
                    self.force[i][0] += f * dx;
                    self.force[i][1] += f * dy;
                    self.force[j][0] -= f * dx;
                    self.force[j][1] -= f * dy;
                }
            }
        }
        fn relax(&mut self, eps: f64, sigma: f64, rate: f64) {
            self.forces(eps, sigma);
            for (p, f) in self.pos.iter_mut().zip(&self.force) {
                for (p, f) in p.iter_mut().zip(f) {
                    *p += rate * f.clamp(-5.0, 5.0);
                }
            }
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut a = Atoms {
            pos: vec![[0.0, 0.0], [1.2, 0.1], [0.5, 1.1], [4.0, 4.0]],
            force: vec![[0.0; 2]; 4],
            cutoff: 3.0,
            energy: 0.0,
        };
        for _ in 0..3 {
            a.relax(v[0], v[1], 0.01 * v[2]);
        }
        a.energy + a.pos[1][0] * a.pos[2][1]
    }
    checked!(f, [0.7, 1.1, 0.4]);
}

/// An interpreter of expressions with bindings and errors.
mod expressions_with_bindings {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Expr {
        Const(f64),
        Var(usize),
        Un(Fun, Box<Expr>),
        Bin { op: Op, lhs: Box<Expr>, rhs: Box<Expr> },
        Let(Box<Expr>, Box<Expr>),
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Fun {
        Sin,
        Exp,
        Scale(f64),
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Op {
        Add,
        Mul,
        Pow,
    }
    #[differentiable(order = 2)]
    fn eval(e: &Expr, env: &mut Vec<f64>) -> Result<f64, String> {
        Ok(match e {
            Expr::Const(c) => *c,
            Expr::Var(i) => *env.get(*i).ok_or_else(|| format!("no {i}"))?,
            Expr::Un(Fun::Sin, a) => eval(a, env)?.sin(),
            Expr::Un(Fun::Exp, a) => eval(a, env)?.exp(),
            Expr::Un(Fun::Scale(k), a) => k * eval(a, env)?,
            Expr::Bin { op, lhs, rhs } => {
                let (l, r) = (eval(lhs, env)?, eval(rhs, env)?);
                match op {
                    Op::Add => l + r,
                    Op::Mul => l * r,
                    Op::Pow => l.abs().powf(r),
                }
            }
            Expr::Let(a, body) => {
                let x = eval(a, env)?;
                env.push(x);
                let y = eval(body, env)?;
                env.pop();
                y
            }
        })
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let var = |i| Box::new(Expr::Var(i));
        let e = Expr::Let(
            Box::new(Expr::Bin {
                op: Op::Mul,
                lhs: Box::new(Expr::Var(0)),
                rhs: Box::new(Expr::Un(Fun::Scale(v[2]), Box::new(Expr::Var(1)))),
            }),
            Box::new(Expr::Bin {
                op: Op::Add,
                lhs: Box::new(Expr::Un(Fun::Exp, Box::new(Expr::Var(3)))),
                rhs: Box::new(Expr::Bin { op: Op::Pow, lhs: Box::new(Expr::Var(3)), rhs: Box::new(Expr::Const(v[1])) }),
            }),
        );
        let mut env = v.to_vec();
        eval(&e, &mut env).unwrap_or(0.0) + eval(&Expr::Var(9), &mut env).unwrap_or(v[0]) * env[1]
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// Kernels that are composed of others, and the likelihood that they give.
mod kernels_of_a_gaussian_process {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    trait Kernel {
        fn k(&self, r2: f64) -> f64;
        fn gram(&self, xs: &[f64]) -> Vec<Vec<f64>> {
            xs.iter().map(|a| xs.iter().map(|b| self.k((a - b).powi(2))).collect()).collect()
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Rbf {
        l: f64,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Sum<A, B>(A, B);
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Scaled<K> {
        k: K,
        by: f64,
    }
    #[differentiable(order = 2)]
    impl Kernel for Rbf {
        fn k(&self, r2: f64) -> f64 {
            (-r2 / (2.0 * self.l * self.l)).exp()
        }
    }
    #[differentiable(order = 2)]
    impl<A: Kernel + Differentiable, B: Kernel + Differentiable> Kernel for Sum<A, B> {
        fn k(&self, r2: f64) -> f64 {
            self.0.k(r2) + self.1.k(r2)
        }
    }
    #[differentiable(order = 2)]
    impl<K: Kernel + Differentiable> Kernel for Scaled<K> {
        fn k(&self, r2: f64) -> f64 {
            self.by * self.by * self.k.k(r2)
        }
    }
    #[differentiable(order = 2)]
    fn nll<K: Kernel + Differentiable>(k: &K, xs: &[f64], ys: &[f64]) -> f64 {
        let mut a = k.gram(xs);
        let n = xs.len();
        for i in 0..n {
            a[i][i] += 0.1;
        }
        let mut y = ys.to_vec();
        let mut logdet = 0.0;
        for j in 0..n {
            let d = a[j][j] - (0..j).map(|m| a[j][m] * a[j][m]).sum::<f64>();
            let l = d.sqrt();
            a[j][j] = l;
            logdet += l.ln();
            for i in j + 1..n {
                let s: f64 = (0..j).map(|m| a[i][m] * a[j][m]).sum();
                a[i][j] = (a[i][j] - s) / l;
            }
            let s: f64 = (0..j).map(|m| a[j][m] * y[m]).sum();
            y[j] = (y[j] - s) / l;
        }
        logdet + 0.5 * y.iter().map(|y| y * y).sum::<f64>()
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let k = Sum(Rbf { l: v[0] }, Scaled { k: Rbf { l: v[1] }, by: v[2] });
        nll(&k, &[0.0, 0.4, 1.1], &[v[0], 0.2, v[1]])
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// Two halves of a world that change places and exchange buffers.
mod buffers_that_change_places {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Default, PartialEq, Differentiable)]
    struct Pair {
        a: Vec<f64>,
        b: Vec<f64>,
        k: f64,
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct World {
        left: Pair,
        right: Pair,
        tick: u32,
    }
    #[differentiable(order = 2)]
    impl World {
        fn turn(&mut self) {
            let World { left, right, tick } = self;
            *tick += 1;
            if *tick % 2 == 0 {
                std::mem::swap(left, right);
            } else {
                std::mem::swap(&mut left.a, &mut right.b);
            }
            for (x, y) in left.a.iter_mut().zip(right.a.iter_mut()) {
                let t = *x * *y;
                *x += right.k * t;
                *y -= left.k * t;
            }
            let taken = std::mem::take(&mut left.b);
            left.b = taken.iter().map(|x| x * 0.9 + left.k).collect();
            let old = std::mem::replace(&mut right.k, left.k * 1.1);
            left.k = old - right.k * 0.1;
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut w = World {
            left: Pair { a: vec![v[0], v[1]], b: vec![v[2], v[0]], k: 0.3 },
            right: Pair { a: vec![v[2], 1.0], b: vec![0.5, v[1]], k: v[2] },
            tick: 0,
        };
        for _ in 0..5 {
            w.turn();
        }
        w.left
            .a
            .iter()
            .chain(&w.left.b)
            .chain(&w.right.a)
            .chain(w.right.b.iter())
            .enumerate()
            .map(|(i, x)| x * x * (i + 1) as f64)
            .sum::<f64>()
            + w.left.k * w.right.k
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// Dual numbers, differentiated.
mod dual_numbers {
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Dual {
        re: f64,
        eps: f64,
    }
    #[differentiable(order = 2)]
    impl Dual {
        fn var(x: f64) -> Self {
            Dual { re: x, eps: 1.0 }
        }
        fn sin(self) -> Self {
            Dual { re: self.re.sin(), eps: self.eps * self.re.cos() }
        }
        fn sqrt(self) -> Self {
            let s = self.re.sqrt();
            Dual { re: s, eps: self.eps / (2.0 * s) }
        }
        fn powi(self, n: i32) -> Self {
            Dual { re: self.re.powi(n), eps: n as f64 * self.re.powi(n - 1) * self.eps }
        }
    }
    #[differentiable(order = 2)]
    impl Mul for Dual {
        type Output = Dual;
        fn mul(self, o: Dual) -> Dual {
            Dual { re: self.re * o.re, eps: self.re * o.eps + self.eps * o.re }
        }
    }
    #[differentiable(order = 2)]
    impl Add for Dual {
        type Output = Dual;
        fn add(self, o: Dual) -> Dual {
            Dual { re: self.re + o.re, eps: self.eps + o.eps }
        }
    }
    #[differentiable(order = 2)]
    impl Sub<f64> for Dual {
        type Output = Dual;
        fn sub(self, o: f64) -> Dual {
            Dual { re: self.re - o, ..self }
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let x = Dual::var(v[0]);
        let k = Dual { re: v[1], eps: 0.0 };
        let y = (x * k).sin() * x.powi(3) + x.sqrt() - v[2];
        let z = y * y;
        z.eps + z.re * y.eps
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// A literal with a struct in it is the argument of a call in a loop, whose tangent is read together with its cotangent.
mod literals_as_arguments {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V3 {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl V3 {
        fn unit(self) -> V3 {
            let k = self.x * self.y;
            V3 { x: self.x / k, y: self.y * k }
        }
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Ray {
        origin: V3,
        dir: V3,
    }
    #[differentiable(order = 2)]
    fn trace(ray: Ray, depth: usize, light: V3) -> f64 {
        if depth == 0 {
            return ray.origin.x;
        }
        ray.dir.x * ray.dir.y * light.x + trace(Ray { origin: ray.dir, dir: light }, depth - 1, ray.dir)
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut sum = 0.0;
        for k in 0..4 {
            let dir = V3 { x: 0.1 * k as f64 - 0.25, y: -0.05 * k as f64 + v[0] * 0.1 }.unit();
            sum += trace(Ray { origin: V3 { x: 0.0, y: 0.0 }, dir }, 3, V3 { x: 2.0, y: v[1] * 3.0 });
        }
        sum
    }
    checked!(f, [0.1, 0.2]);
}
