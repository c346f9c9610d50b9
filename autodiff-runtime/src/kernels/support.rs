//! What several kernels share: shape checks, sums in several parts, row-major copies.

use ndarray::{Array, ArrayRef, Dimension};

use crate::Real;

/// The array in row-major order, copied only if it is not so already.
pub(crate) fn row_major<T: Real, D: Dimension>(array: Array<T, D>) -> Array<T, D> {
    if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
}

/// A row-major copy of the array.
pub(crate) fn row_major_copy<T: Real, D: Dimension>(array: &ArrayRef<T, D>) -> Array<T, D> {
    array.as_standard_layout().into_owned()
}

/// The length of the last axis; 1 for an array without axes.
pub(crate) fn last_axis<T, D: Dimension>(array: &ArrayRef<T, D>) -> usize {
    array.shape().last().copied().unwrap_or(1)
}

/// Refuses two arrays of different shapes.
#[track_caller]
pub(crate) fn check_same_shape<T, U, D: Dimension>(
    kernel: &str,
    (first_name, first): (&str, &ArrayRef<T, D>),
    (second_name, second): (&str, &ArrayRef<U, D>),
) {
    assert!(
        first.shape() == second.shape(),
        "{kernel}: `{first_name}` has shape {:?} and `{second_name}` has shape {:?}, but they must be equal",
        first.shape(),
        second.shape()
    );
}

/// The number of elements to take a mean over, as a float.
#[track_caller]
pub(crate) fn mean_count<T: Real>(kernel: &str, count: usize) -> T {
    assert!(count > 0, "{kernel}: the mean over no elements is not defined, but the arrays are empty");
    T::from_usize(count).expect("every count has a nearest float")
}

/// Σ f(a, b) over two slices of equal length, in eight partial sums so that it vectorises.
pub(crate) fn sum_pairs<T: Real>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    let mut partial = [T::zero(); 8];
    let (mut a_chunks, mut b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    for (a, b) in (&mut a_chunks).zip(&mut b_chunks) {
        for ((sum, &a), &b) in partial.iter_mut().zip(a).zip(b) {
            *sum += f(a, b);
        }
    }
    let rest: T = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(&a, &b)| f(a, b)).sum();
    let [p0, p1, p2, p3, p4, p5, p6, p7] = partial;
    ((p0 + p4) + (p1 + p5)) + ((p2 + p6) + (p3 + p7)) + rest
}

/// Σ f(a, b) over two arrays of equal shape.
pub(crate) fn sum_over<T: Real, D: Dimension>(a: &ArrayRef<T, D>, b: &ArrayRef<T, D>, f: impl Fn(T, T) -> T) -> T {
    match (a.as_slice(), b.as_slice()) {
        (Some(a), Some(b)) => sum_pairs(a, b, f),
        _ => a.iter().zip(b).map(|(&a, &b)| f(a, b)).sum(),
    }
}
