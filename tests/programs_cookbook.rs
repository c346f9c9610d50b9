//! Programs as cookbooks of numerical methods have them: Fourier transforms in place, LU and Cholesky factors, bodies that attract.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::num_complex::Complex64;
use differentiable::prelude::*;

// Fourier transforms of interleaved real and imaginary parts, in place, in both directions.
#[differentiable]
fn transform(data: &mut [f64], nn: usize, isign: i32) {
    let n = nn << 1;
    let mut j = 1usize;
    let mut i = 1usize;
    while i < n {
        if j > i {
            data.swap(j - 1, i - 1);
            data.swap(j, i);
        }
        let mut m = nn;
        while m >= 2 && j > m {
            j -= m;
            m >>= 1;
        }
        j += m;
        i += 2;
    }
    let mut mmax = 2usize;
    while n > mmax {
        let istep = mmax << 1;
        let theta = isign as f64 * (2.0 * std::f64::consts::PI / mmax as f64);
        let mut wtemp = (0.5 * theta).sin();
        let wpr = -2.0 * wtemp * wtemp;
        let wpi = theta.sin();
        let mut wr = 1.0;
        let mut wi = 0.0;
        for m in (1..mmax).step_by(2) {
            for i in (m..=n).step_by(istep) {
                let j = i + mmax;
                let tempr = wr * data[j - 1] - wi * data[j];
                let tempi = wr * data[j] + wi * data[j - 1];
                data[j - 1] = data[i - 1] - tempr;
                data[j] = data[i] - tempi;
                data[i - 1] += tempr;
                data[i] += tempi;
            }
            wtemp = wr;
            wr = wtemp * wpr - wi * wpi + wr;
            wi = wi * wpr + wtemp * wpi + wi;
        }
        mmax = istep;
    }
}
#[differentiable(order = 2)]
fn power_at(signal: &[f64], bin: usize) -> f64 {
    let nn = signal.len().next_power_of_two();
    let mut buf = vec![0.0; 2 * nn];
    for (k, s) in signal.iter().enumerate() {
        buf[2 * k] = *s;
    }
    halves(&mut buf, nn);
    let [re, im] = [buf[2 * bin], buf[2 * bin + 1]];
    re.powi(2) + im.powi(2) + (1.0 + re * re).ln()
}
#[differentiable(order = 2)]
fn halves(data: &mut Vec<f64>, n: usize) {
    if n <= 1 {
        return;
    }
    let half = n / 2;
    let mut even = Vec::with_capacity(n);
    let mut odd = Vec::with_capacity(n);
    for pair in data.chunks_exact(4) {
        even.extend_from_slice(&pair[..2]);
        odd.extend_from_slice(&pair[2..]);
    }
    halves(&mut even, half);
    halves(&mut odd, half);
    for k in 0..half {
        let ang = -2.0 * std::f64::consts::PI * k as f64 / n as f64;
        let (s, c) = ang.sin_cos();
        let tr = c * odd[2 * k] - s * odd[2 * k + 1];
        let ti = s * odd[2 * k] + c * odd[2 * k + 1];
        data[2 * k] = even[2 * k] + tr;
        data[2 * k + 1] = even[2 * k + 1] + ti;
        data[2 * (k + half)] = even[2 * k] - tr;
        data[2 * (k + half) + 1] = even[2 * k + 1] - ti;
    }
}
#[test]
fn t_fft() {
    let mut d = [0.3, 0.1, -0.2, 0.5, 1.1, -0.7, 0.25, 0.4, 0.9, 0.2, -1.3, 0.3, 0.15, -0.1, 0.6, 0.8];
    transform::check(&mut d, 8, 1).unwrap();
    transform::check(&mut d, 8, -1).unwrap();
    let s = [0.3, -0.4, 0.9, 1.2, -0.1, 0.05, 0.7, 0.33];
    power_at::check(&s, 3).unwrap();
    let h = power_at::hessian(&s, 3);
    for i in 0..8 {
        let mut a = s;
        a[i] += 1e-5;
        let mut b = s;
        b[i] -= 1e-5;
        let (ga, gb) = (power_at::grad(&a, 3), power_at::grad(&b, 3));
        for j in 0..8 {
            assert!((h[[i, j]] - (ga[j] - gb[j]) / 2e-5).abs() < 1e-4);
        }
    }
}

