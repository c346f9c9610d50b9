//! The logarithm of the softmax over the last axis.

use ndarray::{Array, ArrayRef, Dimension};

use super::softmax_kernel::log_sum_exp;
use crate::Real;
use crate::kernels::support::{last_axis, row_major, row_major_copy, sum_pairs};

/// The logarithm of the softmax, x − ln Σ eˣ, over the last axis, computed without overflow.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let log_p = log_softmax(&array![[1000.0, 0.0]]);
/// assert_eq!(log_p, array![[0.0, -1000.0]]);
/// ```
#[::autodiff_macros::differentiable(kernel = log_softmax, order = 2, body = crate::kernels::plain::activate(x, super::Activation::LogSoftmax))]
pub fn log_softmax<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> Array<T, D> {
    let n = last_axis(x).max(1);
    let mut y = row_major_copy(x);
    if let Some(items) = y.as_slice_mut() {
        for row in items.chunks_exact_mut(n) {
            log_softmax_in_place(row);
        }
    }
    y
}

/// Replaces a row by the logarithm of its softmax; returns ln Σ eˣ of the row.
pub(crate) fn log_softmax_in_place<T: Real>(row: &mut [T]) -> T {
    let shift = log_sum_exp(row);
    for item in row {
        *item -= shift;
    }
    shift
}

/// The value of [`log_softmax`], and a copy of it.
pub fn log_softmax_forward<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> (Array<T, D>, Array<T, D>) {
    let y = log_softmax(x);
    (y.clone(), y)
}

/// Adds the gradient of [`log_softmax`], ct − eʸ·Σ ct, to the slot of `x`.
pub fn log_softmax_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    y: Array<T, D>,
    ct: Array<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) {
    if let Some(slot) = slot {
        slot.zip_mut_with(&pull_back(&y, ct), |sum, &dx| *sum += dx);
    }
}

/// dx = ct − eʸ·Σ ct of every row, in place of `ct`.
pub(super) fn pull_back<T: Real, D: Dimension>(y: &ArrayRef<T, D>, ct: Array<T, D>) -> Array<T, D> {
    let n = last_axis(y).max(1);
    let mut dx = row_major(ct);
    if let (Some(dx), Some(y)) = (dx.as_slice_mut(), y.as_slice()) {
        for (dx, y) in dx.chunks_exact_mut(n).zip(y.chunks_exact(n)) {
            let sum: T = dx.iter().sum();
            for (dx, &y) in dx.iter_mut().zip(y) {
                *dx -= y.exp() * sum;
            }
        }
    }
    dx
}

/// dy = dx − Σ eʸ·dx of every row, in place of `dx`.
pub(super) fn push_forward<T: Real, D: Dimension>(y: &ArrayRef<T, D>, dx: Array<T, D>) -> Array<T, D> {
    let n = last_axis(y).max(1);
    let mut dy = row_major(dx);
    if let (Some(dy), Some(y)) = (dy.as_slice_mut(), y.as_slice()) {
        for (dy, y) in dy.chunks_exact_mut(n).zip(y.chunks_exact(n)) {
            let mean = sum_pairs(dy, y, |dx, y| dx * y.exp());
            for dy in dy {
                *dy -= mean;
            }
        }
    }
    dy
}

/// The value of [`log_softmax`], and its derivative along `dx`, dx − Σ eʸ·dx.
pub fn log_softmax_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    let y = log_softmax(x);
    let dy = match dx {
        Some(dx) => push_forward(&y, row_major_copy(dx)),
        None => Array::zeros(y.raw_dim()),
    };
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        log_softmax, log_softmax_forward, log_softmax_adjoint, log_softmax_tangent;
        3.0 => -core::f64::consts::LN_2, 3.0 => -core::f64::consts::LN_2
    );
}
