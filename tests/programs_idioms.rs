//! Programs around one idiom each: walks along slices, stacks, constants inside of models, generic layers, dynamic programs.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

// user type with methods named like float functions
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Dual {
    re: f64,
    eps: f64,
}
#[differentiable]
impl Dual {
    fn sin(self) -> Dual {
        Dual { re: self.re.sin(), eps: self.eps * self.re.cos() }
    }
    fn powi(self, n: i32) -> Dual {
        Dual { re: self.re.powi(n), eps: self.eps * n as f64 * self.re.powi(n - 1) }
    }
    fn max(self, o: Dual) -> Dual {
        if self.re >= o.re { self } else { o }
    }
    fn mul(&self, o: &Dual) -> Dual {
        Dual { re: self.re * o.re, eps: self.re * o.eps + self.eps * o.re }
    }
}
#[differentiable]
fn dual_prog(a: Dual, b: &Dual) -> f64 {
    let c = a.sin().mul(b).powi(3);
    let d = c.max(a);
    d.re * 2.0 + d.eps
}
#[test]
fn t_dual() {
    dual_prog::check(Dual { re: 0.4, eps: 1.0 }, &Dual { re: 1.4, eps: 0.3 }).unwrap();
}

// constant struct parameter
#[derive(Clone, Debug)]
struct Grid {
    dx: f64,
    n: usize,
    name: String,
}
#[derive(Clone, Debug, Differentiable)]
struct Heat {
    kappa: f64,
    u: Vec<f64>,
    #[constant]
    grid: Grid,
}
#[differentiable]
impl Heat {
    fn step(&mut self, dt: f64) {
        let r = self.kappa * dt / (self.grid.dx * self.grid.dx);
        let old = self.u.clone();
        for i in 1..self.grid.n - 1 {
            self.u[i] = old[i] + r * (old[i - 1] - 2.0 * old[i] + old[i + 1]);
        }
    }
}
#[differentiable]
fn heat(h: &Heat, #[constant] grid: &Grid, dt: f64) -> f64 {
    let mut h = h.clone();
    for _ in 0..3 {
        h.step(dt);
    }
    h.u.iter().map(|u| u * u * grid.dx).sum()
}
#[test]
fn t_heat() {
    let grid = Grid { dx: 0.1, n: 5, name: "g".into() };
    heat::check(&Heat { kappa: 0.3, u: vec![0.0, 1.0, 0.5, -0.2, 0.1], grid: grid.clone() }, &grid, 0.01).unwrap();
}

// linked list
#[derive(Clone, Debug, Differentiable)]
struct Node {
    v: f64,
    next: Option<Box<Node>>,
}
#[differentiable]
fn list_rec(head: &Option<Box<Node>>) -> f64 {
    match head {
        None => 1.0,
        Some(n) => n.v * list_rec(&n.next),
    }
}
#[test]
fn t_list() {
    let l = Node { v: 1.0, next: Some(Box::new(Node { v: 2.0, next: Some(Box::new(Node { v: -0.5, next: None })) })) };
    list_rec::check(&Some(Box::new(l.clone()))).unwrap();
}

// index on an undeclared local from a plain call
#[derive(Clone, Debug, Differentiable)]
struct Poly {
    c: Vec<f64>,
}
#[differentiable]
impl std::ops::Index<usize> for Poly {
    type Output = f64;
    fn index(&self, i: usize) -> &f64 {
        &self.c[i]
    }
}
#[differentiable]
fn make_poly(x: f64) -> Poly {
    Poly { c: vec![x, x * x, 1.0] }
}
#[differentiable]
fn poly_index(x: f64) -> f64 {
    let p: Poly = make_poly(x);
    p[0] * p[1] + p[2]
}
#[test]
fn t_poly_index() {
    poly_index::check(1.3).unwrap();
}

// errors that are not Clone
#[derive(Debug, Clone)]
enum Bad {
    Negative(usize),
    Io,
}
#[differentiable]
fn checked(x: f64, i: usize) -> Result<f64, Bad> {
    if x < 0.0 {
        return Err(Bad::Negative(i));
    }
    Ok(x.sqrt())
}
#[differentiable]
fn all_checked(xs: &[f64]) -> Result<f64, Bad> {
    let mut s = 0.0;
    for (i, x) in xs.iter().enumerate() {
        s += checked(*x, i)?;
    }
    Ok(s)
}
#[differentiable]
fn guarded(xs: &[f64]) -> f64 {
    match all_checked(xs) {
        Ok(v) => v * 2.0,
        Err(Bad::Negative(i)) => xs[i],
        Err(_) => 0.0,
    }
}
#[test]
fn t_errors() {
    guarded::check(&[1.0, 2.0]).unwrap();
    guarded::check(&[1.0, -2.0]).unwrap();
}

