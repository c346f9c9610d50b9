//! How far predictions of numbers are off.

use ndarray::{ArrayRef, Dimension};

use super::classification::check_count;
use crate::Real;
use crate::kernels::support::check_same_shape;
use crate::kernels::{mae_loss, mse_loss};

/// The mean of |p − t|, over all elements.
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
pub fn mean_absolute_error<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>) -> f64 {
    check_same_shape("mean_absolute_error", ("y_true", y_true), ("y_pred", y_pred));
    check_count("mean_absolute_error", y_true.len(), y_pred.len());
    mae_loss(y_true, y_pred).__f64()
}

/// The root of the mean of (p − t)², over all elements.
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
pub fn root_mean_squared_error<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>) -> f64 {
    check_same_shape("root_mean_squared_error", ("y_true", y_true), ("y_pred", y_pred));
    check_count("root_mean_squared_error", y_true.len(), y_pred.len());
    mse_loss(y_true, y_pred).__f64().sqrt()
}

/// The coefficient of determination, 1 − Σ (p − t)² / Σ (t − mean)²: 1 if all is right, 0 if the
/// predictions are no better than the mean.
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
pub fn r_squared<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>) -> f64 {
    check_same_shape("r_squared", ("y_true", y_true), ("y_pred", y_pred));
    check_count("r_squared", y_true.len(), y_pred.len());
    let error = mse_loss(y_true, y_pred).__f64();
    let count = y_true.len() as f64;
    let mean = y_true.iter().map(|t| t.__f64()).sum::<f64>() / count;
    let variance = y_true.iter().map(|t| (t.__f64() - mean).powi(2)).sum::<f64>() / count;
    1.0 - error / variance
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn errors_follow_their_formulas() {
        let (t, p) = (array![1.0, 2.0, 3.0, 6.0], array![1.0, 2.0, 3.0, 2.0]);
        assert_eq!(mean_absolute_error(&t, &p), 1.0);
        assert_eq!(root_mean_squared_error(&t, &p), 2.0);
        assert!((r_squared(&t, &p) - (1.0 - 16.0 / 14.0)).abs() < 1e-15);
        assert_eq!(r_squared(&t, &t), 1.0);
    }
}
