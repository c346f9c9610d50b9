//! Matrix products that accumulate: C += A·B, C += Aᵀ·B, C += A·Bᵀ.
//!
//! Small products of arrays in row-major order are plain loops, since packing for the blocked
//! product costs more than they do; larger ones go to `matrixmultiply` through `ndarray`.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayRef, Ix2};

use crate::Real;

/// Up to this many multiplications, a plain loop is faster than packing for a blocked product.
const SMALL: usize = 2048;

type Matrix<T> = ArrayRef<T, Ix2>;

/// C += A·B, for A of shape (m, k), B of shape (k, n), C of shape (m, n).
#[track_caller]
pub(crate) fn add_product<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let ((_, k), n) = (a.dim(), b.ncols());
    if a.len() * n <= SMALL
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
        && k > 0
        && n > 0
        && b.len() == k * n
        && a.len() * n == c.len() * k
    {
        for (row, out) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
            for (&factor, line) in row.iter().zip(b.chunks_exact(n)) {
                for (sum, &item) in out.iter_mut().zip(line) {
                    *sum += factor * item;
                }
            }
        }
    } else {
        general_mat_mul(T::one(), a, b, T::one(), c);
    }
}

/// C += Aᵀ·B, for A of shape (k, m), B of shape (k, n), C of shape (m, n).
#[track_caller]
pub(crate) fn add_transposed_product<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let (m, n) = (a.ncols(), b.ncols());
    if a.len() * n <= SMALL
        && a.nrows() == b.nrows()
        && c.dim() == (m, n)
        && m > 0
        && n > 0
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
    {
        for (factors, line) in a.chunks_exact(m).zip(b.chunks_exact(n)) {
            for (&factor, out) in factors.iter().zip(c.chunks_exact_mut(n)) {
                for (sum, &item) in out.iter_mut().zip(line) {
                    *sum += factor * item;
                }
            }
        }
    } else {
        general_mat_mul(T::one(), &a.t(), b, T::one(), c);
    }
}

/// C += A·Bᵀ, for A of shape (m, k), B of shape (n, k), C of shape (m, n).
#[track_caller]
pub(crate) fn add_product_transposed<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let ((m, k), n) = (a.dim(), b.nrows());
    if a.len() * n <= SMALL
        && b.ncols() == k
        && c.dim() == (m, n)
        && k > 0
        && n > 0
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
    {
        for (row, out) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
            for (sum, line) in out.iter_mut().zip(b.chunks_exact(k)) {
                *sum += row.iter().zip(line).map(|(&x, &y)| x * y).sum::<T>();
            }
        }
    } else {
        general_mat_mul(T::one(), a, &b.t(), T::one(), c);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, Slice};

    use super::*;

    fn matrix(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            ((i * 7 + j * 3 + seed) as f64 * 0.7).sin()
        })
    }

    #[test]
    fn small_and_large_products_agree_with_dot() {
        for (m, k, n) in [(1, 1, 1), (3, 2, 5), (32, 2, 3), (5, 0, 3), (40, 30, 20)] {
            let (a, b, start) = (matrix(m, k, 0), matrix(k, n, 1), matrix(m, n, 2));
            let expected = &start + &a.dot(&b);
            let (at, bt) = (
                a.t().as_standard_layout().into_owned(),
                b.t().as_standard_layout().into_owned(),
            );
            let mut plain = start.clone();
            add_product(&a, &b, &mut plain);
            let mut left = start.clone();
            add_transposed_product(&at, &b, &mut left);
            let mut right = start.clone();
            add_product_transposed(&a, &bt, &mut right);
            for found in [plain, left, right] {
                assert!(
                    found
                        .iter()
                        .zip(&expected)
                        .all(|(x, y)| (x - y).abs() < 1e-12)
                );
            }
        }
    }

    #[test]
    fn views_that_are_not_contiguous_take_the_general_way() {
        let (a, b) = (matrix(4, 6, 0), matrix(3, 5, 1));
        let (a, b) = (
            a.slice_axis(Axis(1), Slice::new(0, None, 2)),
            b.slice_axis(Axis(1), Slice::from(1..3)),
        );
        let mut c = Array2::zeros((4, 2));
        add_product(&a, &b, &mut c);
        assert_eq!(c, a.dot(&b));
    }

    #[test]
    #[should_panic(expected = "not compatible")]
    fn shapes_that_do_not_fit_are_refused() {
        add_product(&matrix(2, 3, 0), &matrix(2, 3, 0), &mut matrix(2, 3, 0));
    }
}
