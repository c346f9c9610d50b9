//! Batch normalisation of a layer that trains or predicts.
//!
//! While it trains this is [`batch_norm`](super::batch_norm()), and the way back hands the statistics of the batch to
//! the slots of the running averages. While it predicts this is [`batch_norm_inference`](super::batch_norm_inference()).

use ndarray::{Array, Array1, ArrayRef, Dimension, Ix1};

use super::{
    BatchNormSaved, batch_norm, batch_norm_adjoint, batch_norm_forward, batch_norm_inference,
    batch_norm_inference_adjoint, batch_norm_inference_tangent, batch_norm_tangent,
};
use crate::Real;
use crate::layers::{Mode, Observed, Running};

/// What the way back needs of [`running_batch_norm`] where it trains: what [`batch_norm`] saves, and the statistics.
pub type RunningBatchNormSaved<T, D> = Option<(BatchNormSaved<T, D>, Array1<T>, Array1<T>)>;

/// Batch normalisation, γ·(x − mean) / √(variance + ε) + β, with the statistics that `mode` says.
///
/// # Panics
///
/// As [`batch_norm`] and [`batch_norm_inference`].
#[track_caller]
#[::autodiff_macros::differentiable(kernel = running_batch_norm, order = 2, body = crate::kernels::plain::running_batch_norm(x, gamma, beta, stop_gradient(mean), stop_gradient(variance), epsilon, mode))]
pub fn running_batch_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &Running<T>,
    variance: &Running<T>,
    #[constant] epsilon: f64,
    #[constant] mode: Mode,
) -> Array<T, D> {
    if mode.trains() {
        batch_norm(x, gamma, beta, epsilon).0
    } else {
        batch_norm_inference(x, gamma, beta, &mean.values, &variance.values, epsilon)
    }
}

/// The value of [`running_batch_norm`], and what [`running_batch_norm_adjoint`] needs.
#[track_caller]
pub fn running_batch_norm_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &Running<T>,
    variance: &Running<T>,
    epsilon: f64,
    mode: Mode,
) -> (Array<T, D>, RunningBatchNormSaved<T, D>) {
    if mode.trains() {
        let ((y, mean, variance), saved) = batch_norm_forward(x, gamma, beta, epsilon);
        (y, Some((saved, mean, variance)))
    } else {
        (running_batch_norm(x, gamma, beta, mean, variance, epsilon, mode), None)
    }
}

/// Adds the gradients of [`running_batch_norm`] to the slots of `x`, `gamma` and `beta`, and the statistics of the batch
/// to those of `mean` and `variance`.
pub fn running_batch_norm_adjoint<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &Running<T>,
    variance: &Running<T>,
    epsilon: f64,
    _mode: Mode,
    saved: RunningBatchNormSaved<T, D>,
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    gamma_slot: Option<&mut ArrayRef<T, Ix1>>,
    beta_slot: Option<&mut ArrayRef<T, Ix1>>,
    mean_slot: Option<&mut Observed<T>>,
    variance_slot: Option<&mut Observed<T>>,
) {
    let Some((saved, batch_mean, batch_variance)) = saved else {
        let (mean, variance) = (&mean.values, &variance.values);
        let slots = (x_slot, gamma_slot, beta_slot);
        batch_norm_inference_adjoint(
            x,
            gamma,
            beta,
            mean,
            variance,
            epsilon,
            (),
            ct,
            slots.0,
            slots.1,
            slots.2,
            None,
            None,
        );
        return;
    };
    let zeros = Array1::zeros(batch_mean.len());
    let cts = (ct, zeros.clone(), zeros);
    batch_norm_adjoint(x, gamma, beta, epsilon, saved, cts, x_slot, gamma_slot, beta_slot);
    if let Some(slot) = mean_slot {
        slot.0.push(batch_mean);
    }
    if let Some(slot) = variance_slot {
        slot.0.push(batch_variance);
    }
}

/// The value of [`running_batch_norm`], and its derivative along the tangents of `x`, `gamma` and `beta`.
#[track_caller]
pub fn running_batch_norm_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &Running<T>,
    variance: &Running<T>,
    epsilon: f64,
    mode: Mode,
    dx: Option<&ArrayRef<T, D>>,
    d_gamma: Option<&ArrayRef<T, Ix1>>,
    d_beta: Option<&ArrayRef<T, Ix1>>,
    _d_mean: Option<&Observed<T>>,
    _d_variance: Option<&Observed<T>>,
) -> (Array<T, D>, Array<T, D>) {
    if mode.trains() {
        let ((y, ..), (dy, ..)) = batch_norm_tangent(x, gamma, beta, epsilon, dx, d_gamma, d_beta);
        (y, dy)
    } else {
        let (mean, variance) = (&mean.values, &variance.values);
        batch_norm_inference_tangent(x, gamma, beta, mean, variance, epsilon, dx, d_gamma, d_beta, None, None)
    }
}
