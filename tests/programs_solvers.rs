//! Programs that solve: sorting by recursion, a machine with a stack, Markov chains, generic equations of motion, rays, controllers.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::ndarray::{Array1, Array2, ArrayView1, Axis, s};
use differentiable::prelude::*;

// Recursion over slices: quickselect-like, merge sort, divide & conquer sum
#[differentiable]
fn merge_sort(xs: &[f64]) -> Vec<f64> {
    if xs.len() <= 1 {
        return xs.to_vec();
    }
    let (l, r) = xs.split_at(xs.len() / 2);
    let (l, r) = (merge_sort(l), merge_sort(r));
    let mut out = Vec::with_capacity(xs.len());
    let (mut i, mut j) = (0, 0);
    while i < l.len() || j < r.len() {
        if j == r.len() || (i < l.len() && l[i] <= r[j]) {
            out.push(l[i]);
            i += 1;
        } else {
            out.push(r[j]);
            j += 1;
        }
    }
    out
}
#[differentiable]
fn winsorised_mean(xs: &[f64], cut: usize) -> f64 {
    let sorted = merge_sort(xs);
    match sorted.as_slice() {
        [] => f64::NAN,
        [only] => *only,
        s if s.len() <= 2 * cut => s[s.len() / 2],
        s => {
            let inner = &s[cut..s.len() - cut];
            (inner.iter().sum::<f64>() + cut as f64 * (inner[0] + inner[inner.len() - 1])) / s.len() as f64
        }
    }
}
#[differentiable]
fn log_sum(xs: &[f64]) -> f64 {
    match xs {
        [] => f64::NEG_INFINITY,
        &[x] => x,
        _ => {
            let mid = xs.len() / 2;
            let (a, b) = (log_sum(&xs[..mid]), log_sum(&xs[mid..]));
            let (hi, lo) = if a > b { (a, b) } else { (b, a) };
            hi + (lo - hi).exp().ln_1p()
        }
    }
}
#[test]
fn t_rec() {
    winsorised_mean::check(&[0.4, -1.0, 3.0, 0.2, 0.9, -0.5, 8.0], 1).unwrap();
    winsorised_mean::check(&[0.4], 1).unwrap();
    log_sum::check(&[0.4, -1.0, 3.0, 0.2, 0.9]).unwrap();
}

// A stack VM: while let, match on opcodes, Vec push/pop
#[derive(Clone, Debug)]
enum Ins {
    Push(usize),
    Add,
    Mul,
    Sin,
    Dup,
    Swap,
    JumpIfPos(usize),
    Halt,
}
#[differentiable]
fn run(#[constant] code: &[Ins], consts: &[f64], input: f64) -> Option<f64> {
    let mut stack: Vec<f64> = vec![input];
    let mut pc = 0;
    let mut fuel = 100;
    while let Some(ins) = code.get(pc) {
        pc += 1;
        fuel -= 1;
        if fuel == 0 {
            return None;
        }
        match *ins {
            Ins::Push(k) => stack.push(consts[k]),
            Ins::Add => {
                let b = stack.pop()?;
                let a = stack.pop()?;
                stack.push(a + b);
            }
            Ins::Mul => {
                let (b, a) = (stack.pop()?, stack.pop()?);
                stack.push(a * b)
            }
            Ins::Sin => {
                let top = stack.last_mut()?;
                *top = top.sin();
            }
            Ins::Dup => {
                let t = *stack.last()?;
                stack.push(t);
            }
            Ins::Swap => {
                let n = stack.len();
                if n < 2 {
                    return None;
                }
                stack.swap(n - 1, n - 2);
            }
            Ins::JumpIfPos(to) => {
                if stack.last().map_or(false, |t| *t > 0.0) {
                    pc = to;
                }
            }
            Ins::Halt => break,
        }
    }
    stack.pop()
}
#[test]
fn t_vm() {
    use Ins::*;
    let code = [Dup, Mul, Push(0), Add, Dup, Sin, Swap, Push(1), Add, JumpIfPos(12), Push(0), Mul, Mul, Halt];
    run::check(&code, &[0.7, -5.0], 0.6).unwrap();
    run::check(&code, &[0.7, 5.0], 0.6).unwrap();
}

