//! The activation function that an [`Activation`] names, as a kernel of its own.

use ndarray::{Array, ArrayRef, Dimension};

use super::Activation;
use crate::Real;
use crate::kernels::support::row_major_copy;

/// The value of the activation function: an array of the shape of `x`.
///
/// ```
/// use autodiff_runtime::kernels::activate;
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(activate(&array![-1.0, 2.0], Activation::Relu), array![0.0, 2.0]);
/// ```
#[::autodiff_macros::differentiable(kernel = activate, order = 2, body = crate::kernels::plain::activate(x, activation))]
pub fn activate<T: Real, D: Dimension>(x: &ArrayRef<T, D>, #[constant] activation: Activation) -> Array<T, D> {
    let mut y = row_major_copy(x);
    activation.apply(&mut y);
    y
}

/// The value of [`activate`], and what [`activate_adjoint`] needs.
pub fn activate_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    activation: Activation,
) -> (Array<T, D>, Option<Array<T, D>>) {
    let mut y = row_major_copy(x);
    let saved = activation.apply_and_save(&mut y);
    (y, saved)
}

/// Adds the gradient of [`activate`] to the slot of `x`.
pub fn activate_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    activation: Activation,
    saved: Option<Array<T, D>>,
    ct: Array<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) {
    if let Some(slot) = slot {
        slot.zip_mut_with(&activation.pull_back(saved.as_ref(), ct), |sum, &dx| *sum += dx);
    }
}

/// The value of [`activate`], and its derivative along `dx`.
pub fn activate_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    activation: Activation,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    let (y, saved) = activate_forward(x, activation);
    let dy = match dx {
        Some(dx) => activation.push_forward(saved.as_ref(), row_major_copy(dx)),
        None => Array::zeros(y.raw_dim()),
    };
    (y, dy)
}
