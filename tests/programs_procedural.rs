//! Programs of plain loops and of state in structs, with traits, adaptive steps, options and early returns.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

// A C programmer's FFT: one flat array of re/im pairs, swaps by hand, while loops.
mod fft_c_style {
    use super::*;
    #[differentiable]
    fn four1(data: &mut [f64], nn: usize, isign: i32) {
        let n = nn << 1;
        let mut j = 1usize;
        let mut i = 1usize;
        while i < n {
            if j > i {
                let tempr = data[j - 1];
                data[j - 1] = data[i - 1];
                data[i - 1] = tempr;
                let tempi = data[j];
                data[j] = data[i];
                data[i] = tempi;
            }
            let mut m = n >> 1;
            while m >= 2 && j > m {
                j -= m;
                m >>= 1;
            }
            j += m;
            i += 2;
        }
        let mut mmax = 2usize;
        while n > mmax {
            let istep = mmax << 1;
            let theta = f64::from(isign) * (6.28318530717959 / mmax as f64);
            let mut wtemp = (0.5 * theta).sin();
            let wpr = -2.0 * wtemp * wtemp;
            let wpi = theta.sin();
            let (mut wr, mut wi) = (1.0, 0.0);
            for m in (1..mmax).step_by(2) {
                let mut i = m;
                while i <= n {
                    let j = i + mmax;
                    let tempr = wr * data[j - 1] - wi * data[j];
                    let tempi = wr * data[j] + wi * data[j - 1];
                    data[j - 1] = data[i - 1] - tempr;
                    data[j] = data[i] - tempi;
                    data[i - 1] += tempr;
                    data[i] += tempi;
                    i += istep;
                }
                wtemp = wr;
                wr = wr * wpr - wi * wpi + wr;
                wi = wi * wpr + wtemp * wpi + wi;
            }
            mmax = istep;
        }
    }
    #[differentiable]
    fn convolve(a: &[f64; 4], b: &[f64; 4]) -> [f64; 8] {
        let pad = |v: &[f64; 4]| -> [f64; 16] {
            let mut out = [0.0; 16];
            for k in 0..4 {
                out[2 * k] = v[k];
            }
            out
        };
        let (mut fa, mut fb) = (pad(a), pad(b));
        four1(&mut fa, 8, 1);
        four1(&mut fb[..], 8, 1);
        for k in 0..8 {
            let (re, im) = (
                fa[2 * k] * fb[2 * k] - fa[2 * k + 1] * fb[2 * k + 1],
                fa[2 * k] * fb[2 * k + 1] + fa[2 * k + 1] * fb[2 * k],
            );
            fa[2 * k] = re;
            fa[2 * k + 1] = im;
        }
        four1(&mut fa, 8, -1);
        let mut out = [0.0; 8];
        for (k, o) in out.iter_mut().enumerate() {
            *o = fa[2 * k] / 8.0;
        }
        out
    }
    #[test]
    fn t() {
        convolve::check(&[1.0, -0.5, 0.3, 2.0], &[0.2, 0.4, -1.0, 0.6]).unwrap();
    }
}

// LU with row index vector, generic float, Vec<Vec<T>>, early Option.
mod lu_generic {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    pub struct Matrix<T> {
        rows: Vec<Vec<T>>,
    }
    #[differentiable]
    impl<T: Real> Matrix<T> {
        pub fn identity(n: usize) -> Self {
            Matrix {
                rows: (0..n).map(|i| (0..n).map(|j| if i == j { T::one() } else { T::zero() }).collect()).collect(),
            }
        }
        pub fn size(&self) -> usize {
            self.rows.len()
        }
        pub fn inverse(&self) -> Option<Matrix<T>> {
            let n = self.size();
            let mut a = self.rows.clone();
            let mut inv = Matrix::<T>::identity(n);
            for col in 0..n {
                let pivot = (col..n).max_by(|&i, &j| a[i][col].abs().partial_cmp(&a[j][col].abs()).unwrap())?;
                if a[pivot][col].abs() <= T::epsilon() {
                    return None;
                }
                a.swap(col, pivot);
                inv.rows.swap(col, pivot);
                let d = a[col][col];
                for x in a[col].iter_mut() {
                    *x /= d;
                }
                for x in inv.rows[col].iter_mut() {
                    *x /= d;
                }
                let (prow, irow) = (a[col].clone(), inv.rows[col].clone());
                for r in 0..n {
                    if r == col {
                        continue;
                    }
                    let k = a[r][col];
                    for (x, p) in a[r].iter_mut().zip(&prow) {
                        *x -= k * *p;
                    }
                    for (x, p) in inv.rows[r].iter_mut().zip(&irow) {
                        *x -= k * *p;
                    }
                }
            }
            Some(inv)
        }
        pub fn trace(&self) -> T {
            (0..self.size()).map(|i| self.rows[i][i]).fold(T::zero(), |a, b| a + b)
        }
    }
    #[differentiable]
    fn objective(m: &Matrix<f64>) -> f64 {
        m.inverse().map(|i| i.trace() + i.rows[0][1].powi(2)).unwrap_or(f64::NAN)
    }
    #[test]
    fn t() {
        objective::check(&Matrix { rows: vec![vec![0.1, 2.0, 0.3], vec![1.5, -0.4, 0.2], vec![0.7, 0.1, 1.9]] })
            .unwrap();
    }
}

