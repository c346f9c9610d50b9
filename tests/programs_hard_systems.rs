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
