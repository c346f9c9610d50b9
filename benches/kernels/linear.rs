//! Dense linear algebra by loops: a matrix product, a Cholesky factorisation, a convolution; and Rosenbrock's function.

use differentiable::prelude::*;

use super::{Program, numbers};

pub(crate) fn programs() -> Vec<Program> {
    let n = 48;
    let mut spd = numbers(n * n, 3);
    (0..n).for_each(|i| spd[i * n + i] += n as f64);
    vec![
        Program {
            name: "rosenbrock",
            x: numbers(10_000, 1),
            primal: Box::new(rosenbrock),
            ours: Box::new(rosenbrock::grad_into),
            hand: Box::new(rosenbrock_by_hand),
        },
        Program {
            name: "product",
            x: numbers(2 * 64 * 64, 2),
            primal: Box::new(|x| product(x, 64)),
            ours: Box::new(|x, d| product::grad_into(x, 64, d)),
            hand: Box::new(|x, d| product_by_hand(x, 64, d)),
        },
        Program {
            name: "cholesky",
            x: spd,
            primal: Box::new(move |x| log_determinant(x, n)),
            ours: Box::new(move |x, d| log_determinant::grad_into(x, n, d)),
            hand: Box::new(move |x, d| log_determinant_by_hand(x, n, d)),
        },
        Program {
            name: "convolution",
            x: numbers(9 + 10_000, 4),
            primal: Box::new(|x| convolution(x, 9)),
            ours: Box::new(|x, d| convolution::grad_into(x, 9, d)),
            hand: Box::new(|x, d| convolution_by_hand(x, 9, d)),
        },
    ]
}

#[differentiable]
fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
    }
    sum
}

fn rosenbrock_by_hand(x: &[f64], d: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
        d[i + 1] += 200.0 * valley;
        d[i] -= 400.0 * valley * x[i] + 2.0 * slope;
    }
    sum
}

/// The sum of squares of A·B.
#[differentiable]
fn product(x: &[f64], n: usize) -> f64 {
    let (a, b) = x.split_at(n * n);
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        for k in 0..n {
            for j in 0..n {
                c[i * n + j] += a[i * n + k] * b[k * n + j];
            }
        }
    }
    c.iter().map(|c| c * c).sum()
}

fn product_by_hand(x: &[f64], n: usize, d: &mut [f64]) -> f64 {
    let (a, b) = x.split_at(n * n);
    let (da, db) = d.split_at_mut(n * n);
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        let row = &mut c[i * n..(i + 1) * n];
        for k in 0..n {
            let scale = a[i * n + k];
            for (c, b) in row.iter_mut().zip(&b[k * n..(k + 1) * n]) {
                *c += scale * b;
            }
        }
    }
    let mut sum = 0.0;
    for c in &mut c {
        sum += *c * *c;
        *c *= 2.0;
    }
    for i in 0..n {
        let row = &c[i * n..(i + 1) * n];
        for k in 0..n {
            let scale = a[i * n + k];
            let mut dot = 0.0;
            let (b, db) = (&b[k * n..(k + 1) * n], &mut db[k * n..(k + 1) * n]);
            for j in 0..n {
                dot += row[j] * b[j];
                db[j] += row[j] * scale;
            }
            da[i * n + k] += dot;
        }
    }
    sum
}

/// The logarithm of the determinant of a symmetric matrix, of which the lower half is read.
#[differentiable]
fn log_determinant(a: &[f64], n: usize) -> f64 {
    let mut l = a.to_vec();
    let mut sum = 0.0;
    for j in 0..n {
        for k in 0..j {
            for i in j..n {
                l[i * n + j] -= l[i * n + k] * l[j * n + k];
            }
        }
        let diagonal = l[j * n + j].sqrt();
        for i in j..n {
            l[i * n + j] /= diagonal;
        }
        sum += 2.0 * diagonal.ln();
    }
    sum
}

/// The gradient is the inverse; what is off the diagonal stands for two elements.
fn log_determinant_by_hand(a: &[f64], n: usize, d: &mut [f64]) -> f64 {
    let mut l = a.to_vec();
    let mut sum = 0.0;
    for j in 0..n {
        for i in j..n {
            let mut s = l[i * n + j];
            for k in 0..j {
                s -= l[i * n + k] * l[j * n + k];
            }
            l[i * n + j] = if i == j { s.sqrt() } else { s / l[j * n + j] };
        }
        sum += 2.0 * l[j * n + j].ln();
    }
    // The inverse of the factor, row by row of its transpose.
    let mut inverse = vec![0.0; n * n];
    for j in 0..n {
        inverse[j * n + j] = 1.0 / l[j * n + j];
        for i in j + 1..n {
            let mut s = 0.0;
            for k in j..i {
                s -= l[i * n + k] * inverse[j * n + k];
            }
            inverse[j * n + i] = s / l[i * n + i];
        }
    }
    for i in 0..n {
        for j in 0..=i {
            let mut s = 0.0;
            for k in i..n {
                s += inverse[i * n + k] * inverse[j * n + k];
            }
            d[i * n + j] += if i == j { s } else { 2.0 * s };
        }
    }
    sum
}

/// The sum of squares of a signal that is convolved with a kernel of `width` numbers, which stands before it.
#[differentiable]
fn convolution(x: &[f64], width: usize) -> f64 {
    let (kernel, signal) = x.split_at(width);
    let mut sum = 0.0;
    for i in 0..signal.len() - width + 1 {
        let mut y = 0.0;
        for k in 0..width {
            y += kernel[k] * signal[i + k];
        }
        sum += y * y;
    }
    sum
}

fn convolution_by_hand(x: &[f64], width: usize, d: &mut [f64]) -> f64 {
    let (kernel, signal) = x.split_at(width);
    let (d_kernel, d_signal) = d.split_at_mut(width);
    let mut sum = 0.0;
    for i in 0..signal.len() - width + 1 {
        let part = &signal[i..i + width];
        let y: f64 = kernel.iter().zip(part).map(|(k, s)| k * s).sum();
        sum += y * y;
        let d_part = &mut d_signal[i..i + width];
        for k in 0..width {
            d_kernel[k] += 2.0 * y * part[k];
            d_part[k] += 2.0 * y * kernel[k];
        }
    }
    sum
}