// Cholesky by slices and split_at, functional.
mod cholesky_flat {
    use super::*;
    #[differentiable]
    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
    #[differentiable]
    fn factor(a: &mut [f64], n: usize) -> bool {
        for i in 0..n {
            for j in 0..=i {
                let (head, tail) = a.split_at_mut(i * n);
                let row_i = &mut tail[..n];
                if i == j {
                    let d = row_i[i] - dot(&row_i[..i], &row_i[..i]);
                    if d <= 0.0 {
                        return false;
                    }
                    row_i[i] = d.sqrt();
                } else {
                    let row_j = &head[j * n..(j + 1) * n];
                    row_i[j] = (row_i[j] - dot(&row_i[..j], &row_j[..j])) / row_j[j];
                }
            }
            a[i * n + i + 1..(i + 1) * n].fill(0.0);
        }
        true
    }
    #[differentiable]
    fn log_density(x: &[f64], mean: &[f64], cov: &[f64]) -> f64 {
        let n = x.len();
        let mut l = cov.to_vec();
        if !factor(&mut l, n) {
            return f64::NEG_INFINITY;
        }
        let mut z: Vec<f64> = x.iter().zip(mean).map(|(a, b)| a - b).collect();
        for i in 0..n {
            let (done, rest) = z.split_at_mut(i);
            rest[0] = (rest[0] - dot(done, &l[i * n..i * n + i])) / l[i * n + i];
        }
        let log_det: f64 = l.iter().step_by(n + 1).map(|d| d.ln()).sum();
        -0.5 * dot(&z, &z) - log_det - 0.5 * n as f64 * std::f64::consts::TAU.ln()
    }
    #[test]
    fn t() {
        log_density::check(&[1.0, 0.3, -0.2], &[0.1, 0.2, 0.3], &[2.0, 0.3, 0.1, 0.3, 1.5, -0.2, 0.1, -0.2, 1.1])
            .unwrap();
    }
}

