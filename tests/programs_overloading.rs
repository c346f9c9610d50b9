//! Programs that overload operators and pack their data: a transform, factorisations, a simulation.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

/// Hands over items, whose declarations are then not read: types alone tell what fields and values are.
macro_rules! made_by_a_macro {
    ($($item:tt)*) => { $($item)* };
}

made_by_a_macro! {
mod fft_stockham {
    use super::*;
    use std::f64::consts::{PI, TAU};
    use std::ops::{Add, AddAssign, Index, IndexMut, Mul, Neg, Sub};

    #[derive(Debug, Clone, Copy, PartialEq, Default, Differentiable)]
    pub struct C64 {
        pub re: f64,
        pub im: f64,
    }

    #[differentiable]
    impl C64 {
        pub const ZERO: C64 = C64 { re: 0.0, im: 0.0 };
        pub const I: Self = Self { re: 0.0, im: 1.0 };
        #[inline(always)]
        pub const fn new(re: f64, im: f64) -> Self {
            Self { re, im }
        }
        pub fn cis(theta: f64) -> Self {
            let (s, c) = theta.sin_cos();
            Self::new(c, s)
        }
        pub fn norm_sqr(&self) -> f64 {
            self.re * self.re + self.im * self.im
        }
        pub fn conj(self) -> Self {
            Self { im: -self.im, ..self }
        }
        pub fn scale(self, k: f64) -> Self {
            C64::new(self.re * k, self.im * k)
        }
    }
    #[differentiable]
    impl Add for C64 {
        type Output = C64;
        fn add(self, rhs: C64) -> C64 {
            C64::new(self.re + rhs.re, self.im + rhs.im)
        }
    }
    #[differentiable]
    impl Sub for C64 {
        type Output = C64;
        fn sub(self, rhs: C64) -> C64 {
            C64::new(self.re - rhs.re, self.im - rhs.im)
        }
    }
    #[differentiable]
    impl Mul for C64 {
        type Output = Self;
        fn mul(self, rhs: Self) -> Self::Output {
            let C64 { re: a, im: b } = self;
            let C64 { re: c, im: d } = rhs;
            Self { re: a * c - b * d, im: a * d + b * c }
        }
    }
    #[differentiable]
    impl AddAssign for C64 {
        fn add_assign(&mut self, o: Self) {
            self.re += o.re;
            self.im += o.im;
        }
    }
    #[differentiable]
    impl Neg for C64 {
        type Output = Self;
        fn neg(self) -> Self {
            C64::new(-self.re, -self.im)
        }
    }

    #[differentiable]
    fn bit_reverse(buf: &mut [C64]) {
        let n = buf.len();
        assert!(n.is_power_of_two(), "length {n} is not a power of two");
        let bits = n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> (usize::BITS - bits);
            if j > i {
                buf.swap(i, j)
            }
        }
    }

    #[differentiable]
    fn fft_in_place(buf: &mut [C64], inverse: bool) {
        let n = buf.len();
        if n < 2 {
            return;
        }
        bit_reverse(buf);
        let sign = if inverse { 1.0 } else { -1.0 };
        let mut half = 1;
        while half < n {
            let step = sign * PI / half as f64;
            for chunk in buf.chunks_exact_mut(2 * half) {
                let (lo, hi) = chunk.split_at_mut(half);
                for (k, (a, b)) in lo.iter_mut().zip(hi.iter_mut()).enumerate() {
                    let t = C64::cis(step * k as f64) * *b;
                    *b = *a - t;
                    *a += t;
                }
            }
            half *= 2;
        }
        if inverse {
            let k = 1.0 / n as f64;
            buf.iter_mut().for_each(|z| *z = z.scale(k));
        }
    }

    /// Low-pass filter then energy.
    #[differentiable]
    fn smooth_energy(samples: &[f64], cutoff: f64) -> f64 {
        let mut buf: Vec<C64> = samples.iter().map(|&re| C64 { re, ..Default::default() }).collect();
        fft_in_place(&mut buf, false);
        let n = buf.len();
        for (k, z) in buf.iter_mut().enumerate() {
            let f = k.min(n - k) as f64;
            let gain = 1.0 / (1.0 + (f / cutoff).powi(4)).sqrt();
            *z = z.scale(gain) * C64::I;
        }
        fft_in_place(&mut buf, true);
        buf.iter().map(C64::norm_sqr).enumerate().map(|(i, e)| e * (1.0 + i as f64)).sum::<f64>()
    }
    #[test]
    fn t() {
        smooth_energy::check(&[1.0, -0.3, 0.2, 0.9, -1.4, 0.33, 0.05, 2.0], 2.3).unwrap();
    }
}

