//! Programs that simulate and fit: filters, state machines, linear systems, trees, attention, recurrent cells.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;
use std::f64::consts::PI;
use std::ops::{Add, Mul, Neg};

// extended Kalman with ndarray
#[differentiable]
fn kalman_nd(x0: &Array1<f64>, p0: &Array2<f64>, f: &Array2<f64>, h: &Array2<f64>, zs: &[f64]) -> f64 {
    let mut x = x0.clone();
    let mut p = p0.clone();
    let mut ll = 0.0;
    for &z in zs.iter() {
        x = f.dot(&x);
        p = f.dot(&p).dot(&f.t()) + 0.01;
        let y = z - h.dot(&x)[0];
        let s = h.dot(&p).dot(&h.t())[[0, 0]] + 0.5;
        let k = p.dot(&h.t()) / s;
        x = &x + &(k.column(0).to_owned() * y);
        let kh = k.dot(h);
        p = &p - &kh.dot(&p);
        ll -= 0.5 * (y * y / s + (2.0 * PI * s).ln());
    }
    ll
}
#[test]
fn t_kalman_nd() {
    let a1 = Array1::from(vec![0.1, 1.0]);
    let m = |a: f64, b: f64, c: f64, d: f64| Array2::from_shape_vec((2, 2), vec![a, b, c, d]).unwrap();
    let h = Array2::from_shape_vec((1, 2), vec![1.0, 0.2]).unwrap();
    kalman_nd::check(&a1, &m(1.0, 0.1, 0.1, 1.0), &m(1.0, 0.1, 0.0, 1.0), &h, &[0.2, 0.4, 0.1]).unwrap();
}

// state machine enum reassigned in loop, matches!, labelled
#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Phase {
    Ascent { fuel: f64 },
    Coast,
    Descent(f64, u32),
}
#[derive(Clone, Debug, Differentiable)]
struct Rocket {
    h: f64,
    v: f64,
    phase: Phase,
}
#[differentiable]
impl Rocket {
    fn tick(&mut self, dt: f64, thrust: f64) -> bool {
        self.phase = match &self.phase {
            Phase::Ascent { fuel } if *fuel > 0.0 => {
                let used = dt * thrust;
                self.v += (thrust - 1.0) * dt;
                Phase::Ascent { fuel: fuel - used }
            }
            Phase::Ascent { .. } => Phase::Coast,
            Phase::Coast if self.v < 0.0 => Phase::Descent(self.h, 0),
            Phase::Coast => {
                self.v -= dt;
                Phase::Coast
            }
            Phase::Descent(top, n) => {
                self.v -= dt * (1.0 - 0.1 * top);
                Phase::Descent(*top, n + 1)
            }
        };
        self.h += self.v * dt;
        self.h > 0.0
    }
}
#[differentiable]
fn flight(r: &Rocket, dt: f64, thrust: f64) -> f64 {
    let mut r = r.clone();
    let mut n = 0;
    while r.tick(dt, thrust) && n < 40 {
        n += 1;
    }
    r.h + r.v * n as f64
}
#[test]
fn t_flight() {
    let r = Rocket { h: 0.1, v: 0.5, phase: Phase::Ascent { fuel: 1.0 } };
    flight::check(&r, 0.1, 2.03).unwrap();
}

// tridiagonal Thomas algorithm, in place on several &mut
#[differentiable]
fn thomas(a: &[f64], b: &mut [f64], c: &[f64], d: &mut [f64]) {
    let n = d.len();
    for i in 1..n {
        let w = a[i] / b[i - 1];
        b[i] -= w * c[i - 1];
        d[i] -= w * d[i - 1];
    }
    d[n - 1] /= b[n - 1];
    for i in (0..n - 1).rev() {
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i];
    }
}
#[differentiable]
fn implicit_heat(u0: &[f64], k: f64) -> f64 {
    let n = u0.len();
    let mut u = u0.to_vec();
    for _ in 0..3 {
        let a = vec![-k; n];
        let c = vec![-k; n];
        let mut b = vec![1.0 + 2.0 * k; n];
        thomas(&a, &mut b, &c, &mut u);
    }
    u.iter().enumerate().map(|(i, x)| x * (i as f64).cos()).sum()
}
#[test]
fn t_thomas() {
    implicit_heat::check(&[1.0, 0.5, -0.3, 0.8], 0.4).unwrap();
}

