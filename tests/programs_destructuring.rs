//! Programs that take their data apart: const generics, nested modules, enums, options, labels, recursion.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

mod kalman_generic {
    use super::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Mat<const R: usize, const C: usize> {
        m: [[f64; C]; R],
    }
    #[differentiable]
    impl<const R: usize, const C: usize> Mat<R, C> {
        pub fn zero() -> Self {
            Self { m: [[0.0; C]; R] }
        }
        pub fn t(&self) -> Mat<C, R> {
            let mut out = Mat::<C, R>::zero();
            for (i, row) in self.m.iter().enumerate() {
                for (j, &x) in row.iter().enumerate() {
                    out.m[j][i] = x;
                }
            }
            out
        }
    }
    #[differentiable]
    impl<const N: usize> Mat<N, N> {
        pub fn eye() -> Self {
            let mut e = Self::zero();
            for i in 0..N {
                e.m[i][i] = 1.0
            }
            e
        }
        pub fn diag(d: [f64; N]) -> Self {
            Mat { m: std::array::from_fn(|i| std::array::from_fn(|j| if i == j { d[i] } else { 0.0 })) }
        }
    }
    #[differentiable]
    impl<const R: usize, const K: usize, const C: usize> Mul<Mat<K, C>> for Mat<R, K> {
        type Output = Mat<R, C>;
        fn mul(self, rhs: Mat<K, C>) -> Mat<R, C> {
            let mut out = Mat::zero();
            for i in 0..R {
                for j in 0..C {
                    for k in 0..K {
                        out.m[i][j] += self.m[i][k] * rhs.m[k][j];
                    }
                }
            }
            out
        }
    }
    #[differentiable]
    impl<const R: usize, const C: usize> Add for Mat<R, C> {
        type Output = Self;
        fn add(mut self, rhs: Self) -> Self {
            for (a, b) in self.m.iter_mut().flatten().zip(rhs.m.iter().flatten()) {
                *a += b;
            }
            self
        }
    }
    #[differentiable]
    impl<const R: usize, const C: usize> Sub for Mat<R, C> {
        type Output = Self;
        fn sub(self, rhs: Self) -> Self {
            Mat { m: std::array::from_fn(|i| std::array::from_fn(|j| self.m[i][j] - rhs.m[i][j])) }
        }
    }
    type State = Mat<4, 1>;
    type Cov = Mat<4, 4>;
    #[differentiable]
    fn inv2(s: Mat<2, 2>) -> Option<Mat<2, 2>> {
        let [[a, b], [c, d]] = s.m;
        let det = a * d - b * c;
        if det.abs() < 1e-14 { None } else { Some(Mat { m: [[d / det, -b / det], [-c / det, a / det]] }) }
    }
    #[differentiable]
    fn filter(zs: &[[f64; 2]], q: f64, r: f64, dt: f64) -> Option<f64> {
        let mut f = Cov::eye();
        f.m[0][2] = dt;
        f.m[1][3] = dt;
        let h = Mat::<2, 4> { m: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]] };
        let (qm, rm) = (Mat::diag([q * dt, q * dt, q, q]), Mat::diag([r; 2]));
        let (mut x, mut p): (State, Cov) = (State::zero(), Cov::eye());
        let mut ll = 0.0;
        for z in zs {
            x = f * x;
            p = f * p * f.t() + qm;
            let y = Mat { m: [[z[0]], [z[1]]] } - h * x;
            let s = h * p * h.t() + rm;
            let si = inv2(s)?;
            let k = p * h.t() * si;
            x = x + k * y;
            p = (Cov::eye() - k * h) * p;
            let maha = (y.t() * si * y).m[0][0];
            ll -= 0.5 * (maha + (s.m[0][0] * s.m[1][1] - s.m[0][1] * s.m[1][0]).ln());
        }
        Some(ll)
    }
    #[differentiable]
    fn nll(zs: &[[f64; 2]], q: f64, r: f64, dt: f64) -> f64 {
        -filter(zs, q, r, dt).unwrap_or(f64::NEG_INFINITY)
    }
    #[test]
    fn t() {
        nll::check(&[[0.1, 0.2], [0.3, 0.1], [0.5, -0.2]], 0.3, 0.4, 0.5).unwrap();
    }
}