mod lu_perm {
    use super::*;
    type Matrix = Vec<Vec<f64>>;
    #[derive(Debug)]
    pub enum LinAlgError {
        Singular { column: usize },
        Shape(usize, usize),
    }

    #[derive(Differentiable, Clone)]
    pub struct Lu<const N: usize> {
        data: [[f64; N]; N],
        #[constant]
        pivots: [usize; N],
    }

    #[differentiable]
    impl<const N: usize> Lu<N> {
        pub fn decompose(mut a: [[f64; N]; N]) -> Result<Self, LinAlgError> {
            let mut pivots: [usize; N] = std::array::from_fn(|i| i);
            for k in 0..N {
                let (pivot_row, pivot_abs) =
                    (k..N).map(|r| (r, a[r][k].abs())).max_by(|(_, x), (_, y)| x.partial_cmp(y).unwrap()).unwrap();
                if pivot_abs < f64::EPSILON {
                    return Err(LinAlgError::Singular { column: k });
                }
                if pivot_row != k {
                    a.swap(k, pivot_row);
                    pivots.swap(k, pivot_row);
                }
                let (top, bottom) = a.split_at_mut(k + 1);
                let pivot = &top[k];
                for row in bottom {
                    let factor = row[k] / pivot[k];
                    row[k] = factor;
                    for (x, &p) in row[k + 1..].iter_mut().zip(&pivot[k + 1..]) {
                        *x -= factor * p;
                    }
                }
            }
            Ok(Lu { data: a, pivots })
        }
        pub fn solve(&self, b: &[f64; N]) -> [f64; N] {
            let mut x: [f64; N] = core::array::from_fn(|i| b[self.pivots[i]]);
            for i in 0..N {
                x[i] -= (0..i).map(|j| self.data[i][j] * x[j]).sum::<f64>();
            }
            for i in (0..N).rev() {
                let s: f64 = ((i + 1)..N).fold(0.0, |acc, j| acc + self.data[i][j] * x[j]);
                x[i] = (x[i] - s) / self.data[i][i];
            }
            x
        }
        pub fn det(&self) -> f64 {
            let swaps = {
                let mut p = self.pivots;
                let mut n = 0;
                for i in 0..N {
                    while p[i] != i {
                        let j = p[i];
                        p.swap(i, j);
                        n += 1;
                    }
                }
                n
            };
            let sign = if swaps % 2 == 0 { 1.0 } else { -1.0 };
            (0..N).map(|i| self.data[i][i]).product::<f64>() * sign
        }
    }
    #[differentiable]
    fn objective(a: &[[f64; 3]; 3], b: &[f64; 3]) -> Result<f64, LinAlgError> {
        let lu = Lu::decompose(*a)?;
        let x = lu.solve(b);
        let [p, q, r] = x;
        Ok(p * q + r.powi(2) + lu.det().abs().ln())
    }
    #[differentiable]
    fn total(a: &[[f64; 3]; 3], b: &[f64; 3]) -> f64 {
        objective(a, b).expect("regular")
    }
    #[test]
    fn t() {
        total::check(&[[0.1, 2.0, -1.0], [3.0, 0.4, 0.7], [1.0, 1.0, 4.0]], &[1.0, 2.0, -0.4]).unwrap();
    }
}

