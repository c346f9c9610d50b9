//! Programs of quants, of people who write networks and games by hand, of friends of iterators, and of those who name things badly.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;
use std::collections::HashMap;

// Quant: binomial American option, backward induction in place
#[derive(Clone, Copy, Debug, PartialEq)]
enum Right {
    Call,
    Put,
}
#[differentiable]
fn american(s0: f64, k: f64, r: f64, sigma: f64, t: f64, n: usize, #[constant] right: Right) -> f64 {
    let dt = t / n as f64;
    let u = (sigma * dt.sqrt()).exp();
    let d = u.recip();
    let disc = (-r * dt).exp();
    let p = ((r * dt).exp() - d) / (u - d);
    let payoff = |s: f64| match right {
        Right::Call => (s - k).max(0.0),
        Right::Put => (k - s).max(0.0),
    };
    let mut v: Vec<f64> = (0..=n).map(|j| payoff(s0 * u.powi(j as i32) * d.powi((n - j) as i32))).collect();
    for step in (0..n).rev() {
        for j in 0..=step {
            let hold = disc * (p * v[j + 1] + (1.0 - p) * v[j]);
            let s = s0 * u.powi(2 * j as i32 - step as i32);
            v[j] = hold.max(payoff(s));
        }
        v.truncate(step + 1);
    }
    v[0]
}
#[test]
fn t_american() {
    american::check(101.3, 99.7, 0.03, 0.25, 0.9, 7, Right::Put).unwrap();
    american::check(101.3, 99.7, 0.03, 0.25, 0.9, 7, Right::Call).unwrap();
}

// Implied vol: Newton with labelled loop and early return
#[differentiable]
fn norm_cdf(x: f64) -> f64 {
    // Abramowitz-Stegun
    let l = x.abs();
    let k = 1.0 / (1.0 + 0.2316419 * l);
    let coefs = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
    let poly = coefs.iter().rev().fold(0.0, |acc, c| (acc + c) * k);
    let w = 1.0 - (-l * l / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if x < 0.0 { 1.0 - w } else { w }
}
#[differentiable]
fn bs(s: f64, k: f64, t: f64, v: f64) -> f64 {
    let d1 = ((s / k).ln() + 0.5 * v * v * t) / (v * t.sqrt());
    s * norm_cdf(d1) - k * norm_cdf(d1 - v * t.sqrt())
}
#[differentiable]
fn implied_vol(price: f64, s: f64, k: f64, t: f64) -> Result<f64, &'static str> {
    if price <= (s - k).max(0.0) {
        return Err("below intrinsic");
    }
    let (mut lo, mut hi) = (1e-3, 3.0);
    let mut vol = 0.2;
    'newton: for iter in 0.. {
        if iter > 60 {
            return Err("no convergence");
        }
        let f = bs(s, k, t, vol) - price;
        if f > 0.0 {
            hi = vol
        } else {
            lo = vol
        }
        let h = 1e-4;
        let slope = (bs(s, k, t, vol + h) - bs(s, k, t, vol - h)) / (2.0 * h);
        let next = vol - f / slope;
        if (next - vol).abs() < 1e-11 {
            vol = next;
            break 'newton;
        }
        if next <= lo || next >= hi {
            vol = 0.5 * (lo + hi);
            continue 'newton;
        }
        vol = next;
    }
    Ok(vol)
}
#[test]
fn t_iv() {
    let p = bs(100.0, 105.0, 0.7, 0.31);
    implied_vol::check(p, 100.0, 105.0, 0.7).unwrap();
    let (v, pb) = implied_vol::vjp(p, 100.0, 105.0, 0.7);
    assert!((v.unwrap() - 0.31).abs() < 1e-9);
}