mod brusselator_2d {
    use super::*;
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    pub struct Field {
        #[constant]
        nx: usize,
        #[constant]
        ny: usize,
        data: Vec<f64>,
    }
    #[derive(Debug, Clone, Copy, Differentiable)]
    pub struct Params {
        pub a: f64,
        pub b: f64,
        pub alpha: f64,
    }
    impl Default for Params {
        fn default() -> Self {
            Params { a: 3.4, b: 1.0, alpha: 0.02 }
        }
    }
    #[differentiable]
    impl Field {
        fn new(nx: usize, ny: usize) -> Self {
            Self { nx, ny, data: vec![0.0; nx * ny] }
        }
        #[inline]
        fn at(&self, i: isize, j: isize) -> f64 {
            let wrap = |k: isize, n: usize| k.rem_euclid(n as isize) as usize;
            self.data[wrap(i, self.nx) * self.ny + wrap(j, self.ny)]
        }
        fn laplacian(&self, i: usize, j: usize) -> f64 {
            const OFFSETS: [(isize, isize); 4] = [(-1, 0), (1, 0), (0, -1), (0, 1)];
            let (i, j) = (i as isize, j as isize);
            OFFSETS.iter().map(|&(di, dj)| self.at(i + di, j + dj)).sum::<f64>() - 4.0 * self.at(i, j)
        }
        fn axpy(&mut self, k: f64, other: &Field) {
            debug_assert_eq!(self.data.len(), other.data.len());
            self.data.iter_mut().zip(&other.data).for_each(|(x, y)| *x += k * y);
        }
    }
    #[differentiable]
    fn rhs(u: &Field, v: &Field, &Params { a, b, alpha }: &Params) -> (Field, Field) {
        let mut du = Field::new(u.nx, u.ny);
        let mut dv = du.clone();
        for (idx, (pu, pv)) in du.data.iter_mut().zip(dv.data.iter_mut()).enumerate() {
            let (i, j) = (idx / u.ny, idx % u.ny);
            let (uu, vv) = (u.at(i as isize, j as isize), v.at(i as isize, j as isize));
            let uuv = uu * uu * vv;
            *pu = b + uuv - (a + 1.0) * uu + alpha * u.laplacian(i, j);
            *pv = a * uu - uuv + alpha * v.laplacian(i, j);
        }
        (du, dv)
    }
    #[differentiable]
    fn rk2(u: &mut Field, v: &mut Field, p: &Params, dt: f64) {
        let (k1u, k1v) = rhs(u, v, p);
        let (mut um, mut vm) = (u.clone(), v.clone());
        um.axpy(0.5 * dt, &k1u);
        vm.axpy(0.5 * dt, &k1v);
        let (k2u, k2v) = rhs(&um, &vm, p);
        u.axpy(dt, &k2u);
        v.axpy(dt, &k2v);
    }
    #[differentiable]
    fn objective(u0: &[f64], alpha: f64, steps: usize) -> f64 {
        let mut u = Field { nx: 2, ny: 3, data: u0.to_owned() };
        let mut v = Field { data: u0.iter().rev().map(|x| 0.5 * x + 0.1).collect(), ..u.clone() };
        let p = Params { alpha, ..Params::default() };
        (0..steps).for_each(|_| rk2(&mut u, &mut v, &p, 0.01));
        u.data.iter().chain(v.data.iter()).map(|x| x.powi(2)).sum()
    }
    #[test]
    fn t() {
        objective::check(&[0.3, 0.1, 0.7, 0.4, 1.1, 0.9], 0.05, 3).unwrap();
    }
}

