//! Matrix products that accumulate, C += A·B, C += Aᵀ·B, C += A·Bᵀ, one that does not, and sums of rows.
//!
//! A small product of matrices in row-major order is a plain loop over rows of a length known to
//! the compiler, since packing for the blocked product costs more than that; all others go to
//! `matrixmultiply` through `ndarray`. With the feature `threads`, large ones are divided among threads.

#[cfg(feature = "threads")]
use ndarray::Axis;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayRef, ArrayView2, ArrayViewMut2, Ix1, Ix2};

use crate::Real;

/// Up to this many multiplications, a plain loop is faster than packing for a blocked product.
const SMALL: usize = 4096;

/// From this many multiplications for each part on, dividing a product is worth the while of waking a thread.
#[cfg(feature = "threads")]
const PART: usize = 1 << 22;

/// What the sides of parts are a multiple of.
#[cfg(feature = "threads")]
const TILE: usize = 16;

type Matrix<T> = ArrayRef<T, Ix2>;

/// Calls a loop for rows of length `$width` if that is one of the widths of small networks, and
/// returns.
macro_rules! return_if_narrow {
    ($width:expr, $loop:ident($($argument:expr),*)) => {
        match $width {
            1 => return $loop::<T, 1>($($argument),*),
            2 => return $loop::<T, 2>($($argument),*),
            3 => return $loop::<T, 3>($($argument),*),
            4 => return $loop::<T, 4>($($argument),*),
            8 => return $loop::<T, 8>($($argument),*),
            16 => return $loop::<T, 16>($($argument),*),
            _ => {}
        }
    };
}

/// C += A·B, for A of shape (m, k), B of shape (k, n), C of shape (m, n).
#[track_caller]
pub(crate) fn add_product<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let ((m, k), n) = (a.dim(), b.ncols());
    if is_small(m * k * n)
        && b.nrows() == k
        && c.dim() == (m, n)
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
    {
        return_if_narrow!(n, narrow_product(k, a, b, c));
    }
    blocked(a.view(), b.view(), T::one(), c.view_mut());
}

/// C += Aᵀ·B, for A of shape (k, m), B of shape (k, n), C of shape (m, n).
#[track_caller]
pub(crate) fn add_transposed_product<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let ((k, m), n) = (a.dim(), b.ncols());
    if is_small(m * k * n)
        && b.nrows() == k
        && c.dim() == (m, n)
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
    {
        return_if_narrow!(n, narrow_transposed_product(m, a, b, c));
    }
    blocked(a.t(), b.view(), T::one(), c.view_mut());
}

/// C += A·Bᵀ, for A of shape (m, k), B of shape (n, k), C of shape (m, n).
#[track_caller]
pub(crate) fn add_product_transposed<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    let ((m, k), n) = (a.dim(), b.nrows());
    if is_small(m * k * n)
        && b.ncols() == k
        && c.dim() == (m, n)
        && let (Some(a), Some(b), Some(c)) = (a.as_slice(), b.as_slice(), c.as_slice_mut())
    {
        return_if_narrow!(k, narrow_product_transposed(n, a, b, c));
    }
    blocked(a.view(), b.t(), T::one(), c.view_mut());
}

/// C = A·Bᵀ, whatever C holds, for A of shape (m, k), B of shape (n, k), C of shape (m, n).
#[track_caller]
pub(crate) fn set_product_transposed<T: Real>(a: &Matrix<T>, b: &Matrix<T>, c: &mut Matrix<T>) {
    blocked(a.view(), b.t(), T::zero(), c.view_mut());
}

/// C = A·B + β·C by the blocked product. With `threads`, C is halved across its longer side, so that the larger of A and B is read once,
/// until there is a part for each thread.
#[track_caller]
fn blocked<T: Real>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, beta: T, mut c: ArrayViewMut2<'_, T>) {
    #[cfg(feature = "threads")]
    if c.dim() == (a.nrows(), b.ncols()) && a.ncols() == b.nrows() {
        let parts = (c.len() * a.ncols() / PART).min(rayon::current_num_threads());
        return divided(parts, a, b, beta, c);
    }
    general_mat_mul(T::one(), &a, &b, beta, &mut c);
}

#[cfg(feature = "threads")]
fn divided<T: Real>(parts: usize, a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, beta: T, mut c: ArrayViewMut2<'_, T>) {
    if parts < 2 {
        return general_mat_mul(T::one(), &a, &b, beta, &mut c);
    }
    let (axis, one) = (Axis(usize::from(c.nrows() < c.ncols())), parts / 2);
    // Whole tiles of the blocked product.
    let at = (c.len_of(axis) * one / parts).next_multiple_of(TILE).min(c.len_of(axis));
    let (c1, c2) = c.split_at(axis, at);
    if axis == Axis(0) {
        let (a1, a2) = a.split_at(axis, at);
        rayon::join(|| divided(one, a1, b, beta, c1), || divided(parts - one, a2, b, beta, c2));
    } else {
        let (b1, b2) = b.split_at(axis, at);
        rayon::join(|| divided(one, a, b1, beta, c1), || divided(parts - one, a, b2, beta, c2));
    }
}

