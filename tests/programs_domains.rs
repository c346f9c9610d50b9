//! Programs of many fields: cloth, equations of state, densities, images, Hamiltonian flow, reflections, recurrent cells, units.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;
use std::fmt;

// Cloth: spring network with index pairs, builder-style self methods
#[derive(Clone, Debug, Default, Differentiable)]
struct Particle {
    pos: [f64; 2],
    prev: [f64; 2],
    #[constant]
    pinned: bool,
}
#[derive(Clone, Debug, Differentiable)]
struct Cloth {
    particles: Vec<Particle>,
    #[constant]
    springs: Vec<(usize, usize)>,
    rest: Vec<f64>,
    damping: f64,
}
#[differentiable]
impl Cloth {
    fn with_damping(mut self, d: f64) -> Self {
        self.damping = d;
        self
    }
    fn verlet(&mut self, g: f64, dt: f64) {
        for p in self.particles.iter_mut().filter(|p| !p.pinned) {
            for (k, acc) in [0.0, -g].into_iter().enumerate() {
                let next = p.pos[k] + (p.pos[k] - p.prev[k]) * (1.0 - self.damping) + acc * dt * dt;
                p.prev[k] = std::mem::replace(&mut p.pos[k], next);
            }
        }
    }
    fn relax(&mut self) {
        for (s, &(i, j)) in self.springs.iter().enumerate() {
            let (a, b) = (self.particles[i].pos, self.particles[j].pos);
            let delta = [b[0] - a[0], b[1] - a[1]];
            let len = delta[0].hypot(delta[1]).max(1e-9);
            let corr = 0.5 * (len - self.rest[s]) / len;
            if !self.particles[i].pinned {
                for k in 0..2 {
                    self.particles[i].pos[k] += corr * delta[k];
                }
            }
            if !self.particles[j].pinned {
                for k in 0..2 {
                    self.particles[j].pos[k] -= corr * delta[k];
                }
            }
        }
    }
}
#[differentiable]
fn sag(cloth: &Cloth, g: f64, damping: f64) -> f64 {
    let mut c = cloth.clone().with_damping(damping);
    for _ in 0..4 {
        c.verlet(g, 0.1);
        for _ in 0..2 {
            c.relax();
        }
    }
    let lowest = c.particles.iter().map(|p| p.pos[1]).fold(f64::MAX, f64::min);
    lowest + c.particles.last().unwrap().pos[0]
}
#[test]
fn t_cloth() {
    let p = |x: f64, y: f64, pinned| Particle { pos: [x, y], prev: [x, y], pinned };
    let c = Cloth {
        particles: vec![p(0.0, 0.0, true), p(1.0, 0.1, false), p(2.0, -0.1, false)],
        springs: vec![(0, 1), (1, 2)],
        rest: vec![0.9, 1.1],
        damping: 0.0,
    };
    sag::check(&c, 9.8, 0.02).unwrap();
}

// Result with own error enum, From conversions, Display
#[derive(Clone, Debug, PartialEq)]
enum SolveError {
    Diverged(usize),
    Singular,
    Domain(String),
}
impl fmt::Display for SolveError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
impl std::error::Error for SolveError {}
#[differentiable]
fn newton(c: &[f64], start: f64) -> Result<f64, SolveError> {
    let mut x = start;
    for k in 0..50 {
        let (f, df) = c.iter().rev().fold((0.0, 0.0), |(v, d), a| (v * x + a, d * x + v));
        if df.abs() < 1e-12 {
            return Err(SolveError::Singular);
        }
        let dx = f / df;
        x -= dx;
        if !x.is_finite() {
            return Err(SolveError::Diverged(k));
        }
        if dx.abs() < 1e-14 * x.abs().max(1.0) {
            return Ok(x);
        }
    }
    Err(SolveError::Diverged(50))
}
#[differentiable]
fn eos(p: f64, t: f64, a: f64, b: f64) -> Result<f64, SolveError> {
    if t <= 0.0 {
        return Err(SolveError::Domain(format!("t = {t}")));
    }
    let rt = 8.314 * t;
    let (aa, bb) = (a * p / rt.powi(2), b * p / rt);
    let coeffs = [-aa * bb, aa - bb * bb - bb, -1.0, 1.0];
    let z = newton(&coeffs, 1.0).map_err(|e| match e {
        SolveError::Singular => SolveError::Diverged(0),
        other => other,
    })?;
    let vol = z * rt / p;
    Ok(vol.ln())
}
#[test]
fn t_eos() {
    eos::check(1e5 / 1e5 * 2.0, 3.0, 1.3, 0.04).unwrap();
    let (v, _) = eos::vjp(1.0, -3.0, 1.3, 0.04);
    assert!(v.is_err());
}