// Generic functions with F
#[differentiable]
fn quadrature<F: Fn(f64) -> f64>(w: F, a: f64, b: f64, n: usize) -> f64 {
    let h = (b - a) / n as f64;
    let mut s = 0.0;
    for i in 0..n {
        let t = (i as f64 + 0.5) / n as f64;
        s += w(t) * (a + t * (b - a)).sin() * h;
    }
    s
}
#[test]
fn t_quad() {
    quadrature::check(|t| 1.0 + t, 0.2, 1.3, 5).unwrap();
}

// newton with loop break value, data dependent
#[differentiable]
fn newton(a: f64) -> f64 {
    let mut x = a.max(1.0);
    let mut iterations = 0;
    let root = loop {
        let next = 0.5 * (x + a / x);
        iterations += 1;
        if (next - x).abs() < 1e-14 || iterations > 50 {
            break next;
        }
        x = next;
    };
    root + iterations as f64 * 0.0
}
#[differentiable]
fn bisect(c: f64, lo: f64, hi: f64) -> f64 {
    let g = |x: f64| x * x * x - c;
    let (mut lo, mut hi) = (lo, hi);
    while hi - lo > 0.5 {
        let mid = 0.5 * (lo + hi);
        if g(mid) > 0.0 { hi = mid } else { lo = mid }
    }
    let x = 0.5 * (lo + hi);
    x - g(x) / (3.0 * x * x)
}
#[test]
fn t_newton() {
    newton::check(2.0).unwrap();
    bisect::check(3.0, 0.5, 4.0).unwrap();
}

// let chains, match with guards and bindings
#[derive(Clone, Debug, Differentiable)]
enum Op {
    Push(f64),
    Add,
    Mul,
    Dup,
    Scale { by: f64, times: u8 },
}
#[differentiable]
fn run_stack(ops: &[Op], x: f64) -> Option<f64> {
    let mut stack: Vec<f64> = vec![x];
    for op in ops {
        match op {
            Op::Push(v) => stack.push(*v),
            Op::Add => {
                let (a, b) = (stack.pop()?, stack.pop()?);
                stack.push(a + b);
            }
            Op::Mul => {
                let b = stack.pop()?;
                let a = stack.pop()?;
                stack.push(a * b);
            }
            Op::Dup => {
                let top = *stack.last()?;
                stack.push(top);
            }
            Op::Scale { by, times } if *times > 0 => {
                if let Some(top) = stack.last_mut() {
                    for _ in 0..*times {
                        *top *= by;
                    }
                }
            }
            Op::Scale { .. } => {}
        }
    }
    stack.pop()
}
#[test]
fn t_stack() {
    let ops =
        [Op::Dup, Op::Mul, Op::Push(3.0), Op::Add, Op::Scale { by: 1.5, times: 2 }, Op::Scale { by: 9.0, times: 0 }];
    run_stack::check(&ops, 0.7).unwrap();
}

// modules, associated consts, nested fns
mod kernels {
    use differentiable::prelude::*;
    pub const SCALE: f64 = 1.5;
    #[differentiable]
    pub fn rbf(a: &[f64], b: &[f64], ell: f64) -> f64 {
        fn sq(x: f64) -> f64 {
            x * x
        }
        let d2: f64 = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum();
        SCALE * (-d2 / (2.0 * ell * ell)).exp()
    }
}
#[differentiable]
fn gp(xs: &[[f64; 2]], y: &[f64], ell: f64) -> f64 {
    let n = xs.len();
    let mut k = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let v = kernels::rbf(&xs[i], &xs[j], ell);
            k[i][j] = v;
            k[j][i] = v;
        }
        k[i][i] += 0.1;
    }
    // conjugate gradients
    let mut x = vec![0.0; n];
    let mut r = y.to_vec();
    let mut p = r.clone();
    let mut rs: f64 = r.iter().map(|v| v * v).sum();
    for _ in 0..n {
        let ap: Vec<f64> = k.iter().map(|row| row.iter().zip(&p).map(|(a, b)| a * b).sum()).collect();
        let alpha = rs / p.iter().zip(&ap).map(|(a, b)| a * b).sum::<f64>();
        for i in 0..n {
            x[i] += alpha * p[i];
            r[i] -= alpha * ap[i];
        }
        let new: f64 = r.iter().map(|v| v * v).sum();
        if new.sqrt() < 1e-12 {
            break;
        }
        let beta = new / rs;
        p = r.iter().zip(&p).map(|(r, p)| r + beta * p).collect();
        rs = new;
    }
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}
#[test]
fn t_gp() {
    gp::check(&[[0.0, 0.1], [0.5, 0.4], [0.9, -0.3]], &[1.0, -0.5, 0.3], 0.7).unwrap();
}

