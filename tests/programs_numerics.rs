//! Numerical programs as users write them, twice differentiated: transforms, factorisations, simulation, filters, vision.
#![allow(unreachable_pub, dead_code, missing_docs)]
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic, dead_code)]

#[macro_use]
mod common;

mod fft_over_chunks {
    use differentiable::prelude::*;
    use std::f64::consts::TAU;
    fn bit_reverse(i: usize, bits: u32) -> usize {
        i.reverse_bits() >> (usize::BITS - bits)
    }
    #[differentiable(order = 2)]
    fn fft_in_place(data: &mut [(f64, f64)]) {
        let n = data.len();
        assert!(n.is_power_of_two());
        let bits = n.trailing_zeros();
        for i in 0..n {
            let j = bit_reverse(i, bits);
            if j > i {
                data.swap(i, j);
            }
        }
        let mut size = 2;
        while size <= n {
            let half = size / 2;
            let step = -TAU / size as f64;
            for chunk in data.chunks_exact_mut(size) {
                let (lo, hi) = chunk.split_at_mut(half);
                for k in 0..half {
                    let (s, c) = (step * k as f64).sin_cos();
                    let (hr, hi_im) = hi[k];
                    let t = (hr * c - hi_im * s, hr * s + hi_im * c);
                    let u = lo[k];
                    lo[k] = (u.0 + t.0, u.1 + t.1);
                    hi[k] = (u.0 - t.0, u.1 - t.1);
                }
            }
            size *= 2;
        }
    }
    #[differentiable(order = 2)]
    fn spectrum(x: &[f64]) -> f64 {
        let mut buf: Vec<(f64, f64)> = x.iter().map(|&v| (v, 0.0)).collect();
        fft_in_place(&mut buf);
        buf.iter().enumerate().map(|(k, &(re, im))| (re * re + im * im) / (1.0 + k as f64)).sum()
    }
    checked!(spectrum, [0.1, 0.5, -0.3, 0.7, 0.2, -0.9, 0.4, 0.6]);
}

mod fft_by_recursion {
    use differentiable::prelude::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Cplx {
        re: f64,
        im: f64,
    }
    #[differentiable(order = 2)]
    impl std::ops::Add for Cplx {
        type Output = Cplx;
        fn add(self, o: Cplx) -> Cplx {
            Cplx { re: self.re + o.re, im: self.im + o.im }
        }
    }
    #[differentiable(order = 2)]
    impl std::ops::Sub for Cplx {
        type Output = Cplx;
        fn sub(self, o: Cplx) -> Cplx {
            Cplx { re: self.re - o.re, im: self.im - o.im }
        }
    }
    #[differentiable(order = 2)]
    impl std::ops::Mul for Cplx {
        type Output = Cplx;
        fn mul(self, o: Cplx) -> Cplx {
            Cplx { re: self.re * o.re - self.im * o.im, im: self.re * o.im + self.im * o.re }
        }
    }
    #[differentiable(order = 2)]
    impl Cplx {
        const ZERO: Cplx = Cplx { re: 0.0, im: 0.0 };
        fn from_polar(r: f64, theta: f64) -> Self {
            Self { re: r * theta.cos(), im: r * theta.sin() }
        }
        fn norm_sqr(&self) -> f64 {
            self.re.powi(2) + self.im.powi(2)
        }
    }
    #[differentiable(order = 2)]
    fn fft(x: &[Cplx]) -> Vec<Cplx> {
        let n = x.len();
        if n == 1 {
            return vec![x[0]];
        }
        let even: Vec<Cplx> = x.iter().step_by(2).copied().collect();
        let odd: Vec<Cplx> = x.iter().skip(1).step_by(2).copied().collect();
        let e = fft(&even);
        let o = fft(&odd);
        let mut out = vec![Cplx::ZERO; n];
        for k in 0..n / 2 {
            let w = Cplx::from_polar(1.0, -2.0 * std::f64::consts::PI * k as f64 / n as f64);
            let t = w * o[k];
            out[k] = e[k] + t;
            out[k + n / 2] = e[k] - t;
        }
        out
    }
    #[differentiable(order = 2)]
    fn energy(x: &[f64]) -> f64 {
        let c: Vec<Cplx> = x.iter().map(|&re| Cplx { re, im: 0.0 }).collect();
        let f = fft(&c);
        f.iter().take(3).map(|z| z.norm_sqr()).sum::<f64>() + f[2].re * f[1].im
    }
    checked!(energy, [0.1, 0.5, -0.3, 0.7, 0.2, -0.9, 0.4, 0.6]);
}

