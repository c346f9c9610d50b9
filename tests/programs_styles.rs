//! Programs of twenty to a hundred lines, in the styles of many programmers: transforms, factorisations, simulations, models.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

// In-place FFT on separate re/im.
#[differentiable]
fn fft(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let mut j = 0usize;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j ^= bit;
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let mut len = 2;
    while len <= n {
        let ang = -2.0 * std::f64::consts::PI / len as f64;
        let (wr, wi) = (ang.cos(), ang.sin());
        for start in (0..n).step_by(len) {
            let mut cr = 1.0;
            let mut ci = 0.0;
            for k in 0..len / 2 {
                let (ur, ui) = (re[start + k], im[start + k]);
                let (xr, xi) = (re[start + k + len / 2], im[start + k + len / 2]);
                let vr = xr * cr - xi * ci;
                let vi = xr * ci + xi * cr;
                re[start + k] = ur + vr;
                im[start + k] = ui + vi;
                re[start + k + len / 2] = ur - vr;
                im[start + k + len / 2] = ui - vi;
                let next = cr * wr - ci * wi;
                ci = cr * wi + ci * wr;
                cr = next;
            }
        }
        len <<= 1;
    }
}
#[differentiable]
fn power(signal: &[f64], bin: usize) -> f64 {
    let mut re = signal.to_vec();
    let mut im = vec![0.0; signal.len()];
    fft(&mut re, &mut im);
    (re[bin].powi(2) + im[bin].powi(2)).sqrt()
}
#[test]
fn t_fft() {
    power::check(&[1.0, -0.5, 0.3, 2.0, 0.7, 0.1, -1.0, 0.4], 3).unwrap();
    fft::check(&mut [1.0, -0.5, 0.3, 2.0], &mut [0.1, 0.2, -0.7, 0.4]).unwrap();
}

// FFT over complex with recursion.
#[differentiable]
fn fft_rec(x: &[Complex<f64>]) -> Vec<Complex<f64>> {
    let n = x.len();
    if n <= 1 {
        return x.to_vec();
    }
    let even: Vec<Complex<f64>> = x.iter().step_by(2).copied().collect();
    let odd: Vec<Complex<f64>> = x.iter().skip(1).step_by(2).copied().collect();
    let (e, o) = (fft_rec(&even), fft_rec(&odd));
    let mut out = vec![Complex::new(0.0, 0.0); n];
    for k in 0..n / 2 {
        let w = Complex::from_polar(1.0, -2.0 * std::f64::consts::PI * k as f64 / n as f64);
        let t = w * o[k];
        out[k] = e[k] + t;
        out[k + n / 2] = e[k] - t;
    }
    out
}
#[differentiable]
fn spectrum(x: &[Complex<f64>]) -> f64 {
    fft_rec(x).iter().enumerate().map(|(i, z)| z.norm_sqr() * (i as f64 + 1.0)).sum()
}
#[test]
fn t_fft_rec() {
    let x: Vec<Complex<f64>> = (0..4).map(|i| Complex::new(i as f64 * 0.3, 1.0 - i as f64)).collect();
    spectrum::check(&x).unwrap();
}