// matrices flat with struct, const generics
#[derive(Clone, Debug, Differentiable)]
struct Mat<const R: usize, const C: usize> {
    a: [[f64; C]; R],
}
#[differentiable]
impl<const R: usize, const C: usize> Mat<R, C> {
    fn mul<const K: usize>(&self, o: &Mat<C, K>) -> Mat<R, K> {
        let mut a = [[0.0; K]; R];
        for i in 0..R {
            for j in 0..K {
                for k in 0..C {
                    a[i][j] += self.a[i][k] * o.a[k][j];
                }
            }
        }
        Mat { a }
    }
    fn t(&self) -> Mat<C, R> {
        let mut a = [[0.0; R]; C];
        for (i, row) in self.a.iter().enumerate() {
            for (j, v) in row.iter().enumerate() {
                a[j][i] = *v;
            }
        }
        Mat { a }
    }
    fn frob(&self) -> f64 {
        self.a.iter().flatten().map(|v| v * v).sum::<f64>().sqrt()
    }
}
#[differentiable]
fn gram(m: &Mat<2, 3>) -> f64 {
    let g = m.t().mul(m);
    g.frob() + g.a[0][0]
}
#[test]
fn t_gram() {
    gram::check(&Mat { a: [[1.0, 0.5, -0.3], [0.2, 0.8, 1.1]] }).unwrap();
}

// split_at_mut, chunks_mut, swap, rotate, in-place sort with bubble
#[differentiable]
fn butterfly(v: &mut [f64]) {
    let n = v.len();
    if n == 1 {
        return;
    }
    {
        let (lo, hi) = v.split_at_mut(n / 2);
        for (a, b) in lo.iter_mut().zip(hi.iter_mut()) {
            let (s, d) = (*a + *b, *a - *b);
            *a = s;
            *b = d * 0.5;
        }
    }
    let (l, r) = v.split_at_mut(n / 2);
    butterfly(l);
    butterfly(r);
}
#[differentiable]
fn bubble(xs: &[f64]) -> f64 {
    let mut a = xs.to_vec();
    let mut swapped = true;
    while swapped {
        swapped = false;
        for i in 1..a.len() {
            if a[i - 1] > a[i] {
                a.swap(i - 1, i);
                swapped = true;
            }
        }
    }
    for c in a.chunks_mut(2) {
        if let [p, q] = c {
            std::mem::swap(p, q);
            *p *= 2.0;
        }
    }
    a.iter().enumerate().map(|(i, v)| v * i as f64).sum()
}
#[test]
fn t_butterfly() {
    butterfly::check(&mut [1.0, 2.0, -0.5, 0.25]).unwrap();
    bubble::check(&[3.0, 1.0, 2.5, -1.0, 0.5]).unwrap();
}

