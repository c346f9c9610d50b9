//! `ode`: a system of ordinary differential equations, solved with the classical Runge-Kutta method.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

/// y' of the system y'₀ = x₀, y'ᵢ = xᵢ yᵢ₋₁.
#[differentiable]
fn slope(x: &[f64], y: &[f64], slope: &mut [f64]) {
    slope[0] = x[0];
    for i in 1..x.len() {
        slope[i] = x[i] * y[i - 1];
    }
}

/// The solution at time 2, from zero in `steps` steps.
#[differentiable]
fn solve(x: &[f64], steps: usize) -> Vec<f64> {
    let n = x.len();
    let h = 2.0 / steps as f64;
    let mut y = vec![0.0; n];
    let mut between = vec![0.0; n];
    let (mut k1, mut k2, mut k3, mut k4) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    for _ in 0..steps {
        slope(x, &y, &mut k1);
        for i in 0..n {
            between[i] = y[i] + h * k1[i] / 2.0;
        }
        slope(x, &between, &mut k2);
        for i in 0..n {
            between[i] = y[i] + h * k2[i] / 2.0;
        }
        slope(x, &between, &mut k3);
        for i in 0..n {
            between[i] = y[i] + h * k3[i];
        }
        slope(x, &between, &mut k4);
        for i in 0..n {
            y[i] += h * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
        }
    }
    y
}

/// The last element of the solution.
#[differentiable]
fn last(x: &[f64], steps: usize) -> f64 {
    solve(x, steps)[x.len() - 1]
}

#[derive(Deserialize)]
struct Input {
    x: Vec<f64>,
    s: usize,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { x, s, runs } = read(input)?;
    match function {
        "primal" => runs.time(|| solve(&x, s)),
        "gradient" => runs.gradient(x.len(), |gradient| last::grad_into(&x, s, gradient)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        solve::check(&[0.3, 0.9, 0.6], 4).unwrap();
        last::check(&[0.3, 0.9, 0.6], 4).unwrap();
    }
}