// QR by Householder, Vec<Vec>
#[differentiable]
fn qr_ls(a: &[Vec<f64>], y: &[f64]) -> Vec<f64> {
    let (m, n) = (a.len(), a[0].len());
    let mut r: Vec<Vec<f64>> = a.iter().map(|row| row.clone()).collect();
    let mut b: Vec<f64> = y.into();
    for k in 0..n {
        let norm = (k..m).map(|i| r[i][k] * r[i][k]).sum::<f64>().sqrt();
        let alpha = if r[k][k] > 0.0 { -norm } else { norm };
        let mut v: Vec<f64> = (k..m).map(|i| r[i][k]).collect();
        v[0] -= alpha;
        let vv: f64 = v.iter().map(|x| x * x).sum();
        for j in k..n {
            let mut s = 0.0;
            for (i, vi) in (k..m).zip(v.iter()) {
                s += vi * r[i][j];
            }
            let s = 2.0 * s / vv;
            for (offset, vi) in v.iter().enumerate() {
                r[k + offset][j] -= s * vi;
            }
        }
        let s = 2.0 * v.iter().zip(&b[k..]).map(|(p, q)| p * q).sum::<f64>() / vv;
        b[k..].iter_mut().zip(&v).for_each(|(x, vi)| *x -= s * vi);
    }
    let mut x = vec![0.0; n];
    for i in (0..n).rev() {
        let t: f64 = r[i][i + 1..].iter().zip(&x[i + 1..]).map(|(p, q)| p * q).sum();
        x[i] = (b[i] - t) / r[i][i];
    }
    x
}
#[differentiable]
fn fit(a: &[Vec<f64>], y: &[f64]) -> f64 {
    qr_ls(a, y).iter().fold(0.0, |s, x| s + x.powi(2))
}
#[test]
fn t_qr() {
    fit::check(&[vec![1.0, 0.2], vec![1.0, 1.1], vec![1.0, 2.3]], &[0.4, 1.2, 1.9]).unwrap();
}

// ODE with generic closure-ish trait System, adaptive step
#[differentiable]
trait System<const N: usize> {
    fn rhs(&self, t: f64, y: &[f64; N]) -> [f64; N];
}
#[derive(Clone, Debug, Differentiable)]
struct LotkaVolterra {
    alpha: f64,
    beta: f64,
    gamma: f64,
    delta: f64,
}
#[differentiable]
impl System<2> for LotkaVolterra {
    fn rhs(&self, _t: f64, y: &[f64; 2]) -> [f64; 2] {
        let &[prey, pred] = y;
        [self.alpha * prey - self.beta * prey * pred, self.delta * prey * pred - self.gamma * pred]
    }
}
#[differentiable]
fn axpy<const N: usize>(y: &[f64; N], k: &[f64; N], h: f64) -> [f64; N] {
    let mut out = *y;
    for (o, k) in out.iter_mut().zip(k) {
        *o += h * k;
    }
    out
}
#[differentiable]
fn integrate<S: System<2>>(s: &S, y0: [f64; 2], t1: f64) -> f64 {
    let mut y = y0;
    let (mut t, mut h) = (0.0, 0.1);
    let mut rejected = 0;
    while t < t1 {
        let k1 = s.rhs(t, &y);
        let k2 = s.rhs(t + h, &axpy(&y, &k1, h));
        let err = (0..2).map(|i| (h * 0.5 * (k2[i] - k1[i])).abs()).fold(0.0, f64::max);
        if err > 0.05 && rejected < 10 {
            h *= 0.5;
            rejected += 1;
            continue;
        }
        for i in 0..2 {
            y[i] += 0.5 * h * (k1[i] + k2[i]);
        }
        t += h;
        if err < 0.01 {
            h = (h * 1.5).min(0.2);
        }
    }
    y[0] * y[1]
}
#[test]
fn t_lotka() {
    integrate::check(&LotkaVolterra { alpha: 1.1, beta: 0.4, gamma: 0.4, delta: 0.1 }, [2.0, 1.0], 0.9).unwrap();
}