mod bundle {
    use super::*;
    pub mod geometry {
        use differentiable::prelude::*;
        #[derive(Debug, Clone, Copy, PartialEq, Differentiable)]
        pub struct Quat {
            pub w: f64,
            pub x: f64,
            pub y: f64,
            pub z: f64,
        }
        pub type Point = (f64, f64, f64);
        #[differentiable]
        impl Quat {
            pub fn normalized(self) -> Self {
                let Self { w, x, y, z } = self;
                let n = [w, x, y, z].iter().map(|c| c * c).sum::<f64>().sqrt().recip();
                Quat { w: w * n, x: x * n, y: y * n, z: z * n }
            }
            pub fn rotate(&self, (px, py, pz): Point) -> Point {
                let &Quat { w, x, y, z } = self;
                let (tx, ty, tz) = (2.0 * (y * pz - z * py), 2.0 * (z * px - x * pz), 2.0 * (x * py - y * px));
                (px + w * tx + (y * tz - z * ty), py + w * ty + (z * tx - x * tz), pz + w * tz + (x * ty - y * tx))
            }
        }
    }
    use geometry::{Point, Quat};
    #[derive(Debug, Clone, Differentiable)]
    pub struct Camera {
        pub q: Quat,
        pub t: Point,
        pub f: f64,
        pub k: [f64; 2],
    }
    #[derive(Debug, Clone, Copy)]
    pub struct Observation {
        cam: usize,
        pt: usize,
        uv: (f64, f64),
    }
    #[derive(Debug, Clone, Copy)]
    pub enum Robust {
        None,
        Huber(f64),
        Cauchy { scale: f64 },
    }
    #[differentiable]
    fn rho(#[constant] kind: Robust, s: f64) -> f64 {
        match kind {
            Robust::None => s,
            Robust::Huber(d) if s <= d * d => s,
            Robust::Huber(d) => 2.0 * d * s.sqrt() - d * d,
            Robust::Cauchy { scale: c } => c * c * (s / (c * c)).ln_1p(),
        }
    }
    #[differentiable]
    impl Camera {
        pub fn project(&self, p: Point) -> Option<(f64, f64)> {
            let (rx, ry, rz) = self.q.normalized().rotate(p);
            let (x, y, z) = (rx + self.t.0, ry + self.t.1, rz + self.t.2);
            if z.abs() < 1e-9 {
                return None;
            }
            let (u, v) = (-x / z, -y / z);
            let r2 = u.mul_add(u, v * v);
            let [k1, k2] = self.k;
            let d = 1.0 + r2 * (k1 + k2 * r2);
            Some((self.f * d * u, self.f * d * v))
        }
    }
    #[differentiable]
    fn cost(cams: &[Camera], pts: &[Point], #[constant] obs: &[Observation], #[constant] loss: Robust) -> f64 {
        let mut total = 0.0;
        for &Observation { cam, pt, uv: (u0, v0) } in obs {
            let Some((u, v)) = cams[cam].project(pts[pt]) else { continue };
            total += 0.5 * rho(loss, (u - u0).powi(2) + (v - v0).powi(2));
        }
        total
    }
    #[test]
    fn t() {
        let cam = |s: f64| Camera {
            q: Quat { w: 1.0, x: 0.1 * s, y: -0.2, z: 0.3 * s },
            t: (0.1, 0.2 * s, -3.0),
            f: 1.2 + s * 0.1,
            k: [0.01, -0.002 * s],
        };
        let obs: Vec<_> = (0..6).map(|i| Observation { cam: i % 2, pt: i / 2, uv: (0.1 * i as f64, -0.05) }).collect();
        for loss in [Robust::None, Robust::Huber(0.2), Robust::Cauchy { scale: 0.5 }] {
            cost::check(&[cam(1.0), cam(-0.6)], &[(0.1, 0.3, -0.1), (1.0, -0.3, 0.4), (-0.5, 0.2, 0.3)], &obs, loss)
                .unwrap();
        }
    }
}