mod fft_of_complex_numbers {
    use differentiable::num_complex::Complex64;
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn fft(a: &mut Vec<Complex64>, invert: bool) {
        let n = a.len();
        if n == 1 {
            return;
        }
        let mut a0 = Vec::with_capacity(n / 2);
        let mut a1 = Vec::with_capacity(n / 2);
        for i in 0..n / 2 {
            a0.push(a[2 * i]);
            a1.push(a[2 * i + 1]);
        }
        fft(&mut a0, invert);
        fft(&mut a1, invert);
        let ang = 2.0 * std::f64::consts::PI / n as f64 * if invert { -1.0 } else { 1.0 };
        let mut w = Complex64::new(1.0, 0.0);
        let wn = Complex64::new(ang.cos(), ang.sin());
        for i in 0..n / 2 {
            a[i] = a0[i] + w * a1[i];
            a[i + n / 2] = a0[i] - w * a1[i];
            if invert {
                a[i] /= 2.0;
                a[i + n / 2] /= 2.0;
            }
            w *= wn;
        }
    }
    #[differentiable(order = 2)]
    fn filtered(x: &[f64]) -> f64 {
        let mut z: Vec<Complex64> = x.iter().map(|v| Complex64::new(*v, 0.0)).collect();
        fft(&mut z, false);
        let n = z.len();
        for (k, c) in z.iter_mut().enumerate() {
            let f = k.min(n - k) as f64;
            *c = *c * (-0.3 * f * f).exp();
        }
        fft(&mut z, true);
        z.iter().map(|c| c.re.powi(3)).sum()
    }
    checked!(filtered, [0.1, 0.5, -0.3, 0.7]);
}