// attention, hand-written, with softmax in place
#[differentiable]
fn softmax(v: &mut [f64]) {
    let m = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut z = 0.0;
    for x in v.iter_mut() {
        *x = (*x - m).exp();
        z += *x;
    }
    v.iter_mut().for_each(|x| *x /= z);
}
#[differentiable]
fn attention(q: &[Vec<f64>], k: &[Vec<f64>], v: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let scale = (q[0].len() as f64).sqrt().recip();
    q.iter()
        .map(|qi| {
            let mut w: Vec<f64> =
                k.iter().map(|kj| scale * qi.iter().zip(kj).map(|(a, b)| a * b).sum::<f64>()).collect();
            softmax(&mut w);
            let mut out = vec![0.0; v[0].len()];
            for (wj, vj) in w.iter().zip(v) {
                for (o, x) in out.iter_mut().zip(vj) {
                    *o += wj * x;
                }
            }
            out
        })
        .collect()
}
#[differentiable]
fn attention_loss(q: &[Vec<f64>], k: &[Vec<f64>], v: &[Vec<f64>]) -> f64 {
    attention(q, k, v).iter().flat_map(|r| r.iter()).map(|x| x.powi(3)).sum()
}
#[test]
fn t_attention() {
    let m = |s: f64| vec![vec![0.1 * s, 0.4, -0.2], vec![0.5, -0.3 * s, 0.8]];
    attention_loss::check(&m(1.0), &m(2.0), &m(-1.0)).unwrap();
}

// newtype + Deref-less wrapper, Neg, reference operators, From, Default
#[derive(Clone, Copy, Debug, Default, PartialEq, Differentiable)]
struct Meters(f64);
#[differentiable]
impl Add for Meters {
    type Output = Meters;
    fn add(self, o: Meters) -> Meters {
        Meters(self.0 + o.0)
    }
}
#[differentiable]
impl Neg for Meters {
    type Output = Meters;
    fn neg(self) -> Meters {
        Meters(-self.0)
    }
}
#[differentiable]
impl Mul<Meters> for f64 {
    type Output = Meters;
    fn mul(self, m: Meters) -> Meters {
        Meters(self * m.0)
    }
}
#[differentiable]
fn distance(a: Meters, b: Meters, k: f64) -> f64 {
    let total = k * a + -b;
    let Meters(m) = total;
    m * m
}
#[test]
fn t_meters() {
    distance::check(Meters(2.0), Meters(0.7), 1.3).unwrap();
}

// B-spline basis recursion; Simpson adaptive recursion
#[differentiable]
fn basis(i: usize, p: usize, t: f64, knots: &[f64]) -> f64 {
    if p == 0 {
        return if knots[i] <= t && t < knots[i + 1] { 1.0 } else { 0.0 };
    }
    let mut out = 0.0;
    let d1 = knots[i + p] - knots[i];
    if d1 != 0.0 {
        out += (t - knots[i]) / d1 * basis(i, p - 1, t, knots);
    }
    let d2 = knots[i + p + 1] - knots[i + 1];
    if d2 != 0.0 {
        out += (knots[i + p + 1] - t) / d2 * basis(i + 1, p - 1, t, knots);
    }
    out
}
#[differentiable]
fn simpson(a: f64, b: f64, k: f64, depth: u32) -> f64 {
    let f = |x: f64| (k * x).exp() * x.sin();
    let s = |a: f64, b: f64| (b - a) / 6.0 * (f(a) + 4.0 * f(0.5 * (a + b)) + f(b));
    let mid = 0.5 * (a + b);
    let (whole, halves) = (s(a, b), s(a, mid) + s(mid, b));
    if depth == 0 || (whole - halves).abs() < 1e-6 {
        halves + (halves - whole) / 15.0
    } else {
        simpson(a, mid, k, depth - 1) + simpson(mid, b, k, depth - 1)
    }
}
#[test]
fn t_spline() {
    basis::check(1, 2, 1.4, &[0.0, 0.5, 1.0, 1.7, 2.5, 3.0]).unwrap();
    simpson::check(0.1, 1.7, 0.8, 5).unwrap();
}

// particle swarm as Vec of tuples; drain(..), retain, sort, dedup, extend
#[differentiable]
fn tuples(ps: &[(f64, f64)], pull: f64) -> f64 {
    let mut v: Vec<(f64, f64)> = ps.iter().map(|&(x, y)| (x * pull, y)).collect();
    v.retain(|(x, _)| *x > 0.0);
    v.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap());
    let best = v[0];
    for (x, y) in v.iter_mut() {
        *x += 0.5 * (best.0 - *x);
        *y -= 0.1 * best.1;
    }
    let (mut sx, mut sy) = (0.0, 1.0);
    for (i, (x, y)) in v.drain(..).enumerate() {
        if i % 2 == 0 {
            sx += x
        } else {
            sx -= 0.5 * x
        }
        sy *= y;
    }
    sx + sy
}
#[test]
fn t_tuples() {
    tuples::check(&[(0.5, 1.0), (-0.2, 3.0), (1.7, 0.4), (0.9, 0.8)], 1.2).unwrap();
}

