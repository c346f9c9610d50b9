//! Bodies that attract each other, where they move, a network of springs, heat in a rod.

use differentiable::prelude::*;

use super::{Program, numbers};

pub(crate) fn programs() -> Vec<Program> {
    let masses = numbers(100, 11);
    let edges: Vec<(usize, usize)> =
        (0..3000).map(|k| (k % 1000, (k * 7 + 1 + k / 1000) % 1000)).filter(|(a, b)| a != b).collect();
    let (m1, m2, m3) = (masses.clone(), masses.clone(), masses);
    let (e1, e2, e3) = (edges.clone(), edges.clone(), edges);
    vec![
        Program {
            name: "bodies",
            x: numbers(300, 12),
            primal: Box::new(move |x| bodies(x, &m1)),
            ours: Box::new(move |x, d| bodies::grad_into(x, &m2, d)),
            hand: Box::new(move |x, d| bodies_by_hand(x, &m3, d)),
        },
        Program {
            name: "orbits",
            x: numbers(16, 15),
            primal: Box::new(|x| orbits(x, 200)),
            ours: Box::new(|x, d| orbits::grad_into(x, 200, d)),
            hand: Box::new(|x, d| orbits_by_hand(x, 200, d)),
        },
        Program {
            name: "springs",
            x: numbers(2000, 13),
            primal: Box::new(move |x| springs(x, &e1)),
            ours: Box::new(move |x, d| springs::grad_into(x, &e2, d)),
            hand: Box::new(move |x, d| springs_by_hand(x, &e3, d)),
        },
        Program {
            name: "heat",
            x: numbers(256, 14),
            primal: Box::new(|x| heat(x, 200)),
            ours: Box::new(|x, d| heat::grad_into(x, 200, d)),
            hand: Box::new(|x, d| heat_by_hand(x, 200, d)),
        },
    ]
}

/// The potential energy of bodies in space.
#[differentiable(wrt(x))]
fn bodies(x: &[f64], masses: &[f64]) -> f64 {
    let mut energy = 0.0;
    for i in 0..masses.len() {
        for j in 0..i {
            let dx = x[3 * i] - x[3 * j];
            let dy = x[3 * i + 1] - x[3 * j + 1];
            let dz = x[3 * i + 2] - x[3 * j + 2];
            energy -= masses[i] * masses[j] / (dx * dx + dy * dy + dz * dz + 0.01).sqrt();
        }
    }
    energy
}

fn bodies_by_hand(x: &[f64], masses: &[f64], d: &mut [f64]) -> f64 {
    let mut energy = 0.0;
    for i in 0..masses.len() {
        for j in 0..i {
            let delta = [x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1], x[3 * i + 2] - x[3 * j + 2]];
            let square = delta[0] * delta[0] + delta[1] * delta[1] + delta[2] * delta[2] + 0.01;
            let potential = masses[i] * masses[j] / square.sqrt();
            energy -= potential;
            let force = potential / square;
            for k in 0..3 {
                d[3 * i + k] += force * delta[k];
                d[3 * j + k] -= force * delta[k];
            }
        }
    }
    energy
}

#[differentiable]
fn square(x: f64) -> f64 {
    x * x
}

#[differentiable]
fn softened(dx: f64, dy: f64) -> f64 {
    square(dx) + square(dy) + 0.1
}

#[differentiable]
fn attraction(dx: f64, dy: f64) -> [f64; 2] {
    let distance = softened(dx, dy).sqrt();
    [dx / (distance * distance * distance), dy / (distance * distance * distance)]
}

/// How far bodies in the plane are from the origin after some steps. What each step does stands in small functions.
#[differentiable]
fn orbits(x: &[f64], steps: usize) -> f64 {
    let mut p = x.to_vec();
    let mut v = vec![0.0; x.len()];
    for _ in 0..steps {
        for i in 0..x.len() / 2 {
            for j in 0..i {
                let pull = attraction(p[2 * j] - p[2 * i], p[2 * j + 1] - p[2 * i + 1]);
                for k in 0..2 {
                    v[2 * i + k] += STEP * pull[k];
                    v[2 * j + k] -= STEP * pull[k];
                }
            }
        }
        for k in 0..x.len() {
            p[k] += STEP * v[k];
        }
    }
    p.iter().map(|p| p * p).sum()
}

const STEP: f64 = 0.01;