// Complex in-place FFT with &mut [Complex64]
#[differentiable]
fn dit(x: &mut [Complex64]) {
    let n = x.len();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = (i as u32).reverse_bits() as usize >> (32 - bits);
        if i < j {
            x.swap(i, j);
        }
    }
    let mut len = 2;
    while len <= n {
        let w_len = Complex64::from_polar(1.0, -std::f64::consts::TAU / len as f64);
        for block in x.chunks_mut(len) {
            let mut w = Complex64::new(1.0, 0.0);
            let (lo, hi) = block.split_at_mut(len / 2);
            for (a, b) in lo.iter_mut().zip(hi.iter_mut()) {
                let u = *a;
                let v = *b * w;
                *a = u + v;
                *b = u - v;
                w *= w_len;
            }
        }
        len *= 2;
    }
}
#[differentiable]
fn spectrum_loss(re: &[f64], im: &[f64]) -> f64 {
    let mut z: Vec<Complex64> = re.iter().zip(im).map(|(&a, &b)| Complex64::new(a, b)).collect();
    dit(&mut z);
    z.iter().enumerate().map(|(k, c)| c.norm_sqr() * (k as f64 + 1.0) + c.re).sum()
}
#[test]
fn t_dit() {
    spectrum_loss::check(&[0.1, 0.5, -0.4, 0.7], &[0.3, 0.2, 0.9, -0.6]).unwrap();
    spectrum_loss::check(&[0.1, 0.5, -0.4, 0.7, 0.3, 0.9, -1.0, 0.2], &[0.3, 0.2, 0.9, -0.6, 0.0, 0.2, 0.4, 0.5])
        .unwrap();
}

// LU factors with scaled pivots, and substitution with them
#[differentiable]
fn factor(a: &mut Vec<Vec<f64>>, indx: &mut Vec<usize>) -> Option<f64> {
    const TINY: f64 = 1.0e-20;
    let n = a.len();
    let mut d = 1.0;
    let mut vv = vec![0.0; n];
    for i in 0..n {
        let mut big = 0.0;
        for j in 0..n {
            let temp = a[i][j].abs();
            if temp > big {
                big = temp;
            }
        }
        if big == 0.0 {
            return None;
        }
        vv[i] = 1.0 / big;
    }
    for k in 0..n {
        let mut big = 0.0;
        let mut imax = k;
        for i in k..n {
            let temp = vv[i] * a[i][k].abs();
            if temp > big {
                big = temp;
                imax = i;
            }
        }
        if k != imax {
            for j in 0..n {
                let temp = a[imax][j];
                a[imax][j] = a[k][j];
                a[k][j] = temp;
            }
            d = -d;
            vv[imax] = vv[k];
        }
        indx[k] = imax;
        if a[k][k] == 0.0 {
            a[k][k] = TINY;
        }
        for i in k + 1..n {
            a[i][k] /= a[k][k];
            let temp = a[i][k];
            for j in k + 1..n {
                a[i][j] -= temp * a[k][j];
            }
        }
    }
    Some(d)
}
#[differentiable]
fn substitute(a: &[Vec<f64>], indx: &[usize], b: &mut [f64]) {
    let n = b.len();
    let mut ii = 0;
    for i in 0..n {
        let ip = indx[i];
        let mut sum = b[ip];
        b[ip] = b[i];
        if ii != 0 {
            for j in ii - 1..i {
                sum -= a[i][j] * b[j];
            }
        } else if sum != 0.0 {
            ii = i + 1;
        }
        b[i] = sum;
    }
    for i in (0..n).rev() {
        let mut sum = b[i];
        for j in i + 1..n {
            sum -= a[i][j] * b[j];
        }
        b[i] = sum / a[i][i];
    }
}
#[differentiable]
fn solve_and_det(m: &Vec<Vec<f64>>, rhs: &[f64]) -> Option<(f64, f64)> {
    let mut lu = m.clone();
    let mut perm = vec![0; m.len()];
    let d = factor(&mut lu, &mut perm)?;
    let mut x = rhs.to_vec();
    substitute(&lu, &perm, &mut x);
    let det = (0..lu.len()).fold(d, |acc, i| acc * lu[i][i]);
    Some((det, x.iter().map(|v| v * v).sum::<f64>().sqrt()))
}
#[test]
fn t_lu() {
    let m = vec![vec![0.1, 2.0, -1.0], vec![3.0, 0.5, 0.7], vec![1.0, -4.0, 2.2]];
    solve_and_det::check(&m, &[1.0, -2.0, 0.5]).unwrap();
    let (v, pb) = solve_and_det::vjp(&m, &[1.0, -2.0, 0.5]);
    let (det, _) = v.unwrap();
    let (gm, gb) = pb(Some((1.0, 0.0)));
    // d det / d a00 = cofactor
    assert!((gm[0][0] - (0.5 * 2.2 - 0.7 * -4.0)).abs() < 1e-12, "{gm:?} {det}");
}

