//! Programs of structs with operators and methods: planets, a turning body, a network of layers.

use std::ops::{Add, Mul, Sub};

use differentiable::prelude::*;

use super::{Program, numbers};

pub(crate) fn programs() -> Vec<Program> {
    let masses = numbers(12, 31);
    let inputs: Vec<Vec<f64>> = (0..20).map(|k| numbers(WIDTHS[0], 40 + k)).collect();
    let (m1, m2, m3) = (masses.clone(), masses.clone(), masses);
    let (i1, i2, i3) = (inputs.clone(), inputs.clone(), inputs);
    vec![
        Program {
            name: "planets",
            x: numbers(36, 32),
            primal: Box::new(move |x| planets(x, &m1, 20)),
            ours: Box::new(move |x, d| planets::grad_into(x, &m2, 20, d)),
            hand: Box::new(move |x, d| planets_by_hand(x, &m3, 20, d)),
        },
        Program {
            name: "rotation",
            x: numbers(3, 33),
            primal: Box::new(|x| rotation(x, 1000)),
            ours: Box::new(|x, d| rotation::grad_into(x, 1000, d)),
            hand: Box::new(|x, d| rotation_by_hand(x, 1000, d)),
        },
        Program {
            name: "network",
            x: numbers(parameters(), 34),
            primal: Box::new(move |x| network(x, &i1)),
            ours: Box::new(move |x, d| network::grad_into(x, &i2, d)),
            hand: Box::new(move |x, d| network_by_hand(x, &i3, d)),
        },
    ]
}

#[derive(Clone, Copy, Differentiable)]
struct Vector {
    x: f64,
    y: f64,
    z: f64,
}

#[differentiable]
impl Add for Vector {
    type Output = Vector;
    fn add(self, other: Vector) -> Vector {
        Vector { x: self.x + other.x, y: self.y + other.y, z: self.z + other.z }
    }
}

#[differentiable]
impl Sub for Vector {
    type Output = Vector;
    fn sub(self, other: Vector) -> Vector {
        Vector { x: self.x - other.x, y: self.y - other.y, z: self.z - other.z }
    }
}

#[differentiable]
impl Mul<f64> for Vector {
    type Output = Vector;
    fn mul(self, k: f64) -> Vector {
        Vector { x: self.x * k, y: self.y * k, z: self.z * k }
    }
}

#[differentiable]
impl Vector {
    fn dot(self, other: Vector) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }
}

const STEP: f64 = 0.01;

/// How far planets that attract each other are from the origin after some steps.
#[differentiable(wrt(x))]
fn planets(x: &[f64], masses: &[f64], steps: usize) -> f64 {
    let n = masses.len();
    let mut positions: Vec<Vector> = (0..n).map(|i| Vector { x: x[3 * i], y: x[3 * i + 1], z: x[3 * i + 2] }).collect();
    let mut velocities = vec![Vector { x: 0.0, y: 0.0, z: 0.0 }; n];
    for _ in 0..steps {
        for i in 0..n {
            for j in 0..n {
                if i != j {
                    let r = positions[j] - positions[i];
                    let square = r.dot(r) + 0.01;
                    velocities[i] = velocities[i] + r * (STEP * masses[j] / (square * square.sqrt()));
                }
            }
        }
        for i in 0..n {
            positions[i] = positions[i] + velocities[i] * STEP;
        }
    }
    positions.iter().map(|p| p.dot(*p)).sum()
}

