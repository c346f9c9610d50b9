//! The sum of two arrays of the same shape, for residual connections of any dimension.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use super::support::check_same_shape;
use crate::Real;

/// x + y, of the same shape.
///
/// ```
/// use autodiff_runtime::kernels::add;
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(add(&array![1.0, 2.0], &array![3.0, 4.0]), array![4.0, 6.0]);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = add, order = 2, body = super::plain::add(x, y))]
pub fn add<T: Real, D: Dimension>(x: &ArrayRef<T, D>, y: &ArrayRef<T, D>) -> Array<T, D> {
    check_same_shape("add", ("x", x), ("y", y));
    Zip::from(x).and(y).map_collect(|&x, &y| x + y)
}

/// The value of [`add`]; nothing is saved.
#[track_caller]
pub fn add_forward<T: Real, D: Dimension>(x: &ArrayRef<T, D>, y: &ArrayRef<T, D>) -> (Array<T, D>, ()) {
    (add(x, y), ())
}

/// Adds the gradients of [`add`], `ct` each, to the slots of `x` and `y`.
pub fn add_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    _y: &ArrayRef<T, D>,
    (): (),
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    y_slot: Option<&mut ArrayRef<T, D>>,
) {
    for slot in [x_slot, y_slot].into_iter().flatten() {
        slot.zip_mut_with(&ct, |sum, &ct| *sum += ct);
    }
}

/// The value of [`add`], and its derivative along the tangents of both.
#[track_caller]
pub fn add_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    y: &ArrayRef<T, D>,
    dx: Option<&ArrayRef<T, D>>,
    dy: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    let mut derivative = Array::zeros(x.raw_dim());
    for tangent in [dx, dy].into_iter().flatten() {
        derivative.zip_mut_with(tangent, |sum, &d| *sum += d);
    }
    (add(x, y), derivative)
}
