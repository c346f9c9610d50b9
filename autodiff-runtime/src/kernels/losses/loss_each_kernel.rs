//! The loss of every sample by itself.

use ndarray::{Array1, ArrayRef, Dimension};

use super::Loss;
use super::samples::Samples;
use crate::Real;

/// The loss of every sample, a mean over its rows: what Keras gives with `reduction="none"`.
///
/// Samples lie along the first axis and rows along the last; of arrays of one axis every element is a sample.
///
/// ```
/// use autodiff_runtime::kernels::{Loss, loss_each};
/// use autodiff_runtime::prelude::*;
///
/// let (y, p) = (array![[0.0, 0.0], [1.0, 1.0]], array![[1.0, 3.0], [1.0, 1.0]]);
/// assert_eq!(loss_each(&y, &p, Loss::MeanSquaredError), array![5.0, 0.0]);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = loss_each, order = 2, body = crate::kernels::plain::loss_each(y_true, y_pred, loss))]
pub fn loss_each<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    #[constant] loss: Loss,
) -> Array1<T> {
    Samples::new(loss, y_true, y_pred).losses(loss)
}

/// The value of [`loss_each`]; nothing is saved.
#[track_caller]
pub fn loss_each_forward<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
) -> (Array1<T>, ()) {
    (loss_each(y_true, y_pred, loss), ())
}

/// Adds the gradient of [`loss_each`] to the slots of `y_true` and `y_pred`.
pub fn loss_each_adjoint<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
    (): (),
    ct: Array1<T>,
    true_slot: Option<&mut ArrayRef<T, D>>,
    pred_slot: Option<&mut ArrayRef<T, D>>,
) {
    Samples::new(loss, y_true, y_pred).add_gradient(loss, &ct, true_slot, pred_slot);
}

/// The value of [`loss_each`], and its derivative along the tangents.
#[track_caller]
pub fn loss_each_tangent<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    loss: Loss,
    d_true: Option<&ArrayRef<T, D>>,
    d_pred: Option<&ArrayRef<T, D>>,
) -> (Array1<T>, Array1<T>) {
    let samples = Samples::new(loss, y_true, y_pred);
    (samples.losses(loss), samples.tangents(loss, d_true, d_pred))
}