// ML by hand: MLP, softmax, batch, SGD differentiated through
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Mlp {
    w: Vec<Vec<Vec<f64>>>,
    b: Vec<Vec<f64>>,
}
#[differentiable]
trait Act {
    const GAIN: f64;
    fn apply(&self, x: f64) -> f64;
    fn scaled(&self, x: f64) -> f64 {
        Self::GAIN * self.apply(x)
    }
}
#[derive(Clone, Differentiable)]
struct Tanh;
#[derive(Clone, Differentiable)]
struct LeakyRelu(f64);
#[differentiable]
impl Act for Tanh {
    const GAIN: f64 = 5.0 / 3.0;
    fn apply(&self, x: f64) -> f64 {
        x.tanh()
    }
}
#[differentiable]
impl Act for LeakyRelu {
    const GAIN: f64 = 1.4;
    fn apply(&self, x: f64) -> f64 {
        if x >= 0.0 { x } else { self.0 * x }
    }
}
#[differentiable]
impl Mlp {
    fn forward<A: Act + Differentiable>(&self, x: &[f64], act: &A) -> Vec<f64> {
        let depth = self.w.len();
        self.w.iter().zip(&self.b).enumerate().fold(x.to_vec(), |h, (l, (w, b))| {
            w.iter()
                .zip(b)
                .map(|(row, bias)| {
                    let z = row.iter().zip(&h).map(|(a, b)| a * b).sum::<f64>() + bias;
                    if l + 1 < depth { act.scaled(z) } else { z }
                })
                .collect()
        })
    }
}
#[differentiable]
fn softmax(z: &[f64]) -> Vec<f64> {
    let m = z.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = z.iter().map(|v| (v - m).exp()).collect();
    let s: f64 = e.iter().sum();
    e.into_iter().map(|v| v / s).collect()
}
#[differentiable]
fn nll<A>(net: &Mlp, act: &A, xs: &[Vec<f64>], ys: &[usize]) -> f64
where
    A: Act + Differentiable,
{
    let mut loss = 0.0;
    for (x, &y) in xs.iter().zip(ys.iter()) {
        let p = softmax(&net.forward(x, act));
        loss -= p[y].ln();
    }
    loss / xs.len() as f64
}
#[test]
fn t_mlp() {
    let net = Mlp {
        w: vec![
            vec![vec![0.1, -0.4], vec![0.6, 0.3], vec![-0.2, 0.8]],
            vec![vec![0.5, -0.1, 0.2], vec![-0.7, 0.4, 0.9]],
        ],
        b: vec![vec![0.1, 0.0, -0.1], vec![0.2, -0.3]],
    };
    let xs = vec![vec![0.3, -0.8], vec![1.0, 0.2], vec![-0.5, 0.5]];
    nll::check(&net, &Tanh, &xs, &[0, 1, 1]).unwrap();
    nll::check(&net, &LeakyRelu(0.1), &xs, &[0, 1, 1]).unwrap();
}

// Hostile names
#[derive(Clone, Copy, Debug, Differentiable)]
struct Tape {
    grad: f64,
    adjoint: f64,
    value: f64,
}
#[differentiable]
fn hostile(tape: Tape, grad: f64, d_x: &[f64], x_bar: &mut [f64], ct: f64) -> f64 {
    let __t0 = tape.grad * grad;
    let result = __t0 + tape.adjoint * ct;
    let d_grad = result.sin();
    let cotangent = d_x.iter().map(|tangent| tangent * d_grad).sum::<f64>();
    for (d_result, slot) in x_bar.iter_mut().zip(d_x) {
        *d_result = *d_result * slot + cotangent;
    }
    let pullback = |dual: f64| dual * tape.value;
    let value = pullback(result) + pullback(d_grad);
    let __fwd = value * value;
    let (out, rev, saved, primal, acc, slots, args) = (__fwd, 1.0, grad, ct, 0.5, x_bar[0], x_bar[1]);
    let mut i = 0;
    let mut d = out;
    while i < 3 {
        let d_d = d * rev;
        d = d_d * acc + saved - primal;
        i += 1;
    }
    let it = d + slots * args;
    it
}
#[test]
fn t_hostile() {
    hostile::check(Tape { grad: 0.4, adjoint: 0.8, value: 1.3 }, 0.7, &[0.1, 0.4, -0.5], &mut [0.3, 0.2, 0.6], 0.9)
        .unwrap();
}
mod hostile_fns {
    use differentiable::prelude::*;
    #[differentiable]
    pub fn grad(x: f64) -> f64 {
        x.sin()
    }
    #[differentiable]
    pub fn zero(x: f64) -> f64 {
        x * x
    }
    #[differentiable]
    pub fn accumulate(grad: f64, zero: f64) -> f64 {
        self::zero(grad) * zero
    }
    #[differentiable]
    pub fn tangent(v: f64) -> f64 {
        accumulate(v, zero(v)) + v.exp()
    }
    #[test]
    fn t() {
        tangent::check(0.7).unwrap();
        grad::check(0.3).unwrap();
    }
}