fn orbits_by_hand(x: &[f64], steps: usize, d: &mut [f64]) -> f64 {
    let n = x.len();
    let mut positions = vec![0.0; (steps + 1) * n];
    positions[..n].copy_from_slice(x);
    let mut v = vec![0.0; n];
    for step in 0..steps {
        let (p, next) = positions[step * n..][..2 * n].split_at_mut(n);
        for i in 0..n / 2 {
            for j in 0..i {
                let (dx, dy) = (p[2 * j] - p[2 * i], p[2 * j + 1] - p[2 * i + 1]);
                let square = dx * dx + dy * dy + 0.1;
                let scale = STEP / (square * square.sqrt());
                for (k, delta) in [dx, dy].into_iter().enumerate() {
                    v[2 * i + k] += scale * delta;
                    v[2 * j + k] -= scale * delta;
                }
            }
        }
        for k in 0..n {
            next[k] = p[k] + STEP * v[k];
        }
    }
    let last = &positions[steps * n..];
    let mut d_p: Vec<f64> = last.iter().map(|p| 2.0 * p).collect();
    let mut d_v = vec![0.0; n];
    for step in (0..steps).rev() {
        let p = &positions[step * n..][..n];
        for k in 0..n {
            d_v[k] += STEP * d_p[k];
        }
        for i in 0..n / 2 {
            for j in 0..i {
                let delta = [p[2 * j] - p[2 * i], p[2 * j + 1] - p[2 * i + 1]];
                let d_pull = [d_v[2 * i] - d_v[2 * j], d_v[2 * i + 1] - d_v[2 * j + 1]];
                let square = delta[0] * delta[0] + delta[1] * delta[1] + 0.1;
                let scale = STEP / (square * square.sqrt());
                let along = 3.0 * scale / square * (delta[0] * d_pull[0] + delta[1] * d_pull[1]);
                for k in 0..2 {
                    let d_delta = scale * d_pull[k] - along * delta[k];
                    d_p[2 * j + k] += d_delta;
                    d_p[2 * i + k] -= d_delta;
                }
            }
        }
    }
    for (d, d_p) in d.iter_mut().zip(&d_p) {
        *d += d_p;
    }
    last.iter().map(|p| p * p).sum()
}

/// The energy of springs of length 0.5 between points of the plane.
#[differentiable]
fn springs(x: &[f64], edges: &[(usize, usize)]) -> f64 {
    let mut energy = 0.0;
    for &(a, b) in edges {
        let dx = x[2 * a] - x[2 * b];
        let dy = x[2 * a + 1] - x[2 * b + 1];
        let stretch = (dx * dx + dy * dy).sqrt() - 0.5;
        energy += 0.5 * stretch * stretch;
    }
    energy
}

fn springs_by_hand(x: &[f64], edges: &[(usize, usize)], d: &mut [f64]) -> f64 {
    let mut energy = 0.0;
    for &(a, b) in edges {
        let dx = x[2 * a] - x[2 * b];
        let dy = x[2 * a + 1] - x[2 * b + 1];
        let length = (dx * dx + dy * dy).sqrt();
        let stretch = length - 0.5;
        energy += 0.5 * stretch * stretch;
        let force = stretch / length;
        d[2 * a] += force * dx;
        d[2 * b] -= force * dx;
        d[2 * a + 1] += force * dy;
        d[2 * b + 1] -= force * dy;
    }
    energy
}

/// Heat spreads in a rod, faster where it is hot; the sum of squares at the end.
#[differentiable]
fn heat(start: &[f64], steps: usize) -> f64 {
    let n = start.len();
    let mut u = start.to_vec();
    let mut next = u.clone();
    for _ in 0..steps {
        for i in 1..n - 1 {
            next[i] = u[i] + 0.1 * (1.0 + 0.5 * u[i] * u[i]) * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
        }
        std::mem::swap(&mut u, &mut next);
    }
    u.iter().map(|u| u * u).sum()
}

fn heat_by_hand(start: &[f64], steps: usize, d: &mut [f64]) -> f64 {
    let n = start.len();
    // All states, one after the other; the ends never change.
    let mut states = vec![0.0; (steps + 1) * n];
    states[..n].copy_from_slice(start);
    for t in 0..steps {
        let (before, after) = states.split_at_mut((t + 1) * n);
        let (u, next) = (&before[t * n..], &mut after[..n]);
        next[0] = u[0];
        next[n - 1] = u[n - 1];
        for i in 1..n - 1 {
            next[i] = u[i] + 0.1 * (1.0 + 0.5 * u[i] * u[i]) * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
        }
    }
    let last = &states[steps * n..];
    let mut du: Vec<f64> = last.iter().map(|u| 2.0 * u).collect();
    let mut before = vec![0.0; n];
    for t in (0..steps).rev() {
        let u = &states[t * n..(t + 1) * n];
        before.fill(0.0);
        before[0] = du[0];
        before[n - 1] = du[n - 1];
        for i in 1..n - 1 {
            let rate = 0.1 * (1.0 + 0.5 * u[i] * u[i]);
            let bend = u[i - 1] - 2.0 * u[i] + u[i + 1];
            before[i] += du[i] * (1.0 + 0.1 * u[i] * bend - 2.0 * rate);
            before[i - 1] += du[i] * rate;
            before[i + 1] += du[i] * rate;
        }
        std::mem::swap(&mut du, &mut before);
    }
    d.iter_mut().zip(&du).for_each(|(d, du)| *d += du);
    last.iter().map(|u| u * u).sum()
}