mod cholesky_packed {
    use super::*;
    use std::ops::{Index, IndexMut};
    /// Lower triangle, packed by rows.
    #[derive(Clone, Debug, Default, Differentiable)]
    struct Packed {
        #[constant]
        n: usize,
        data: Vec<f64>,
    }
    #[differentiable]
    impl Index<(usize, usize)> for Packed {
        type Output = f64;
        fn index(&self, (i, j): (usize, usize)) -> &f64 {
            &self.data[i * (i + 1) / 2 + j]
        }
    }
    #[differentiable]
    impl IndexMut<(usize, usize)> for Packed {
        fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
            &mut self.data[i * (i + 1) / 2 + j]
        }
    }
    #[differentiable]
    impl Packed {
        fn zeros(n: usize) -> Self {
            Packed { n, data: vec![0.0; n * (n + 1) / 2] }
        }
        fn rbf(xs: &[f64], length: f64, noise: f64) -> Self {
            let n = xs.len();
            let mut k = Packed::zeros(n);
            for i in 0..n {
                for j in 0..=i {
                    let d = (xs[i] - xs[j]) / length;
                    k[(i, j)] = (-0.5 * d * d).exp() + if i == j { noise } else { 0.0 };
                }
            }
            k
        }
        fn cholesky(mut self) -> Option<Packed> {
            for j in 0..self.n {
                for k in 0..j {
                    let l = self[(j, k)];
                    for i in j..self.n {
                        let m = self[(i, k)];
                        self[(i, j)] -= l * m;
                    }
                }
                let d = self[(j, j)];
                let root = (d > 0.0).then(|| d.sqrt())?;
                for i in j..self.n {
                    self[(i, j)] /= root;
                }
            }
            Some(self)
        }
        fn forward_solve(&self, b: &[f64]) -> Vec<f64> {
            let mut y = Vec::with_capacity(self.n);
            for i in 0..self.n {
                let dot: f64 = y.iter().enumerate().map(|(j, yj)| self[(i, j)] * yj).sum();
                y.push((b[i] - dot) / self[(i, i)]);
            }
            y
        }
    }
    #[differentiable]
    fn gp_nll(xs: &[f64], ys: &[f64], log_length: f64, log_noise: f64) -> f64 {
        let k = Packed::rbf(xs, log_length.exp(), log_noise.exp());
        let Some(l) = k.cholesky() else { return f64::INFINITY };
        let z = l.forward_solve(ys);
        let logdet = (0..l.n).map(|i| l[(i, i)].ln()).sum::<f64>();
        0.5 * z.iter().map(|v| v * v).sum::<f64>() + logdet + 0.5 * xs.len() as f64 * (2.0 * std::f64::consts::PI).ln()
    }
    #[test]
    fn t() {
        gp_nll::check(&[0.0, 0.4, 1.1, 1.9], &[0.2, 0.9, -0.3, 0.5], -0.2, -2.0).unwrap();
    }
}

