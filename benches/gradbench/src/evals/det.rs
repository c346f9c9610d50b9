//! `det`: the determinant of a matrix by expansion along rows.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

/// The determinant of the minor of the `n` by `n` matrix `a` (row by row) that is made of the rows from `row` on and
/// of the columns in the bit set `columns`.
#[differentiable]
fn minor(a: &[f64], n: usize, row: usize, columns: u32) -> f64 {
    if row == n {
        return 1.0;
    }
    let mut sum = 0.0;
    let mut sign = 1.0;
    for column in 0..n {
        if columns & (1 << column) != 0 {
            sum += sign * a[row * n + column] * minor(a, n, row + 1, columns & !(1 << column));
            sign = -sign;
        }
    }
    sum
}

#[differentiable]
fn determinant(a: &[f64], n: usize) -> f64 {
    minor(a, n, 0, (1 << n) - 1)
}

#[derive(Deserialize)]
struct Input {
    #[serde(rename = "A")]
    a: Vec<f64>,
    ell: usize,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { a, ell, runs } = read(input)?;
    match function {
        "primal" => runs.time(|| determinant(&a, ell)),
        "gradient" => runs.gradient(a.len(), |gradient| determinant::grad_into(&a, ell, gradient)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient() {
        let a = [2.0, -1.0, 0.5, 0.0, 1.5, 3.0, -2.0, 1.0, 4.0];
        assert_eq!(determinant(&a, 3), 2.0 * (1.5 * 4.0 - 3.0) + 6.0 + 0.5 * 3.0);
        determinant::check(&a, 3).unwrap();
    }
}