// Cholesky with flat array, and log-likelihood of a Gaussian process
#[differentiable(order = 2)]
fn gp_log_likelihood(theta: &[f64; 3], xs: &[f64], ys: &[f64]) -> f64 {
    let &[log_amp, log_len, log_noise] = theta;
    let (amp, len, noise) = (log_amp.exp(), log_len.exp(), log_noise.exp());
    let n = xs.len();
    let mut l = vec![0.0f64; n * n];
    for i in 0..n {
        for j in 0..=i {
            let r = (xs[i] - xs[j]) / len;
            let mut k = amp * amp * (-0.5 * r * r).exp();
            if i == j {
                k += noise;
            }
            let mut s = k;
            for p in 0..j {
                s -= l[i * n + p] * l[j * n + p];
            }
            l[i * n + j] = if i == j {
                assert!(s > 0.0, "matrix is not positive definite");
                s.sqrt()
            } else {
                s / l[j * n + j]
            };
        }
    }
    let mut alpha = ys.to_owned();
    for i in 0..n {
        let dot: f64 = l[i * n..i * n + i].iter().zip(&alpha[..i]).map(|(a, b)| a * b).sum();
        alpha[i] = (alpha[i] - dot) / l[i * n + i];
    }
    let quad: f64 = alpha.iter().map(|a| a.powi(2)).sum();
    let logdet = 2.0 * (0..n).map(|i| l[i * (n + 1)].ln()).sum::<f64>();
    -0.5 * (quad + logdet + n as f64 * std::f64::consts::TAU.ln())
}
#[test]
fn t_gp() {
    let (xs, ys) = ([0.0, 0.4, 1.1, 1.7], [0.2, 0.5, -0.3, -0.8]);
    let th = [0.1, -0.3, -1.2];
    gp_log_likelihood::check(&th, &xs, &ys).unwrap();
    let h = gp_log_likelihood::hessian(&th, &xs, &ys);
    for i in 0..3 {
        let mut a = th;
        a[i] += 1e-5;
        let mut b = th;
        b[i] -= 1e-5;
        let (ga, gb) = (gp_log_likelihood::grad(&a, &xs, &ys).0, gp_log_likelihood::grad(&b, &xs, &ys).0);
        for j in 0..3 {
            assert!((h[[i, j]] - (ga[j] - gb[j]) / 2e-5).abs() < 1e-4);
        }
    }
}

