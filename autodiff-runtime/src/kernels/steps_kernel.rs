//! Series as rows, for layers that work on every step by itself: (batch, time, features) to (batch·time, features),
//! and back.

use ndarray::{Array2, Array3, ArrayRef, Ix2, Ix3};

use super::support::row_major_copy;
use crate::Real;

/// A row for every step of every series: (batch, time, features) to (batch·time, features).
///
/// ```
/// use autodiff_runtime::kernels::steps_to_rows;
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(steps_to_rows(&array![[[1.0], [2.0]], [[3.0], [4.0]]]), array![[1.0], [2.0], [3.0], [4.0]]);
/// ```
#[::autodiff_macros::differentiable(kernel = steps_to_rows, order = 2, body = crate::kernels::plain::steps_to_rows(x))]
pub fn steps_to_rows<T: Real>(x: &ArrayRef<T, Ix3>) -> Array2<T> {
    let (batch, time, features) = x.dim();
    let (items, _) = row_major_copy(x).into_raw_vec_and_offset();
    Array2::from_shape_vec((batch * time, features), items).unwrap_or_else(|_| unreachable!("as many elements"))
}

/// The value of [`steps_to_rows`]; nothing is saved.
pub fn steps_to_rows_forward<T: Real>(x: &ArrayRef<T, Ix3>) -> (Array2<T>, ()) {
    (steps_to_rows(x), ())
}

/// Adds the gradient of [`steps_to_rows`] to the slot of `x`.
pub fn steps_to_rows_adjoint<T: Real>(
    x: &ArrayRef<T, Ix3>,
    (): (),
    ct: Array2<T>,
    slot: Option<&mut ArrayRef<T, Ix3>>,
) {
    if let Some(slot) = slot {
        slot.zip_mut_with(&rows_to_steps(&ct, x.dim().1), |sum, &ct| *sum += ct);
    }
}

/// The value of [`steps_to_rows`], and its derivative along `dx`.
pub fn steps_to_rows_tangent<T: Real>(x: &ArrayRef<T, Ix3>, dx: Option<&ArrayRef<T, Ix3>>) -> (Array2<T>, Array2<T>) {
    let y = steps_to_rows(x);
    let dy = dx.map_or_else(|| Array2::zeros(y.raw_dim()), |dx| steps_to_rows(dx));
    (y, dy)
}

/// Series of `time` steps from a row for every step: (batch·time, features) to (batch, time, features).
///
/// ```
/// use autodiff_runtime::kernels::rows_to_steps;
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(rows_to_steps(&array![[1.0], [2.0], [3.0], [4.0]], 2), array![[[1.0], [2.0]], [[3.0], [4.0]]]);
/// ```
///
/// # Panics
///
/// Panics if the rows are not a multiple of `time`.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = rows_to_steps, order = 2, body = crate::kernels::plain::rows_to_steps(x, time))]
pub fn rows_to_steps<T: Real>(x: &ArrayRef<T, Ix2>, time: usize) -> Array3<T> {
    let (rows, features) = x.dim();
    let batch = rows.checked_div(time).unwrap_or(0);
    assert!(batch * time == rows, "rows_to_steps: {rows} rows are no series of {time} steps");
    row_major_copy(x).into_shape_with_order((batch, time, features)).expect("a copy is in row-major order")
}

/// The value of [`rows_to_steps`]; nothing is saved.
#[track_caller]
pub fn rows_to_steps_forward<T: Real>(x: &ArrayRef<T, Ix2>, time: usize) -> (Array3<T>, ()) {
    (rows_to_steps(x, time), ())
}

/// Adds the gradient of [`rows_to_steps`] to the slot of `x`.
pub fn rows_to_steps_adjoint<T: Real>(
    _x: &ArrayRef<T, Ix2>,
    _time: usize,
    (): (),
    ct: Array3<T>,
    slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    if let Some(slot) = slot {
        slot.zip_mut_with(&steps_to_rows(&ct), |sum, &ct| *sum += ct);
    }
}

/// The value of [`rows_to_steps`], and its derivative along `dx`.
#[track_caller]
pub fn rows_to_steps_tangent<T: Real>(
    x: &ArrayRef<T, Ix2>,
    time: usize,
    dx: Option<&ArrayRef<T, Ix2>>,
) -> (Array3<T>, Array3<T>) {
    let y = rows_to_steps(x, time);
    let dy = dx.map_or_else(|| Array3::zeros(y.raw_dim()), |dx| rows_to_steps(dx, time));
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let x = wave((2, 3, 4), 1).permuted_axes([1, 0, 2]);
        check(
            &x,
            |x| steps_to_rows(x),
            |x, ct| {
                let mut slot = Array3::zeros(x.raw_dim());
                steps_to_rows_adjoint(x, (), ct, Some(&mut slot));
                slot
            },
            |x, dx| steps_to_rows_tangent(x, Some(dx)),
        );
        check(
            &wave((6, 4), 1),
            |x| rows_to_steps(x, 3),
            |x, ct| {
                let mut slot = Array2::zeros(x.raw_dim());
                rows_to_steps_adjoint(x, 3, (), ct, Some(&mut slot));
                slot
            },
            |x, dx| rows_to_steps_tangent(x, 3, Some(dx)),
        );
    }

    #[test]
    #[should_panic(expected = "5 rows are no series of 2 steps")]
    fn rows_that_are_left_over_are_refused() {
        rows_to_steps(&Array2::<f32>::zeros((5, 1)), 2);
    }
}