fn planets_by_hand(x: &[f64], masses: &[f64], steps: usize, d: &mut [f64]) -> f64 {
    let n = masses.len();
    let mut path = Vec::with_capacity((steps + 1) * n);
    path.extend(x.chunks(3).map(|p| Vector { x: p[0], y: p[1], z: p[2] }));
    let mut velocities = vec![Vector { x: 0.0, y: 0.0, z: 0.0 }; n];
    for step in 0..steps {
        let old = &path[step * n..];
        for i in 0..n {
            for j in 0..n {
                if i != j {
                    let r = old[j] - old[i];
                    let square = r.dot(r) + 0.01;
                    velocities[i] = velocities[i] + r * (STEP * masses[j] / (square * square.sqrt()));
                }
            }
        }
        for i in 0..n {
            path.push(path[step * n + i] + velocities[i] * STEP);
        }
    }
    let value = path[steps * n..].iter().map(|p| p.dot(*p)).sum();
    let mut d_positions: Vec<Vector> = path[steps * n..].iter().map(|p| *p * 2.0).collect();
    let mut d_velocities = vec![Vector { x: 0.0, y: 0.0, z: 0.0 }; n];
    for step in (0..steps).rev() {
        let old = &path[step * n..];
        for i in 0..n {
            d_velocities[i] = d_velocities[i] + d_positions[i] * STEP;
        }
        for i in 0..n {
            for j in 0..n {
                if i != j {
                    let r = old[j] - old[i];
                    let inverse = 1.0 / (r.dot(r) + 0.01);
                    let weight = STEP * masses[j] * inverse * inverse.sqrt();
                    let pull = d_velocities[i];
                    let d_r = pull * weight - r * (3.0 * weight * inverse * pull.dot(r));
                    d_positions[j] = d_positions[j] + d_r;
                    d_positions[i] = d_positions[i] - d_r;
                }
            }
        }
    }
    for (d, found) in d.chunks_mut(3).zip(&d_positions) {
        d[0] += found.x;
        d[1] += found.y;
        d[2] += found.z;
    }
    value
}

#[derive(Clone, Copy, Differentiable)]
struct Quaternion {
    w: f64,
    v: Vector,
}

#[differentiable]
impl Mul for Quaternion {
    type Output = Quaternion;
    fn mul(self, o: Quaternion) -> Quaternion {
        let (a, b) = (self.v, o.v);
        let cross = Vector { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
        Quaternion { w: self.w * o.w - a.dot(b), v: b * self.w + a * o.w + cross }
    }
}

#[differentiable]
impl Quaternion {
    fn norm(&self) -> f64 {
        (self.w * self.w + self.v.dot(self.v)).sqrt()
    }

