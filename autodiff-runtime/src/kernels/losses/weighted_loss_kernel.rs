//! A loss with a weight for each sample.

use ndarray::{Array1, ArrayRef, Dimension, Ix1};

use super::samples::Samples;
use super::{Loss, Reduction};
use crate::Real;

/// The losses of all samples, with these weights, as one number.
///
/// ```
/// use autodiff_runtime::kernels::{Loss, Reduction, weighted_loss};
/// use autodiff_runtime::prelude::*;
///
/// let (y, p, w) = (array![0.0, 0.0], array![1.0, 2.0], array![1.0, 3.0]);
/// let loss = |reduction| weighted_loss(&y, &p, Loss::MeanSquaredError, reduction, &w);
/// assert_eq!(loss(Reduction::Sum), 13.0);
/// assert_eq!(loss(Reduction::Mean), 6.5);
/// assert_eq!(loss(Reduction::WeightedMean), 3.25);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, if there are not as many weights as samples, if the arrays are empty, or if the weights
/// of a weighted mean sum to 0.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = weighted_loss, order = 2, body = crate::kernels::plain::weighted_loss(y_true, y_pred, loss, reduction, weights))]
pub fn weighted_loss<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    #[constant] loss: Loss,
    #[constant] reduction: Reduction,
    #[constant] weights: &ArrayRef<T, Ix1>,
) -> T {
    let samples = Samples::new(loss, y_true, y_pred);
    coefficients(loss, reduction, weights, samples.count).dot(&samples.losses(loss))
}

/// What each sample's loss is multiplied by.
#[track_caller]
pub(crate) fn coefficients<T: Real>(
    loss: Loss,
    reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
    samples: usize,
) -> Array1<T> {
    let name = loss.name();
    assert!(weights.len() == samples, "{name}: there are {} weights for {samples} samples", weights.len());
    let divisor = match reduction {
        Reduction::Sum => T::one(),
        Reduction::Mean => T::__lit(samples as f64),
        Reduction::WeightedMean => weights.sum(),
    };
    assert!(divisor != T::zero(), "{name}: the weights of a weighted mean sum to 0");
    weights.mapv(|weight| weight / divisor)
}

/// The value of [`weighted_loss`]; nothing is saved.
#[track_caller]
pub fn weighted_loss_forward<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
    reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
) -> (T, ()) {
    (weighted_loss(y_true, y_pred, loss, reduction, weights), ())
}

/// Adds the gradient of [`weighted_loss`] to the slots of `y_true` and `y_pred`.
pub fn weighted_loss_adjoint<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
    reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
    (): (),
    ct: T,
    true_slot: Option<&mut ArrayRef<T, D>>,
    pred_slot: Option<&mut ArrayRef<T, D>>,
) {
    let samples = Samples::new(loss, y_true, y_pred);
    let coefficients = coefficients(loss, reduction, weights, samples.count) * ct;
    samples.add_gradient(loss, &coefficients, true_slot, pred_slot);
}

/// The value of [`weighted_loss`], and its derivative along the tangents.
#[track_caller]
pub fn weighted_loss_tangent<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
    reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
    d_true: Option<&ArrayRef<T, D>>,
    d_pred: Option<&ArrayRef<T, D>>,
) -> (T, T) {
    let samples = Samples::new(loss, y_true, y_pred);
    let coefficients = coefficients(loss, reduction, weights, samples.count);
    (coefficients.dot(&samples.losses(loss)), coefficients.dot(&samples.tangents(loss, d_true, d_pred)))
}
