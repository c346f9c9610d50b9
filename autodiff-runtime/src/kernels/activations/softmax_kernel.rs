//! The softmax over the last axis.

use ndarray::{Array, ArrayRef, Dimension};

use crate::Real;
use crate::kernels::support::{last_axis, row_major, row_major_copy, sum_pairs};

/// ln Σ eˣ over a row, without overflow.
pub(crate) fn log_sum_exp<T: Real>(row: &[T]) -> T {
    let largest = maximum(row);
    if largest.is_infinite() {
        return largest;
    }
    largest + row.iter().map(|&x| (x - largest).exp()).sum::<T>().ln()
}

/// The largest element of a row; NaN if the row has one, −∞ if it has none.
fn maximum<T: Real>(row: &[T]) -> T {
    row.iter().fold(T::neg_infinity(), |largest, &x| if x <= largest { largest } else { x })
}

/// Replaces a row by its softmax; returns ln Σ eˣ of the row.
pub(crate) fn softmax_in_place<T: Real>(row: &mut [T]) -> T {
    let largest = maximum(row);
    let mut sum = T::zero();
    for x in &mut *row {
        *x = (*x - largest).exp();
        sum += *x;
    }
    let scale = T::one() / sum;
    for x in row {
        *x *= scale;
    }
    largest + sum.ln()
}

/// The softmax eˣ / Σ eˣ over the last axis, computed without overflow.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let p = softmax(&array![[0.0, 0.0], [1000.0, 0.0]]);
/// assert_eq!(p, array![[0.5, 0.5], [1.0, 0.0]]);
/// ```
#[::autodiff_macros::differentiable(kernel = softmax, order = 2, body = crate::kernels::plain::activate(x, super::Activation::Softmax))]
pub fn softmax<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> Array<T, D> {
    let n = last_axis(x);
    let mut y = row_major_copy(x);
    if let Some(items) = y.as_slice_mut()
        && n > 0
    {
        for row in items.chunks_exact_mut(n) {
            softmax_in_place(row);
        }
    }
    y
}

/// The value of [`softmax`], and a copy of it.
pub fn softmax_forward<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> (Array<T, D>, Array<T, D>) {
    let y = softmax(x);
    (y.clone(), y)
}

/// dx = y·(ct − Σ ct·y) of every row, in place of `ct`.
pub(crate) fn pull_back<T: Real, D: Dimension>(y: &ArrayRef<T, D>, ct: Array<T, D>) -> Array<T, D> {
    let n = last_axis(y).max(1);
    let mut dx = row_major(ct);
    if let (Some(dx), Some(y)) = (dx.as_slice_mut(), y.as_slice()) {
        for (dx, y) in dx.chunks_exact_mut(n).zip(y.chunks_exact(n)) {
            let mean = sum_pairs(dx, y, |ct, y| ct * y);
            for (dx, &y) in dx.iter_mut().zip(y) {
                *dx = y * (*dx - mean);
            }
        }
    }
    dx
}

/// Adds the gradient of [`softmax`] to the slot of `x`.
pub fn softmax_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    y: Array<T, D>,
    ct: Array<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) {
    if let Some(slot) = slot {
        slot.zip_mut_with(&pull_back(&y, ct), |sum, &dx| *sum += dx);
    }
}

/// The value of [`softmax`], and its derivative along `dx`.
pub fn softmax_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    let y = softmax(x);
    // The Jacobian is symmetric: the tangent is computed as the adjoint is.
    let dy = match dx {
        Some(dx) => pull_back(&y, row_major_copy(dx)),
        None => Array::zeros(y.raw_dim()),
    };
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(softmax, softmax_forward, softmax_adjoint, softmax_tangent; 3.0 => 0.5, 3.0 => 0.5);

    #[test]
    fn rows_sum_to_one_in_any_layout() {
        let x = crate::kernels::testing::wave((2, 3, 4), 5);
        let y = softmax(&x.view().permuted_axes([2, 0, 1]));
        for sum in &y.sum_axis(ndarray::Axis(2)) {
            assert!((sum - 1.0).abs() < 1e-15);
        }
        assert_eq!(softmax(&ndarray::Array2::<f32>::zeros((0, 3))).dim(), (0, 3));
        assert_eq!(softmax(&ndarray::Array2::<f32>::zeros((3, 0))).dim(), (3, 0));
    }

    #[test]
    fn nan_stays() {
        assert!(softmax(&ndarray::array![1.0, f64::NAN]).iter().all(|y| y.is_nan()));
        assert!(log_sum_exp(&[1.0, f64::NAN]).is_nan());
    }
}
