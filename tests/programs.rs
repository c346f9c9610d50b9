//! Programs as users write them.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

/// In-place radix-2 transform of interleaved real and imaginary parts.
#[differentiable]
fn fft(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let mut j = 0;
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
        let angle = -2.0 * std::f64::consts::PI / len as f64;
        for start in (0..n).step_by(len) {
            for k in 0..len / 2 {
                let (s, c) = (angle * k as f64).sin_cos();
                let (a, b) = (start + k, start + k + len / 2);
                let (tr, ti) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c);
                re[b] = re[a] - tr;
                im[b] = im[a] - ti;
                re[a] += tr;
                im[a] += ti;
            }
        }
        len *= 2;
    }
}

#[differentiable]
fn power_spectrum(signal: &[f64], bin: usize) -> f64 {
    let mut re = signal.to_vec();
    let mut im = vec![0.0; signal.len()];
    fft(&mut re, &mut im);
    re[bin] * re[bin] + im[bin] * im[bin]
}

/// Solves by elimination with partial pivoting.
#[differentiable]
fn solve(a: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut m = a.to_vec();
    let mut x = b.to_vec();
    for k in 0..n {
        let mut p = k;
        for i in k + 1..n {
            if m[i][k].abs() > m[p][k].abs() {
                p = i;
            }
        }
        if p != k {
            m.swap(p, k);
            x.swap(p, k);
        }
        for i in k + 1..n {
            let f = m[i][k] / m[k][k];
            for j in k..n {
                let t = m[k][j];
                m[i][j] -= f * t;
            }
            x[i] -= f * x[k];
        }
    }
    for i in (0..n).rev() {
        let mut s = x[i];
        for j in i + 1..n {
            s -= m[i][j] * x[j];
        }
        x[i] = s / m[i][i];
    }
    x
}

#[derive(Clone, Debug, Differentiable)]
struct Body {
    position: [f64; 2],
    velocity: [f64; 2],
    mass: f64,
}

#[derive(Clone, Debug, Differentiable)]
struct System {
    bodies: Vec<Body>,
    softening: f64,
}

#[differentiable]
impl System {
    fn kick(&mut self, dt: f64) {
        let n = self.bodies.len();
        for i in 0..n {
            for j in 0..n {
                if i == j {
                    continue;
                }
                let mut d = [0.0; 2];
                for k in 0..2 {
                    d[k] = self.bodies[j].position[k] - self.bodies[i].position[k];
                }
                let r2: f64 = d[0] * d[0] + d[1] * d[1] + self.softening;
                let f = self.bodies[j].mass / (r2 * r2.sqrt());
                for k in 0..2 {
                    self.bodies[i].velocity[k] += f * d[k] * dt;
                }
            }
        }
    }

    fn drift(&mut self, dt: f64) {
        for b in &mut self.bodies {
            for k in 0..2 {
                b.position[k] += b.velocity[k] * dt;
            }
        }
    }

    fn advance(&mut self, dt: f64, steps: usize) {
        for _ in 0..steps {
            self.kick(0.5 * dt);
            self.drift(dt);
            self.kick(0.5 * dt);
        }
    }

    fn kinetic(&self) -> f64 {
        let mut e = 0.0;
        for b in &self.bodies {
            let v: f64 = b.velocity.iter().map(|v| v * v).sum();
            e += 0.5 * b.mass * v;
        }
        e
    }
}

/// One-dimensional Kalman filter: the negative log-likelihood.
#[differentiable]
fn kalman(measurements: &[f64], q: f64, r: f64) -> f64 {
    let (mut x, mut p) = (0.0, 1.0);
    let mut nll = 0.0;
    for &z in measurements {
        p += q;
        let s = p + r;
        let k = p / s;
        let innovation = z - x;
        x += k * innovation;
        p *= 1.0 - k;
        nll += 0.5 * (innovation * innovation / s + s.ln());
    }
    nll
}

/// Brusselator on a ring, by explicit Euler steps.
#[differentiable]
fn brusselator(u0: &[f64], a: f64, b: f64, alpha: f64, steps: usize) -> f64 {
    let n = u0.len() / 2;
    let mut u = u0[..n].to_vec();
    let mut v = u0[n..].to_vec();
    let dt = 0.01;
    for _ in 0..steps {
        let mut du = vec![0.0; n];
        let mut dv = vec![0.0; n];
        for i in 0..n {
            let (l, r) = ((i + n - 1) % n, (i + 1) % n);
            let uuv = u[i] * u[i] * v[i];
            du[i] = b + uuv - (a + 1.0) * u[i] + alpha * (u[l] - 2.0 * u[i] + u[r]);
            dv[i] = a * u[i] - uuv + alpha * (v[l] - 2.0 * v[i] + v[r]);
        }
        for i in 0..n {
            u[i] += dt * du[i];
            v[i] += dt * dv[i];
        }
    }
    u.iter().zip(&v).map(|(x, y)| x * x - y).sum()
}

