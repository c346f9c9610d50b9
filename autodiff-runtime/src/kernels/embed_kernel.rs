//! Rows of a table for series of integers: [`embedding`](super::embedding()) of a matrix of indices.

use ndarray::{Array1, Array3, ArrayRef, Ix2};

use super::embedding_kernel::{embedding, embedding_adjoint};
use super::steps_kernel::steps_to_rows;
use crate::Real;

/// The rows of `table` with these indices: (batch, time) to (batch, time, width).
///
/// ```
/// use autodiff_runtime::kernels::embed;
/// use autodiff_runtime::prelude::*;
///
/// let table = array![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(embed(&array![[1, 0]], &table), array![[[3.0, 4.0], [1.0, 2.0]]]);
/// ```
///
/// # Panics
///
/// Panics if an index is no row of the table; the message says which, in row-major order.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = embed, order = 2, body = crate::kernels::plain::embed(indices, table))]
pub fn embed<T: Real>(#[constant] indices: &ArrayRef<usize, Ix2>, table: &ArrayRef<T, Ix2>) -> Array3<T> {
    let (batch, time) = indices.dim();
    let (items, _) = embedding(&in_order(indices), table).into_raw_vec_and_offset();
    Array3::from_shape_vec((batch, time, table.ncols()), items).expect("a row for each index")
}

fn in_order(indices: &ArrayRef<usize, Ix2>) -> Array1<usize> {
    indices.iter().copied().collect()
}

/// The value of [`embed`]; nothing is saved.
#[track_caller]
pub fn embed_forward<T: Real>(indices: &ArrayRef<usize, Ix2>, table: &ArrayRef<T, Ix2>) -> (Array3<T>, ()) {
    (embed(indices, table), ())
}

/// Adds the gradient of [`embed`] to the slot of `table`: only the rows looked up are touched.
pub fn embed_adjoint<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    table: &ArrayRef<T, Ix2>,
    (): (),
    ct: Array3<T>,
    table_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    embedding_adjoint(&in_order(indices), table, (), steps_to_rows(&ct), table_slot);
}

/// The value of [`embed`], and its derivative along the tangent of `table`.
#[track_caller]
pub fn embed_tangent<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    table: &ArrayRef<T, Ix2>,
    d_table: Option<&ArrayRef<T, Ix2>>,
) -> (Array3<T>, Array3<T>) {
    let y = embed(indices, table);
    let dy = d_table.map_or_else(|| Array3::zeros(y.raw_dim()), |d_table| embed(indices, d_table));
    (y, dy)
}
