//! Transforms and factorisations as different people write them: with iterators, with indices, with types, over generic numbers.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

mod split_radix_with_iterators {
    use differentiable::prelude::*;
    use std::f64::consts::TAU;

    /// Permutes by swapping `i` with its bits reversed.
    #[differentiable]
    fn permute<T: Real>(buf: &mut [Complex<T>]) {
        let bits = buf.len().trailing_zeros();
        if bits == 0 {
            return;
        }
        (0..buf.len()).for_each(|i| {
            let j = i.reverse_bits() >> (usize::BITS - bits);
            if j > i {
                buf.swap(i, j);
            }
        });
    }

    #[differentiable]
    fn transform(buf: &mut [Complex<f64>], inverse: bool) {
        assert!(buf.len().is_power_of_two(), "length {} is no power of two", buf.len());
        permute(buf);
        let direction = if inverse { 1.0 } else { -1.0 };
        let mut half = 1usize;
        while half < buf.len() {
            for chunk in buf.chunks_exact_mut(2 * half) {
                let (lo, hi) = chunk.split_at_mut(half);
                for (k, (a, b)) in lo.iter_mut().zip(hi.iter_mut()).enumerate() {
                    let w = Complex::from_polar(1.0, direction * TAU * k as f64 / (2 * half) as f64);
                    let t = *b * w;
                    *b = *a - t;
                    *a += t;
                }
            }
            half *= 2;
        }
        if inverse {
            let scale = (buf.len() as f64).recip();
            buf.iter_mut().for_each(|z| *z *= scale);
        }
    }

    /// Circular convolution through the frequency domain.
    #[differentiable]
    fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
        let lift = |v: &[f64]| v.iter().map(|&re| Complex::new(re, 0.0)).collect::<Vec<_>>();
        let (mut fa, mut fb) = (lift(a), lift(b));
        transform(&mut fa, false);
        transform(&mut fb, false);
        for (x, y) in fa.iter_mut().zip(&fb) {
            *x *= y;
        }
        transform(&mut fa, true);
        fa.into_iter().map(|z| z.re).collect()
    }

    #[test]
    fn checks() {
        let (a, b) = ([1.0, 0.5, -0.3, 2.0], [0.2, -1.0, 0.7, 0.1]);
        let y = convolve(&a, &b);
        let direct: f64 = (0..4).map(|k| a[k] * b[(4 - k) % 4]).sum();
        assert!((y[0] - direct).abs() < 1e-12);
        convolve::check(&a, &b).unwrap();
        transform::check(&mut [Complex::new(0.3, 1.0), Complex::new(-1.0, 0.2)], true).unwrap();
    }
}

mod interleaved_with_precomputed_roots {
    use differentiable::prelude::*;

    pub struct Plan {
        n: usize,
        cos: Vec<f64>,
        sin: Vec<f64>,
    }

    impl Plan {
        pub fn new(n: usize) -> Self {
            let angle = |k: usize| -2.0 * std::f64::consts::PI * k as f64 / n as f64;
            Plan {
                n,
                cos: (0..n / 2).map(|k| angle(k).cos()).collect(),
                sin: (0..n / 2).map(|k| angle(k).sin()).collect(),
            }
        }
    }

    /// Stockham's autosort transform, which swaps its two buffers after each pass.
    #[differentiable]
    fn stockham(#[constant] plan: &Plan, data: &mut Vec<[f64; 2]>) {
        let n = plan.n;
        let mut src = std::mem::take(data);
        let mut dst = vec![[0.0f64; 2]; n];
        let (mut l, mut m) = (n / 2, 1);
        while l >= 1 {
            for j in 0..l {
                let (c, s) = (plan.cos[j * m], plan.sin[j * m]);
                for k in 0..m {
                    let [ar, ai] = src[k + j * m];
                    let [br, bi] = src[k + j * m + l * m];
                    dst[k + 2 * j * m] = [ar + br, ai + bi];
                    let (dr, di) = (ar - br, ai - bi);
                    dst[k + 2 * j * m + m] = [c * dr - s * di, c * di + s * dr];
                }
            }
            std::mem::swap(&mut src, &mut dst);
            l /= 2;
            m *= 2;
        }
        *data = src;
    }