mod lu_of_a_matrix_type {
    use differentiable::prelude::*;
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    struct Matrix {
        rows: usize,
        cols: usize,
        data: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Matrix {
        fn zeros(rows: usize, cols: usize) -> Self {
            Matrix { rows, cols, data: vec![0.0; rows * cols] }
        }
        fn get(&self, i: usize, j: usize) -> f64 {
            self.data[i * self.cols + j]
        }
        fn set(&mut self, i: usize, j: usize, v: f64) {
            self.data[i * self.cols + j] = v;
        }
        fn swap_rows(&mut self, a: usize, b: usize) {
            for j in 0..self.cols {
                self.data.swap(a * self.cols + j, b * self.cols + j);
            }
        }
        fn lu(mut self) -> Option<Lu> {
            let n = self.rows;
            let mut perm: Vec<usize> = (0..n).collect();
            let mut sign = 1.0;
            for k in 0..n {
                let (p, max) = (k..n)
                    .map(|i| (i, self.get(i, k).abs()))
                    .fold((k, 0.0), |acc, x| if x.1 > acc.1 { x } else { acc });
                if max < 1e-12 {
                    return None;
                }
                if p != k {
                    self.swap_rows(p, k);
                    perm.swap(p, k);
                    sign = -sign;
                }
                for i in k + 1..n {
                    let m = self.get(i, k) / self.get(k, k);
                    self.set(i, k, m);
                    for j in k + 1..n {
                        let v = self.get(i, j) - m * self.get(k, j);
                        self.set(i, j, v);
                    }
                }
            }
            Some(Lu { lu: self, perm, sign })
        }
    }
    #[derive(Debug, Clone, PartialEq, Differentiable)]
    struct Lu {
        lu: Matrix,
        perm: Vec<usize>,
        sign: f64,
    }
    #[differentiable(order = 2)]
    impl Lu {
        fn det(&self) -> f64 {
            (0..self.lu.rows).fold(self.sign, |d, i| d * self.lu.get(i, i))
        }
        fn solve(&self, b: &[f64]) -> Vec<f64> {
            let n = self.lu.rows;
            let mut x: Vec<f64> = self.perm.iter().map(|&p| b[p]).collect();
            for i in 0..n {
                for j in 0..i {
                    x[i] -= self.lu.get(i, j) * x[j];
                }
            }
            for i in (0..n).rev() {
                for j in i + 1..n {
                    x[i] -= self.lu.get(i, j) * x[j];
                }
                x[i] /= self.lu.get(i, i);
            }
            x
        }
    }
    #[differentiable(order = 2)]
    fn objective(x: &[f64]) -> f64 {
        let mut m = Matrix::zeros(3, 3);
        for i in 0..3 {
            for j in 0..3 {
                m.set(i, j, x[i * 3 + j]);
            }
        }
        let Some(lu) = m.lu() else { return f64::NAN };
        let y = lu.solve(&x[9..12]);
        lu.det() + y.iter().map(|v| v * v).sum::<f64>()
    }
    checked!(objective, [0.1, 2.0, 0.4, 1.5, 0.3, 0.7, 0.2, 0.9, 3.0, 0.5, -0.3, 0.8]);
}

mod lu_of_fixed_arrays {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn lu_decompose<const N: usize>(a: &mut [[f64; N]; N], perm: &mut [usize; N]) -> Result<f64, String> {
        for (i, p) in perm.iter_mut().enumerate() {
            *p = i;
        }
        let mut parity = 1.0;
        for col in 0..N {
            let mut pivot = col;
            let mut best = a[col][col].abs();
            for row in (col + 1)..N {
                let candidate = a[row][col].abs();
                if candidate > best {
                    best = candidate;
                    pivot = row;
                }
            }
            if best == 0.0 {
                return Err(format!("singular at {col}"));
            }
            if pivot != col {
                a.swap(pivot, col);
                perm.swap(pivot, col);
                parity = -parity;
            }
            for row in (col + 1)..N {
                a[row][col] /= a[col][col];
                let factor = a[row][col];
                for k in (col + 1)..N {
                    a[row][k] -= factor * a[col][k];
                }
            }
        }
        Ok(parity)
    }
    #[differentiable(order = 2)]
    fn solve<const N: usize>(a: [[f64; N]; N], b: [f64; N]) -> Result<[f64; N], String> {
        let mut lu = a;
        let mut perm = [0usize; N];
        lu_decompose(&mut lu, &mut perm)?;
        let mut x = [0.0; N];
        for i in 0..N {
            let mut sum = b[perm[i]];
            for j in 0..i {
                sum -= lu[i][j] * x[j];
            }
            x[i] = sum;
        }
        for i in (0..N).rev() {
            let mut sum = x[i];
            for j in (i + 1)..N {
                sum -= lu[i][j] * x[j];
            }
            x[i] = sum / lu[i][i];
        }
        Ok(x)
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let a = [[v[0], v[1], 0.3], [v[2], 0.1, v[3]], [1.0, v[4], v[5]]];
        let b = [v[1], v[0] * v[5], 1.0];
        match solve(a, b) {
            Ok([x, y, z]) => x * y + z,
            Err(_) => 0.0,
        }
    }
    checked!(f, [0.2, 1.1, 1.5, -0.7, 0.4, 2.0]);
}

mod cholesky_of_a_gaussian_process {
    use differentiable::prelude::*;
    type Mat = Vec<Vec<f64>>;
    #[differentiable(order = 2)]
    fn cholesky(a: &Mat) -> Option<Mat> {
        let n = a.len();
        let mut l = vec![vec![0.0; n]; n];
        for j in 0..n {
            let s: f64 = (0..j).map(|k| l[j][k] * l[j][k]).sum();
            let d = a[j][j] - s;
            if !(d > 0.0) {
                return None;
            }
            l[j][j] = d.sqrt();
            for i in j + 1..n {
                let s: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
                l[i][j] = (a[i][j] - s) / l[j][j];
            }
        }
        Some(l)
    }
    #[differentiable(order = 2)]
    fn forward_sub(l: &Mat, b: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(b.len());
        for (i, row) in l.iter().enumerate() {
            let dot: f64 = row[..i].iter().zip(&y).map(|(a, b)| a * b).sum();
            y.push((b[i] - dot) / row[i]);
        }
        y
    }
    #[differentiable(order = 2)]
    fn log_likelihood(p: &[f64]) -> f64 {
        let (ls, var, noise) = (p[0], p[1], p[2]);
        let xs = [0.0, 0.7, 1.3, 2.1];
        let ys = [0.2, 0.9, 0.4, -0.5];
        let n = xs.len();
        let mut k: Mat = Vec::new();
        for i in 0..n {
            let mut row = Vec::new();
            for j in 0..n {
                let d: f64 = xs[i] - xs[j];
                let mut v = var * (-0.5 * d * d / (ls * ls)).exp();
                if i == j {
                    v += noise;
                }
                row.push(v);
            }
            k.push(row);
        }
        if let Some(l) = cholesky(&k) {
            let z = forward_sub(&l, &ys);
            let quad = z.iter().map(|v| v * v).sum::<f64>();
            let logdet = 2.0 * l.iter().enumerate().map(|(i, r)| r[i].ln()).sum::<f64>();
            -0.5 * (quad + logdet)
        } else {
            f64::NEG_INFINITY
        }
    }
    checked!(log_likelihood, [0.8, 1.3, 0.2]);
}

mod cholesky_over_the_float_type {
    use differentiable::prelude::*;
    #[differentiable(order = 2)]
    fn cholesky<T: Real, const N: usize>(a: &[[T; N]; N]) -> [[T; N]; N] {
        let mut l = [[T::zero(); N]; N];
        for i in 0..N {
            for j in 0..=i {
                let mut sum = a[i][j];
                for k in 0..j {
                    sum -= l[i][k] * l[j][k];
                }
                l[i][j] = if i == j { sum.sqrt() } else { sum / l[j][j] };
            }
        }
        l
    }
    #[differentiable(order = 2)]
    fn logdet<T: Real, const N: usize>(a: &[[T; N]; N]) -> T {
        let l = cholesky(a);
        let mut s = T::zero();
        for (i, row) in l.iter().enumerate() {
            s += row[i].ln();
        }
        s + s
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let a = [[v[0] + 2.0, v[1], v[2]], [v[1], v[3] + 2.0, v[4]], [v[2], v[4], v[5] * v[5] + 2.0]];
        logdet(&a)
    }
    checked!(f, [0.5, 0.2, -0.1, 0.8, 0.3, 1.2]);
}

mod cholesky_in_place {
    use differentiable::prelude::*;
    #[derive(Debug, Clone)]
    pub enum LinAlgError {
        NotPositiveDefinite { pivot: usize },
        Empty,
    }
    /// Overwrites the lower triangle.
    #[differentiable(order = 2)]
    pub fn potrf(a: &mut [f64], n: usize) -> Result<(), LinAlgError> {
        if n == 0 {
            return Err(LinAlgError::Empty);
        }
        for k in 0..n {
            let akk = a[k * n + k];
            if akk <= 0.0 {
                return Err(LinAlgError::NotPositiveDefinite { pivot: k });
            }
            let pivot = akk.sqrt();
            a[k * n + k] = pivot;
            for i in k + 1..n {
                a[i * n + k] /= pivot;
            }
            for j in k + 1..n {
                for i in j..n {
                    a[i * n + j] -= a[i * n + k] * a[j * n + k];
                }
            }
        }
        Ok(())
    }
    #[differentiable(order = 2)]
    fn mahalanobis(x: &[f64]) -> Result<f64, LinAlgError> {
        let mut a = vec![2.0, 0.0, 0.0, x[0], 3.0, 0.0, x[1], x[2], 4.0];
        potrf(&mut a, 3)?;
        let mut z = [x[3], x[4], x[5]];
        for i in 0..3 {
            for j in 0..i {
                z[i] -= a[i * 3 + j] * z[j];
            }
            z[i] /= a[i * 3 + i];
        }
        Ok(z.iter().fold(0.0, |acc, v| acc + v * v).sqrt())
    }
    #[differentiable(order = 2)]
    fn g(x: &[f64]) -> f64 {
        mahalanobis(x).unwrap_or(0.0)
            + match potrf(&mut [], 0) {
                Ok(()) => 1.0,
                Err(LinAlgError::Empty) => x[0],
                Err(_) => x[1],
            }
    }
    checked!(g, [0.3, -0.4, 0.5, 1.0, 2.0, -1.0]);
}

mod nbody_with_operators {
    use differentiable::prelude::*;
    use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
    #[derive(Clone, Copy, Debug, Default, PartialEq, Differentiable)]
    struct Vec3 {
        x: f64,
        y: f64,
        z: f64,
    }
    #[differentiable(order = 2)]
    impl Add for Vec3 {
        type Output = Self;
        fn add(self, rhs: Self) -> Self {
            Self { x: self.x + rhs.x, y: self.y + rhs.y, z: self.z + rhs.z }
        }
    }
    #[differentiable(order = 2)]
    impl Sub for Vec3 {
        type Output = Self;
        fn sub(self, rhs: Self) -> Self {
            Self { x: self.x - rhs.x, y: self.y - rhs.y, z: self.z - rhs.z }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<f64> for Vec3 {
        type Output = Self;
        fn mul(self, k: f64) -> Self {
            Self { x: self.x * k, y: self.y * k, z: self.z * k }
        }
    }
    #[differentiable(order = 2)]
    impl Mul<Vec3> for f64 {
        type Output = Vec3;
        fn mul(self, v: Vec3) -> Vec3 {
            Vec3 { x: self * v.x, y: self * v.y, z: self * v.z }
        }
    }
    #[differentiable(order = 2)]
    impl Neg for Vec3 {
        type Output = Self;
        fn neg(self) -> Self {
            Self { x: -self.x, y: -self.y, z: -self.z }
        }
    }
    #[differentiable(order = 2)]
    impl AddAssign for Vec3 {
        fn add_assign(&mut self, rhs: Self) {
            self.x += rhs.x;
            self.y += rhs.y;
            self.z += rhs.z;
        }
    }
    #[differentiable(order = 2)]
    impl SubAssign for Vec3 {
        fn sub_assign(&mut self, rhs: Self) {
            *self = *self - rhs;
        }
    }
    #[differentiable(order = 2)]
    impl Vec3 {
        const ZERO: Self = Self { x: 0.0, y: 0.0, z: 0.0 };
        fn dot(self, o: Self) -> f64 {
            self.x * o.x + self.y * o.y + self.z * o.z
        }
        fn norm2(self) -> f64 {
            self.dot(self)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Body {
        pos: Vec3,
        vel: Vec3,
        mass: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    struct System {
        bodies: Vec<Body>,
        g: f64,
        #[constant]
        softening: f64,
    }
    #[differentiable(order = 2)]
    impl System {
        fn accelerations(&self, acc: &mut [Vec3]) {
            for a in acc.iter_mut() {
                *a = Vec3::ZERO;
            }
            for i in 0..self.bodies.len() {
                for j in 0..i {
                    let d = self.bodies[j].pos - self.bodies[i].pos;
                    let r2 = d.norm2() + self.softening * self.softening;
                    let inv = self.g / (r2 * r2.sqrt());
                    acc[i] += d * (inv * self.bodies[j].mass);
                    acc[j] -= inv * self.bodies[i].mass * d;
                }
            }
        }
        fn step(&mut self, dt: f64) {
            let mut acc = vec![Vec3::ZERO; self.bodies.len()];
            self.accelerations(&mut acc);
            for (b, a) in self.bodies.iter_mut().zip(acc.iter()) {
                b.vel += *a * (0.5 * dt);
                b.pos += b.vel * dt;
            }
            self.accelerations(&mut acc);
            for (b, a) in self.bodies.iter_mut().zip(acc) {
                b.vel += a * (0.5 * dt);
            }
        }
    }
    #[differentiable(order = 2)]
    fn final_energy(p: &[f64]) -> f64 {
        let mut sys = System {
            bodies: vec![
                Body { pos: Vec3 { x: p[0], y: p[1], z: 0.0 }, vel: Vec3 { x: 0.0, y: p[2], z: 0.1 }, mass: 1.0 },
                Body {
                    pos: Vec3 { x: -1.0, ..Default::default() },
                    vel: -Vec3 { x: p[3], y: 0.2, z: 0.0 },
                    mass: p[4],
                },
            ],
            g: 1.0,
            softening: 0.05,
        };
        for _ in 0..4 {
            sys.step(0.1);
        }
        sys.bodies.iter().map(|b| 0.5 * b.mass * b.vel.norm2() + b.pos.x).sum()
    }
    checked!(final_energy, [1.0, 0.3, 0.5, 0.2, 1.4]);
}

mod nbody_of_fixed_arrays {
    use differentiable::prelude::*;
    const G: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;
    #[derive(Clone, Debug, Differentiable)]
    pub struct NBody<const N: usize> {
        x: [[f64; 3]; N],
        v: [[f64; 3]; N],
        m: [f64; N],
        t: f64,
    }
    #[differentiable(order = 2)]
    impl<const N: usize> NBody<N> {
        pub fn new(x: [[f64; 3]; N], v: [[f64; 3]; N], m: [f64; N]) -> Self {
            Self { x, v, m, t: 0.0 }
        }
        fn kick(&mut self, h: f64) {
            for i in 0..N {
                let mut a = [0.0f64; 3];
                for j in 0..N {
                    if i == j {
                        continue;
                    }
                    let mut r2 = 1e-3;
                    for d in 0..3 {
                        let dx = self.x[j][d] - self.x[i][d];
                        r2 += dx * dx;
                    }
                    let w = G * self.m[j] * r2.powf(-1.5);
                    for d in 0..3 {
                        a[d] += w * (self.x[j][d] - self.x[i][d]);
                    }
                }
                for d in 0..3 {
                    self.v[i][d] += h * a[d];
                }
            }
        }
        pub fn leapfrog(&mut self, h: f64, steps: usize) {
            for _ in 0..steps {
                self.kick(h / 2.0);
                for i in 0..N {
                    for d in 0..3 {
                        self.x[i][d] += h * self.v[i][d];
                    }
                }
                self.kick(h / 2.0);
                self.t += h;
            }
        }
    }
    #[differentiable(order = 2)]
    fn distance(p: &[f64]) -> f64 {
        let mut s = NBody::new(
            [[p[0], 0.0, 0.1], [0.0, p[1], 0.0], [-1.0, 0.0, 0.2]],
            [[0.0, 1.0, 0.0], [1.0, 0.0, p[2]], [0.3, -1.0, 0.0]],
            [1.0, 0.1, p[3]],
        );
        s.leapfrog(0.01, 5);
        let d: f64 = s.x[0].iter().zip(s.x[1].iter()).map(|(a, b)| (a - b).powi(2)).sum();
        d.sqrt() + s.t
    }
    checked!(distance, [1.0, 1.2, 0.2, 0.5]);
}

mod kalman_filter_of_matrices {
    use differentiable::prelude::*;
    use std::ops::{Add, Mul, Sub};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Mat<const R: usize, const C: usize>([[f64; C]; R]);
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Mat<R, C> {
        fn zero() -> Self {
            Mat([[0.0; C]; R])
        }
        fn t(&self) -> Mat<C, R> {
            let mut m = Mat::<C, R>::zero();
            for i in 0..R {
                for j in 0..C {
                    m.0[j][i] = self.0[i][j];
                }
            }
            m
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize, const K: usize> Mul<Mat<C, K>> for Mat<R, C> {
        type Output = Mat<R, K>;
        fn mul(self, o: Mat<C, K>) -> Mat<R, K> {
            let mut m = Mat::<R, K>::zero();
            for i in 0..R {
                for j in 0..K {
                    for k in 0..C {
                        m.0[i][j] += self.0[i][k] * o.0[k][j];
                    }
                }
            }
            m
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Add for Mat<R, C> {
        type Output = Self;
        fn add(mut self, o: Self) -> Self {
            for i in 0..R {
                for j in 0..C {
                    self.0[i][j] += o.0[i][j];
                }
            }
            self
        }
    }
    #[differentiable(order = 2)]
    impl<const R: usize, const C: usize> Sub for Mat<R, C> {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            let mut m = self;
            for i in 0..R {
                for j in 0..C {
                    m.0[i][j] -= o.0[i][j];
                }
            }
            m
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Filter {
        x: Mat<2, 1>,
        p: Mat<2, 2>,
    }
    #[differentiable(order = 2)]
    impl Filter {
        fn predict(&mut self, f: &Mat<2, 2>, q: &Mat<2, 2>) {
            self.x = *f * self.x;
            self.p = *f * self.p * f.t() + *q;
        }
        fn update(&mut self, z: f64, r: f64) -> f64 {
            let h = Mat([[1.0, 0.0]]);
            let y = Mat([[z]]) - h * self.x;
            let s = h * self.p * h.t() + Mat([[r]]);
            let inv = Mat([[1.0 / s.0[0][0]]]);
            let k = self.p * h.t() * inv;
            self.x = self.x + k * y;
            let i = Mat([[1.0, 0.0], [0.0, 1.0]]);
            self.p = (i - k * h) * self.p;
            -0.5 * (y.0[0][0].powi(2) / s.0[0][0] + s.0[0][0].ln())
        }
    }
    #[differentiable(order = 2)]
    fn nll(theta: &[f64]) -> f64 {
        let dt = 0.1;
        let f = Mat([[1.0, dt], [0.0, 1.0]]);
        let q = Mat([[theta[0] * dt, 0.0], [0.0, theta[1]]]);
        let mut kf = Filter { x: Mat([[theta[2]], [0.0]]), p: Mat([[1.0, 0.0], [0.0, 1.0]]) };
        let mut total = 0.0;
        for z in [0.1, 0.3, 0.25, 0.5] {
            kf.predict(&f, &q);
            total -= kf.update(z, theta[3]);
        }
        total
    }
    checked!(nll, [0.5, 0.3, 0.1, 0.2]);
}

mod brusselator_on_a_grid {
    use differentiable::prelude::*;
    const N: usize = 4;
    #[inline]
    fn limit(a: usize) -> usize {
        if a == N { 0 } else { a }
    }
    #[derive(Clone, Debug, Differentiable)]
    struct Params {
        a: f64,
        b: f64,
        alpha: f64,
    }
    #[differentiable(order = 2)]
    fn laplacian(u: &[[f64; N]; N], i: usize, j: usize) -> f64 {
        let (ip, im) = ((i + 1) % N, (i + N - 1) % N);
        let (jp, jm) = (limit(j + 1), if j == 0 { N - 1 } else { j - 1 });
        u[ip][j] + u[im][j] + u[i][jp] + u[i][jm] - 4.0 * u[i][j]
    }
    #[differentiable(order = 2)]
    fn brusselator(du: &mut [[[f64; N]; N]; 2], u: &[[[f64; N]; N]; 2], p: &Params, t: f64) {
        let dx = 1.0 / (N - 1) as f64;
        let alpha = p.alpha / (dx * dx);
        for i in 0..N {
            for j in 0..N {
                let (x, y) = (i as f64 * dx, j as f64 * dx);
                let forcing = if (x - 0.3).powi(2) + (y - 0.6).powi(2) <= 0.01 && t >= 1.1 { 5.0 } else { 0.0 };
                let (uu, vv) = (u[0][i][j], u[1][i][j]);
                du[0][i][j] = alpha * laplacian(&u[0], i, j) + p.b + uu * uu * vv - (p.a + 1.0) * uu + forcing;
                du[1][i][j] = alpha * laplacian(&u[1], i, j) + p.a * uu - uu * uu * vv;
            }
        }
    }
    #[differentiable(order = 2)]
    fn simulate(x: &[f64]) -> f64 {
        let p = Params { a: x[0], b: x[1], alpha: x[2] };
        let mut u = [[[0.0; N]; N]; 2];
        for i in 0..N {
            for j in 0..N {
                let y = j as f64 / N as f64;
                u[0][i][j] = 22.0 * (y * (1.0 - y)).powf(1.5);
                u[1][i][j] = 27.0 * (x[3] * (1.0 - x[3])).powf(1.5);
            }
        }
        let mut du = [[[0.0; N]; N]; 2];
        let mut t = 0.0;
        while t < 0.02 {
            brusselator(&mut du, &u, &p, t);
            for s in 0..2 {
                for i in 0..N {
                    for j in 0..N {
                        u[s][i][j] += 0.005 * du[s][i][j];
                    }
                }
            }
            t += 0.005;
        }
        u.iter().flatten().flatten().map(|v| v * v).sum::<f64>().sqrt()
    }
    checked!(simulate, [3.4, 1.0, 0.1, 0.4]);
}

mod bundle_adjustment {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Camera {
        rotation: [f64; 3],
        translation: [f64; 3],
        focal: f64,
        distortion: (f64, f64),
    }
    #[derive(Clone, Copy, Debug)]
    struct Observation {
        camera: usize,
        point: usize,
        u: f64,
        v: f64,
    }
    #[differentiable(order = 2)]
    fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
    #[differentiable(order = 2)]
    fn cross([a0, a1, a2]: [f64; 3], [b0, b1, b2]: [f64; 3]) -> [f64; 3] {
        [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    }
    #[differentiable(order = 2)]
    fn rodrigues(r: &[f64; 3], p: &[f64; 3]) -> [f64; 3] {
        let theta2 = dot(r, r);
        if theta2 > 1e-12 {
            let theta = theta2.sqrt();
            let w = [r[0] / theta, r[1] / theta, r[2] / theta];
            let (s, c) = theta.sin_cos();
            let wxp = cross(w, *p);
            let tmp = dot(&w, p) * (1.0 - c);
            std::array::from_fn(|i| p[i] * c + wxp[i] * s + w[i] * tmp)
        } else {
            let wxp = cross(*r, *p);
            [p[0] + wxp[0], p[1] + wxp[1], p[2] + wxp[2]]
        }
    }
    #[differentiable(order = 2)]
    impl Camera {
        fn from_slice(x: &[f64]) -> Self {
            let &[r0, r1, r2, t0, t1, t2, f, k1, k2] = x else {
                panic!("a camera has nine parameters, got {}", x.len())
            };
            Camera { rotation: [r0, r1, r2], translation: [t0, t1, t2], focal: f, distortion: (k1, k2) }
        }
        fn project(&self, point: &[f64; 3]) -> (f64, f64) {
            let q = rodrigues(&self.rotation, point);
            let [x, y, z] = [q[0] + self.translation[0], q[1] + self.translation[1], q[2] + self.translation[2]];
            let (xp, yp) = (-x / z, -y / z);
            let r2 = xp * xp + yp * yp;
            let (k1, k2) = self.distortion;
            let d = 1.0 + r2 * (k1 + k2 * r2);
            (self.focal * d * xp, self.focal * d * yp)
        }
    }
    #[differentiable(order = 2)]
    fn cost(params: &[f64]) -> f64 {
        let cameras: Vec<Camera> = params[..18].chunks_exact(9).map(Camera::from_slice).collect();
        let points: Vec<[f64; 3]> = params[18..].chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        let observations = [
            Observation { camera: 0, point: 0, u: 0.1, v: 0.2 },
            Observation { camera: 1, point: 0, u: -0.3, v: 0.2 },
            Observation { camera: 1, point: 1, u: 0.4, v: -0.1 },
        ];
        let mut e = 0.0;
        for o in &observations {
            let (u, v) = cameras[o.camera].project(&points[o.point]);
            let (du, dv) = (u - o.u, v - o.v);
            e += 0.5 * (du * du + dv * dv);
        }
        e
    }
    checked!(
        cost,
        [
            0.1, -0.2, 0.3, 0.0, 0.1, 2.0, 1.1, 0.01, 0.002, -0.1, 0.2, 0.05, 0.2, 0.0, 2.5, 0.9, 0.02, 0.001, 0.5,
            0.4, 1.0, -0.3, 0.6, 0.8
        ]
    );
}