// LU with pivoting: struct based.
#[derive(Clone, Debug, Differentiable)]
struct Lu {
    lu: Vec<Vec<f64>>,
    #[constant]
    perm: Vec<usize>,
    #[constant]
    sign: i32,
}
#[differentiable]
impl Lu {
    fn factor(a: &[Vec<f64>]) -> Option<Lu> {
        let n = a.len();
        let mut lu = a.to_vec();
        let mut perm: Vec<usize> = (0..n).collect();
        let mut sign = 1i32;
        for k in 0..n {
            let mut p = k;
            let mut best = lu[k][k].abs();
            for i in k + 1..n {
                if lu[i][k].abs() > best {
                    best = lu[i][k].abs();
                    p = i;
                }
            }
            if best < 1e-12 {
                return None;
            }
            if p != k {
                lu.swap(p, k);
                perm.swap(p, k);
                sign = -sign;
            }
            let pivot = lu[k][k];
            for i in k + 1..n {
                lu[i][k] /= pivot;
                let f = lu[i][k];
                for j in k + 1..n {
                    lu[i][j] -= f * lu[k][j];
                }
            }
        }
        Some(Lu { lu, perm, sign })
    }
    fn det(&self) -> f64 {
        let mut d = self.sign as f64;
        for (i, row) in self.lu.iter().enumerate() {
            d *= row[i];
        }
        d
    }
    fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.lu.len();
        let mut x: Vec<f64> = self.perm.iter().map(|&p| b[p]).collect();
        for i in 0..n {
            for j in 0..i {
                x[i] -= self.lu[i][j] * x[j];
            }
        }
        for i in (0..n).rev() {
            for j in i + 1..n {
                x[i] -= self.lu[i][j] * x[j];
            }
            x[i] /= self.lu[i][i];
        }
        x
    }
}
#[differentiable]
fn solve_norm(a: &[Vec<f64>], b: &[f64]) -> Option<f64> {
    let lu = Lu::factor(a)?;
    let x = lu.solve(b);
    Some(x.iter().map(|v| v * v).sum::<f64>().sqrt() + lu.det().abs().ln())
}
#[test]
fn t_lu() {
    let a = vec![vec![0.1, 2.0, 1.0], vec![3.0, 0.5, -1.0], vec![1.0, 1.0, 2.0]];
    solve_norm::check(&a, &[1.0, 2.0, -0.5]).unwrap();
}