    #[differentiable]
    fn band_energy(#[constant] plan: &Plan, signal: &[f64], lo: usize, hi: usize) -> f64 {
        let mut data: Vec<[f64; 2]> = signal.iter().map(|&s| [s, 0.0]).collect();
        stockham(plan, &mut data);
        data[lo..hi].iter().map(|&[re, im]| re * re + im * im).sum::<f64>().ln()
    }

    #[test]
    fn checks() {
        let plan = Plan::new(8);
        let signal: Vec<f64> = (0..8).map(|i| (i as f64 * 0.9).sin() + 0.1 * i as f64).collect();
        let direct: f64 = (1..3)
            .map(|f| {
                let sum = (0..8).fold(Complex::new(0.0, 0.0), |acc, t| {
                    acc + Complex::from_polar(signal[t], -std::f64::consts::TAU * (f * t) as f64 / 8.0)
                });
                sum.norm_sqr()
            })
            .sum();
        assert!((band_energy(&plan, &signal, 1, 3) - direct.ln()).abs() < 1e-10);
        band_energy::check(&plan, &signal, 1, 3).unwrap();
    }
}

mod doolittle_on_a_flat_matrix {
    use differentiable::prelude::*;
    use std::ops::{Index, IndexMut};

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct Matrix {
        #[constant]
        rows: usize,
        #[constant]
        cols: usize,
        data: Vec<f64>,
    }

    #[differentiable]
    impl Index<(usize, usize)> for Matrix {
        type Output = f64;
        fn index(&self, (r, c): (usize, usize)) -> &f64 {
            &self.data[r * self.cols + c]
        }
    }

    #[differentiable]
    impl IndexMut<(usize, usize)> for Matrix {
        fn index_mut(&mut self, (r, c): (usize, usize)) -> &mut f64 {
            &mut self.data[r * self.cols + c]
        }
    }

    #[differentiable]
    impl Matrix {
        fn swap_rows(&mut self, a: usize, b: usize) {
            if a == b {
                return;
            }
            for c in 0..self.cols {
                let t = self[(a, c)];
                self[(a, c)] = self[(b, c)];
                self[(b, c)] = t;
            }
        }

        /// Factors in place and gives the permutation, or the column in which no pivot was found.
        fn decompose(&mut self) -> Result<Vec<usize>, usize> {
            let n = self.rows;
            let mut p: Vec<usize> = (0..n).collect();
            for k in 0..n {
                let (at, size) = (k..n)
                    .map(|r| (r, self[(r, k)].abs()))
                    .fold((k, 0.0), |best, next| if next.1 > best.1 { next } else { best });
                if size == 0.0 {
                    return Err(k);
                }
                p.swap(k, at);
                self.swap_rows(k, at);
                for r in k + 1..n {
                    let factor = self[(r, k)] / self[(k, k)];
                    self[(r, k)] = factor;
                    for c in k + 1..n {
                        let u = self[(k, c)];
                        self[(r, c)] -= factor * u;
                    }
                }
            }
            Ok(p)
        }

        fn back_substitute(&self, p: &[usize], b: &[f64]) -> Vec<f64> {
            let n = self.rows;
            let mut x = Vec::with_capacity(n);
            for r in 0..n {
                let known: f64 = x.iter().enumerate().map(|(c, v)| self[(r, c)] * v).sum();
                x.push(b[p[r]] - known);
            }
            for r in (0..n).rev() {
                let mut value = x[r];
                for c in r + 1..n {
                    value -= self[(r, c)] * x[c];
                }
                x[r] = value / self[(r, r)];
            }
            x
        }
    }

    #[differentiable]
    fn solve(a: &Matrix, b: &[f64]) -> Result<Vec<f64>, usize> {
        let mut lu = a.clone();
        let p = lu.decompose()?;
        Ok(lu.back_substitute(&p, b))
    }