// Long iterator chains / functional
#[differentiable(order = 2)]
fn chains(xs: &[f64], ys: &[f64]) -> f64 {
    let smooth: Vec<f64> = xs.windows(3).map(|w| w.iter().sum::<f64>() / w.len() as f64).collect();
    let diffs = smooth.iter().zip(smooth.iter().skip(1)).map(|(a, b)| b - a);
    let energy: f64 = diffs.clone().map(|d| d * d).sum();
    let weighted = ys
        .iter()
        .rev()
        .enumerate()
        .filter(|(i, _)| i % 2 == 0)
        .map(|(i, y)| y.powi(i as i32 + 1))
        .fold(1.0, |p, q| p * (1.0 + q));
    let best = xs.iter().zip(ys).map(|(x, y)| x * y).max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap_or(0.0);
    let (pos, neg): (Vec<f64>, Vec<f64>) = xs.iter().partition(|x| **x > 0.0);
    let running: Vec<f64> = ys
        .iter()
        .scan(0.0, |acc, y| {
            *acc += y;
            Some(*acc)
        })
        .collect();
    let last = running.last().copied().unwrap_or_default();
    let chunked: f64 = xs.chunks(2).map(|c| c.iter().product::<f64>()).zip(1..).map(|(p, k)| p / k as f64).sum();
    energy
        + weighted.ln_1p()
        + best * 0.5
        + pos.iter().sum::<f64>() * neg.iter().map(|v| v * v).sum::<f64>()
        + last.tanh()
        + chunked
}
#[test]
fn t_chains() {
    let (x, y) = ([0.4, -0.3, 0.8, 1.2, -0.9, 0.1], [0.2, 0.5, 0.9, 0.3, -0.1, 0.7]);
    chains::check(&x, &y).unwrap();
    let h = chains::hessian(&x, &y);
    for i in 0..6 {
        let mut a = x;
        a[i] += 1e-5;
        let mut b = x;
        b[i] -= 1e-5;
        let (ga, gb) = (chains::grad(&a, &y), chains::grad(&b, &y));
        for j in 0..6 {
            assert!((h[[i, j]] - (ga.0[j] - gb.0[j]) / 2e-5).abs() < 1e-4);
            assert!((h[[i, 6 + j]] - (ga.1[j] - gb.1[j]) / 2e-5).abs() < 1e-4);
        }
    }
}