// Bodies that attract each other, as objects
const SOLAR_MASS: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Body {
    x: [f64; 3],
    v: [f64; 3],
    mass: f64,
}
#[derive(Clone, Debug, Differentiable)]
struct NBodySystem {
    bodies: Vec<Body>,
}
#[differentiable]
impl NBodySystem {
    fn offset_momentum(&mut self) {
        let mut p = [0.0; 3];
        for b in &self.bodies {
            for (pk, vk) in p.iter_mut().zip(b.v.iter()) {
                *pk += vk * b.mass;
            }
        }
        let sun = &mut self.bodies[0];
        for k in 0..3 {
            sun.v[k] = -p[k] / SOLAR_MASS;
        }
    }
    fn advance(&mut self, dt: f64) {
        let n = self.bodies.len();
        for i in 0..n {
            let (left, right) = self.bodies.split_at_mut(i + 1);
            let bi = &mut left[i];
            for bj in right.iter_mut() {
                let d = [bi.x[0] - bj.x[0], bi.x[1] - bj.x[1], bi.x[2] - bj.x[2]];
                let d2 = d.iter().map(|q| q * q).sum::<f64>();
                let mag = dt / (d2 * d2.sqrt());
                let (mi, mj) = (bi.mass, bj.mass);
                for k in 0..3 {
                    bi.v[k] -= d[k] * mj * mag;
                    bj.v[k] += d[k] * mi * mag;
                }
            }
        }
        for b in self.bodies.iter_mut() {
            for k in 0..3 {
                b.x[k] += dt * b.v[k];
            }
        }
    }
    fn energy(&self) -> f64 {
        let mut e = 0.0;
        for (i, b) in self.bodies.iter().enumerate() {
            e += 0.5 * b.mass * b.v.iter().map(|c| c.powi(2)).sum::<f64>();
            for b2 in self.bodies.iter().skip(i + 1) {
                let dx: Vec<f64> = (0..3).map(|k| b.x[k] - b2.x[k]).collect();
                e -= b.mass * b2.mass / dx.iter().fold(0.0, |s, q| s + q * q).sqrt();
            }
        }
        e
    }
}
#[differentiable]
fn final_energy(initial: &NBodySystem, dt: f64, steps: u32) -> f64 {
    let mut sys = initial.clone();
    sys.offset_momentum();
    (0..steps).for_each(|_| sys.advance(dt));
    sys.energy() + sys.bodies[1].x[0]
}
#[test]
fn t_nbody() {
    let b = |x: f64, y: f64, vx: f64, vy: f64, m: f64| Body { x: [x, y, 0.1 * x], v: [vx, vy, 0.2], mass: m };
    let s = NBodySystem {
        bodies: vec![b(0.0, 0.1, 0.0, 0.0, 2.0), b(1.0, 0.2, 0.3, 1.1, 0.5), b(-1.5, 0.7, -0.2, -0.6, 0.3)],
    };
    final_energy::check(&s, 0.05, 3).unwrap();
}

mod splines_that_search_from_the_end {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, Differentiable)]
    struct Spline {
        x: Vec<f64>,
        a: Vec<f64>,
        b: Vec<f64>,
        c: Vec<f64>,
        d: Vec<f64>,
    }
    #[differentiable(order = 2)]
    impl Spline {
        fn natural(x: &[f64], y: &[f64]) -> Self {
            let n = x.len() - 1;
            let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
            let mut alpha = vec![0.0; n];
            for i in 1..n {
                alpha[i] = 3.0 / h[i] * (y[i + 1] - y[i]) - 3.0 / h[i - 1] * (y[i] - y[i - 1]);
            }
            let (mut l, mut mu, mut z) = (vec![1.0; n + 1], vec![0.0; n + 1], vec![0.0; n + 1]);
            for i in 1..n {
                l[i] = 2.0 * (x[i + 1] - x[i - 1]) - h[i - 1] * mu[i - 1];
                mu[i] = h[i] / l[i];
                z[i] = (alpha[i] - h[i - 1] * z[i - 1]) / l[i];
            }
            let mut c = vec![0.0; n + 1];
            let mut b = vec![0.0; n];
            let mut d = vec![0.0; n];
            for j in (0..n).rev() {
                c[j] = z[j] - mu[j] * c[j + 1];
                b[j] = (y[j + 1] - y[j]) / h[j] - h[j] * (c[j + 1] + 2.0 * c[j]) / 3.0;
                d[j] = (c[j + 1] - c[j]) / (3.0 * h[j]);
            }
            Spline { x: x.to_vec(), a: y.to_vec(), b, c, d }
        }
        fn eval(&self, t: f64) -> f64 {
            let j = self.x.iter().rposition(|&xi| xi <= t).unwrap_or(0).min(self.b.len() - 1);
            let s = t - self.x[j];
            self.a[j] + s * (self.b[j] + s * (self.c[j] + s * self.d[j]))
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let knots = [0.0, 1.0, x[0], 4.0];
        let sp = Spline::natural(&knots, &x[2..]);
        sp.eval(x[1]) + sp.eval(3.3) * sp.eval(0.2)
    }
    #[test]
    fn checks() {
        f::check(&[2.2, 1.5, 0.4, 1.3, 0.9, -0.3]).unwrap();
    }
}