/// c += the sum of the rows of A, for A of shape (m, n), c of shape (n).
pub(crate) fn add_rows<T: Real>(a: &Matrix<T>, c: &mut ArrayRef<T, Ix1>) {
    if let (Some(a), Some(c)) = (a.as_slice(), c.as_slice_mut()) {
        return_if_narrow!(c.len(), add_narrow_rows(a, c));
        for row in a.chunks_exact(c.len().max(1)) {
            for (sum, &item) in c.iter_mut().zip(row) {
                *sum += item;
            }
        }
        return;
    }
    for row in a.rows() {
        c.zip_mut_with(&row, |sum, &item| *sum += item);
    }
}

/// `count` copies of a row, one after the other.
pub(crate) fn repeat_row<T: Real>(row: &[T], count: usize) -> Vec<T> {
    return_if_narrow!(row.len(), repeat_narrow_row(row, count));
    row.repeat(count)
}

fn is_small(multiplications: usize) -> bool {
    (1..=SMALL).contains(&multiplications)
}

/// C += A·B with N columns in B.
fn narrow_product<T: Real, const N: usize>(k: usize, a: &[T], b: &[T], c: &mut [T]) {
    let (lines, outs) = (b.as_chunks::<N>().0, c.as_chunks_mut::<N>().0);
    for (row, out) in a.chunks_exact(k).zip(outs) {
        for (&factor, line) in row.iter().zip(lines) {
            for (sum, &item) in out.iter_mut().zip(line) {
                *sum += factor * item;
            }
        }
    }
}

/// C += Aᵀ·B with N columns in B.
fn narrow_transposed_product<T: Real, const N: usize>(m: usize, a: &[T], b: &[T], c: &mut [T]) {
    let (lines, outs) = (b.as_chunks::<N>().0, c.as_chunks_mut::<N>().0);
    for (column, out) in outs.iter_mut().enumerate() {
        for (factors, line) in a.chunks_exact(m).zip(lines) {
            for (sum, &item) in out.iter_mut().zip(line) {
                *sum += factors[column] * item;
            }
        }
    }
}

/// C += A·Bᵀ with N columns in A and in B.
fn narrow_product_transposed<T: Real, const N: usize>(n: usize, a: &[T], b: &[T], c: &mut [T]) {
    let (rows, lines) = (a.as_chunks::<N>().0, b.as_chunks::<N>().0);
    for (row, out) in rows.iter().zip(c.chunks_exact_mut(n)) {
        for (sum, line) in out.iter_mut().zip(lines) {
            *sum += row.iter().zip(line).map(|(&x, &y)| x * y).sum::<T>();
        }
    }
}

fn add_narrow_rows<T: Real, const N: usize>(a: &[T], c: &mut [T]) {
    let mut sums = [T::zero(); N];
    for row in a.as_chunks::<N>().0 {
        for (sum, &item) in sums.iter_mut().zip(row) {
            *sum += item;
        }
    }
    for (total, sum) in c.iter_mut().zip(sums) {
        *total += sum;
    }
}

fn repeat_narrow_row<T: Real, const N: usize>(row: &[T], count: usize) -> Vec<T> {
    vec![row.as_chunks::<N>().0[0]; count].into_flattened()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, Slice};

    use super::*;

    fn matrix(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 7 + j * 3 + seed) as f64 * 0.7).sin())
    }

    #[test]
    fn small_and_large_products_agree_with_dot() {
        for (m, k, n) in
            [(1, 1, 1), (3, 2, 5), (32, 2, 3), (9, 4, 8), (5, 0, 3), (40, 30, 20), (300, 200, 180), (180, 300, 200)]
        {
            let (a, b, start) = (matrix(m, k, 0), matrix(k, n, 1), matrix(m, n, 2));
            let expected = &start + &a.dot(&b);
            let (at, bt) = (a.t().as_standard_layout().into_owned(), b.t().as_standard_layout().into_owned());
            let mut plain = start.clone();
            add_product(&a, &b, &mut plain);
            let mut left = start.clone();
            add_transposed_product(&at, &b, &mut left);
            let mut right = start.clone();
            add_product_transposed(&a, &bt, &mut right);
            let mut set = Array2::from_elem((m, n), f64::NAN);
            set_product_transposed(&a, &bt, &mut set);
            for found in [plain, left, right, set + start] {
                assert!(found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-11));
            }
        }
    }

    #[test]
    fn rows_are_repeated_and_summed() {
        for n in [0, 1, 2, 3, 5, 8] {
            let (a, row) = (matrix(7, n, 0), matrix(1, n, 1));
            let copies = repeat_row(row.as_slice().unwrap(), 7);
            assert_eq!(Array2::from_shape_vec((7, n), copies).unwrap(), &a * 0.0 + &row);
            let mut sums = row.row(0).to_owned();
            add_rows(&a, &mut sums);
            let columns = a.t().as_standard_layout().into_owned().reversed_axes();
            let mut others = row.row(0).to_owned();
            add_rows(&columns, &mut others);
            let expected = a.sum_axis(Axis(0)) + row.row(0);
            for ((sum, other), expected) in sums.iter().zip(&others).zip(&expected) {
                assert!((sum - expected).abs() < 1e-14 && (other - expected).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn views_that_are_not_contiguous_take_the_general_way() {
        let (a, b) = (matrix(4, 6, 0), matrix(3, 5, 1));
        let (a, b) = (a.slice_axis(Axis(1), Slice::new(0, None, 2)), b.slice_axis(Axis(1), Slice::from(1..3)));
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