mod nbody_traits {
    use super::*;
    use std::ops::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Vector<const D: usize>([f64; D]);
    impl<const D: usize> Default for Vector<D> {
        fn default() -> Self {
            Vector([0.0; D])
        }
    }
    #[differentiable]
    impl<const D: usize> Add for Vector<D> {
        type Output = Self;
        fn add(self, o: Self) -> Self {
            Vector(std::array::from_fn(|i| self.0[i] + o.0[i]))
        }
    }
    #[differentiable]
    impl<const D: usize> Sub for Vector<D> {
        type Output = Self;
        fn sub(self, o: Self) -> Self {
            Vector(std::array::from_fn(|i| self.0[i] - o.0[i]))
        }
    }
    #[differentiable]
    impl<const D: usize> Mul<f64> for Vector<D> {
        type Output = Self;
        fn mul(self, k: f64) -> Self {
            Vector(self.0.map(|x| x * k))
        }
    }
    #[differentiable]
    impl<const D: usize> Mul<Vector<D>> for f64 {
        type Output = Vector<D>;
        fn mul(self, v: Vector<D>) -> Vector<D> {
            v * self
        }
    }
    #[differentiable]
    impl<const D: usize> AddAssign for Vector<D> {
        fn add_assign(&mut self, o: Self) {
            for (a, b) in self.0.iter_mut().zip(o.0) {
                *a += b;
            }
        }
    }
    #[differentiable]
    impl<const D: usize> SubAssign for Vector<D> {
        fn sub_assign(&mut self, o: Self) {
            *self = *self - o;
        }
    }
    #[differentiable]
    impl<const D: usize> Vector<D> {
        pub fn dot(&self, other: &Self) -> f64 {
            self.0.iter().zip(other.0.iter()).map(|(a, b)| a * b).sum()
        }
        pub fn norm_squared(&self) -> f64 {
            self.dot(self)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Particle {
        pos: Vector<2>,
        vel: Vector<2>,
        mass: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct System {
        particles: Vec<Particle>,
        #[constant]
        softening: f64,
        time: f64,
    }

    #[differentiable]
    impl System {
        const G: f64 = 0.8;
        fn kick(&mut self, dt: f64) {
            let n = self.particles.len();
            for i in 0..n {
                let mut acc = Vector::default();
                for j in (0..n).filter(|&j| j != i) {
                    let d = self.particles[j].pos - self.particles[i].pos;
                    let r2 = d.norm_squared() + self.softening * self.softening;
                    acc += d * (Self::G * self.particles[j].mass / (r2 * r2.sqrt()));
                }
                self.particles[i].vel += dt * acc;
            }
        }
        fn drift(&mut self, dt: f64) {
            for Particle { pos, vel, .. } in &mut self.particles {
                *pos += *vel * dt;
            }
            self.time += dt;
        }
        pub fn leapfrog(&mut self, dt: f64, steps: usize) {
            for _ in 0..steps {
                self.kick(0.5 * dt);
                self.drift(dt);
                self.kick(0.5 * dt);
            }
        }
        pub fn energy(&self) -> f64 {
            let kinetic: f64 = self.particles.iter().map(|p| 0.5 * p.mass * p.vel.norm_squared()).sum();
            let potential = self
                .particles
                .iter()
                .enumerate()
                .flat_map(|(i, a)| {
                    self.particles[i + 1..].iter().map(move |b| {
                        let r = ((b.pos - a.pos).norm_squared() + self.softening.powi(2)).sqrt();
                        -Self::G * a.mass * b.mass / r
                    })
                })
                .sum::<f64>();
            kinetic + potential
        }
    }
    #[differentiable]
    fn run(start: &System, dt: f64) -> f64 {
        let mut s = start.clone();
        s.leapfrog(dt, 4);
        let Vector([x, _]) = s.particles[0].pos;
        s.energy() * x + s.time
    }
    #[test]
    fn t() {
        let p = |x: f64, y: f64, m| Particle { pos: Vector([x, y]), vel: Vector([-y * 0.4, x * 0.3]), mass: m };
        let s = System {
            particles: vec![p(1.0, 0.2, 1.0), p(-0.5, 0.7, 0.4), p(0.1, -1.0, 0.7)],
            softening: 0.1,
            time: 0.3,
        };
        run::check(&s, 0.05).unwrap();
    }
}

/// Operators that give a float: products of vectors in fields, constants and temporaries are no products of floats.
mod dot_products {
    use super::*;
    use std::ops::{Add, Mul, Sub};

    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Vector(pub f64, pub f64);

    #[differentiable]
    impl Mul for Vector {
        type Output = f64;
        fn mul(self, other: Vector) -> f64 {
            self.0 * other.0 + self.1 * other.1
        }
    }

    #[differentiable]
    impl Mul<Vector> for f64 {
        type Output = Vector;
        fn mul(self, other: Vector) -> Vector {
            Vector(self * other.0, self * other.1)
        }
    }

    #[differentiable]
    impl Mul<f64> for Vector {
        type Output = Vector;
        fn mul(self, by: f64) -> Vector {
            Vector(self.0 * by, self.1 * by)
        }
    }

    #[differentiable]
    impl Add for Vector {
        type Output = Vector;
        fn add(self, other: Vector) -> Vector {
            Vector(self.0 + other.0, self.1 + other.1)
        }
    }

    #[differentiable]
    impl Sub for Vector {
        type Output = Vector;
        fn sub(self, other: Vector) -> Vector {
            Vector(self.0 - other.0, self.1 - other.1)
        }
    }

    const GRAVITY: Vector = Vector(0.3, -9.81);
    const DRAG: f64 = 0.1;

    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Body {
        pub position: Vector,
        pub velocity: Vector,
        pub mass: f64,
    }

    #[differentiable]
    impl Body {
        fn kinetic(&self) -> f64 {
            0.5 * self.mass * (self.velocity * self.velocity)
        }
        fn between(&self, other: &Body) -> f64 {
            self.velocity * other.velocity + DRAG * self.mass
        }
        fn advance(&mut self, dt: f64) -> f64 {
            let mut work = 0.0;
            for _ in 0..5 {
                let a = GRAVITY - self.velocity * DRAG;
                self.velocity = self.velocity + a * dt;
                self.position = self.position + dt * self.velocity;
                work += a * self.velocity * dt;
                work += self.velocity * GRAVITY;
            }
            work + GRAVITY * self.position + self.kinetic()
        }
    }

    #[differentiable]
    pub fn energy(mass: f64, vx: f64, vy: f64, dt: f64) -> f64 {
        let mut body = Body { position: Vector(0.0, 1.0), velocity: Vector(vx, vy), mass };
        let other = Body { position: Vector(1.0, 1.0), velocity: Vector(vy, mass), mass: vx };
        let work = body.advance(dt);
        work + body.between(&other) - GRAVITY * body.velocity
    }
}

#[test]
fn dot_products_by_operators() {
    assert_gradient!(dot_products::energy(0.7, 0.3, 0.4, 0.1));
}
}