    /// A step of the motion, with the length set back to 1.
    fn advance(&mut self, rate: &Quaternion, h: f64) {
        let change = *self * *rate;
        self.w += h * change.w;
        self.v = self.v + change.v * h;
        let inverse = 1.0 / self.norm();
        self.w *= inverse;
        self.v = self.v * inverse;
    }
}

/// Where a body that turns is after some steps.
#[differentiable]
fn rotation(x: &[f64], steps: usize) -> f64 {
    let rate = Quaternion { w: 0.0, v: Vector { x: x[0], y: x[1], z: x[2] } };
    let mut q = Quaternion { w: 1.0, v: Vector { x: 0.0, y: 0.0, z: 0.0 } };
    for _ in 0..steps {
        q.advance(&rate, 0.5 * STEP);
    }
    q.v.x * q.v.y + q.v.z
}

fn rotation_by_hand(x: &[f64], steps: usize, d: &mut [f64]) -> f64 {
    let turn = |q: &Quaternion| Quaternion { w: q.w, v: q.v * -1.0 };
    let dot = |a: &Quaternion, b: &Quaternion| a.w * b.w + a.v.dot(b.v);
    let rate = Quaternion { w: 0.0, v: Vector { x: x[0], y: x[1], z: x[2] } };
    let mut q = Quaternion { w: 1.0, v: Vector { x: 0.0, y: 0.0, z: 0.0 } };
    let h = 0.5 * STEP;
    let mut path = Vec::with_capacity(steps);
    for _ in 0..steps {
        let change = q * rate;
        let next = Quaternion { w: q.w + h * change.w, v: q.v + change.v * h };
        let inverse = 1.0 / next.norm();
        let next = Quaternion { w: next.w * inverse, v: next.v * inverse };
        path.push((q, next, inverse));
        q = next;
    }
    let mut d_q = Quaternion { w: 0.0, v: Vector { x: q.v.y, y: q.v.x, z: 1.0 } };
    let mut d_rate = Vector { x: 0.0, y: 0.0, z: 0.0 };
    for (q, next, inverse) in path.into_iter().rev() {
        let along = dot(&d_q, &next);
        let d_next = Quaternion { w: inverse * (d_q.w - along * next.w), v: (d_q.v - next.v * along) * inverse };
        let back = d_next * turn(&rate);
        d_rate = d_rate + (turn(&q) * d_next).v * h;
        d_q = Quaternion { w: d_next.w + h * back.w, v: d_next.v + back.v * h };
    }
    d[0] += d_rate.x;
    d[1] += d_rate.y;
    d[2] += d_rate.z;
    q.v.x * q.v.y + q.v.z
}

const WIDTHS: [usize; 4] = [8, 24, 24, 1];

/// How many parameters the layers have together.
fn parameters() -> usize {
    WIDTHS.windows(2).map(|w| w[1] * (w[0] + 1)).sum()
}

#[derive(Clone, Differentiable)]
struct Dense {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

#[differentiable]
impl Dense {
    /// The layer whose parameters these are.
    fn read(x: &[f64], inputs: usize, outputs: usize) -> Dense {
        let rows = x[..inputs * outputs].chunks(inputs);
        Dense { weights: rows.map(|row| row.to_vec()).collect(), bias: x[inputs * outputs..].to_vec() }
    }

    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut y = Vec::new();
        for (row, bias) in self.weights.iter().zip(&self.bias) {
            let mut sum = *bias;
            for (w, x) in row.iter().zip(x) {
                sum += w * x;
            }
            y.push(sum.tanh());
        }
        y
    }
}

/// The sum of the squares of what a network gives for some inputs.
#[differentiable(wrt(x))]
fn network(x: &[f64], inputs: &[Vec<f64>]) -> f64 {
    let mut layers = Vec::new();
    let mut begin = 0;
    for l in 1..WIDTHS.len() {
        let size = WIDTHS[l] * (WIDTHS[l - 1] + 1);
        layers.push(Dense::read(&x[begin..begin + size], WIDTHS[l - 1], WIDTHS[l]));
        begin += size;
    }
    let mut loss = 0.0;
    for input in inputs {
        let mut y = input.clone();
        for layer in &layers {
            y = layer.forward(&y);
        }
        loss += y[0] * y[0];
    }
    loss
}

fn network_by_hand(x: &[f64], inputs: &[Vec<f64>], d: &mut [f64]) -> f64 {
    let mut begins = vec![0];
    for w in WIDTHS.windows(2) {
        begins.push(begins[begins.len() - 1] + w[1] * (w[0] + 1));
    }
    let mut loss = 0.0;
    let mut values: Vec<Vec<f64>> = WIDTHS.iter().map(|&n| vec![0.0; n]).collect();
    let mut cotangents = values.clone();
    for input in inputs {
        values[0].copy_from_slice(input);
        for l in 1..WIDTHS.len() {
            let (n, m) = (WIDTHS[l - 1], WIDTHS[l]);
            let x = &x[begins[l - 1]..begins[l]];
            let (before, after) = values.split_at_mut(l);
            for i in 0..m {
                let products = x[n * i..n * (i + 1)].iter().zip(&before[l - 1]).map(|(w, x)| w * x);
                after[0][i] = (x[n * m + i] + products.sum::<f64>()).tanh();
            }
        }
        let y = values[WIDTHS.len() - 1][0];
        loss += y * y;
        cotangents[WIDTHS.len() - 1][0] = 2.0 * y;
        for l in (1..WIDTHS.len()).rev() {
            let (n, m) = (WIDTHS[l - 1], WIDTHS[l]);
            let (x, d) = (&x[begins[l - 1]..begins[l]], &mut d[begins[l - 1]..begins[l]]);
            let (before, after) = cotangents.split_at_mut(l);
            before[l - 1].fill(0.0);
            for i in 0..m {
                let y = values[l][i];
                let d_sum = after[0][i] * (1.0 - y * y);
                d[n * m + i] += d_sum;
                for j in 0..n {
                    d[n * i + j] += d_sum * values[l - 1][j];
                    before[l - 1][j] += d_sum * x[n * i + j];
                }
            }
        }
    }
    loss
}