// Option<Box<..>>/binary tree with &mut insert and fold
#[derive(Clone, Debug, Default, Differentiable)]
struct Tree {
    root: Option<Box<Branch>>,
}
#[derive(Clone, Debug, Differentiable)]
struct Branch {
    key: f64,
    left: Option<Box<Branch>>,
    right: Option<Box<Branch>>,
}
#[differentiable]
impl Branch {
    fn depth_sum(&self, depth: i32) -> f64 {
        let mut s = self.key * f64::from(depth);
        if let Some(l) = &self.left {
            s += l.depth_sum(depth + 1);
        }
        if let Some(r) = self.right.as_ref() {
            s += r.depth_sum(depth + 1).tanh();
        }
        s
    }
    fn shift(&mut self, by: f64) {
        self.key += by;
        if let Some(l) = &mut self.left {
            l.shift(by * 0.5);
        }
        if let Some(r) = self.right.as_mut() {
            r.shift(by * self.key);
        }
    }
}
#[differentiable]
fn tree_value(t: &Tree, by: f64) -> f64 {
    let mut t = t.clone();
    match t.root.as_mut() {
        Some(root) => root.shift(by),
        None => return by,
    }
    t.root.as_ref().map_or(0.0, |r| r.depth_sum(1))
}
#[test]
fn t_tree() {
    let leaf = |k| Some(Box::new(Branch { key: k, left: None, right: None }));
    let t = Tree { root: Some(Box::new(Branch { key: 1.0, left: leaf(0.4), right: leaf(-0.3) })) };
    tree_value::check(&t, 0.7).unwrap();
    tree_value::check(&Tree::default(), 0.7).unwrap();
}

// consts, statics, casts, integer tricks, shadowing through blocks, while let pop, mem::take
static TABLE: [f64; 4] = [0.5, 1.0, -0.5, 0.25];
const ORDER: usize = 3;
#[differentiable]
fn clenshaw(x: f64, scale: &mut f64) -> f64 {
    let x = {
        let x = 2.0 * x - 1.0;
        x.clamp(-1.0, 1.0)
    };
    let (mut b1, mut b2) = (0.0, 0.0);
    for k in (1..=ORDER).rev() {
        let b0 = TABLE[k & 3] + 2.0 * x * b1 - b2;
        b2 = std::mem::replace(&mut b1, b0);
    }
    *scale *= x * b1 - b2 + TABLE[0];
    let bits = (x.abs() * 8.0) as u8;
    if bits >> 1 & 1 == 1 { *scale } else { -*scale }
}
#[test]
fn t_clenshaw() {
    clenshaw::check(0.7, &mut 1.5).unwrap();
}

// generic over Real with where clause, slices, and associated function; struct update; Iterator::rev zip
#[derive(Clone, Debug, Differentiable)]
struct Lstm<T> {
    w: [[T; 2]; 4],
    b: [T; 4],
}
#[derive(Clone, Copy, Debug, Differentiable)]
struct State<T> {
    h: T,
    c: T,
}
#[differentiable]
fn sigmoid<T>(x: T) -> T
where
    T: Real,
{
    T::one() / (T::one() + (-x).exp())
}
#[differentiable]
impl<T: Real> Lstm<T> {
    fn step(&self, s: State<T>, x: T) -> State<T> {
        let mut g = [T::zero(); 4];
        for (i, gi) in g.iter_mut().enumerate() {
            *gi = self.w[i][0] * x + self.w[i][1] * s.h + self.b[i];
        }
        let [i, f, o, c] = g;
        let c = sigmoid(f) * s.c + sigmoid(i) * c.tanh();
        State { h: sigmoid(o) * c.tanh(), c, ..s }
    }
}
#[differentiable]
fn lstm<T: Real>(net: &Lstm<T>, xs: &[T]) -> T {
    let mut s = State { h: T::zero(), c: T::zero() };
    let mut loss = T::zero();
    for (x, y) in xs.iter().zip(xs.iter().skip(1)) {
        s = net.step(s, *x);
        loss += (s.h - *y) * (s.h - *y);
    }
    loss / T::from_usize(xs.len()).unwrap()
}
#[test]
fn t_lstm() {
    let net = Lstm { w: [[0.1, 0.5], [-0.3, 0.2], [0.7, -0.1], [0.9, 0.4]], b: [0.0, 0.5, -0.1, 0.2] };
    lstm::check(&net, &[0.3f64, -0.4, 0.8, 0.1]).unwrap();
}