// Generic over float and dims; statistics trait with assoc type
#[differentiable]
trait Density {
    type Point;
    fn log_density(&self, x: &Self::Point) -> f64;
}
#[derive(Clone, Debug, Differentiable)]
struct Normal {
    mu: f64,
    log_sigma: f64,
}
#[derive(Clone, Debug, Differentiable)]
struct Iid<D>(D, #[constant] std::marker::PhantomData<D>);
#[differentiable]
impl Density for Normal {
    type Point = f64;
    fn log_density(&self, x: &f64) -> f64 {
        let z = (*x - self.mu) / self.log_sigma.exp();
        -0.5 * z * z - self.log_sigma
    }
}
#[differentiable]
impl<D: Density<Point = f64> + Differentiable> Density for Iid<D> {
    type Point = Vec<f64>;
    fn log_density(&self, xs: &Vec<f64>) -> f64 {
        xs.iter().map(|x| self.0.log_density(x)).sum()
    }
}
#[differentiable]
fn posterior(d: &Iid<Normal>, data: &Vec<f64>) -> f64 {
    d.log_density(data) - 0.5 * d.0.mu.powi(2)
}
#[test]
fn t_density() {
    let d = Iid(Normal { mu: 0.3, log_sigma: -0.2 }, std::marker::PhantomData);
    posterior::check(&d, &vec![0.1, 0.9, -0.4]).unwrap();
}

// Image filter: 2-D arrays by flat index with padding closure, nested labels
#[differentiable]
fn edges(img: &[f64], w: usize, h: usize, kernel: &[[f64; 3]; 3], limit: f64) -> f64 {
    let px = |x: isize, y: isize| -> f64 {
        if x < 0 || y < 0 || x >= w as isize || y >= h as isize { 0.0 } else { img[y as usize * w + x as usize] }
    };
    let mut total = 0.0;
    'rows: for y in 0..h as isize {
        for x in 0..w as isize {
            let mut acc = 0.0;
            for (dy, row) in (-1..=1).zip(kernel.iter()) {
                for (dx, k) in (-1isize..=1).zip(row) {
                    acc += k * px(x + dx, y + dy);
                }
            }
            if acc > limit {
                continue 'rows;
            }
            total += acc * acc;
            if total > 50.0 {
                break 'rows;
            }
        }
    }
    total
}
#[test]
fn t_edges() {
    edges::check(&[0.1, 0.5, 0.9, 0.3, -0.2, 0.4], 3, 2, &[[0.1, -0.3, 0.2], [0.4, 1.0, -0.5], [0.0, 0.3, 0.1]], 1.5)
        .unwrap();
}

// Particle filter-like: closures returning closures results, captured mut
#[differentiable]
fn leapfrog(q0: &[f64], p0: &[f64], eps: f64, l: usize) -> f64 {
    let potential_grad = |q: &[f64]| -> Vec<f64> {
        q.iter()
            .enumerate()
            .map(|(i, &qi)| qi.powi(3) - qi + 0.1 * if i > 0 { q[i - 1] } else { 0.0 })
            .collect::<Vec<_>>()
    };
    let (mut q, mut p) = (q0.to_vec(), p0.to_vec());
    let mut kick = |p: &mut Vec<f64>, q: &[f64], h: f64| {
        for (pi, g) in p.iter_mut().zip(potential_grad(q)) {
            *pi -= h * g;
        }
    };
    kick(&mut p, &q, 0.5 * eps);
    for step in 0..l {
        q.iter_mut().zip(&p).for_each(|(qi, pi)| *qi += eps * pi);
        let h = if step + 1 == l { 0.5 * eps } else { eps };
        kick(&mut p, &q, h);
    }
    let ke = 0.5 * p.iter().map(|x| x * x).sum::<f64>();
    let pe = q.iter().map(|x| 0.25 * x.powi(4) - 0.5 * x * x).sum::<f64>();
    ke + pe
}
#[test]
fn t_leap() {
    leapfrog::check(&[0.4, -0.7, 1.1], &[0.2, 0.3, -0.5], 0.1, 4).unwrap();
}