// HMM forward algorithm with ndarray and scaling
#[differentiable]
fn hmm(init: &Array1<f64>, trans: &Array2<f64>, emit: &Array2<f64>, obs: &[usize]) -> f64 {
    let mut alpha = init * &emit.column(obs[0]);
    let mut ll = 0.0;
    for &o in &obs[1..] {
        let c = alpha.sum();
        ll += c.ln();
        alpha /= c;
        alpha = alpha.dot(trans) * &emit.column(o);
    }
    ll + alpha.sum().ln()
}
#[test]
fn t_hmm() {
    hmm::check(
        &differentiable::ndarray::array![0.6, 0.4],
        &differentiable::ndarray::array![[0.7, 0.3], [0.2, 0.8]],
        &differentiable::ndarray::array![[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]],
        &[0, 2, 1, 1],
    )
    .unwrap();
}

// Generic ODE solver over trait with associated type
#[differentiable]
trait System {
    const DIM: usize;
    fn rhs(&self, t: f64, y: &[f64], dy: &mut [f64]);
}
#[derive(Clone, Debug, Differentiable)]
struct Lorenz {
    sigma: f64,
    rho: f64,
    beta: f64,
}
#[differentiable]
impl System for Lorenz {
    const DIM: usize = 3;
    fn rhs(&self, _t: f64, y: &[f64], dy: &mut [f64]) {
        let Self { sigma, rho, beta } = *self;
        if let [x, y, z] = *y {
            dy[0] = sigma * (y - x);
            dy[1] = x * (rho - z) - y;
            dy[2] = x * y - beta * z;
        }
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Driven<S> {
    inner: S,
    amp: f64,
    omega: f64,
}
#[differentiable]
impl<S: System + Differentiable> System for Driven<S> {
    const DIM: usize = S::DIM;
    fn rhs(&self, t: f64, y: &[f64], dy: &mut [f64]) {
        self.inner.rhs(t, y, dy);
        dy[0] += self.amp * (self.omega * t).cos();
    }
}
#[differentiable]
fn rk4<S: System + Differentiable>(sys: &S, y0: &[f64], t_end: f64, steps: usize) -> Vec<f64> {
    let n = S::DIM;
    assert_eq!(y0.len(), n);
    let h = t_end / steps as f64;
    let mut y = y0.to_vec();
    let mut k = vec![vec![0.0; n]; 4];
    let mut tmp = vec![0.0; n];
    const C: [f64; 3] = [0.5, 0.5, 1.0];
    for step in 0..steps {
        let t = step as f64 * h;
        sys.rhs(t, &y, &mut k[0]);
        for stage in 1..4 {
            for i in 0..n {
                tmp[i] = y[i] + h * C[stage - 1] * k[stage - 1][i];
            }
            sys.rhs(t + C[stage - 1] * h, &tmp, &mut k[stage]);
        }
        for (i, yi) in y.iter_mut().enumerate() {
            *yi += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
        }
    }
    y
}
#[differentiable]
fn fit(sys: &Driven<Lorenz>, y0: &[f64; 3], target: &[f64]) -> f64 {
    let end = rk4(sys, y0, 0.3, 5);
    end.iter().zip(target).map(|(a, b)| (a - b).powi(2)).sum()
}
#[test]
fn t_ode() {
    let s = Driven { inner: Lorenz { sigma: 10.0, rho: 28.0, beta: 8.0 / 3.0 }, amp: 0.5, omega: 2.0 };
    fit::check(&s, &[1.0, 1.1, 0.9], &[1.0, 2.0, 3.0]).unwrap();
}

// Ray marcher with signed distance functions via enum & closures
#[derive(Clone, Debug, Differentiable)]
enum Sdf {
    Sphere { c: [f64; 3], r: f64 },
    Plane { h: f64 },
    Union(Box<Sdf>, Box<Sdf>),
    SmoothUnion(Box<Sdf>, Box<Sdf>, f64),
}
#[differentiable]
impl Sdf {
    fn dist(&self, p: [f64; 3]) -> f64 {
        match self {
            Sdf::Sphere { c, r } => {
                let d2: f64 = c.iter().zip(p.iter()).map(|(a, b)| (a - b) * (a - b)).sum();
                d2.sqrt() - r
            }
            Sdf::Plane { h } => p[1] - h,
            Sdf::Union(a, b) => a.dist(p).min(b.dist(p)),
            Sdf::SmoothUnion(a, b, k) => {
                let (da, db) = (a.dist(p), b.dist(p));
                let h = (0.5 + 0.5 * (db - da) / k).clamp(0.0, 1.0);
                db + (da - db) * h - k * h * (1.0 - h)
            }
        }
    }
}
#[differentiable]
fn march(scene: &Sdf, origin: [f64; 3], dir: [f64; 3]) -> Option<f64> {
    let at = |t: f64| [origin[0] + t * dir[0], origin[1] + t * dir[1], origin[2] + t * dir[2]];
    let mut t = 0.0;
    for _ in 0..40 {
        let d = scene.dist(at(t));
        if d < 1e-9 {
            return Some(t);
        }
        t += d;
        if t > 100.0 {
            break;
        }
    }
    None
}
#[differentiable]
fn shade(scene: &Sdf, origin: [f64; 3], dir: [f64; 3]) -> f64 {
    if let Some(t) = march(scene, origin, dir) { (-0.3 * t).exp() } else { 0.0 }
}
#[test]
fn t_march() {
    let scene = Sdf::SmoothUnion(
        Box::new(Sdf::Sphere { c: [0.0, 0.2, 3.0], r: 1.0 }),
        Box::new(Sdf::Union(Box::new(Sdf::Plane { h: -1.0 }), Box::new(Sdf::Sphere { c: [1.0, 0.0, 4.0], r: 0.5 }))),
        0.4,
    );
    shade::check(&scene, [0.1, 0.1, 0.0], [0.0, 0.0, 1.0]).unwrap();
    assert_eq!(shade(&scene, [0.0, 5.0, 0.0], [0.0, 1.0, 0.0]), 0.0);
}

// PID with history ring buffer, struct update, mem::replace
#[derive(Clone, Debug, Default, Differentiable)]
struct Pid {
    kp: f64,
    ki: f64,
    kd: f64,
    integral: f64,
    prev: Option<f64>,
    ring: [f64; 4],
    #[constant]
    head: usize,
}
#[differentiable]
impl Pid {
    fn update(&mut self, err: f64, dt: f64) -> f64 {
        self.integral = (self.integral + err * dt).clamp(-2.0, 2.0);
        self.ring[self.head % 4] = err;
        self.head += 1;
        let avg = self.ring.iter().sum::<f64>() / self.ring.len() as f64;
        let deriv = match std::mem::replace(&mut self.prev, Some(avg)) {
            Some(p) => (avg - p) / dt,
            None => 0.0,
        };
        self.kp * err + self.ki * self.integral + self.kd * deriv
    }
}
#[differentiable]
fn ise(gains: [f64; 3], plant: (f64, f64), setpoint: f64) -> f64 {
    let [kp, ki, kd] = gains;
    let mut pid = Pid { kp, ki, kd, ..Default::default() };
    let (mut y, mut v) = (0.0, 0.0);
    let mut cost = 0.0;
    let dt = 0.1;
    for _ in 0..8 {
        let e = setpoint - y;
        let u = pid.update(e, dt);
        v += dt * (u - plant.0 * v - plant.1 * y);
        y += dt * v;
        cost += e * e * dt;
    }
    cost
}
#[test]
fn t_pid() {
    ise::check([2.0, 0.4, 0.3], (0.7, 1.1), 1.0).unwrap();
}

// Dynamic time warping / Viterbi-like DP with 2-D Vec and min of three
#[differentiable]
fn soft_dtw(a: &[f64], b: &[f64], gamma: f64) -> f64 {
    let (n, m) = (a.len(), b.len());
    let mut r = vec![vec![1e10; m + 1]; n + 1];
    r[0][0] = 0.0;
    for i in 1..=n {
        for j in 1..=m {
            let c = (a[i - 1] - b[j - 1]).powi(2);
            let prev = [r[i - 1][j], r[i][j - 1], r[i - 1][j - 1]];
            let lo = prev.iter().copied().fold(f64::INFINITY, |x, y| x.min(y));
            let z: f64 = prev.iter().map(|p| (-(p - lo) / gamma).exp()).sum();
            r[i][j] = c + lo - gamma * z.ln();
        }
    }
    r[n][m]
}
#[test]
fn t_dtw() {
    soft_dtw::check(&[0.1, 0.8, 0.4], &[0.0, 0.5, 0.9, 0.3], 0.7).unwrap();
}

/// A Kalman filter that rejects outliers; `map` of an array in a field.
mod gated_filter {
    use super::*;
    type Mat2 = [[f64; 2]; 2];
    #[derive(Clone, Debug, Differentiable)]
    pub struct Filter {
        x: [f64; 2],
        p: Mat2,
        q: f64,
        r: f64,
        last: Option<f64>,
        #[constant]
        rejected: usize,
        log: Vec<(f64, f64)>,
    }
    #[differentiable]
    fn mul(a: &Mat2, b: &Mat2) -> Mat2 {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..2).map(|k| a[i][k] * b[k][j]).sum()))
    }
    #[differentiable]
    fn transpose(a: &Mat2) -> Mat2 {
        let [[a, b], [c, d]] = *a;
        [[a, c], [b, d]]
    }
    #[differentiable]
    impl Filter {
        fn predict(&mut self, dt: f64) {
            let f = [[1.0, dt], [0.0, 1.0]];
            let [pos, vel] = &mut self.x;
            *pos += *vel * dt;
            self.p = mul(&mul(&f, &self.p), &transpose(&f));
            (self.p[0][0], self.p[1][1]) = (self.p[0][0] + self.q * dt.powi(3) / 3.0, self.p[1][1] + self.q * dt);
        }
        fn update(&mut self, z: f64, gate: f64) -> Option<f64> {
            let s = self.p[0][0] + self.r;
            let innovation = z - self.x[0];
            if innovation.powi(2) / s > gate {
                self.rejected += 1;
                return None;
            }
            let k = self.p.map(|row| row[0] / s);
            for (x, k) in self.x.iter_mut().zip(k) {
                *x += k * innovation;
            }
            let [p0, p1] = self.p[0];
            for (row, k) in self.p.iter_mut().zip(k.iter()) {
                row[0] -= k * p0;
                row[1] -= k * p1;
            }
            self.last = Some(innovation);
            self.log.push((innovation, s));
            Some(0.5 * (innovation * innovation / s + s.ln()))
        }
        fn nll(&mut self, zs: &[(f64, Option<f64>)], gate: f64) -> f64 {
            let mut total = 0.0;
            'obs: for &(dt, z) in zs {
                self.predict(dt);
                let Some(z) = z else { continue 'obs };
                match self.update(z, gate) {
                    Some(l) => total += l,
                    None if self.rejected > 2 => break 'obs,
                    None => total += 0.5 * gate.ln(),
                }
            }
            let spread: f64 = self.log.iter().map(|&(i, s)| i * s).sum::<f64>() / self.log.len().max(1) as f64;
            total + self.last.unwrap_or_default() + spread
        }
    }
    #[test]
    fn agrees() {
        let f =
            Filter { x: [0.1, 0.5], p: [[1.0, 0.1], [0.1, 0.8]], q: 0.3, r: 0.2, last: None, rejected: 0, log: vec![] };
        f.clone().nll_check(&[(0.1, Some(0.2)), (0.2, None), (0.1, Some(5.0)), (0.3, Some(0.6))], 3.0).unwrap();
    }
}