    #[differentiable]
    fn quadratic(a: &Matrix, b: &[f64]) -> f64 {
        match solve(a, b) {
            Ok(x) => x.iter().zip(b).map(|(x, b)| x * b).sum(),
            Err(column) => column as f64,
        }
    }

    #[test]
    fn checks() {
        let a = Matrix { rows: 3, cols: 3, data: vec![0.0, 2.0, 1.0, 4.0, 1.0, -1.0, 2.0, 0.5, 3.0] };
        let x = solve(&a, &[1.0, -2.0, 0.5]).unwrap();
        for r in 0..3 {
            let row: f64 = (0..3).map(|c| a[(r, c)] * x[c]).sum();
            assert!((row - [1.0, -2.0, 0.5][r]).abs() < 1e-12);
        }
        quadratic::check(&a, &[1.0, -2.0, 0.5]).unwrap();
        let singular = Matrix { data: vec![0.0; 9], ..a };
        assert_eq!(quadratic::grad(&singular, &[1.0, 2.0, 3.0]).1, vec![0.0; 3]);
    }
}

mod crout_over_a_generic_number {
    use differentiable::prelude::*;

    /// The determinant by elimination with complete pivoting; the sign counts the exchanges.
    #[differentiable]
    pub fn det<F: Real, const D: usize>(mut m: [[F; D]; D]) -> F {
        let mut det = F::one();
        let mut flips = 0u32;
        for k in 0..D {
            let (mut pr, mut pc) = (k, k);
            for (r, row) in m.iter().enumerate().skip(k) {
                for (c, cell) in row.iter().enumerate().skip(k) {
                    if cell.abs() > m[pr][pc].abs() {
                        (pr, pc) = (r, c);
                    }
                }
            }
            if m[pr][pc] == F::zero() {
                return F::zero();
            }
            if pr != k {
                m.swap(pr, k);
                flips += 1;
            }
            if pc != k {
                for row in &mut m {
                    row.swap(pc, k);
                }
                flips += 1;
            }
            let pivot = m[k];
            det *= pivot[k];
            for row in m.iter_mut().skip(k + 1) {
                let factor = row[k] / pivot[k];
                for (x, y) in row.iter_mut().zip(pivot).skip(k) {
                    *x -= factor * y;
                }
            }
        }
        if flips & 1 == 1 { -det } else { det }
    }

    #[differentiable]
    fn volume(edges: &[[f64; 3]; 3], shear: f64) -> f64 {
        let mut m = *edges;
        m[0][1] += shear;
        det(m).abs().sqrt()
    }

    #[test]
    fn checks() {
        let m: [[f64; 3]; 3] = [[0.5, 2.0, 1.0], [3.0, -1.0, 0.2], [0.1, 1.5, 2.5]];
        let sarrus = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
        assert!((det(m) - sarrus).abs() < 1e-12);
        det::check(m).unwrap();
        volume::check(&m, 0.1).unwrap();
    }
}

mod cholesky_of_rows {
    use differentiable::prelude::*;

    #[derive(Clone, Debug, Differentiable)]
    struct Lower(Vec<Vec<f64>>);

    #[derive(Debug, Clone, PartialEq)]
    enum Failure {
        Indefinite { row: usize },
        Empty,
    }

    #[differentiable]
    impl Lower {
        /// Rows of growing length, each made from those before it.
        fn of(kernel: impl Fn(usize, usize) -> f64, jitter: f64, n: usize) -> Result<Self, Failure> {
            if n == 0 {
                return Err(Failure::Empty);
            }
            let mut rows: Vec<Vec<f64>> = Vec::new();
            for i in 0..n {
                let mut row = Vec::with_capacity(i + 1);
                for (j, above) in rows.iter().enumerate() {
                    let dot: f64 = row.iter().zip(above).map(|(a, b): (&f64, &f64)| a * b).sum();
                    row.push((kernel(i, j) - dot) / above[j]);
                }
                let rest = kernel(i, i) + jitter - row.iter().map(|a| a * a).sum::<f64>();
                if !(rest > 0.0) {
                    return Err(Failure::Indefinite { row: i });
                }
                row.push(rest.sqrt());
                rows.push(row);
            }
            Ok(Lower(rows))
        }

