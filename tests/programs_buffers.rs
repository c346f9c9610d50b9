//! Programs with arrays of `ndarray`, complex transforms, single precision, kernels behind bounds, and buffers in structs.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;

mod kalman_nd {
    use super::*;
    use differentiable::ndarray::{Array, Array1, Array2, ArrayView1, ArrayView2, Axis, array, s};
    #[derive(Clone, Debug, Differentiable)]
    pub struct Kf {
        f: Array2<f64>,
        h: Array2<f64>,
        q: Array2<f64>,
        r: Array2<f64>,
        x: Array1<f64>,
        p: Array2<f64>,
    }
    #[differentiable]
    fn inv2(m: &Array2<f64>) -> Array2<f64> {
        let det = m[[0, 0]] * m[[1, 1]] - m[[0, 1]] * m[[1, 0]];
        let mut out = Array2::zeros((2, 2));
        out[[0, 0]] = m[[1, 1]] / det;
        out[[1, 1]] = m[[0, 0]] / det;
        out[[0, 1]] = -m[[0, 1]] / det;
        out[[1, 0]] = -m[[1, 0]] / det;
        out
    }
    #[differentiable]
    impl Kf {
        fn predict(&mut self) {
            self.x = self.f.dot(&self.x);
            self.p = self.f.dot(&self.p).dot(&self.f.t()) + &self.q;
        }
        fn update(&mut self, z: &Array1<f64>) -> f64 {
            let y = z - &self.h.dot(&self.x);
            let s = self.h.dot(&self.p).dot(&self.h.t()) + &self.r;
            let si = inv2(&s);
            let k = self.p.dot(&self.h.t()).dot(&si);
            self.x = &self.x + &k.dot(&y);
            let i: Array2<f64> = Array2::eye(self.p.nrows());
            self.p = (i - k.dot(&self.h)).dot(&self.p);
            y.dot(&si.dot(&y)) + (s[[0, 0]] * s[[1, 1]] - s[(0, 1)] * s[(1, 0)]).ln()
        }
    }
    #[differentiable]
    fn nll(start: &Kf, zs: &Array2<f64>) -> f64 {
        let mut kf = start.clone();
        let mut total = 0.0;
        for z in zs.rows() {
            kf.predict();
            let z = z.to_owned();
            total += kf.update(&z);
        }
        0.5 * total
    }
    #[test]
    fn t() {
        let kf = Kf {
            f: array![[1.0, 0.1, 0.0], [0.0, 1.0, 0.2], [0.0, 0.0, 0.9]],
            h: array![[1.0, 0.0, 0.1], [0.0, 1.0, 0.0]],
            q: Array2::eye(3) * 0.1,
            r: array![[0.5, 0.1], [0.1, 0.6]],
            x: array![0.1, 0.2, 0.3],
            p: Array2::eye(3),
        };
        nll::check(&kf, &array![[0.3, 0.2], [0.1, 0.5]]).unwrap();
    }
}

mod fft_complex {
    use super::*;
    use differentiable::num_complex::{Complex, Complex64};
    type C = Complex64;
    #[differentiable]
    fn fft(buf: &mut [C], invert: bool) {
        let n = buf.len();
        let mut j = 0;
        for i in 1..n {
            let mut bit = n >> 1;
            while j & bit != 0 {
                j ^= bit;
                bit >>= 1;
            }
            j |= bit;
            if i < j {
                buf.swap(i, j);
            }
        }
        let mut len = 2;
        while len <= n {
            let ang = std::f64::consts::TAU / len as f64 * if invert { 1.0 } else { -1.0 };
            let wlen = C::from_polar(1.0, ang);
            for block in buf.chunks_mut(len) {
                let mut w = Complex::new(1.0, 0.0);
                let (a, b) = block.split_at_mut(len / 2);
                for (x, y) in a.iter_mut().zip(b) {
                    let (u, v) = (*x, *y * w);
                    *x = u + v;
                    *y = u - v;
                    w *= wlen;
                }
            }
            len *= 2;
        }
        if invert {
            for z in buf {
                *z /= n as f64;
            }
        }
    }
    #[differentiable]
    fn autocorrelation(xs: &[f64]) -> Vec<f64> {
        let n = xs.len().next_power_of_two() * 2;
        let mut buf: Vec<C> = xs.iter().map(|&x| C::new(x, 0.0)).collect();
        buf.resize(n, C::new(0.0, 0.0));
        fft(&mut buf, false);
        buf.iter_mut().for_each(|z| *z = C::new(z.norm_sqr(), 0.0));
        fft(&mut buf, true);
        buf[..xs.len()].iter().map(|z| z.re / buf[0].re).collect()
    }
    #[test]
    fn t() {
        autocorrelation::check(&[1.0, -0.4, 0.3]).unwrap();
    }
}