mod enums {
    use super::*;
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    pub enum Expr {
        Const(f64),
        Var(usize),
        Add(Box<Expr>, Box<Expr>),
        Mul(Box<Expr>, Box<Expr>),
        Pow { base: Box<Expr>, exp: i32 },
        Call(Func, Box<Expr>),
        Sum(Vec<Expr>),
    }
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Differentiable)]
    pub enum Func {
        Sin,
        Exp,
        Relu,
    }
    use Expr::*;
    #[differentiable]
    impl Expr {
        pub fn eval(&self, env: &[f64]) -> Result<f64, String> {
            Ok(match self {
                Const(c) => *c,
                Var(i) => *env.get(*i).ok_or_else(|| format!("no variable {i}"))?,
                Add(a, b) => a.eval(env)? + b.eval(env)?,
                Mul(a, b) => {
                    let (x, y) = (a.eval(env)?, b.eval(env)?);
                    x * y
                }
                Pow { base, exp } => base.eval(env)?.powi(*exp),
                Call(Func::Sin, e) => e.eval(env)?.sin(),
                Call(Func::Exp, e) => e.eval(env)?.exp(),
                Call(Func::Relu, e) => e.eval(env)?.max(0.0),
                Sum(es) => {
                    let mut s = 0.0;
                    for e in es {
                        s += e.eval(env)?;
                    }
                    s
                }
            })
        }
        pub fn depth(&self) -> usize {
            match self {
                Const(_) | Var(_) => 0,
                Add(a, b) | Mul(a, b) => 1 + a.depth().max(b.depth()),
                Pow { base: e, .. } | Call(_, e) => 1 + e.depth(),
                Sum(es) => 1 + es.iter().map(|e| e.depth()).max().unwrap_or_default(),
            }
        }
        pub fn fold_constants(self) -> Expr {
            match self {
                Add(a, b) => match (a.fold_constants(), b.fold_constants()) {
                    (Const(x), Const(y)) => Const(x + y),
                    (Const(z), e) | (e, Const(z)) if z == 0.0 => e,
                    (a, b) => Add(Box::new(a), Box::new(b)),
                },
                other => other,
            }
        }
    }
    #[differentiable]
    fn run(e: &Expr, env: &[f64]) -> f64 {
        match e.eval(env) {
            Ok(v) => v / (1 + e.depth()) as f64,
            Err(_) => f64::NAN,
        }
    }
    #[test]
    fn t() {
        let b = Box::new;
        let e = Sum(vec![
            Mul(b(Const(2.0)), b(Call(Func::Sin, b(Var(0))))),
            Pow { base: b(Add(b(Var(1)), b(Const(0.5)))), exp: 3 },
            Call(Func::Exp, b(Mul(b(Var(0)), b(Var(1))))),
            Call(Func::Relu, b(Add(b(Var(0)), b(Const(-3.0))))),
        ]);
        run::check(&e, &[0.7, -1.2]).unwrap();
    }
}

mod options {
    use super::*;
    #[derive(Debug, Clone, Differentiable)]
    pub struct Table {
        xs: Vec<f64>,
        ys: Vec<f64>,
    }
    #[differentiable]
    impl Table {
        fn locate(&self, x: f64) -> Option<usize> {
            if self.xs.len() < 2 || !(*self.xs.first()? <= x && x <= *self.xs.last()?) {
                return None;
            }
            let i = match self.xs.binary_search_by(|p| p.total_cmp(&x)) {
                Ok(i) => i,
                Err(i) => i,
            };
            Some(i.saturating_sub(1).min(self.xs.len() - 2))
        }
        fn segment(&self, i: usize) -> Option<((f64, f64), (f64, f64))> {
            let (x0, x1) = (self.xs.get(i)?, self.xs.get(i + 1)?);
            let (y0, y1) = self.ys.get(i).copied().zip(self.ys.get(i + 1).copied())?;
            Some(((*x0, y0), (*x1, y1)))
        }
        pub fn interpolate(&self, x: f64) -> Option<f64> {
            let i = self.locate(x)?;
            let ((x0, y0), (x1, y1)) = self.segment(i)?;
            let w = x1 - x0;
            (w.abs() > f64::EPSILON).then(|| y0 + (y1 - y0) * (x - x0) / w)
        }
        pub fn compose(&self, x: f64) -> Option<f64> {
            self.interpolate(x).and_then(|y| self.interpolate(y).or(Some(y))).filter(|v| v.is_finite()).map(|v| v * v)
        }
    }
    #[differentiable]
    fn total(t: &Table, at: &[f64]) -> f64 {
        at.iter().filter_map(|&x| t.compose(x)).sum::<f64>()
            + at.iter().map(|x| t.interpolate(*x).map_or(-x, |v| v.sin())).product::<f64>()
    }
    #[test]
    fn t() {
        let t = Table { xs: vec![0.0, 1.0, 2.5, 4.0], ys: vec![0.3, 2.2, -1.0, 0.5] };
        total::check(&t, &[0.4, 1.3, 3.1, 7.0]).unwrap();
    }
}