// Cholesky const-generic.
#[differentiable]
fn cholesky<const N: usize>(a: &[[f64; N]; N]) -> Result<[[f64; N]; N], String> {
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let s: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            if i == j {
                let d = a[i][i] - s;
                if d <= 0.0 {
                    return Err(format!("not positive definite at {i}"));
                }
                l[i][j] = d.sqrt();
            } else {
                l[i][j] = (a[i][j] - s) / l[j][j];
            }
        }
    }
    Ok(l)
}
#[differentiable]
fn log_det(a: &[[f64; 3]; 3]) -> f64 {
    match cholesky(a) {
        Ok(l) => 2.0 * (0..3).map(|i| l[i][i].ln()).sum::<f64>(),
        Err(_) => f64::NEG_INFINITY,
    }
}
#[test]
fn t_cholesky() {
    log_det::check(&[[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]).unwrap();
}

// N-body with &mut self, generic vector with operators.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V3 {
    x: f64,
    y: f64,
    z: f64,
}
#[differentiable]
impl std::ops::Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}
#[differentiable]
impl std::ops::Sub for V3 {
    type Output = V3;
    fn sub(self, o: V3) -> V3 {
        V3 { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
    }
}
#[differentiable]
impl std::ops::Mul<f64> for V3 {
    type Output = V3;
    fn mul(self, s: f64) -> V3 {
        V3 { x: self.x * s, y: self.y * s, z: self.z * s }
    }
}
#[differentiable]
impl std::ops::AddAssign for V3 {
    fn add_assign(&mut self, o: V3) {
        self.x += o.x;
        self.y += o.y;
        self.z += o.z;
    }
}
#[differentiable]
impl V3 {
    fn dot(self, o: V3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    fn norm(self) -> f64 {
        self.dot(self).sqrt()
    }
    fn zero() -> V3 {
        V3 { x: 0.0, y: 0.0, z: 0.0 }
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Body {
    pos: V3,
    vel: V3,
    mass: f64,
}
#[derive(Clone, Debug, Differentiable)]
struct World {
    bodies: Vec<Body>,
    g: f64,
    #[constant]
    steps: usize,
}
#[differentiable]
impl World {
    fn accelerations(&self) -> Vec<V3> {
        let mut acc = vec![V3::zero(); self.bodies.len()];
        for (i, a) in self.bodies.iter().enumerate() {
            for (j, b) in self.bodies.iter().enumerate() {
                if i == j {
                    continue;
                }
                let d = b.pos - a.pos;
                let r2 = d.dot(d) + 1e-3;
                acc[i] += d * (self.g * b.mass / (r2 * r2.sqrt()));
            }
        }
        acc
    }
    fn step(&mut self, dt: f64) {
        let acc = self.accelerations();
        for (b, a) in self.bodies.iter_mut().zip(acc) {
            b.vel += a * dt;
            b.pos += b.vel * dt;
        }
        self.steps += 1;
    }
    fn energy(&self) -> f64 {
        let kinetic: f64 = self.bodies.iter().map(|b| 0.5 * b.mass * b.vel.dot(b.vel)).sum();
        let mut potential = 0.0;
        for i in 0..self.bodies.len() {
            for j in 0..i {
                potential -= self.g * self.bodies[i].mass * self.bodies[j].mass
                    / (self.bodies[i].pos - self.bodies[j].pos).norm();
            }
        }
        kinetic + potential
    }
}
#[differentiable]
fn simulate(world: &World, dt: f64) -> f64 {
    let mut w = world.clone();
    for _ in 0..5 {
        w.step(dt);
    }
    w.energy() + w.bodies[0].pos.norm()
}
fn world() -> World {
    let v = |x, y, z| V3 { x, y, z };
    World {
        bodies: vec![
            Body { pos: v(0.0, 0.1, 0.0), vel: v(0.1, 0.0, 0.0), mass: 1.0 },
            Body { pos: v(1.0, 0.0, 0.3), vel: v(0.0, 0.5, 0.0), mass: 0.5 },
            Body { pos: v(-1.0, 0.4, 0.0), vel: v(0.0, -0.4, 0.2), mass: 0.25 },
        ],
        g: 1.0,
        steps: 0,
    }
}
#[test]
fn t_nbody() {
    simulate::check(&world(), 0.05).unwrap();
}

// Kalman filter with small matrices as functions over arrays.
type M2 = [[f64; 2]; 2];
#[differentiable]
fn matmul(a: &M2, b: &M2) -> M2 {
    let mut c = [[0.0; 2]; 2];
    for (i, row) in c.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = a[i].iter().zip(b).map(|(x, r)| x * r[j]).sum();
        }
    }
    c
}
#[differentiable]
fn transpose(a: &M2) -> M2 {
    [[a[0][0], a[1][0]], [a[0][1], a[1][1]]]
}
#[derive(Clone, Debug, Differentiable)]
struct Kalman {
    x: [f64; 2],
    p: M2,
    q: f64,
    r: f64,
}
#[differentiable]
impl Kalman {
    fn predict(&mut self, dt: f64) {
        let f = [[1.0, dt], [0.0, 1.0]];
        self.x = [self.x[0] + dt * self.x[1], self.x[1]];
        let mut p = matmul(&matmul(&f, &self.p), &transpose(&f));
        p[0][0] += self.q * dt;
        p[1][1] += self.q * dt;
        self.p = p;
    }
    fn update(&mut self, z: f64) -> f64 {
        let y = z - self.x[0];
        let s = self.p[0][0] + self.r;
        let k = [self.p[0][0] / s, self.p[1][0] / s];
        self.x[0] += k[0] * y;
        self.x[1] += k[1] * y;
        let ikh = [[1.0 - k[0], 0.0], [-k[1], 1.0]];
        self.p = matmul(&ikh, &self.p);
        -0.5 * (y * y / s + s.ln())
    }
}
#[differentiable]
fn likelihood(init: &Kalman, zs: &[f64], dt: f64) -> f64 {
    let mut k = init.clone();
    zs.iter().fold(0.0, |acc, &z| {
        k.predict(dt);
        acc + k.update(z)
    })
}
#[test]
fn t_kalman() {
    let k = Kalman { x: [0.0, 1.0], p: [[1.0, 0.1], [0.1, 1.0]], q: 0.1, r: 0.5 };
    likelihood::check(&k, &[0.1, 0.3, 0.2, 0.7], 0.1).unwrap();
}

// Brusselator 1-D, with rhs into a scratch buffer.
#[differentiable]
fn brusselator_rhs(u: &[f64], v: &[f64], du: &mut [f64], dv: &mut [f64], a: f64, b: f64, alpha: f64) {
    let n = u.len();
    let dx2 = 1.0 / ((n + 1) as f64).powi(2);
    for i in 0..n {
        let left = if i == 0 { a } else { u[i - 1] };
        let right = if i + 1 == n { a } else { u[i + 1] };
        let (vl, vr) = (
            if i == 0 { b / a } else { v[i - 1] },
            match i + 1 {
                k if k < n => v[k],
                _ => b / a,
            },
        );
        let uuv = u[i] * u[i] * v[i];
        du[i] = a + uuv - (b + 1.0) * u[i] + alpha / dx2 * (left - 2.0 * u[i] + right);
        dv[i] = b * u[i] - uuv + alpha / dx2 * (vl - 2.0 * v[i] + vr);
    }
}
#[differentiable]
fn brusselator(u0: &[f64], v0: &[f64], a: f64, b: f64) -> f64 {
    let n = u0.len();
    let (mut u, mut v) = (u0.to_vec(), v0.to_vec());
    let mut du = vec![0.0; n];
    let mut dv = vec![0.0; n];
    for _ in 0..4 {
        brusselator_rhs(&u, &v, &mut du, &mut dv, a, b, 1e-4);
        u.iter_mut().zip(&du).for_each(|(x, d)| *x += 0.01 * d);
        v.iter_mut().zip(du.iter().zip(dv.iter())).for_each(|(x, (_, d))| *x += 0.01 * d);
    }
    u.iter().sum::<f64>() * v.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
#[test]
fn t_brusselator() {
    brusselator::check(&[1.0, 1.2, 0.9], &[3.0, 2.9, 3.2], 1.0, 3.0).unwrap();
}

// Bundle adjustment.
#[differentiable]
fn rodrigues(r: &[f64; 3], x: [f64; 3]) -> [f64; 3] {
    let theta2 = r.iter().map(|a| a * a).sum::<f64>();
    let cross =
        |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    if theta2 > 1e-12 {
        let theta = theta2.sqrt();
        let (s, c) = theta.sin_cos();
        let w = r.map(|a| a / theta);
        let wx = cross(w, x);
        let dot = w[0] * x[0] + w[1] * x[1] + w[2] * x[2];
        std::array::from_fn(|i| x[i] * c + wx[i] * s + w[i] * dot * (1.0 - c))
    } else {
        let rx = cross(*r, x);
        [x[0] + rx[0], x[1] + rx[1], x[2] + rx[2]]
    }
}
#[differentiable]
fn reprojection(cam: &[f64; 9], pt: &[f64; 3], obs: [f64; 2], w: f64) -> [f64; 2] {
    let [r0, r1, r2, tx, ty, tz, f, k1, k2] = *cam;
    let p = rodrigues(&[r0, r1, r2], *pt);
    let p = [p[0] + tx, p[1] + ty, p[2] + tz];
    let (px, py) = (-p[0] / p[2], -p[1] / p[2]);
    let n = px * px + py * py;
    let d = 1.0 + k1 * n + k2 * n * n;
    [w * (f * d * px - obs[0]), w * (f * d * py - obs[1])]
}
#[differentiable]
fn ba_cost(cams: &[[f64; 9]], pts: &[[f64; 3]], #[constant] obs: &[(usize, usize, [f64; 2])]) -> f64 {
    let mut total = 0.0;
    for &(c, p, o) in obs {
        let e = reprojection(&cams[c], &pts[p], o, 1.0);
        let sq = e[0] * e[0] + e[1] * e[1];
        total += if sq < 1.0 { sq } else { 2.0 * sq.sqrt() - 1.0 };
    }
    total
}
#[test]
fn t_ba() {
    let cams = [[0.1, -0.2, 0.05, 0.1, 0.2, -3.0, 1.1, 0.01, 0.002], [0.0, 0.0, 0.0, 0.3, 0.1, -4.0, 0.9, 0.0, 0.0]];
    let pts = [[0.2, 0.3, 0.1], [-0.5, 0.4, 0.3]];
    let obs = [(0, 0, [0.1, 0.2]), (0, 1, [0.0, 0.1]), (1, 1, [5.0, 5.0])];
    ba_cost::check(&cams, &pts, &obs).unwrap();
    reprojection::check(&cams[0], &pts[1], [0.1, 0.2], 0.5).unwrap();
}

// Enum with payload: expression tree in Box.
#[derive(Clone, Debug, Differentiable)]
enum Ex {
    Num(f64),
    Var(usize),
    Add(Box<Ex>, Box<Ex>),
    Mul(Box<Ex>, Box<Ex>),
    Pow { base: Box<Ex>, n: i32 },
    Neg(Box<Ex>),
}
#[differentiable]
fn eval(e: &Ex, env: &[f64]) -> f64 {
    match e {
        Ex::Num(v) => *v,
        Ex::Var(i) => env[*i],
        Ex::Add(a, b) => eval(a, env) + eval(b, env),
        Ex::Mul(a, b) => {
            let (x, y) = (eval(a, env), eval(b, env));
            x * y
        }
        Ex::Pow { base, n } => eval(base, env).powi(*n),
        Ex::Neg(inner) => -eval(inner, env),
    }
}
#[test]
fn t_tree() {
    let e = Ex::Add(
        Box::new(Ex::Mul(Box::new(Ex::Num(2.0)), Box::new(Ex::Var(0)))),
        Box::new(Ex::Neg(Box::new(Ex::Pow { base: Box::new(Ex::Var(1)), n: 3 }))),
    );
    eval::check(&e, &[1.5, 0.7]).unwrap();
}

// Shapes with methods via match on self.
#[derive(Clone, Debug, Differentiable)]
enum Shape {
    Circle { r: f64 },
    Rect(f64, f64),
    Poly(Vec<(f64, f64)>),
    Empty,
}
#[differentiable]
impl Shape {
    fn area(&self) -> f64 {
        match self {
            Self::Circle { r } => std::f64::consts::PI * r * r,
            Self::Rect(w, h) => w * h,
            Self::Poly(pts) => {
                let n = pts.len();
                let mut s = 0.0;
                for i in 0..n {
                    let (x0, y0) = pts[i];
                    let (x1, y1) = pts[(i + 1) % n];
                    s += x0 * y1 - x1 * y0;
                }
                (s / 2.0).abs()
            }
            Self::Empty => 0.0,
        }
    }
    fn scale(&mut self, k: f64) {
        match self {
            Shape::Circle { r } => *r *= k,
            Shape::Rect(w, h) => {
                *w *= k;
                *h *= k;
            }
            Shape::Poly(pts) => {
                for (x, y) in pts.iter_mut() {
                    *x *= k;
                    *y *= k;
                }
            }
            Shape::Empty => {}
        }
    }
}
#[differentiable]
fn total_area(shapes: &[Shape], k: f64) -> f64 {
    let mut all = shapes.to_vec();
    for s in &mut all {
        s.scale(k);
    }
    all.iter().map(|s| s.area()).filter(|a| *a > 0.0).sum()
}
#[test]
fn t_shapes() {
    let s = [
        Shape::Circle { r: 1.2 },
        Shape::Rect(2.0, 0.5),
        Shape::Poly(vec![(0.0, 0.0), (1.0, 0.1), (1.2, 1.3), (0.1, 0.9)]),
        Shape::Empty,
    ];
    total_area::check(&s, 1.3).unwrap();
}

// ? on Option.
#[differentiable]
fn safe_div(a: f64, b: f64) -> Option<f64> {
    if b.abs() < 1e-9 { None } else { Some(a / b) }
}
#[differentiable]
fn safe_sqrt(a: f64) -> Option<f64> {
    (a >= 0.0).then(|| a.sqrt())
}
#[differentiable]
fn roots(a: f64, b: f64, c: f64) -> Option<(f64, f64)> {
    let d = safe_sqrt(b * b - 4.0 * a * c)?;
    let p = safe_div(-b + d, 2.0 * a)?;
    let q = safe_div(-b - d, 2.0 * a)?;
    Some((p, q))
}
#[differentiable]
fn root_gap(a: f64, b: f64, c: f64) -> f64 {
    if let Some((p, q)) = roots(a, b, c) { (p - q).abs() } else { -1.0 }
}
#[test]
fn t_roots() {
    root_gap::check(1.0, -3.0, 1.0).unwrap();
    root_gap::check(1.0, 0.0, 1.0).unwrap();
}

// labelled loops with early return.
#[differentiable]
fn first_crossing(m: &[Vec<f64>], limit: f64) -> f64 {
    let mut acc = 1.0;
    let mut hits = 0;
    'rows: for (i, row) in m.iter().enumerate() {
        let mut local = 0.0;
        for (j, x) in row.iter().enumerate() {
            if *x < 0.0 {
                continue 'rows;
            }
            local += x * (j + 1) as f64;
            if local > limit {
                hits += 1;
                if hits == 2 {
                    break 'rows;
                }
                acc *= local;
                continue 'rows;
            }
        }
        if i > 10 {
            return acc;
        }
        acc += local.sin();
    }
    acc
}
#[test]
fn t_crossing() {
    let m = vec![vec![0.5, 0.7], vec![1.0, -1.0, 3.0], vec![2.0, 2.0], vec![0.1], vec![3.0, 5.0], vec![9.0]];
    first_crossing::check(&m, 3.0).unwrap();
}

// recursion over slices: pairwise sum, merge sort.
#[differentiable]
fn pairwise(xs: &[f64]) -> f64 {
    match xs.len() {
        0 => 0.0,
        1 => xs[0],
        n => {
            let (l, r) = xs.split_at(n / 2);
            pairwise(l) * 0.9 + pairwise(r).sin()
        }
    }
}
#[differentiable]
fn norm_rec(v: &[f64]) -> f64 {
    if let [head, tail @ ..] = v { head * head + norm_rec(tail) } else { 0.0 }
}
#[differentiable]
fn msort(v: &mut [f64]) {
    let n = v.len();
    if n < 2 {
        return;
    }
    let mid = n / 2;
    msort(&mut v[..mid]);
    msort(&mut v[mid..]);
    let mut out = Vec::with_capacity(n);
    let (mut i, mut j) = (0, mid);
    while i < mid && j < n {
        if v[i] <= v[j] {
            out.push(v[i]);
            i += 1;
        } else {
            out.push(v[j]);
            j += 1;
        }
    }
    out.extend_from_slice(&v[i..mid]);
    out.extend_from_slice(&v[j..]);
    v.copy_from_slice(&out);
}
#[differentiable]
fn median_weighted(v: &[f64], w: &[f64]) -> f64 {
    let mut s = v.to_vec();
    msort(&mut s);
    s.iter().zip(w).map(|(a, b)| a * b).sum()
}
#[test]
fn t_rec() {
    pairwise::check(&[0.1, 0.4, -0.7, 1.0, 2.0]).unwrap();
    norm_rec::check(&[0.1, 0.4, -0.7]).unwrap();
    median_weighted::check(&[0.5, -0.4, 2.7, 1.0, 0.9], &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
}

// closures capturing active values.
#[differentiable]
fn rk4(y0: f64, k: f64, dt: f64, n: usize) -> f64 {
    let f = |t: f64, y: f64| -k * y + t.sin();
    let step = |t: f64, y: f64| {
        let k1 = f(t, y);
        let k2 = f(t + dt / 2.0, y + dt / 2.0 * k1);
        let k3 = f(t + dt / 2.0, y + dt / 2.0 * k2);
        let k4 = f(t + dt, y + dt * k3);
        y + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    };
    let mut y = y0;
    let mut t = 0.0;
    for _ in 0..n {
        y = step(t, y);
        t += dt;
    }
    y
}
#[differentiable]
fn counter(x: f64) -> f64 {
    let mut count = 0;
    let mut total = x;
    let mut bump = |by: f64| {
        count += 1;
        total = total * by + count as f64;
        total
    };
    let a = bump(x);
    let b = bump(2.0);
    a * b + total
}
#[test]
fn t_closures() {
    rk4::check(1.0, 0.7, 0.1, 5).unwrap();
    counter::check(0.7).unwrap();
}

// long iterator chains.
#[differentiable]
fn chain(xs: &[f64], w: &[f64]) -> f64 {
    let smooth: Vec<f64> = xs
        .windows(3)
        .map(|w| (w[0] + w[1] + w[2]) / 3.0)
        .zip(w.iter().cycle())
        .enumerate()
        .filter(|(i, _)| i % 2 == 0)
        .map(|(i, (m, w))| m * w / (i + 1) as f64)
        .collect();
    smooth
        .iter()
        .rev()
        .skip(1)
        .scan(1.0, |state, &x| {
            *state *= x;
            Some(*state + x)
        })
        .take_while(|v| v.is_finite())
        .map(f64::tanh)
        .chain(xs.chunks(2).map(|c| c.iter().product::<f64>()))
        .fold(0.0, |a, b| a + b * b)
}
#[differentiable]
fn stats(xs: &[f64]) -> (f64, f64, f64) {
    let n = xs.len() as f64;
    let mean = xs.iter().sum::<f64>() / n;
    let var = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let max = xs.iter().cloned().fold(f64::MIN, f64::max);
    (mean, var.sqrt(), max)
}
#[differentiable]
fn partition_sums(xs: &[f64]) -> f64 {
    let (pos, neg): (Vec<f64>, Vec<f64>) = xs.iter().copied().partition(|x| *x > 0.0);
    let (a, b): (Vec<f64>, Vec<f64>) = pos.iter().map(|p| (p.sin(), p.cos())).unzip();
    let worst = neg.iter().copied().min_by(|a, b| a.partial_cmp(b).unwrap()).unwrap_or(0.0);
    a.iter().sum::<f64>() * b.iter().product::<f64>() + worst
}
#[test]
fn t_chains() {
    chain::check(&[0.3, 0.8, -0.4, 1.2, 0.9, 0.5, 0.4], &[1.0, 0.5]).unwrap();
    stats::check(&[0.3, 0.8, -0.4]).unwrap();
    partition_sums::check(&[0.3, 0.8, -0.4, -0.9]).unwrap();
}

// generic vectors over Real.
#[derive(Clone, Copy, Debug, Differentiable)]
struct Vec2<T> {
    x: T,
    y: T,
}
#[differentiable]
impl<T: Real> std::ops::Add for Vec2<T> {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Vec2 { x: self.x + rhs.x, y: self.y + rhs.y }
    }
}
#[differentiable]
impl<T: Real> std::ops::Mul<T> for Vec2<T> {
    type Output = Vec2<T>;
    fn mul(self, k: T) -> Vec2<T> {
        Vec2 { x: self.x * k, y: self.y * k }
    }
}
#[differentiable]
impl<T: Real> Vec2<T> {
    fn new(x: T, y: T) -> Self {
        Self { x, y }
    }
    fn rotate(self, a: T) -> Self {
        let (s, c) = a.sin_cos();
        Self::new(self.x * c - self.y * s, self.x * s + self.y * c)
    }
    fn len2(&self) -> T {
        self.x * self.x + self.y * self.y
    }
}
#[differentiable]
fn spiral<T: Real>(p: Vec2<T>, a: T, k: T, n: usize) -> T {
    let mut q = p;
    let mut s = T::zero();
    for _ in 0..n {
        q = q.rotate(a) * k + p;
        s += q.len2();
    }
    s
}
#[test]
fn t_spiral() {
    spiral::check(Vec2 { x: 1.0f64, y: 0.5 }, 0.3, 0.9, 4).unwrap();
}

// trait-based layers.
#[differentiable]
trait Layer {
    fn forward(&self, x: &[f64]) -> Vec<f64>;
    fn penalty(&self) -> f64;
}
#[derive(Clone, Debug, Differentiable)]
struct Dense {
    w: Vec<Vec<f64>>,
    b: Vec<f64>,
}
#[derive(Clone, Debug, Differentiable)]
struct Act {
    slope: f64,
}
#[differentiable]
impl Layer for Dense {
    fn forward(&self, x: &[f64]) -> Vec<f64> {
        self.w.iter().zip(&self.b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
    }
    fn penalty(&self) -> f64 {
        self.w.iter().flatten().map(|w| w * w).sum()
    }
}
#[differentiable]
impl Layer for Act {
    fn forward(&self, x: &[f64]) -> Vec<f64> {
        x.iter().map(|&v| if v > 0.0 { v } else { self.slope * v }).collect()
    }
    fn penalty(&self) -> f64 {
        0.0
    }
}
#[derive(Clone, Debug, Differentiable)]
struct Seq<A, B> {
    a: A,
    b: B,
}
#[differentiable]
impl<A: Layer + Differentiable, B: Layer + Differentiable> Layer for Seq<A, B> {
    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let h = self.a.forward(x);
        self.b.forward(&h)
    }
    fn penalty(&self) -> f64 {
        self.a.penalty() + self.b.penalty()
    }
}
#[differentiable]
fn net_loss<L: Layer>(net: &L, x: &[f64], y: &[f64], lambda: f64) -> f64 {
    let out = net.forward(x);
    out.iter().zip(y).map(|(o, y)| (o - y).powi(2)).sum::<f64>() + lambda * net.penalty()
}
#[test]
fn t_layers() {
    let net = Seq {
        a: Seq {
            a: Dense { w: vec![vec![0.2, -0.5], vec![0.7, 0.3], vec![-0.4, 0.1]], b: vec![0.1, -0.2, 0.3] },
            b: Act { slope: 0.1 },
        },
        b: Dense { w: vec![vec![0.5, -0.3, 0.8]], b: vec![0.05] },
    };
    net_loss::check(&net, &[0.4, -0.9], &[1.0], 0.1).unwrap();
}

// hostile variable names.
#[differentiable]
fn hostile(d_x: f64, ct: f64, tape: f64, value: f64, old: f64, t: f64, r#type: f64) -> f64 {
    let x = d_x * ct;
    let d_x = x + tape;
    let mut dx = d_x.sin();
    let d_dx = dx * value;
    for i in 0..2 {
        let old = dx;
        dx = old * t + d_dx;
        let pullback = dx;
        let t = pullback * 0.5;
        dx += t;
    }
    let slot = old;
    let grads = slot * dx;
    let result = grads + r#type;
    let this = result * result;
    this
}
#[test]
fn t_hostile() {
    hostile::check(0.3, 0.8, -0.4, 1.1, 0.6, 0.9, 0.2).unwrap();
}