mod single_precision {
    use super::*;
    #[derive(Clone, Copy, Debug, Differentiable)]
    pub struct Rgb {
        r: f32,
        g: f32,
        b: f32,
    }
    #[differentiable]
    impl Rgb {
        const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
        fn luma(self) -> f32 {
            let [a, b, c] = Self::LUMA;
            a * self.r + b * self.g + c * self.b
        }
        fn gamma(self, g: f32) -> Self {
            let f = |v: f32| v.max(0.0).powf(1.0 / g);
            Rgb { r: f(self.r), g: f(self.g), b: f(self.b) }
        }
    }
    #[differentiable]
    fn blur(img: &[Vec<f32>], kernel: &[[f32; 3]; 3]) -> Vec<Vec<f32>> {
        let (h, w) = (img.len(), img[0].len());
        (0..h)
            .map(|i| {
                (0..w)
                    .map(|j| {
                        let mut acc = 0.0;
                        for (di, row) in kernel.iter().enumerate() {
                            for (dj, k) in row.iter().enumerate() {
                                let y = (i + di).checked_sub(1).filter(|y| *y < h);
                                let x = (j + dj).checked_sub(1).filter(|x| *x < w);
                                if let (Some(y), Some(x)) = (y, x) {
                                    acc += k * img[y][x];
                                }
                            }
                        }
                        acc
                    })
                    .collect()
            })
            .collect()
    }
    #[differentiable]
    fn loss(c: Rgb, g: f32, img: &[Vec<f32>], k: &[[f32; 3]; 3]) -> f32 {
        let b = blur(img, k);
        let edges: f32 = b.iter().flat_map(|r| r.windows(2).map(|p| (p[1] - p[0]).abs())).sum();
        c.gamma(g).luma() * edges + b.iter().flatten().copied().fold(f32::MIN, f32::max)
    }
    #[test]
    fn t() {
        loss::check(
            Rgb { r: 0.5, g: 0.3, b: 0.8 },
            2.2,
            &[vec![1.0, 4.0, 9.0], vec![2.0, 12.0, 30.0]],
            &[[0.0, 0.1, 0.05], [0.2, 0.4, 0.1], [0.02, 0.1, 0.03]],
        )
        .unwrap();
    }
}