// Game code: entity component, collisions, state machine
#[derive(Clone, Copy, Debug, PartialEq, Default, Differentiable)]
struct V2 {
    x: f32,
    y: f32,
}
#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Phase {
    Idle,
    Charging {
        power: f32,
    },
    Flying {
        pos: V2,
        vel: V2,
        #[constant]
        bounces: u8,
    },
    Landed(f32),
}
#[derive(Clone, Debug, Differentiable)]
struct Cannon {
    angle: f32,
    rate: f32,
    restitution: f32,
    phase: Phase,
}
#[differentiable]
impl Cannon {
    fn tick(&mut self, dt: f32) {
        self.phase = match self.phase {
            Phase::Idle => Phase::Charging { power: 0.0 },
            Phase::Charging { power } if power > 3.0 => Phase::Flying {
                pos: V2 { x: 0.0, y: 0.01 },
                vel: V2 { x: power * self.angle.cos(), y: power * self.angle.sin() },
                bounces: 0,
            },
            Phase::Charging { power } => Phase::Charging { power: power + self.rate * dt },
            Phase::Flying { mut pos, mut vel, bounces } => {
                vel.y -= 9.81 * dt;
                pos.x += vel.x * dt;
                pos.y += vel.y * dt;
                if pos.y < 0.0 {
                    if bounces >= 1 {
                        Phase::Landed(pos.x)
                    } else {
                        vel.y *= -self.restitution;
                        pos.y = -pos.y;
                        Phase::Flying { pos, vel, bounces: bounces + 1 }
                    }
                } else {
                    Phase::Flying { pos, vel, bounces }
                }
            }
            Phase::Landed(x) => Phase::Landed(x),
        };
    }
}
#[differentiable]
fn shot(cannon: &Cannon, dt: f32) -> f32 {
    let mut c = cannon.clone();
    loop {
        c.tick(dt);
        if let Phase::Landed(d) = c.phase {
            break d;
        }
    }
}
#[test]
fn t_shot() {
    let c = Cannon { angle: 0.7, rate: 5.0, restitution: 0.6, phase: Phase::Idle };
    let (v, (g, dt)) = shot::value_and_grad(&c, 0.05);
    let d = |h: f32| shot(&Cannon { angle: 0.7 + h, ..c.clone() }, 0.05);
    let num = (d(1e-3) - d(-1e-3)) / 2e-3;
    assert!((g.angle - num).abs() < 2e-2, "{v} {} {num}", g.angle);
}

mod stacks_of_any_type {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Stack<T> {
        items: Vec<T>,
        cap: usize,
    }
    #[differentiable]
    impl<T: Clone + Differentiable> Stack<T> {
        fn with_capacity(cap: usize) -> Self {
            Stack { items: Vec::with_capacity(cap), cap }
        }
        fn push(&mut self, item: T) -> Result<(), String> {
            if self.items.len() == self.cap {
                return Err("full".to_string());
            }
            self.items.push(item);
            Ok(())
        }
        fn pop(&mut self) -> Option<T> {
            self.items.pop()
        }
        fn is_empty(&self) -> bool {
            self.items.is_empty()
        }
    }
    #[differentiable]
    fn eval(ops: &[char], args: &[f64]) -> Result<f64, String> {
        let mut st: Stack<f64> = Stack::with_capacity(4);
        let mut next = 0;
        for op in ops {
            match op {
                'p' => {
                    st.push(args[next])?;
                    next += 1;
                }
                '+' => {
                    let (b, a) = (st.pop().ok_or("empty")?, st.pop().ok_or("empty")?);
                    st.push(a + b)?;
                }
                '*' => {
                    let b = st.pop().ok_or_else(|| format!("empty at {op}"))?;
                    let a = st.pop().unwrap_or(1.0);
                    st.push(a * b)?;
                }
                other => return Err(format!("unknown {other}")),
            }
        }
        if st.is_empty() { Err(String::from("nothing")) } else { Ok(st.pop().unwrap()) }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let a = eval(&['p', 'p', '*', 'p', '+'], x).unwrap();
        let b = eval(&['p', '*', 'p', '*'], x).unwrap_or(0.0);
        let c = eval(&['p', 'p', 'p', 'p', 'p'], x).unwrap_or(x[0]);
        let d = eval(&['?'], x).unwrap_or_else(|e| e.len() as f64 * x[1]);
        a * b + c * d
    }
    #[test]
    fn checks() {
        f::check(&[0.9, 0.7, 1.3, -0.4, 0.2]).unwrap();
    }
}