// n-body in struct-of-arrays with a scratch buffer kept in the struct, a builder and an enum of integrators.
mod nbody_soa {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    pub struct Bodies {
        x: Vec<f64>,
        y: Vec<f64>,
        vx: Vec<f64>,
        vy: Vec<f64>,
        m: Vec<f64>,
        ax: Vec<f64>,
        ay: Vec<f64>,
        #[constant]
        steps: usize,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Integrator {
        Euler,
        Leapfrog { substeps: usize },
    }
    #[differentiable]
    impl Bodies {
        pub fn with_body(mut self, pos: (f64, f64), vel: (f64, f64), mass: f64) -> Self {
            self.x.push(pos.0);
            self.y.push(pos.1);
            self.vx.push(vel.0);
            self.vy.push(vel.1);
            self.m.push(mass);
            self
        }
        fn accelerations(&mut self) {
            let n = self.x.len();
            self.ax.clear();
            self.ax.resize(n, 0.0);
            self.ay = vec![0.0; n];
            for i in 0..n {
                for j in i + 1..n {
                    let (dx, dy) = (self.x[j] - self.x[i], self.y[j] - self.y[i]);
                    let inv = (dx * dx + dy * dy + 0.01).powf(-1.5);
                    self.ax[i] += self.m[j] * dx * inv;
                    self.ay[i] += self.m[j] * dy * inv;
                    self.ax[j] -= self.m[i] * dx * inv;
                    self.ay[j] -= self.m[i] * dy * inv;
                }
            }
        }
        fn kick(&mut self, dt: f64) {
            self.accelerations();
            let Self { vx, vy, ax, ay, .. } = self;
            for (v, a) in vx.iter_mut().zip(ax.iter()).chain(vy.iter_mut().zip(ay.iter())) {
                *v += a * dt;
            }
        }
        fn drift(&mut self, dt: f64) {
            for i in 0..self.x.len() {
                self.x[i] += self.vx[i] * dt;
                self.y[i] += self.vy[i] * dt;
            }
            self.steps += 1;
        }
        pub fn advance(&mut self, dt: f64, #[constant] how: Integrator) {
            match how {
                Integrator::Euler => {
                    self.kick(dt);
                    self.drift(dt);
                }
                Integrator::Leapfrog { substeps } => {
                    let h = dt / substeps as f64;
                    for _ in 0..substeps {
                        self.kick(h / 2.0);
                        self.drift(h);
                        self.kick(h / 2.0);
                    }
                }
            }
        }
    }
    #[differentiable]
    fn distance(p: (f64, f64), v: (f64, f64), mass: f64, #[constant] how: Integrator) -> f64 {
        let mut b = Bodies::default().with_body(p, v, mass).with_body((0.0, 0.0), (0.0, 0.0), 3.0).with_body(
            (-1.0, 0.5),
            (0.1, 0.2),
            0.5,
        );
        for _ in 0..3 {
            b.advance(0.1, how);
        }
        f64::hypot(b.x[0] - b.x[1], b.y[0] - b.y[1]) * b.steps as f64
    }
    #[test]
    fn t() {
        distance::check((1.0, 0.2), (0.0, 1.1), 0.3, Integrator::Euler).unwrap();
        distance::check((1.0, 0.2), (0.0, 1.1), 0.3, Integrator::Leapfrog { substeps: 2 }).unwrap();
    }
}

// Scalar EKF with trait for models and a generic filter, PhantomData-free.
mod kalman_trait {
    use super::*;
    #[differentiable]
    pub trait Model {
        fn f(&self, x: f64, dt: f64) -> f64;
        fn df(&self, x: f64, dt: f64) -> f64;
        fn h(&self, x: f64) -> f64;
        fn dh(&self, x: f64) -> f64;
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Logistic {
        rate: f64,
        cap: f64,
    }
    #[differentiable]
    impl Model for Logistic {
        fn f(&self, x: f64, dt: f64) -> f64 {
            x + dt * self.rate * x * (1.0 - x / self.cap)
        }
        fn df(&self, x: f64, dt: f64) -> f64 {
            1.0 + dt * self.rate * (1.0 - 2.0 * x / self.cap)
        }
        fn h(&self, x: f64) -> f64 {
            x.ln_1p()
        }
        fn dh(&self, x: f64) -> f64 {
            (1.0 + x).recip()
        }
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Belief {
        mean: f64,
        var: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Ekf<M> {
        model: M,
        q: f64,
        r: f64,
    }
    #[differentiable]
    impl<M: Model + Differentiable> Ekf<M> {
        fn step(&self, Belief { mean, var }: Belief, z: Option<f64>, dt: f64) -> (Belief, f64) {
            let pred = Belief { mean: self.model.f(mean, dt), var: self.model.df(mean, dt).powi(2) * var + self.q };
            match z {
                None => (pred, 0.0),
                Some(z) => {
                    let h = self.model.dh(pred.mean);
                    let s = h * h * pred.var + self.r;
                    let innov = z - self.model.h(pred.mean);
                    let k = pred.var * h / s;
                    (
                        Belief { mean: pred.mean + k * innov, var: (1.0 - k * h) * pred.var },
                        -0.5 * (innov * innov / s + s.ln()),
                    )
                }
            }
        }
        pub fn run(&self, start: Belief, zs: &[Option<f64>], dt: f64) -> f64 {
            zs.iter()
                .fold((start, 0.0), |(belief, total), z| {
                    let (next, ll) = self.step(belief, *z, dt);
                    (next, total + ll)
                })
                .1
        }
    }
    #[differentiable]
    fn objective(ekf: &Ekf<Logistic>, b: Belief, zs: &[Option<f64>]) -> f64 {
        ekf.run(b, zs, 0.1)
    }
    #[test]
    fn t() {
        objective::check(
            &Ekf { model: Logistic { rate: 1.2, cap: 5.0 }, q: 0.1, r: 0.3 },
            Belief { mean: 1.0, var: 0.5 },
            &[Some(0.7), None, Some(0.9), Some(0.8)],
        )
        .unwrap();
    }
}

// RK45 adaptive with error control on a brusselator ODE; tuples and arrays; const tableau.
mod brusselator_adaptive {
    use super::*;
    type State = [f64; 2];
    const A: [[f64; 3]; 3] = [[0.5, 0.0, 0.0], [0.0, 0.75, 0.0], [2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]];
    const B: [f64; 4] = [7.0 / 24.0, 0.25, 1.0 / 3.0, 0.125];
    #[differentiable]
    fn rhs([u, v]: State, (a, b): (f64, f64)) -> State {
        [a + u * u * v - (b + 1.0) * u, b * u - u * u * v]
    }
    #[differentiable]
    fn axpy(y: &State, h: f64, terms: &[(f64, State)]) -> State {
        terms.iter().filter(|(c, _)| *c != 0.0).fold(*y, |acc, (c, k)| std::array::from_fn(|i| acc[i] + h * c * k[i]))
    }
    #[differentiable]
    fn integrate(y0: State, p: (f64, f64), t_end: f64, tol: f64) -> State {
        let (mut t, mut h, mut y) = (0.0_f64, 0.1_f64, y0);
        let mut rejected = 0;
        while t < t_end {
            let last = t + h >= t_end;
            if last {
                h = t_end - t;
            }
            let k1 = rhs(y, p);
            let k2 = rhs(axpy(&y, h, &[(A[0][0], k1)]), p);
            let k3 = rhs(axpy(&y, h, &[(A[1][1], k2)]), p);
            let next = axpy(&y, h, &[(A[2][0], k1), (A[2][1], k2), (A[2][2], k3)]);
            let k4 = rhs(next, p);
            let low = axpy(&y, h, &[(B[0], k1), (B[1], k2), (B[2], k3), (B[3], k4)]);
            let err = next.iter().zip(low.iter()).map(|(a, b)| (a - b).abs()).fold(0.0f64, |m, e| m.max(e));
            if err > tol && rejected < 50 {
                rejected += 1;
                h *= 0.5;
                continue;
            }
            t += h;
            y = next;
            if last {
                break;
            }
            if err < tol * 0.1 {
                h *= 1.5
            }
        }
        y
    }
    #[differentiable]
    fn objective(u: f64, v: f64, a: f64, b: f64) -> f64 {
        let [x, y] = integrate([u, v], (a, b), 0.73, 1e9);
        x * y + x
    }
    #[test]
    fn t() {
        objective::check(1.1, 2.0, 1.0, 2.5).unwrap();
    }
}

// ? on Option in closures, iterators, nested fns and let-chains.
mod option_pipeline {
    use super::*;
    #[derive(Debug, Clone, Differentiable)]
    pub struct Record {
        price: Option<f64>,
        qty: Option<f64>,
        #[constant]
        tag: String,
    }
    #[differentiable]
    impl Record {
        fn value(&self) -> Option<f64> {
            Some(self.price? * self.qty?)
        }
        fn discounted(&self, rate: f64) -> Option<f64> {
            let base = self.value()?;
            let cut = match self.tag.as_str() {
                "vip" => rate * 2.0,
                "none" => return None,
                _ => rate,
            };
            (cut < 1.0).then_some(base * (1.0 - cut))
        }
    }
    #[differentiable]
    fn best(records: &[Record], rate: f64) -> Option<f64> {
        let mut best: Option<f64> = None;
        for r in records {
            if let Some(v) = r.discounted(rate)
                && best.is_none_or(|b| v > b)
            {
                best.replace(v);
            }
        }
        best
    }
    #[differentiable]
    fn all(records: &[Record], rate: f64) -> Option<f64> {
        let values: Option<Vec<f64>> = records.iter().map(|r| r.discounted(rate)).collect();
        let sum: f64 = values?.iter().sum();
        let first = records.first().and_then(|r| r.price)?;
        Some(sum / first)
    }
    #[differentiable]
    fn total(records: &[Record], rate: f64) -> f64 {
        let checked = |x: f64| -> Option<f64> {
            let y = if x > 0.0 { Some(x.ln()) } else { None }?;
            Some(y * rate)
        };
        let a = best(records, rate).and_then(checked).unwrap_or_else(|| -rate);
        let b = all(records, rate).or_else(|| all(&records[..1], rate)).unwrap_or_default();
        let c = records.iter().flat_map(|r| r.value()).zip(1u32..).map(|(v, i)| v / f64::from(i)).sum::<f64>();
        let d = records.iter().map(|r| r.qty).flatten().fold(None, |acc: Option<f64>, q| match acc {
            None => Some(q),
            Some(a) => Some(a.max(q)),
        });
        a + b * c + d.map_or(0.0, f64::sqrt)
    }
    #[test]
    fn t() {
        let r = |p, q, t: &str| Record { price: p, qty: q, tag: t.into() };
        let rs = [
            r(Some(2.0), Some(3.0), "vip"),
            r(Some(1.0), Some(0.5), ""),
            r(None, Some(4.0), ""),
            r(Some(3.0), Some(1.0), "none"),
        ];
        total::check(&rs, 0.2).unwrap();
        total::check(&rs[..2], 0.3).unwrap();
    }
}

// early returns, nested fns, shadowing, blocks, ranges of floats, casts, match on tuples.
mod flow {
    use super::*;
    #[differentiable]
    fn implied_vol(price: f64, s: f64, k: f64, t: f64) -> f64 {
        #[differentiable]
        fn cdf(x: f64) -> f64 {
            const A: [f64; 5] = [0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
            if x < 0.0 {
                return 1.0 - cdf(-x);
            }
            let k = 1.0 / (1.0 + 0.2316419 * x);
            let poly = A.iter().rev().fold(0.0, |acc, a| k * (acc + a));
            1.0 - (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly
        }
        #[differentiable]
        fn call(s: f64, k: f64, t: f64, vol: f64) -> f64 {
            let sd = vol * t.sqrt();
            let d1 = (s / k).ln() / sd + 0.5 * sd;
            s * cdf(d1) - k * cdf(d1 - sd)
        }
        if price <= (s - k).max(0.0) {
            return 0.0;
        }
        let (mut lo, mut hi) = (1e-4, 5.0);
        for i in 0.. {
            let mid = 0.5 * (lo + hi);
            match (call(s, k, t, mid) > price, i) {
                (_, 30..) => break,
                (true, _) => hi = mid,
                (false, _) => lo = mid,
            }
        }
        let mut vol = 0.5 * (lo + hi);
        for _ in 0..2 {
            let h = 1e-4;
            let slope = (call(s, k, t, vol + h) - call(s, k, t, vol - h)) / (2.0 * h);
            vol -= (call(s, k, t, vol) - price) / slope;
        }
        vol
    }
    #[differentiable]
    fn grade(x: f64, n: i64) -> f64 {
        let x = match x {
            v if v.is_nan() => return 0.0,
            f64::NEG_INFINITY..=0.0 => -x,
            0.0..=1.0 => x * x,
            _ => x.sqrt(),
        };
        let n = n as f64 / 2.0;
        let label = {
            let q = (x * 10.0).floor() as i32;
            if q % 2 == 0 { "even" } else { "odd" }
        };
        let y = match (label, n as u8) {
            ("even", 0..=2) => x * n,
            ("odd", m @ (1 | 2)) => x.powi(m.into()),
            (_, m) => x / f64::from(m + 1),
        };
        'done: {
            if y > 5.0 {
                break 'done y.ln();
            }
            let z = loop {
                break y + 1.0;
            };
            if z < 0.0 {
                break 'done z;
            }
            z.exp()
        }
    }
    #[test]
    fn t() {
        implied_vol::check(0.12, 1.0, 1.05, 0.7).unwrap();
        for x in [-0.33, 0.44, 0.55, 2.34, 50.0] {
            for n in [0, 3, 9] {
                grade::check(x, n).unwrap();
            }
        }
    }
}
