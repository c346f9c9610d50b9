//! `llsq`: the least-squares fit of a polynomial to the sign function on [-1, 1].

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

/// Half the sum of squares of the differences at `n` points; `x` are the coefficients, from the constant one up.
#[differentiable]
fn squares(x: &[f64], n: usize) -> f64 {
    let mut sum = 0.0;
    for i in 0..n {
        let t = -1.0 + i as f64 * 2.0 / (n as f64 - 1.0);
        let mut difference = if t > 0.0 {
            1.0
        } else if t < 0.0 {
            -1.0
        } else {
            0.0
        };
        let mut power = 1.0;
        for coefficient in x {
            difference -= coefficient * power;
            power *= t;
        }
        sum += difference * difference;
    }
    sum / 2.0
}

#[derive(Deserialize)]
struct Input {
    x: Vec<f64>,
    n: usize,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { x, n, runs } = read(input)?;
    match function {
        "primal" => runs.time(|| squares(&x, n)),
        "gradient" => runs.gradient(x.len(), |gradient| squares::grad_into(&x, n, gradient)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        squares::check(&[0.1, 0.9, -0.2, 0.3], 9).unwrap();
    }
}
