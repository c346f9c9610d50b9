//! A row for every sample: (batch, …) to (batch, features).

use ndarray::{Array, Array2, ArrayRef, Dimension};

use super::support::row_major_copy;
use crate::Real;

/// A row for every sample, (batch, …) to (batch, features), in row-major order.
///
/// ```
/// use autodiff_runtime::kernels::flatten;
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(flatten(&array![[[1.0, 2.0], [3.0, 4.0]]]), array![[1.0, 2.0, 3.0, 4.0]]);
/// ```
///
/// # Panics
///
/// Panics if `x` has no axes.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = flatten, order = 2, body = super::plain::flatten(x))]
pub fn flatten<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> Array2<T> {
    let batch = x.shape().first().copied().expect("flatten: the input has no axes, but the first must be the batch");
    let features = x.shape()[1..].iter().product();
    let (items, _) = row_major_copy(x).into_raw_vec_and_offset();
    Array2::from_shape_vec((batch, features), items).expect("a copy has as many elements")
}

/// The value of [`flatten`]; nothing is saved.
#[track_caller]
pub fn flatten_forward<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> (Array2<T>, ()) {
    (flatten(x), ())
}

/// Adds the gradient of [`flatten`] to the slot of `x`.
pub fn flatten_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    (): (),
    ct: Array2<T>,
    x_slot: Option<&mut ArrayRef<T, D>>,
) {
    if let Some(slot) = x_slot {
        for (sum, &ct) in slot.iter_mut().zip(&ct) {
            *sum += ct;
        }
    }
}

/// The value of [`flatten`], and its derivative along `dx`.
#[track_caller]
pub fn flatten_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array2<T>, Array2<T>) {
    let y = flatten(x);
    let dy = dx.map_or_else(|| Array::zeros(y.raw_dim()), flatten);
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let x = wave((2, 3, 4), 1).reversed_axes();
        check(
            &x,
            |x| flatten(x),
            |x, ct| {
                let mut slot = Array::zeros(x.raw_dim());
                flatten_adjoint(x, (), ct, Some(&mut slot));
                slot
            },
            |x, dx| flatten_tangent(x, Some(dx)),
        );
    }
}