/// Reprojection error of a camera with Rodrigues rotation and radial distortion.
#[differentiable]
fn rotate(rotation: &[f64; 3], p: &[f64; 3]) -> [f64; 3] {
    let theta2 = rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2];
    let cross = [
        rotation[1] * p[2] - rotation[2] * p[1],
        rotation[2] * p[0] - rotation[0] * p[2],
        rotation[0] * p[1] - rotation[1] * p[0],
    ];
    if theta2 < 1e-12 {
        return [p[0] + cross[0], p[1] + cross[1], p[2] + cross[2]];
    }
    let theta = theta2.sqrt();
    let (s, c) = theta.sin_cos();
    let mut dot = 0.0;
    for i in 0..3 {
        dot += rotation[i] * p[i];
    }
    let mut out = [0.0; 3];
    for i in 0..3 {
        out[i] = p[i] * c + cross[i] / theta * s + rotation[i] * dot * (1.0 - c) / theta2;
    }
    out
}

#[differentiable]
fn reprojection(camera: &[f64], point: &[f64; 3], seen: [f64; 2], weight: f64) -> [f64; 2] {
    let p = rotate(&[camera[0], camera[1], camera[2]], point);
    let (x, y, z) = (p[0] + camera[3], p[1] + camera[4], p[2] + camera[5]);
    let (u, v) = (-x / z, -y / z);
    let r2 = u * u + v * v;
    let distortion = 1.0 + camera[7] * r2 + camera[8] * r2 * r2;
    let scale = camera[6] * distortion;
    [weight * (u * scale - seen[0]), weight * (v * scale - seen[1])]
}

#[differentiable]
fn bundle(cameras: &[Vec<f64>], points: &[[f64; 3]], seen: &[(usize, usize, f64, f64)]) -> f64 {
    let mut total = 0.0;
    for &(c, p, x, y) in seen {
        let [ex, ey] = reprojection(&cameras[c], &points[p], [x, y], 1.0);
        let e = ex * ex + ey * ey;
        total += if e > 1.0 { 2.0 * e.sqrt() - 1.0 } else { e };
    }
    total
}

#[test]
fn transforms() {
    let signal = [0.3, -0.2, 1.1, 0.5, 0.9, -0.7, 0.1, 0.6];
    fft::check(&mut signal.clone(), &mut [0.1; 8]).unwrap();
    power_spectrum::check(&signal, 3).unwrap();
    let bins: f64 = (0..8).map(|k| power_spectrum(&signal, k)).sum();
    let energy: f64 = signal.iter().map(|x| x * x).sum();
    assert!((bins - 8.0 * energy).abs() < 1e-12);
}

#[test]
fn linear_algebra() {
    let a = [vec![0.1, 2.0, 0.5], vec![1.5, 0.2, 0.3], vec![0.4, 0.6, 1.8]];
    solve::check(&a, &[1.0, 2.0, 3.0]).unwrap();
}

#[test]
fn dynamics() {
    let body = |x: f64, y: f64| Body { position: [x, y], velocity: [-y, x], mass: 0.5 + x * x };
    let bodies = vec![body(0.3, 0.9), body(-1.0, 0.2), body(0.5, -0.8)];
    let mut system = System { bodies, softening: 0.05 };
    system.kinetic_check().unwrap();
    system.advance_check(0.02, 3).unwrap();
    let u0: Vec<f64> = (0..8).map(|i| 1.0 + 0.2 * f64::from(i)).collect();
    brusselator::check(&u0, 3.4, 1.0, 0.3, 5).unwrap();
    kalman::check(&[0.3, 0.7, 1.2, 0.9], 0.1, 0.5).unwrap();
}

#[test]
fn vision() {
    let camera = |k: f64| vec![0.1 * k, -0.2, 0.05, 0.3, 0.1, 5.0, 1.2, 0.02, 0.001];
    let cameras = [camera(1.0), camera(2.5)];
    let points = [[0.3, 0.4, 0.5], [-0.6, 0.2, 0.1]];
    let seen = [(0, 0, 0.1, 0.2), (0, 1, 3.0, 2.0), (1, 0, -0.1, 0.0), (1, 1, 0.2, 0.1)];
    bundle::check(&cameras, &points, &seen).unwrap();
    rotate::check(&[0.0; 3], &points[0]).unwrap();
}