/// Bodies and springs; the length of a vector is called `len`.
mod physics {
    use super::*;
    use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
    #[derive(Clone, Copy, Debug, Default, PartialEq, Differentiable)]
    pub struct V {
        x: f64,
        y: f64,
    }
    macro_rules! ops { ($($tr:ident $f:ident $op:tt),*) => { $(#[differentiable] impl $tr for V { type Output = V; fn $f(self, o: V) -> V { V { x: self.x $op o.x, y: self.y $op o.y } } })* } }
    ops!(Add add +, Sub sub -);
    #[differentiable]
    impl Mul<f64> for V {
        type Output = V;
        fn mul(self, k: f64) -> V {
            V { x: self.x * k, y: self.y * k }
        }
    }
    #[differentiable]
    impl Mul<V> for f64 {
        type Output = V;
        fn mul(self, v: V) -> V {
            v * self
        }
    }
    #[differentiable]
    impl AddAssign for V {
        fn add_assign(&mut self, o: V) {
            self.x += o.x;
            self.y += o.y;
        }
    }
    #[differentiable]
    impl SubAssign for V {
        fn sub_assign(&mut self, o: V) {
            *self = *self - o;
        }
    }
    #[differentiable]
    impl V {
        const ZERO: V = V { x: 0.0, y: 0.0 };
        fn dot(&self, o: &V) -> f64 {
            self.x * o.x + self.y * o.y
        }
        fn len(&self) -> f64 {
            self.dot(self).sqrt()
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Body {
        pos: V,
        vel: V,
        #[constant]
        inv_mass: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Joint {
        #[constant]
        a: usize,
        #[constant]
        b: usize,
        rest: f64,
        stiffness: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct World {
        bodies: Vec<Body>,
        joints: Vec<Joint>,
        gravity: V,
        damping: f64,
        #[constant]
        substeps: usize,
    }
    #[differentiable]
    impl World {
        fn forces(&self) -> Vec<V> {
            let mut f = vec![V::ZERO; self.bodies.len()];
            for Joint { a, b, rest, stiffness } in &self.joints {
                let d = self.bodies[*b].pos - self.bodies[*a].pos;
                let l = d.len();
                let push = (stiffness * (l - rest) / l) * d;
                f[*a] += push;
                f[*b] -= push;
            }
            f
        }
        fn step(&mut self, dt: f64) {
            let h = dt / self.substeps as f64;
            for _ in 0..self.substeps {
                let forces = self.forces();
                let (g, damp) = (self.gravity, self.damping);
                for (body, f) in self.bodies.iter_mut().zip(forces).filter(|(b, _)| b.inv_mass > 0.0) {
                    body.vel += (g + f * body.inv_mass) * h;
                    body.vel = body.vel * (1.0 - damp * h);
                    body.pos += body.vel * h;
                    if body.pos.y < 0.0 {
                        body.pos.y = -body.pos.y;
                        body.vel.y = -0.5 * body.vel.y;
                    }
                }
            }
        }
        fn energy(&self) -> f64 {
            self.bodies
                .iter()
                .filter(|b| b.inv_mass > 0.0)
                .map(|b| 0.5 * b.vel.dot(&b.vel) / b.inv_mass - self.gravity.dot(&b.pos))
                .sum()
        }
    }
    #[differentiable]
    pub fn simulate(world: &mut World, dt: f64, #[constant] n: usize) -> f64 {
        let e0 = world.energy();
        (0..n).for_each(|_| world.step(dt));
        let last = world.bodies.last().unwrap();
        world.energy() - e0 + last.pos.len()
    }
    #[test]
    fn agrees() {
        let b = |x: f64, y: f64, m: f64| Body { pos: V { x, y }, vel: V { x: 0.1, y: -0.2 }, inv_mass: m };
        let mut w = World {
            bodies: vec![b(0.0, 1.0, 0.0), b(1.0, 1.1, 1.0), b(1.9, 0.6, 0.5)],
            joints: vec![
                Joint { a: 0, b: 1, rest: 0.9, stiffness: 20.0 },
                Joint { a: 1, b: 2, rest: 1.0, stiffness: 15.0 },
            ],
            gravity: V { x: 0.0, y: -1.0 },
            damping: 0.1,
            substeps: 2,
        };
        simulate::check(&mut w, 0.05, 4).unwrap();
    }
}
