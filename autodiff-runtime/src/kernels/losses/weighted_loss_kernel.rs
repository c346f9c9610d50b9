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
    weights: &ArrayRef<T, Ix1>,
) -> T {
    let samples = Samples::new(loss, y_true, y_pred);
    coefficients(loss, reduction, weights, samples.count).dot(&samples.losses(loss))
}

/// What each sample's loss is multiplied by.
#[track_caller]
fn coefficients<T: Real>(loss: Loss, reduction: Reduction, weights: &ArrayRef<T, Ix1>, samples: usize) -> Array1<T> {
    let name = loss.name();
    assert!(weights.len() == samples, "{name}: there are {} weights for {samples} samples", weights.len());
    let divisor = divisor(reduction, weights, samples);
    assert!(divisor != T::zero(), "{name}: the weights of a weighted mean sum to 0");
    weights.mapv(|weight| weight / divisor)
}

/// What the weighted sum is divided by.
fn divisor<T: Real>(reduction: Reduction, weights: &ArrayRef<T, Ix1>, samples: usize) -> T {
    match reduction {
        Reduction::Sum => T::one(),
        Reduction::Mean => T::__lit(samples as f64),
        Reduction::WeightedMean => weights.sum(),
    }
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

/// Adds the gradient of [`weighted_loss`] to the slots of `y_true`, `y_pred` and `weights`.
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
    weights_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let samples = Samples::new(loss, y_true, y_pred);
    let coefficients = coefficients(loss, reduction, weights, samples.count);
    if let Some(slot) = weights_slot {
        slot.scaled_add(ct, &by_weights(reduction, weights, &coefficients, &samples.losses(loss)));
    }
    samples.add_gradient(loss, &(coefficients * ct), true_slot, pred_slot);
}

/// The partial derivatives of the weighted loss by the weights.
fn by_weights<T: Real>(
    reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
    coefficients: &ArrayRef<T, Ix1>,
    losses: &ArrayRef<T, Ix1>,
) -> Array1<T> {
    let divisor = divisor(reduction, weights, losses.len());
    let mean = if reduction == Reduction::WeightedMean { coefficients.dot(losses) } else { T::zero() };
    losses.mapv(|loss| (loss - mean) / divisor)
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
    d_weights: Option<&ArrayRef<T, Ix1>>,
) -> (T, T) {
    let samples = Samples::new(loss, y_true, y_pred);
    let coefficients = coefficients(loss, reduction, weights, samples.count);
    let losses = samples.losses(loss);
    let mut tangent = coefficients.dot(&samples.tangents(loss, d_true, d_pred));
    if let Some(d_weights) = d_weights {
        tangent += by_weights(reduction, weights, &coefficients, &losses).dot(d_weights);
    }
    (coefficients.dot(&losses), tangent)
}