        fn log_det(&self) -> f64 {
            2.0 * self.0.iter().filter_map(|row| row.last()).map(|d| d.ln()).sum::<f64>()
        }

        fn whiten(&self, b: &[f64]) -> Vec<f64> {
            self.0.iter().zip(b).fold(vec![], |mut z: Vec<f64>, (row, b)| {
                let known: f64 = row.iter().zip(&z).map(|(l, z)| l * z).sum();
                z.push((b - known) / row[z.len()]);
                z
            })
        }
    }

    #[differentiable]
    fn evidence(y: &[f64], jitter: f64) -> Option<f64> {
        let n = y.len();
        let l = Lower::of(|i, j| 1.0 / (1.0 + (i as f64 - j as f64).powi(2)), jitter, n).ok()?;
        let z = l.whiten(y);
        Some(-0.5 * (z.iter().map(|a| a.powi(2)).sum::<f64>() + l.log_det()))
    }

    #[test]
    fn checks() {
        evidence::check(&[0.3, -0.7, 1.1, 0.2], 0.3).unwrap();
        assert!(evidence(&[], 0.3).is_none());
        assert_eq!(Lower::of(|_, _| 1.0, 0.0, 2).unwrap_err(), Failure::Indefinite { row: 1 });
    }
}

mod cholesky_in_place_then_inverse {
    use differentiable::prelude::*;

    const N: usize = 3;
    type Sym = [f64; N * (N + 1) / 2];

    const fn at(i: usize, j: usize) -> usize {
        if i >= j { i * (i + 1) / 2 + j } else { j * (j + 1) / 2 + i }
    }

    /// Packed storage, overwritten by its factor.
    #[differentiable(order = 2)]
    fn factor(a: &mut Sym) -> bool {
        for j in 0..N {
            let mut d = a[at(j, j)];
            for k in 0..j {
                d -= a[at(j, k)] * a[at(j, k)];
            }
            if d <= 0.0 {
                return false;
            }
            let d = d.sqrt();
            a[at(j, j)] = d;
            for i in j + 1..N {
                let mut s = a[at(i, j)];
                for k in 0..j {
                    s -= a[at(i, k)] * a[at(j, k)];
                }
                a[at(i, j)] = s / d;
            }
        }
        true
    }

    #[differentiable(order = 2)]
    fn mahalanobis(cov: &Sym, x: &[f64; N]) -> f64 {
        let mut l = *cov;
        if !factor(&mut l) {
            return f64::INFINITY;
        }
        let mut z = *x;
        for i in 0..N {
            for k in 0..i {
                z[i] -= l[at(i, k)] * z[k];
            }
            z[i] /= l[at(i, i)];
        }
        z.iter().map(|z| z * z).sum()
    }

    #[test]
    fn checks() {
        let cov = [2.0, 0.3, 1.5, -0.2, 0.4, 1.0];
        let x = [0.5, -1.0, 2.0];
        mahalanobis::check(&cov, &x).unwrap();
        let h = mahalanobis::hessian(&cov, &x);
        let eps = 1e-5;
        for k in 0..6 {
            let (mut up, mut down) = (cov, cov);
            up[k] += eps;
            down[k] -= eps;
            let (up, down) = (mahalanobis::grad(&up, &x), mahalanobis::grad(&down, &x));
            for i in 0..6 {
                assert!((h[[i, k]] - (up.0[i] - down.0[i]) / (2.0 * eps)).abs() < 1e-6);
            }
            for i in 0..3 {
                assert!((h[[6 + i, k]] - (up.1[i] - down.1[i]) / (2.0 * eps)).abs() < 1e-6);
            }
        }
    }
}