mod generics_and_bounds {
    use super::*;
    use std::ops::{Add, Mul};
    #[differentiable]
    pub trait Kernel {
        fn eval(&self, a: &[f64], b: &[f64]) -> f64;
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Rbf {
        gamma: f64,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Poly {
        c: f64,
        #[constant]
        degree: i32,
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Sum2<A, B> {
        a: A,
        b: B,
        mix: f64,
    }
    #[differentiable]
    impl Kernel for Rbf {
        fn eval(&self, a: &[f64], b: &[f64]) -> f64 {
            (-self.gamma * a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>()).exp()
        }
    }
    #[differentiable]
    impl Kernel for Poly {
        fn eval(&self, a: &[f64], b: &[f64]) -> f64 {
            (self.c + a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>()).powi(self.degree)
        }
    }
    #[differentiable]
    impl<A: Kernel + Differentiable, B: Kernel + Differentiable> Kernel for Sum2<A, B> {
        fn eval(&self, x: &[f64], y: &[f64]) -> f64 {
            self.mix * self.a.eval(x, y) + (1.0 - self.mix) * self.b.eval(x, y)
        }
    }
    #[derive(Clone, Debug, Differentiable)]
    pub struct Gp<K: Kernel> {
        kernel: K,
        noise: f64,
        xs: Vec<Vec<f64>>,
        ys: Vec<f64>,
    }
    #[differentiable]
    impl<K> Gp<K>
    where
        K: Kernel + Differentiable,
    {
        fn gram(&self) -> Vec<Vec<f64>> {
            let n = self.xs.len();
            let mut g = vec![vec![0.0; n]; n];
            for (i, xi) in self.xs.iter().enumerate() {
                for (j, xj) in self.xs.iter().enumerate().take(i + 1) {
                    g[i][j] = self.kernel.eval(xi, xj);
                    g[j][i] = g[i][j];
                }
                g[i][i] += self.noise;
            }
            g
        }
        fn solve(&self) -> (Vec<f64>, f64) {
            let (mut a, mut b) = (self.gram(), self.ys.clone());
            let n = b.len();
            let mut logdet = 0.0;
            for k in 0..n {
                logdet += a[k][k].ln();
                for i in k + 1..n {
                    let f = a[i][k] / a[k][k];
                    for j in k..n {
                        a[i][j] -= f * a[k][j];
                    }
                    b[i] -= f * b[k];
                }
            }
            for k in (0..n).rev() {
                let s: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
                b[k] = (b[k] - s) / a[k][k];
            }
            (b, logdet)
        }
        fn nll(&self) -> f64 {
            let (alpha, logdet) = self.solve();
            0.5 * self.ys.iter().zip(&alpha).map(|(y, a)| y * a).sum::<f64>() + 0.5 * logdet
        }
        fn predict(&self, x: &[f64]) -> f64 {
            let (alpha, _) = self.solve();
            self.xs.iter().zip(alpha).map(|(xi, a)| self.kernel.eval(x, xi) * a).sum()
        }
    }
    #[differentiable]
    fn objective<K: Kernel + Differentiable>(gp: &Gp<K>, at: &[f64]) -> f64 {
        gp.nll() + gp.predict(at).powi(2)
    }
    #[differentiable]
    fn weighted<T, const N: usize>(xs: [T; N], w: &[T]) -> T
    where
        T: Real + Add<Output = T> + Mul<Output = T>,
    {
        xs.into_iter().zip(w.iter().copied()).map(|(a, b)| a * b.tanh()).fold(T::zero(), |a, b| a + b)
            / T::from_usize(N).unwrap()
    }
    #[test]
    fn t() {
        let gp = Gp {
            kernel: Sum2 { a: Rbf { gamma: 0.7 }, b: Poly { c: 1.0, degree: 2 }, mix: 0.4 },
            noise: 0.3,
            xs: vec![vec![0.1, 0.3], vec![1.0, -0.4], vec![0.5, 0.9]],
            ys: vec![0.3, -0.2, 0.9],
        };
        objective::check(&gp, &[0.4, 0.4]).unwrap();
        weighted::check([1.0, 2.0, 3.0], &[0.1, 0.5, 0.2]).unwrap();
    }
}

mod buffers {
    use super::*;
    #[derive(Clone, Debug, Default, Differentiable)]
    pub struct Smoother {
        alpha: f64,
        history: Vec<f64>,
        level: Option<f64>,
        #[constant]
        count: usize,
        scratch: Vec<f64>,
    }
    #[differentiable]
    impl Smoother {
        pub fn new(alpha: f64) -> Self {
            Smoother { alpha, ..Default::default() }
        }
        pub fn push(&mut self, x: f64) -> f64 {
            let next = match self.level {
                Some(l) => l + self.alpha * (x - l),
                None => x,
            };
            self.level = Some(next);
            self.history.push(next);
            self.count += 1;
            if self.count % 3 == 0 {
                self.compact();
            }
            next
        }
        fn compact(&mut self) {
            let mut old = std::mem::take(&mut self.history);
            old.iter_mut().for_each(|v| *v *= 0.9);
            self.scratch.clear();
            self.scratch.extend(old.iter().rev());
            std::mem::swap(&mut self.history, &mut self.scratch);
            let tail = self.history.split_off(2);
            self.history[0] += tail.iter().sum::<f64>();
        }
        pub fn total(&self) -> f64 {
            self.history.iter().sum::<f64>() + self.level.unwrap_or(0.0) * self.count as f64
        }
    }
    #[differentiable]
    fn run(xs: &[f64], alpha: f64) -> f64 {
        let mut s = Smoother::new(alpha);
        let mut peak = f64::NEG_INFINITY;
        for &x in xs {
            peak = peak.max(s.push(x));
        }
        let [first, second, ..] = s.history[..] else { return peak };
        s.total() + peak * first - second
    }
    #[test]
    fn t() {
        run::check(&[0.4, 1.2, -0.3, 0.8, 0.5], 0.3).unwrap();
    }
}