mod labels {
    use super::*;
    #[differentiable]
    fn jacobi_eigen(a: &[[f64; 3]; 3], sweeps: usize) -> [f64; 3] {
        let mut a = *a;
        'sweep: for s in 0..sweeps {
            let mut off = 0.0f64;
            'outer: for p in 0..3 {
                for q in (p + 1)..3 {
                    if a[p][q].abs() < 1e-300 {
                        continue 'outer;
                    }
                    off += a[p][q] * a[p][q];
                    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                    let c = 1.0 / (t * t + 1.0).sqrt();
                    let s = t * c;
                    for k in 0..3 {
                        let (akp, akq) = (a[k][p], a[k][q]);
                        a[k][p] = c * akp - s * akq;
                        a[k][q] = s * akp + c * akq;
                    }
                    for k in 0..3 {
                        let (apk, aqk) = (a[p][k], a[q][k]);
                        a[p][k] = c * apk - s * aqk;
                        a[q][k] = s * apk + c * aqk;
                    }
                }
            }
            if off < 1e-24 {
                break 'sweep;
            }
        }
        let mut d = [a[0][0], a[1][1], a[2][2]];
        d.sort_by(|x, y| y.partial_cmp(x).unwrap_or(std::cmp::Ordering::Equal));
        d
    }
    #[differentiable]
    fn cond(a: &[[f64; 3]; 3]) -> f64 {
        let [hi, .., lo] = jacobi_eigen(a, 6);
        hi / lo + hi.ln()
    }
    #[differentiable]
    fn search(grid: &[Vec<f64>], target: f64, mut budget: i32) -> f64 {
        let mut acc = 0.0;
        let found = 'search: loop {
            for (i, row) in grid.iter().enumerate() {
                for (j, &cell) in row.iter().enumerate() {
                    budget -= 1;
                    if budget == 0 {
                        break 'search None;
                    }
                    match cell {
                        c if c < 0.0 => continue,
                        c if c > target => break 'search Some((i, j, c - target)),
                        c => acc += c * (1.0 + i as f64 * j as f64),
                    }
                }
                if acc > 3.0 * target {
                    return acc.sqrt();
                }
            }
            break None;
        };
        match found {
            Some((i, j, d)) => d * (i + j) as f64 + acc,
            None => -acc,
        }
    }
    #[test]
    fn t() {
        cond::check(&[[4.0, 0.5, 0.3], [0.5, 3.0, -0.2], [0.3, -0.2, 1.5]]).unwrap();
        let g = vec![vec![0.2, -0.5, 0.9], vec![0.4, 2.0, 0.3]];
        search::check(&g, 1.2, 100).unwrap();
        search::check(&g, 3.2, 100).unwrap();
        search::check(&g, 0.3, 100).unwrap();
        search::check(&g, 1.2, 3).unwrap();
    }
}

