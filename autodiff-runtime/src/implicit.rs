//! Solutions of equations, and their derivatives by the implicit function theorem.
//!
//! `#[differentiable(implicit = residual)]` on a function that solves an equation says which one: `residual` takes the
//! function's parameters and then the solution by reference, and is zero there. The derivative is one linear system,
//! however many iterations found the solution, and nothing of these is stored. A fixed point of `g` is a zero of
//! `x − g(x)`. At a solution where the derivative of the residual has no inverse there is no derivative: a panic.
//!
//! ```standalone_crate
//! # extern crate autodiff_runtime as differentiable;
//! # use autodiff_macros::{Differentiable, differentiable};
//! use differentiable::prelude::*;
//!
//! /// Kepler's equation, solved by Newton's method for the eccentric anomaly.
//! #[differentiable(implicit = kepler)]
//! fn anomaly(mean: f64, eccentricity: f64) -> f64 {
//!     let mut x = mean;
//!     while kepler(mean, eccentricity, &x).abs() > 1e-14 {
//!         x -= kepler(mean, eccentricity, &x) / (1.0 - eccentricity * x.cos());
//!     }
//!     x
//! }
//!
//! #[differentiable]
//! fn kepler(mean: f64, eccentricity: f64, x: &f64) -> f64 {
//!     x - eccentricity * x.sin() - mean
//! }
//!
//! let (d_mean, d_eccentricity) = anomaly::grad(0.8, 0.3);
//! let x = anomaly(0.8, 0.3);
//! assert!((d_mean - 1.0 / (1.0 - 0.3 * x.cos())).abs() < 1e-12);
//! assert!((d_eccentricity - x.sin() * d_mean).abs() < 1e-12);
//! anomaly::check(0.8, 0.3).unwrap();
//! ```

/// `−A⁻¹ b`, for a matrix that is given by columns.
///
/// # Panics
///
/// Panics if the matrix has no inverse, or is not square.
#[doc(hidden)]
#[must_use]
pub fn solve(columns: Vec<Vec<f64>>, b: Vec<f64>) -> Vec<f64> {
    let n = columns.len();
    let rows = (0..n).map(|i| columns.iter().map(|column| column[i]).collect()).collect();
    check_square(&columns, n);
    eliminate(rows, b)
}

/// `−A⁻ᵀ b`, for a matrix that is given by columns.
///
/// # Panics
///
/// Panics if the matrix has no inverse, or is not square.
#[doc(hidden)]
#[must_use]
pub fn solve_transposed(columns: Vec<Vec<f64>>, b: Vec<f64>) -> Vec<f64> {
    check_square(&columns, columns.len());
    eliminate(columns, b)
}

fn check_square(lines: &[Vec<f64>], n: usize) {
    for line in lines {
        assert!(line.len() == n, "a residual of {} numbers does not determine a solution of {n}", line.len());
    }
}

/// Gaussian elimination with row pivots; the sign of the right-hand side is changed.
fn eliminate(mut rows: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = rows.len();
    b.iter_mut().for_each(|b| *b = -*b);
    for k in 0..n {
        let size = |i: &usize| rows[*i][k].abs();
        let pivot = (k..n).max_by(|i, j| size(i).total_cmp(&size(j))).unwrap_or(k);
        rows.swap(k, pivot);
        b.swap(k, pivot);
        let (above, below) = rows.split_at_mut(k + 1);
        let first = &above[k];
        assert!(
            first[k] != 0.0,
            "the derivative of the residual by the solution has no inverse: the solution has no derivative here"
        );
        for (i, row) in below.iter_mut().enumerate() {
            let factor = row[k] / first[k];
            if factor != 0.0 {
                row[k..].iter_mut().zip(&first[k..]).for_each(|(x, y)| *x -= factor * y);
                b[k + 1 + i] -= factor * b[k];
            }
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / rows[k][k];
    }
    b
}