// trait with associated consts and default methods, generic on Real
#[differentiable]
trait Potential {
    const CUTOFF: f64;
    fn energy(&self, r: f64) -> f64;
    fn truncated(&self, r: f64) -> f64 {
        if r > Self::CUTOFF { 0.0 } else { self.energy(r) - self.energy(Self::CUTOFF) }
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Lj {
    eps: f64,
    sigma: f64,
}
#[differentiable]
impl Potential for Lj {
    const CUTOFF: f64 = 2.5;
    fn energy(&self, r: f64) -> f64 {
        let s6 = (self.sigma / r).powi(6);
        4.0 * self.eps * (s6 * s6 - s6)
    }
}
#[differentiable]
fn total_energy<P: Potential>(p: &P, xs: &[f64]) -> f64 {
    let mut e = 0.0;
    for (i, a) in xs.iter().enumerate() {
        for b in &xs[i + 1..] {
            e += p.truncated((a - b).abs());
        }
    }
    e
}
#[test]
fn t_lj() {
    total_energy::check(&Lj { eps: 0.5, sigma: 1.0 }, &[0.0, 1.1, 2.3, 5.0]).unwrap();
}

// HMM forward algorithm, logsumexp, DP table
#[differentiable]
fn logsumexp(v: &[f64]) -> f64 {
    let m = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if m.is_infinite() { m } else { m + v.iter().map(|x| (x - m).exp()).sum::<f64>().ln() }
}
#[differentiable]
fn hmm(log_t: &[Vec<f64>], log_e: &[Vec<f64>], obs: &[usize]) -> f64 {
    let s = log_t.len();
    let mut alpha: Vec<f64> = (0..s).map(|i| log_e[i][obs[0]] - (s as f64).ln()).collect();
    for &o in &obs[1..] {
        alpha = (0..s)
            .map(|j| {
                let terms: Vec<f64> = alpha.iter().enumerate().map(|(i, a)| a + log_t[i][j]).collect();
                logsumexp(&terms) + log_e[j][o]
            })
            .collect();
    }
    logsumexp(&alpha)
}
#[differentiable]
fn soft_dtw(a: &[f64], b: &[f64], gamma: f64) -> f64 {
    let (n, m) = (a.len(), b.len());
    let mut d = vec![vec![1e10; m + 1]; n + 1];
    d[0][0] = 0.0;
    for i in 1..=n {
        for j in 1..=m {
            let cost = (a[i - 1] - b[j - 1]).powi(2);
            let (x, y, z) = (-d[i - 1][j] / gamma, -d[i][j - 1] / gamma, -d[i - 1][j - 1] / gamma);
            let mx = x.max(y).max(z);
            let soft = -gamma * (mx + ((x - mx).exp() + (y - mx).exp() + (z - mx).exp()).ln());
            d[i][j] = cost + soft;
        }
    }
    d[n][m]
}
#[test]
fn t_hmm() {
    hmm::check(&[vec![-0.5, -1.0], vec![-1.2, -0.3]], &[vec![-0.3, -1.3], vec![-0.9, -0.5]], &[0, 1, 1, 0]).unwrap();
    soft_dtw::check(&[0.1, 0.5, 0.9], &[0.2, 0.4, 1.1, 0.9], 0.5).unwrap();
}

// deque, drain
#[differentiable]
fn moving(xs: &[f64], k: usize) -> f64 {
    let mut buf: Vec<f64> = Vec::new();
    let mut out = 0.0;
    for &x in xs {
        buf.push(x);
        if buf.len() > k {
            buf.remove(0);
        }
        let mean = buf.iter().sum::<f64>() / buf.len() as f64;
        out += mean * mean;
    }
    out
}
#[test]
fn t_moving() {
    moving::check(&[1.0, 0.5, -0.3, 2.0], 2).unwrap();
}

// options: nested, map/and_then, match on tuple, reassign
#[differentiable]
fn optional(a: Option<f64>, b: Option<f64>, x: f64) -> f64 {
    let mut best: Option<f64> = None;
    for v in [a, b, Some(x)] {
        best = match (best, v) {
            (None, v) => v,
            (Some(p), Some(q)) if q.abs() > p.abs() => Some(q * p),
            (b, _) => b,
        };
    }
    let y = best.map(|v| v * v).filter(|v| *v > 0.01).unwrap_or(x);
    let Some(z) = a.and_then(|v| (v > 0.0).then_some(v.ln())) else { return y };
    y + z
}
#[test]
fn t_optional() {
    optional::check(Some(1.5), Some(-2.0), 3.3).unwrap();
    optional::check(None, Some(-2.0), 3.0).unwrap();
}

// second order
#[differentiable(order = 2)]
fn rosen(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum()
}
#[differentiable(order = 2)]
fn pend(th: f64, om: f64, g: f64, n: usize) -> f64 {
    let (mut a, mut b) = (th, om);
    for i in 0..n {
        let k1 = (b, -g * a.sin());
        let k2 = (b + 0.05 * k1.1, -g * (a + 0.05 * k1.0).sin());
        a += 0.1 * k2.0;
        b += 0.1 * k2.1;
        if a.abs() > 3.0 {
            break;
        }
    }
    a * a + b
}
#[test]
fn t_second() {
    rosen::check(&[0.5, 0.3, 1.2]).unwrap();
    pend::check(0.5, 0.1, 9.8, 6).unwrap();
    let h = pend::hessian(0.5, 0.1, 9.8, 6);
    let e = 1e-5;
    let (gp, gm) = (pend::grad(0.5 + e, 0.1, 9.8, 6), pend::grad(0.5 - e, 0.1, 9.8, 6));
    assert!((h[[0, 0]] - (gp.0 - gm.0) / (2.0 * e)).abs() < 1e-5);
    assert!((h[[0, 2]] - (gp.2 - gm.2) / (2.0 * e)).abs() < 1e-5);
}

#[differentiable]
fn horner(mut c: &[f64], x: f64) -> f64 {
    let mut acc = 0.0;
    while let Some((last, rest)) = c.split_last() {
        acc = acc * x + last;
        c = rest;
    }
    acc
}
#[differentiable]
fn walk(xs: &[f64]) -> f64 {
    let mut rest = xs;
    let mut acc = 1.0;
    while let [head, tail @ ..] = rest {
        acc = acc * 0.5 + head * head;
        rest = tail;
    }
    acc
}
#[test]
fn t_walk() {
    horner::check(&[1.0, 2.0, -0.5], 0.7).unwrap();
    walk::check(&[1.0, 2.0, -0.5]).unwrap();
}

#[differentiable]
fn blocks(v: &mut [f64], k: usize) {
    let mut rest = &mut v[..];
    let mut s = 1.0;
    while rest.len() > k {
        let (a, b) = rest.split_at_mut(k);
        for x in a.iter_mut() {
            *x *= s;
        }
        s += a[0];
        rest = b;
    }
}
#[differentiable]
fn trimmed(xs: &[f64], limit: f64) -> f64 {
    let mut window: &[f64] = &xs[1..];
    while let Some(first) = window.first() {
        if *first > limit {
            break;
        }
        window = &window[1..];
    }
    while window.last().is_some_and(|l| *l > limit) {
        window = &window[..window.len() - 1];
    }
    window.iter().map(|a| a * a).sum::<f64>() + window.len() as f64
}
#[differentiable]
fn last_or(xs: &[f64], x: f64) -> f64 {
    if let Some(l) = xs.last() { l * x } else { x * x }
}
#[test]
fn t_blocks() {
    blocks::check(&mut [1.0, 2.0, -0.5, 0.7, 0.9], 2).unwrap();
    trimmed::check(&[9.0, 1.0, 2.0, 4.0, 3.0, -1.0, 5.0], 2.5).unwrap();
    last_or::check(&[], 2.0).unwrap();
    last_or::check(&[1.0, 3.0], 2.0).unwrap();
}

/// A tree of options of boxes.
mod tree {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    pub struct Node {
        split: f64,
        leaf: f64,
        left: Option<Box<Node>>,
        right: Option<Box<Node>>,
    }
    #[differentiable]
    impl Node {
        fn new(split: f64, leaf: f64) -> Self {
            Node { split, leaf, left: None, right: None }
        }
        fn with(mut self, left: Node, right: Node) -> Self {
            self.left = Some(Box::new(left));
            self.right = Some(Box::new(right));
            self
        }
        fn eval(&self, x: f64) -> f64 {
            let gate = 1.0 / (1.0 + (-(x - self.split)).exp());
            match (&self.left, &self.right) {
                (Some(l), Some(r)) => (1.0 - gate) * l.eval(x) + gate * r.eval(x),
                (Some(only), None) | (None, Some(only)) => only.eval(x) * gate,
                (None, None) => self.leaf,
            }
        }
        fn depth(&self) -> usize {
            1 + self.left.as_ref().map_or(0, |n| n.depth()).max(self.right.as_deref().map_or(0, Node::depth))
        }
        fn sum(&self) -> f64 {
            self.leaf
                + self.left.as_deref().map_or(0.0, |n| n.sum())
                + self.right.as_ref().map(|n| n.sum()).unwrap_or_default()
        }
        fn insert(&mut self, split: f64, leaf: f64) {
            self.insert2(split, leaf)
        }
        fn insert2(&mut self, split: f64, leaf: f64) {
            if split < self.split {
                match self.left.as_mut() {
                    Some(n) => n.insert2(split, leaf),
                    None => self.left = Some(Box::new(Node::new(split, leaf))),
                }
            } else if let Some(n) = &mut self.right {
                n.insert2(split, leaf)
            } else {
                self.right = Some(Box::new(Node::new(split, leaf)))
            }
        }
    }
    #[differentiable]
    pub fn build(a: f64, b: f64, x: f64) -> f64 {
        let mut t = Node::new(0.5, a).with(Node::new(0.1, b), Node::new(0.9, a * b));
        t.insert2(0.2, a * x);
        t.insert2(0.95, b * x);
        t.eval(x) + t.sum() * t.depth() as f64
    }
    #[test]
    fn agrees() {
        build::check(0.3, 0.7, 0.4).unwrap();
    }
}
