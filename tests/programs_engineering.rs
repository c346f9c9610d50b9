//! Programs of engineers: filters with matrices of their own, reaction and diffusion, cameras, expressions, the arm of a robot.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;
use std::ops::{Add, AddAssign, Index, IndexMut, Mul, Neg, Sub};

// Kalman filter with a const-generic matrix of the user's own
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Mat<const R: usize, const C: usize>([[f64; C]; R]);
#[differentiable]
impl<const R: usize, const C: usize> Mat<R, C> {
    fn zero() -> Self {
        Mat([[0.0; C]; R])
    }
    fn t(&self) -> Mat<C, R> {
        let mut out = Mat::<C, R>::zero();
        for i in 0..R {
            for j in 0..C {
                out.0[j][i] = self.0[i][j];
            }
        }
        out
    }
    fn matmul<const K: usize>(&self, other: &Mat<C, K>) -> Mat<R, K> {
        let mut out = Mat::<R, K>::zero();
        for i in 0..R {
            for k in 0..K {
                for j in 0..C {
                    out.0[i][k] += self.0[i][j] * other.0[j][k];
                }
            }
        }
        out
    }
    fn plus(&self, o: &Self) -> Self {
        let mut out = *self;
        for i in 0..R {
            for j in 0..C {
                out.0[i][j] += o.0[i][j];
            }
        }
        out
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Kf {
    x: Mat<2, 1>,
    p: Mat<2, 2>,
    q: f64,
    r: f64,
}
#[differentiable]
impl Kf {
    fn predict(&mut self, dt: f64) {
        let f = Mat([[1.0, dt], [0.0, 1.0]]);
        self.x = f.matmul(&self.x);
        let fp = f.matmul(&self.p);
        self.p = fp.matmul(&f.t()).plus(&Mat([[self.q * dt, 0.0], [0.0, self.q]]));
    }
    fn update(&mut self, z: f64) -> f64 {
        let h = Mat([[1.0, 0.0]]);
        let y = z - h.matmul(&self.x).0[0][0];
        let pht = self.p.matmul(&h.t());
        let s = h.matmul(&pht).0[0][0] + self.r;
        let k = Mat([[pht.0[0][0] / s], [pht.0[1][0] / s]]);
        for i in 0..2 {
            self.x.0[i][0] += k.0[i][0] * y;
        }
        let kh = k.matmul(&h);
        let mut ikh = Mat([[1.0, 0.0], [0.0, 1.0]]);
        for (row, krow) in ikh.0.iter_mut().zip(kh.0.iter()) {
            for (a, b) in row.iter_mut().zip(krow) {
                *a -= b;
            }
        }
        self.p = ikh.matmul(&self.p);
        -0.5 * (y * y / s + s.ln())
    }
}
#[differentiable]
fn log_lik(q: f64, r: f64, zs: &[f64], dt: f64) -> f64 {
    let mut kf = Kf { x: Mat([[0.0], [0.1]]), p: Mat([[1.0, 0.0], [0.0, 1.0]]), q, r };
    let mut total = 0.0;
    for &z in zs {
        kf.predict(dt);
        total += kf.update(z);
    }
    total
}
#[test]
fn t_kf() {
    log_lik::check(0.1, 0.4, &[0.2, 0.5, 0.4, 0.9], 0.3).unwrap();
}

// Brusselator 1D reaction diffusion, RK4 with closures
type State = Vec<(f64, f64)>;
#[differentiable]
fn brusselator(params: (f64, f64, f64), u0: &[f64], dt: f64, nsteps: usize) -> f64 {
    let (a, b, alpha) = params;
    let n = u0.len();
    let mut state: State = u0.iter().map(|&u| (u, b / a)).collect();
    let rhs = |s: &State| -> State {
        (0..n)
            .map(|i| {
                let (u, v) = s[i];
                let (ul, vl) = s[(i + n - 1) % n];
                let (ur, vr) = s[(i + 1) % n];
                let lap = |l: f64, c: f64, r: f64| alpha * (l - 2.0 * c + r);
                (a + u * u * v - (b + 1.0) * u + lap(ul, u, ur), b * u - u * u * v + lap(vl, v, vr))
            })
            .collect()
    };
    let axpy = |s: &State, k: &State, h: f64| -> State {
        s.iter().zip(k.iter()).map(|(&(u, v), &(du, dv))| (u + h * du, v + h * dv)).collect()
    };
    for _ in 0..nsteps {
        let k1 = rhs(&state);
        let k2 = rhs(&axpy(&state, &k1, dt / 2.0));
        let k3 = rhs(&axpy(&state, &k2, dt / 2.0));
        let k4 = rhs(&axpy(&state, &k3, dt));
        for i in 0..n {
            state[i].0 += dt / 6.0 * (k1[i].0 + 2.0 * k2[i].0 + 2.0 * k3[i].0 + k4[i].0);
            state[i].1 += dt / 6.0 * (k1[i].1 + 2.0 * k2[i].1 + 2.0 * k3[i].1 + k4[i].1);
        }
    }
    state.iter().map(|(u, v)| u * v).sum::<f64>() / n as f64
}
#[test]
fn t_bruss() {
    brusselator::check((1.0, 3.4, 0.1), &[1.2, 0.8, 1.0, 1.1], 0.05, 4).unwrap();
}

// Bundle adjustment
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Vec3<T> {
    x: T,
    y: T,
    z: T,
}
#[differentiable]
impl<T: Real> Vec3<T> {
    fn new(x: T, y: T, z: T) -> Self {
        Self { x, y, z }
    }
    fn dot(self, o: Self) -> T {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    fn cross(self, o: Self) -> Self {
        Self::new(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }
    fn norm(self) -> T {
        self.dot(self).sqrt()
    }
    fn normalized(self) -> Self {
        let n = self.norm();
        Self::new(self.x / n, self.y / n, self.z / n)
    }
}
#[differentiable]
impl<T: Real> Add for Vec3<T> {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Vec3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}
#[differentiable]
impl<T: Real> Sub for Vec3<T> {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Vec3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
    }
}
#[differentiable]
impl<T: Real> Mul<T> for Vec3<T> {
    type Output = Self;
    fn mul(self, k: T) -> Self {
        Vec3 { x: self.x * k, y: self.y * k, z: self.z * k }
    }
}
#[differentiable]
impl<T: Real> AddAssign for Vec3<T> {
    fn add_assign(&mut self, o: Self) {
        self.x += o.x;
        self.y += o.y;
        self.z += o.z;
    }
}
#[differentiable]
impl<T: Real> Neg for Vec3<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Vec3 { x: -self.x, y: -self.y, z: -self.z }
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Camera<T> {
    rot: Vec3<T>,
    center: Vec3<T>,
    focal: T,
    principal: [T; 2],
    radial: [T; 2],
}
#[differentiable]
fn rodrigues<T: Real>(rot: Vec3<T>, p: Vec3<T>) -> Vec3<T> {
    let theta2 = rot.dot(rot);
    if theta2 > T::epsilon() {
        let theta = theta2.sqrt();
        let (s, c) = theta.sin_cos();
        let axis = rot * (T::one() / theta);
        p * c + axis.cross(p) * s + axis * (axis.dot(p) * (T::one() - c))
    } else {
        p + rot.cross(p)
    }
}
#[differentiable]
fn project<T: Real>(cam: &Camera<T>, pt: Vec3<T>) -> [T; 2] {
    let q = rodrigues(cam.rot, pt - cam.center);
    let (xp, yp) = (q.x / q.z, q.y / q.z);
    let r2 = xp * xp + yp * yp;
    let [k1, k2] = cam.radial;
    let d = T::one() + r2 * (k1 + k2 * r2);
    [xp * d * cam.focal + cam.principal[0], yp * d * cam.focal + cam.principal[1]]
}
#[differentiable]
fn ba_cost(cams: &[Camera<f64>], pts: &[Vec3<f64>], w: &[f64], #[constant] obs: &[(usize, usize, [f64; 2])]) -> f64 {
    let mut cost = 0.0;
    for (k, &(ci, pi, m)) in obs.iter().enumerate() {
        let u = project(&cams[ci], pts[pi]);
        for d in 0..2 {
            let e = w[k] * (u[d] - m[d]);
            cost += 0.5 * e * e;
        }
        let slack = 1.0 - w[k].powi(2);
        cost += slack * slack;
    }
    cost
}
#[test]
fn t_ba() {
    let v = |x: f64, y: f64, z: f64| Vec3 { x, y, z };
    let cam = Camera {
        rot: v(0.1, -0.2, 0.05),
        center: v(0.3, 0.1, -4.0),
        focal: 2.0,
        principal: [0.1, 0.2],
        radial: [0.01, 0.002],
    };
    let cam2 = Camera { rot: v(0.0, 0.0, 0.0), ..cam.clone() };
    ba_cost::check(
        &[cam.clone(), cam.clone()],
        &[v(0.1, 0.4, 1.0), v(-0.3, 0.2, 0.5)],
        &[0.9, 0.8, 0.7],
        &[(0, 0, [0.2, 0.4]), (1, 0, [0.3, 0.1]), (0, 1, [0.0, 0.5])],
    )
    .unwrap();
    // derivative at zero rotation
    let g = ba_cost::grad(&[cam2], &[v(0.1, 0.4, 1.0)], &[0.9], &[(0, 0, [0.2, 0.4])]);
    assert!(g.0[0].rot.x.is_finite() && g.0[0].rot.x != 0.0);
}
#[differentiable]
fn light(n: Vec3<f32>, l: Vec3<f32>, shininess: i32) -> f32 {
    let n = n.normalized();
    let l = l.normalized();
    let mut r = -l;
    r += n * (n.dot(l) * 2.0);
    let view = Vec3::new(0.0, 0.0, 1.0);
    n.dot(l).max(0.0) + r.dot(view).max(0.0).powi(shininess)
}
#[test]
fn t_light() {
    let v = |x: f32, y: f32, z: f32| Vec3 { x, y, z };
    let (_, (gn, gl)) = light::value_and_grad(v(0.1, 0.2, 0.9), v(0.3, -0.2, 0.8), 8);
    let h = 1e-2f32;
    let d = (light(v(0.1 + h, 0.2, 0.9), v(0.3, -0.2, 0.8), 8) - light(v(0.1 - h, 0.2, 0.9), v(0.3, -0.2, 0.8), 8))
        / (2.0 * h);
    assert!((gn.x - d).abs() < 5e-2, "{} {d}", gn.x);
    assert!(gl.y.is_finite());
}

// Enum with payload: an expression tree evaluated recursively
#[derive(Clone, Debug, Differentiable)]
enum Expr {
    Num(f64),
    Var(#[constant] usize),
    Neg(Box<Expr>),
    Bin {
        #[constant]
        op: Op,
        lhs: Box<Expr>,
        rhs: Box<Expr>,
    },
    Call(#[constant] String, Vec<Expr>),
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
}
#[differentiable]
fn eval(e: &Expr, env: &[f64]) -> Result<f64, String> {
    Ok(match e {
        Expr::Num(v) => *v,
        Expr::Var(i) => *env.get(*i).ok_or_else(|| format!("unbound {i}"))?,
        Expr::Neg(inner) => -eval(inner, env)?,
        Expr::Bin { op, lhs, rhs } => {
            let (l, r) = (eval(lhs, env)?, eval(rhs, env)?);
            match op {
                Op::Add => l + r,
                Op::Sub => l - r,
                Op::Mul => l * r,
                Op::Div if r == 0.0 => return Err("division by zero".to_string()),
                Op::Div => l / r,
                Op::Pow => l.powf(r),
            }
        }
        Expr::Call(name, args) => match (name.as_str(), args.as_slice()) {
            ("sin", [a]) => eval(a, env)?.sin(),
            ("max", [a, b]) => eval(a, env)?.max(eval(b, env)?),
            _ => return Err(format!("unknown {name}")),
        },
    })
}
#[test]
fn t_eval() {
    let n = |v| Box::new(Expr::Num(v));
    let var = |i| Box::new(Expr::Var(i));
    let e = Expr::Bin {
        op: Op::Add,
        lhs: Box::new(Expr::Bin {
            op: Op::Mul,
            lhs: n(2.0),
            rhs: Box::new(Expr::Bin { op: Op::Pow, lhs: var(0), rhs: n(1.5) }),
        }),
        rhs: Box::new(Expr::Neg(Box::new(Expr::Call(
            "sin".into(),
            vec![Expr::Bin { op: Op::Div, lhs: var(1), rhs: n(0.7) }],
        )))),
    };
    eval::check(&e, &[1.3, 0.4]).unwrap();
    assert!(eval(&Expr::Var(4), &[]).is_err());
    let by_zero = Expr::Bin { op: Op::Div, lhs: n(1.0), rhs: n(0.0) };
    let (v, pb) = eval::vjp(&by_zero, &[1.0]);
    assert!(v.is_err());
    let m = Expr::Call("max".into(), vec![*var(0), *var(1)]);
    eval::check(&m, &[0.2, 0.9]).unwrap();
}

// A robot arm: ? on options, early return, recursion over slices
#[derive(Clone, Debug, Differentiable)]
struct Link {
    length: f64,
    #[constant]
    limit: (f64, f64),
}
#[differentiable]
fn forward(links: &[Link], angles: &[f64], base: (f64, f64, f64)) -> Option<(f64, f64)> {
    let (x, y, heading) = base;
    match (links.split_first(), angles.split_first()) {
        (None, None) => Some((x, y)),
        (Some((link, rest)), Some((&a, more))) => {
            if a < link.limit.0 || a > link.limit.1 {
                return None;
            }
            let h = heading + a;
            let (tx, ty) = forward(rest, more, (x + link.length * h.cos(), y + link.length * h.sin(), h))?;
            Some((tx, ty))
        }
        _ => None,
    }
}
#[differentiable]
fn reach(links: &[Link], angles: &[f64], target: [f64; 2]) -> f64 {
    let Some((x, y)) = forward(links, angles, (0.0, 0.0, 0.0)) else { return f64::INFINITY };
    (x - target[0]).hypot(y - target[1])
}
#[test]
fn t_arm() {
    let l = |length| Link { length, limit: (-2.0, 2.0) };
    reach::check(&[l(1.0), l(0.7), l(0.4)], &[0.3, -0.6, 1.1], [0.5, 1.0]).unwrap();
    assert_eq!(reach::grad(&[l(1.0)], &[3.0], [0.0, 0.0]).1, vec![0.0]);
}

mod brusselator_whose_lengths_are_expressions {
    use differentiable::prelude::*;
    const N: usize = 3;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Params {
        a: f64,
        b: f64,
        alpha: f64,
    }
    #[inline]
    fn idx(i: usize, j: usize, k: usize) -> usize {
        (k * N + j) * N + i
    }
    fn limit(a: isize) -> usize {
        a.rem_euclid(N as isize) as usize
    }
    #[differentiable]
    fn brusselator_f(x: f64, y: f64, t: f64) -> f64 {
        if (x - 0.3).powi(2) + (y - 0.6).powi(2) <= 0.01 && t >= 1.1 { 5.0 } else { 0.0 }
    }
    #[differentiable]
    fn ode(du: &mut [f64; 2 * N * N], u: &[f64; 2 * N * N], p: &Params, t: f64) {
        let alpha = p.alpha * ((N - 1) * (N - 1)) as f64;
        for i in 0..N {
            for j in 0..N {
                let (x, y) = (i as f64 / (N - 1) as f64, j as f64 / (N - 1) as f64);
                let (ip, im) = (limit(i as isize + 1), limit(i as isize - 1));
                let (jp, jm) = (limit(j as isize + 1), limit(j as isize - 1));
                let c = u[idx(i, j, 0)];
                let w = u[idx(i, j, 1)];
                du[idx(i, j, 0)] = alpha
                    * (u[idx(im, j, 0)] + u[idx(ip, j, 0)] + u[idx(i, jp, 0)] + u[idx(i, jm, 0)] - 4.0 * c)
                    + p.b
                    + c * c * w
                    - (p.a + 1.0) * c
                    + brusselator_f(x, y, t);
                du[idx(i, j, 1)] = alpha
                    * (u[idx(im, j, 1)] + u[idx(ip, j, 1)] + u[idx(i, jp, 1)] + u[idx(i, jm, 1)] - 4.0 * w)
                    + p.a * c
                    - c * c * w;
            }
        }
    }
    #[differentiable]
    fn rk4(u: &mut [f64; 2 * N * N], p: &Params, t: f64, h: f64) {
        let mut k = [[0.0; 2 * N * N]; 4];
        let mut tmp = *u;
        ode(&mut k[0], u, p, t);
        for (s, c) in [(1, 0.5), (2, 0.5), (3, 1.0)] {
            for i in 0..tmp.len() {
                tmp[i] = u[i] + c * h * k[s - 1][i];
            }
            ode(&mut k[s], &tmp, p, t + c * h);
        }
        for i in 0..u.len() {
            u[i] += h / 6.0 * (k[0][i] + 2.0 * k[1][i] + 2.0 * k[2][i] + k[3][i]);
        }
    }
    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut u: [f64; 2 * N * N] = std::array::from_fn(|m| {
            let (i, j) = (m % N, (m / N) % N);
            let (xi, yj) = (i as f64 / 2.0, j as f64 / 2.0);
            if m < N * N { 22.0 * (yj * (1.0 - yj)).powf(1.5) } else { 27.0 * (xi * (1.0 - xi)).powf(1.5) }
        });
        let &[a, b, alpha] = x else { unreachable!() };
        let p = Params { a, b, alpha };
        let mut t = 1.09;
        for _ in 0..4 {
            rk4(&mut u, &p, t, 0.005);
            t += 0.005;
        }
        u.iter().map(|e| e.powi(2)).sum()
    }
    agrees!(f, [3.4, 1.0, 0.1]);
}

/// Reprojection errors of a camera with distortion, whose parameters a slice pattern takes apart.
mod bundle_adjustment {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn rodrigues(r: &[f64; 3], x: &[f64; 3]) -> [f64; 3] {
        let theta2 = r.iter().map(|a| a * a).sum::<f64>();
        if theta2 > 1e-12 {
            let theta = theta2.sqrt();
            let (s, c) = theta.sin_cos();
            let w = r.map(|a| a / theta);
            let cross = [w[1] * x[2] - w[2] * x[1], w[2] * x[0] - w[0] * x[2], w[0] * x[1] - w[1] * x[0]];
            let d = (w[0] * x[0] + w[1] * x[1] + w[2] * x[2]) * (1.0 - c);
            std::array::from_fn(|i| x[i] * c + cross[i] * s + w[i] * d)
        } else {
            *x
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Camera {
        rot: [f64; 3],
        center: [f64; 3],
        focal: f64,
        x0: [f64; 2],
        rad: (f64, f64),
    }
    #[differentiable(order = 2)]
    impl Camera {
        fn project(&self, p: &[f64; 3]) -> [f64; 2] {
            let mut d = [0.0; 3];
            for ((d, p), c) in d.iter_mut().zip(p).zip(self.center.iter()) {
                *d = p - c;
            }
            let [x, y, z] = rodrigues(&self.rot, &d);
            let (u, v) = (x / z, y / z);
            let r2 = u * u + v * v;
            let (k1, k2) = self.rad;
            let l = 1.0 + k1 * r2 + k2 * r2 * r2;
            [u * l * self.focal + self.x0[0], v * l * self.focal + self.x0[1]]
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        if v.len() < 11 {
            return 0.0;
        }
        let (cam, pts) = v.split_at(11);
        let &[r0, r1, r2, c0, c1, c2, focal, u0, v0, k1, k2] = cam else { panic!("eleven numbers") };
        let camera = Camera { rot: [r0, r1, r2], center: [c0, c1, c2], focal, x0: [u0, v0], rad: (k1, k2) };
        let mut err = 0.0;
        for (i, p) in pts.chunks_exact(3).enumerate() {
            let [a, b] = camera.project(&[p[0], p[1], p[2]]);
            let w = 1.0 / (1.0 + i as f64);
            err += w * ((a - 0.3).powi(2) + (b - 0.1).powi(2));
        }
        err
    }
    checked!(f, [0.1, 0.2, 0.3, 0.1, -0.1, -2.0, 1.5, 0.1, 0.2, 0.01, 0.002, 0.5, 0.6, 1.0, -0.3, 0.2, 1.4]);
}

/// The end of a chain of joints, by quaternions with an operator.
mod robot_arm_of_quaternions {
    use differentiable::prelude::*;
    use std::ops::Mul;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Quat {
        w: f64,
        v: [f64; 3],
    }
    #[differentiable(order = 2)]
    fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    }
    #[differentiable(order = 2)]
    impl Mul for Quat {
        type Output = Self;
        fn mul(self, o: Self) -> Self {
            let c = cross(self.v, o.v);
            let d: f64 = (0..3).map(|i| self.v[i] * o.v[i]).sum();
            Self { w: self.w * o.w - d, v: std::array::from_fn(|i| self.w * o.v[i] + o.w * self.v[i] + c[i]) }
        }
    }
    #[differentiable(order = 2)]
    impl Quat {
        fn about(axis: usize, angle: f64) -> Self {
            let (s, c) = (angle / 2.0).sin_cos();
            let mut v = [0.0; 3];
            v[axis] = s;
            Quat { w: c, v }
        }
        fn rotate(&self, p: [f64; 3]) -> [f64; 3] {
            let t = cross(self.v, p).map(|x| 2.0 * x);
            let u = cross(self.v, t);
            let mut r = p;
            for i in 0..3 {
                r[i] += self.w * t[i] + u[i];
            }
            r
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Joint {
        #[constant]
        axis: usize,
        length: f64,
    }
    #[differentiable(order = 2)]
    fn end(joints: &[Joint], angles: &[f64]) -> [f64; 3] {
        let mut q = Quat { w: 1.0, v: [0.0; 3] };
        let mut p = [0.0; 3];
        for (j, a) in joints.iter().zip(angles) {
            q = q * Quat::about(j.axis, *a);
            let d = q.rotate([j.length, 0.0, 0.0]);
            p.iter_mut().zip(d).for_each(|(p, d)| *p += d);
        }
        p
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let joints =
            [Joint { axis: 2, length: 1.0 }, Joint { axis: 1, length: v[3] }, Joint { axis: 2, length: 0.5 * v[0] }];
        let p = end(&joints, &v[..3]);
        (p[0] - 0.5).powi(2) + (p[1] - 0.2).powi(2) * p[2]
    }
    checked!(f, [0.7, 1.3, 0.4, 0.8]);
}

/// Waves on a grid with lengths as parameters.
mod waves_on_a_grid {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Grid<const W: usize, const H: usize> {
        now: [[f64; W]; H],
        before: [[f64; W]; H],
    }
    #[differentiable(order = 2)]
    impl<const W: usize, const H: usize> Grid<W, H> {
        fn lap(&self, i: usize, j: usize) -> f64 {
            let at = |i: usize, j: usize| self.now[i][j];
            let up = if i > 0 { at(i - 1, j) } else { 0.0 };
            let down = if i + 1 < H { at(i + 1, j) } else { 0.0 };
            let left = if j > 0 { at(i, j - 1) } else { 0.0 };
            let right = self.now[i].get(j + 1).copied().unwrap_or_default();
            up + down + left + right - 4.0 * at(i, j)
        }
        fn step(&mut self, c: &[[f64; W]; H]) {
            let mut next = self.before;
            for (i, row) in next.iter_mut().enumerate() {
                for (j, x) in row.iter_mut().enumerate() {
                    *x = 2.0 * self.now[i][j] - *x + c[i][j] * self.lap(i, j);
                }
            }
            self.before = std::mem::replace(&mut self.now, next);
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let mut g = Grid::<3, 2> { now: [[0.0, v[0], 0.0], [v[1], 0.0, 0.0]], before: [[0.0; 3]; 2] };
        let mut c = [[0.1; 3]; 2];
        c[1][1] = v[2];
        c[0][2] = v[2] * v[0];
        for _ in 0..4 {
            g.step(&c);
        }
        g.now.iter().zip(&g.before).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
            + g.now[0][1]
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

/// A spline through points, and its values between them.
mod natural_spline {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Spline {
        xs: Vec<f64>,
        ys: Vec<f64>,
        m: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Spline {
        fn natural(xs: &[f64], ys: &[f64]) -> Self {
            let n = xs.len();
            let h: Vec<f64> = xs.windows(2).map(|w| w[1] - w[0]).collect();
            let mut m = vec![0.0; n];
            let mut c = vec![0.0; n];
            for i in 1..n - 1 {
                let rhs = 6.0 * ((ys[i + 1] - ys[i]) / h[i] - (ys[i] - ys[i - 1]) / h[i - 1]);
                let d = 2.0 * (h[i - 1] + h[i]) - h[i - 1] * c[i - 1];
                c[i] = h[i] / d;
                m[i] = (rhs - h[i - 1] * m[i - 1]) / d;
            }
            for i in (1..n - 1).rev() {
                m[i] -= c[i] * m[i + 1];
            }
            Spline { xs: xs.to_vec(), ys: ys.to_vec(), m }
        }
        fn at(&self, x: f64) -> f64 {
            let i = self.xs.iter().position(|a| *a > x).unwrap_or(self.xs.len() - 1).max(1) - 1;
            let h = self.xs[i + 1] - self.xs[i];
            let (a, b) = ((self.xs[i + 1] - x) / h, (x - self.xs[i]) / h);
            a * self.ys[i]
                + b * self.ys[i + 1]
                + ((a.powi(3) - a) * self.m[i] + (b.powi(3) - b) * self.m[i + 1]) * h * h / 6.0
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let s = Spline::natural(&[0.0, 0.5, 1.1, 2.0], v);
        s.at(0.3) * s.at(0.8) + s.at(v[0]) - s.at(1.7).powi(2)
    }
    checked!(f, [0.7, 1.3, 0.4, 0.9]);
}

/// Gains that a constant table gives by bisection.
mod gains_of_a_table {
    use differentiable::prelude::*;
    const TABLE: [(f64, f64); 4] = [(0.0, 1.0), (0.5, 1.4), (1.0, 0.7), (2.0, 0.2)];
    static GAINS: &[f64] = &[0.5, 2.0, 1.5];
    #[differentiable(order = 2)]
    fn lookup(x: f64) -> f64 {
        let (mut lo, mut hi) = (0, TABLE.len() - 1);
        if x <= TABLE[lo].0 {
            return TABLE[lo].1;
        }
        if x >= TABLE[hi].0 {
            return TABLE[hi].1;
        }
        while hi - lo > 1 {
            let mid = (lo + hi) / 2;
            if TABLE[mid].0 <= x { lo = mid } else { hi = mid }
        }
        let ((x0, y0), (x1, y1)) = (TABLE[lo], TABLE[hi]);
        y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        v.iter().zip(GAINS.iter().cycle()).map(|(x, g)| g * lookup(*x) * x).sum::<f64>()
            + lookup(-1.0) * v[0]
            + match TABLE.binary_search_by(|p| p.0.partial_cmp(&v[1]).unwrap()) {
                Ok(i) => v[2] * i as f64,
                Err(i) => v[1] * i as f64,
            }
    }
    checked!(f, [0.7, 1.3, 0.4, 2.5]);
}