// QR by Householder on a struct matrix with Index
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Matrix {
    data: Vec<f64>,
    #[constant]
    rows: usize,
    #[constant]
    cols: usize,
}
#[differentiable]
impl Matrix {
    fn zeros(rows: usize, cols: usize) -> Self {
        Matrix { data: vec![0.0; rows * cols], rows, cols }
    }
    fn get(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.cols + j]
    }
    fn set(&mut self, i: usize, j: usize, v: f64) {
        self.data[i * self.cols + j] = v;
    }
    fn add_to(&mut self, i: usize, j: usize, v: f64) {
        let k = self.get(i, j);
        self.set(i, j, k + v)
    }
}
#[differentiable]
fn householder(a: &Matrix) -> Matrix {
    let mut r = a.clone();
    for k in 0..r.cols.min(r.rows - 1) {
        let norm = (k..r.rows).map(|i| r.get(i, k)).map(|v| v * v).sum::<f64>().sqrt();
        let alpha = if r.get(k, k) > 0.0 { -norm } else { norm };
        let mut v: Vec<f64> = (k..r.rows).map(|i| r.get(i, k)).collect();
        v[0] -= alpha;
        let vv: f64 = v.iter().map(|x| x * x).sum();
        if vv == 0.0 {
            continue;
        }
        for j in k..r.cols {
            let d = v.iter().enumerate().fold(0.0, |s, (i, vi)| s + vi * r.get(k + i, j));
            let f = 2.0 * d / vv;
            for (i, vi) in v.iter().enumerate() {
                r.add_to(k + i, j, -f * vi);
            }
        }
    }
    r
}
#[differentiable]
fn log_volume(a: &Matrix) -> f64 {
    let r = householder(a);
    (0..r.cols).map(|i| r.get(i, i).abs().ln()).sum()
}
#[test]
fn t_qr() {
    log_volume::check(&Matrix { data: vec![0.4, 1.0, -0.3, 0.8, 2.0, 0.1], rows: 3, cols: 2 }).unwrap();
}

// Recurrent net with trait objects replaced by enum, Option state, mem::take
#[derive(Clone, Debug, Differentiable)]
struct Gru {
    wz: [f64; 2],
    wr: [f64; 2],
    wh: [f64; 2],
    state: Option<f64>,
}
#[differentiable]
impl Gru {
    fn step(&mut self, x: f64) -> f64 {
        let h = self.state.take().unwrap_or(0.0);
        let sig = |v: f64| 1.0 / (1.0 + (-v).exp());
        let z = sig(self.wz[0] * x + self.wz[1] * h);
        let r = sig(self.wr[0] * x + self.wr[1] * h);
        let c = (self.wh[0] * x + self.wh[1] * r * h).tanh();
        *self.state.insert((1.0 - z) * h + z * c)
    }
}
#[differentiable]
fn seq_loss(cell: &Gru, xs: &[f64], ys: &[Option<f64>]) -> f64 {
    let mut cell = cell.clone();
    let mut n = 0usize;
    let mut loss = 0.0;
    for (x, y) in xs.iter().zip(ys) {
        let out = cell.step(*x);
        let Some(y) = y else { continue };
        loss += (out - y).powi(2);
        n += 1;
    }
    if n == 0 {
        return 0.0;
    }
    loss / n as f64
}
#[test]
fn t_gru() {
    seq_loss::check(
        &Gru { wz: [0.3, 0.5], wr: [-0.2, 0.7], wh: [0.9, -0.6], state: None },
        &[0.1, 0.8, -0.4],
        &[Some(0.2), None, Some(-0.1)],
    )
    .unwrap();
}

// Mutual recursion and shadowing, nested fns, consts
#[differentiable]
fn agm(a: f64, b: f64, depth: u32) -> f64 {
    #[differentiable]
    fn arith(a: f64, b: f64) -> f64 {
        0.5 * (a + b)
    }
    if depth == 0 || (a - b).abs() < 1e-15 {
        return a;
    }
    let (a, b) = (arith(a, b), (a * b).sqrt());
    agm_swapped(b, a, depth - 1)
}
#[differentiable]
fn agm_swapped(b: f64, a: f64, depth: u32) -> f64 {
    agm(a, b, depth)
}
#[test]
fn t_agm() {
    agm::check(1.3, 0.4, 10).unwrap();
}

// 2D physics with tuple struct newtype & Iterator::sum into newtype, units
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Metres(f64);
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Seconds(f64);
#[differentiable]
impl std::ops::Div<Seconds> for Metres {
    type Output = f64;
    fn div(self, t: Seconds) -> f64 {
        self.0 / t.0
    }
}
impl From<f64> for Metres {
    fn from(v: f64) -> Self {
        Metres(v)
    }
}
#[differentiable]
fn average_speed(legs: &[(Metres, Seconds)]) -> f64 {
    let total = legs.iter().fold(Metres::from(0.0), |Metres(s), &(Metres(d), _)| Metres(s + d));
    let time = Seconds(legs.iter().map(|(_, Seconds(t))| t).sum());
    let peak = legs.iter().map(|&(d, t)| d / t).fold(0.0f64, |a, b| a.max(b));
    total / time + 0.1 * peak
}
#[test]
fn t_units() {
    average_speed::check(&[(Metres(3.0), Seconds(1.2)), (Metres(5.0), Seconds(2.5))]).unwrap();
}
