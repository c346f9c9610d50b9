//! Products of matrices, one for each item of a batch.

use ndarray::{Array3, ArrayRef, Axis, Ix3};

use crate::Real;
use crate::arrays::ArrayDot as _;

/// The product of the i-th matrices of `a` and `b`, for every i. Keras: `batch_dot`; `PyTorch`: `bmm`.
///
/// - `a`: (batch, n, k)
/// - `b`: (batch, k, m)
/// - the value: (batch, n, m)
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let a = Array3::from_shape_fn((2, 1, 2), |(b, _, k)| (b + k) as f64);
/// let b = Array3::ones((2, 2, 1));
/// assert_eq!(batch_dot(&a, &b), Array3::from_shape_vec((2, 1, 1), vec![1.0, 3.0]).unwrap());
/// ```
///
/// # Panics
///
/// Panics if the batches have different lengths, or if the matrices do not fit together.
#[track_caller]
#[::autodiff_macros::differentiable(order = 2)]
pub fn batch_dot<T: Real>(a: &ArrayRef<T, Ix3>, b: &ArrayRef<T, Ix3>) -> Array3<T> {
    let (batch, n, k) = a.dim();
    assert!(
        b.dim().0 == batch && b.dim().1 == k,
        "batch_dot: arrays of shapes {:?} and {:?} cannot be multiplied",
        a.shape(),
        b.shape()
    );
    let mut c = Array3::zeros((batch, n, b.dim().2));
    for i in 0..batch {
        let product = a.index_axis(Axis(0), i).dot(&b.index_axis(Axis(0), i));
        c.index_axis_mut(Axis(0), i).assign(&product);
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(shape: (usize, usize, usize), seed: f64) -> Array3<f64> {
        Array3::from_shape_fn(shape, |(i, j, k)| (seed + i as f64 + 0.7 * j as f64 - 0.4 * k as f64).sin())
    }

    #[test]
    fn gradients() {
        batch_dot::check(&cube((2, 2, 3), 0.1), &cube((2, 3, 2), 0.7)).unwrap();
    }

    #[test]
    #[should_panic(expected = "arrays of shapes [2, 2, 3] and [2, 2, 2] cannot be multiplied")]
    fn shapes_must_fit() {
        let _ = batch_dot(&cube((2, 2, 3), 0.1), &cube((2, 2, 2), 0.7));
    }
}
