//! `gmm`: the logarithm of the posterior of a mixture of Gaussians with a Wishart prior.

use differentiable::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::runs::{Done, Runs, read, rows, unknown};

/// The prior of the precision matrices.
#[derive(Deserialize)]
struct Wishart {
    gamma: f64,
    m: usize,
}

#[differentiable]
fn log_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
    sum.ln() + largest
}

#[differentiable]
fn sum_of_squares(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

/// The logarithm of the multivariate gamma function.
fn log_gamma(a: f64, p: usize) -> f64 {
    let constant = 0.25 * (p * (p - 1)) as f64 * std::f64::consts::PI.ln();
    (1..=p).map(|j| libm::lgamma(a + 0.5 * (1.0 - j as f64))).sum::<f64>() + constant
}

/// The logarithm of the prior of the precision matrices.
#[differentiable]
fn log_wishart_prior(q_sums: &[f64], diagonals: &[f64], l: &[f64], d: usize, #[constant] wishart: &Wishart) -> f64 {
    let k = q_sums.len();
    let n = (d + wishart.m + 1) as f64;
    let size = d * (d - 1) / 2;
    let constant = n * d as f64 * (wishart.gamma.ln() - 0.5 * 2.0_f64.ln()) - log_gamma(0.5 * n, d);
    let mut sum = 0.0;
    for i in 0..k {
        let frobenius = sum_of_squares(&diagonals[i * d..(i + 1) * d]) + sum_of_squares(&l[i * size..(i + 1) * size]);
        sum += 0.5 * wishart.gamma * wishart.gamma * frobenius - wishart.m as f64 * q_sums[i];
    }
    k as f64 * constant - sum
}

/// The logarithm of the posterior. `mu`, `q` and `l` have a row for each component, and `x` for each point.
#[differentiable]
fn objective(
    alpha: &[f64],
    mu: &[f64],
    q: &[f64],
    l: &[f64],
    #[constant] x: &[f64],
    d: usize,
    #[constant] wishart: &Wishart,
) -> f64 {
    let k = alpha.len();
    let n = x.len() / d;
    let size = d * (d - 1) / 2;
    let diagonals: Vec<f64> = q.iter().map(|q| q.exp()).collect();
    let q_sums: Vec<f64> = q.chunks_exact(d).map(|row| row.iter().sum()).collect();

    let mut centered = vec![0.0; d];
    let mut scaled = vec![0.0; d];
    let mut terms = vec![0.0; k];
    let mut sum = 0.0;
    for point in x.chunks_exact(d) {
        for i in 0..k {
            for j in 0..d {
                centered[j] = point[j] - mu[i * d + j];
            }
            // The product of a lower triangular matrix, which is stored column by column, with what is centered.
            for j in 0..d {
                scaled[j] = diagonals[i * d + j] * centered[j];
            }
            let mut next = i * size;
            for column in 0..d {
                for row in column + 1..d {
                    scaled[row] += l[next] * centered[column];
                    next += 1;
                }
            }
            terms[i] = alpha[i] + q_sums[i] - 0.5 * sum_of_squares(&scaled);
        }
        sum += log_sum_exp(&terms);
    }
    let constant = -((n * d) as f64) * 0.5 * std::f64::consts::TAU.ln();
    constant + sum - n as f64 * log_sum_exp(alpha) + log_wishart_prior(&q_sums, &diagonals, l, d, wishart)
}

#[derive(Deserialize)]
struct Input {
    d: usize,
    x: Vec<Vec<f64>>,
    alpha: Vec<f64>,
    mu: Vec<Vec<f64>>,
    q: Vec<Vec<f64>>,
    l: Vec<Vec<f64>>,
    #[serde(flatten)]
    wishart: Wishart,
    #[serde(flatten)]
    runs: Runs,
}

#[derive(Serialize)]
struct Gradient {
    alpha: Vec<f64>,
    mu: Vec<Vec<f64>>,
    q: Vec<Vec<f64>>,
    l: Vec<Vec<f64>>,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { d, x, alpha, mu, q, l, wishart, runs } = read(input)?;
    let (x, mu, q, l) = (x.concat(), mu.concat(), q.concat(), l.concat());
    match function {
        "objective" => runs.time(|| objective(&alpha, &mu, &q, &l, &x, d, &wishart)),
        "jacobian" => runs.time_then(
            || objective::grad(&alpha, &mu, &q, &l, &x, d, &wishart),
            |(alpha, mu, q, l)| Gradient { alpha, mu: rows(&mu, d), q: rows(&q, d), l: rows(&l, d * (d - 1) / 2) },
        ),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        let numbers = |n: usize, seed: f64| -> Vec<f64> { (0..n).map(|i| (seed + 1.7 * i as f64).sin()).collect() };
        let (d, k, n) = (3, 2, 4);
        let (alpha, mu, q, l) = (numbers(k, 0.1), numbers(k * d, 0.2), numbers(k * d, 0.3), numbers(k * 3, 0.4));
        let wishart = Wishart { gamma: 1.2, m: 1 };
        objective::check(&alpha, &mu, &q, &l, &numbers(n * d, 0.5), d, &wishart).unwrap();
    }
}