mod recursion {
    use super::*;
    #[differentiable]
    fn karatsuba(a: &[f64], b: &[f64]) -> Vec<f64> {
        match (a, b) {
            ([], _) | (_, []) => Vec::new(),
            (&[x], ys) | (ys, &[x]) => ys.iter().map(|y| x * y).collect(),
            _ => {
                let h = a.len().max(b.len()).div_ceil(2);
                let (a0, a1) = a.split_at(h.min(a.len()));
                let (b0, b1) = b.split_at(h.min(b.len()));
                let (lo, hi) = (karatsuba(a0, b0), karatsuba(a1, b1));
                let cross = [karatsuba(a0, b1), karatsuba(a1, b0)];
                let mut out = vec![0.0; a.len() + b.len() - 1];
                for (o, x) in out.iter_mut().zip(&lo) {
                    *o += x;
                }
                for c in &cross {
                    for (k, x) in c.iter().enumerate() {
                        out[h + k] += x;
                    }
                }
                for (k, x) in hi.into_iter().enumerate() {
                    out[2 * h + k] += x;
                }
                out
            }
        }
    }
    #[differentiable]
    fn adaptive(a: f64, b: f64, fa: f64, fm: f64, fb: f64, k: f64, depth: u32) -> f64 {
        fn_simpson(a, b, fa, fm, fb, k, depth)
    }
    #[differentiable]
    fn g(x: f64, k: f64) -> f64 {
        (k * x).sin() / (1.0 + x * x)
    }
    #[differentiable]
    fn fn_simpson(a: f64, b: f64, fa: f64, fm: f64, fb: f64, k: f64, depth: u32) -> f64 {
        let m = 0.5 * (a + b);
        let (fl, fr) = (g(0.5 * (a + m), k), g(0.5 * (m + b), k));
        let simpson = |h: f64, x: f64, y: f64, z: f64| h / 6.0 * (x + 4.0 * y + z);
        let whole = simpson(b - a, fa, fm, fb);
        let halves = simpson(m - a, fa, fl, fm) + simpson(b - m, fm, fr, fb);
        if depth == 0 || (whole - halves).abs() < 1e-4 {
            halves + (halves - whole) / 15.0
        } else {
            fn_simpson(a, m, fa, fl, fm, k, depth - 1) + fn_simpson(m, b, fm, fr, fb, k, depth - 1)
        }
    }
    #[differentiable]
    fn is_even(n: usize, x: f64) -> f64 {
        if n == 0 { x } else { is_odd(n - 1, x * 1.1) }
    }
    #[differentiable]
    fn is_odd(n: usize, x: f64) -> f64 {
        match n {
            0 => -x,
            _ => is_even(n - 1, x.sin() + 1.0),
        }
    }
    #[differentiable]
    fn quickselect(v: &mut [f64], k: usize) -> f64 {
        if let [only] = v {
            return *only;
        }
        let pivot = v[v.len() / 2];
        let (mut i, mut j) = (0, v.len() - 1);
        loop {
            while v[i] < pivot {
                i += 1
            }
            while v[j] > pivot {
                j -= 1
            }
            if i >= j {
                break;
            }
            v.swap(i, j);
            i += 1;
            j -= 1;
        }
        let cut = if v[i] < pivot { i + 1 } else { i.max(1) };
        let (left, right) = v.split_at_mut(cut);
        if k < left.len() {
            quickselect(left, k)
        } else {
            let n = left.len();
            quickselect(right, k - n)
        }
    }
    #[differentiable]
    fn all(a: &[f64], b: &[f64], k: f64) -> f64 {
        let p = karatsuba(a, b);
        let (lo, hi) = (-0.5, 1.5);
        let q = adaptive(lo, hi, g(lo, k), g(0.5 * (lo + hi), k), g(hi, k), k, 3);
        let mut w = a.to_vec();
        p.iter().enumerate().map(|(i, c)| c * k.powi(i as i32)).sum::<f64>() * q
            + is_even(5, k) * quickselect(&mut w, 2)
    }
    #[test]
    fn t() {
        all::check(&[1.0, -0.5, 0.3, 2.2, 0.9], &[0.2, 0.7, -1.1], 0.8).unwrap();
    }
}
