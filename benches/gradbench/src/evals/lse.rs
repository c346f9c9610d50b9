//! `lse`: the logarithm of a sum of exponentials.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

#[differentiable]
fn log_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
    sum.ln() + largest
}

#[derive(Deserialize)]
struct Input {
    x: Vec<f64>,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { x, runs } = read(input)?;
    match function {
        "primal" => runs.time(|| log_sum_exp(&x)),
        "gradient" => runs.gradient(x.len(), |gradient| log_sum_exp::grad_into(&x, gradient)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        log_sum_exp::check(&[0.1, 0.9, -0.2, 30.0, 29.5]).unwrap();
    }
}
