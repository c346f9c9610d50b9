//! Rows of a [`Table`] for series of integers, and all of its rows.

use ndarray::{Array2, Array3, ArrayRef, Axis, Ix2};

use super::embed_kernel::embed;
use super::steps_kernel::steps_to_rows;
use crate::Real;
use crate::layers::Table;
use crate::tangent::Rows;

/// The rows of a table with these indices: (batch, time) to (batch, time, width).
///
/// It is [`embed`](super::embed()) with a gradient that has only the rows looked up.
///
/// # Panics
///
/// As [`embed`](super::embed()).
#[track_caller]
#[::autodiff_macros::differentiable(kernel = lookup)]
pub fn lookup<T: Real>(#[constant] indices: &ArrayRef<usize, Ix2>, table: &Table<T>) -> Array3<T> {
    embed(indices, table)
}

/// The value of [`lookup`]; nothing is saved.
#[track_caller]
pub fn lookup_forward<T: Real>(indices: &ArrayRef<usize, Ix2>, table: &Table<T>) -> (Array3<T>, ()) {
    (lookup(indices, table), ())
}

/// Adds the gradient of [`lookup`] to the slot of `table`.
pub fn lookup_adjoint<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    _table: &Table<T>,
    (): (),
    ct: Array3<T>,
    table_slot: Option<&mut Rows<T>>,
) {
    let Some(slot) = table_slot else { return };
    slot.add_rows(&indices.iter().copied().collect::<Vec<_>>(), &steps_to_rows(&ct));
}

/// The value of [`lookup`], and its derivative along the tangent of `table`.
#[track_caller]
pub fn lookup_tangent<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    table: &Table<T>,
    d_table: Option<&Rows<T>>,
) -> (Array3<T>, Array3<T>) {
    let y = lookup(indices, table);
    let mut dy = Array3::zeros(y.raw_dim());
    if let Some(d_table) = d_table {
        for ((batch, time), &index) in indices.indexed_iter() {
            if let Some(row) = d_table.row(index) {
                dy.index_axis_mut(Axis(0), batch).row_mut(time).assign(&row);
            }
        }
    }
    (y, dy)
}

/// All rows of a table.
#[::autodiff_macros::differentiable(kernel = whole_table)]
pub fn whole_table<T: Real>(table: &Table<T>) -> Array2<T> {
    (**table).clone()
}

/// The value of [`whole_table`]; nothing is saved.
pub fn whole_table_forward<T: Real>(table: &Table<T>) -> (Array2<T>, ()) {
    (whole_table(table), ())
}

/// Adds the gradient of [`whole_table`] to the slot of `table`.
pub fn whole_table_adjoint<T: Real>(_table: &Table<T>, (): (), ct: Array2<T>, table_slot: Option<&mut Rows<T>>) {
    if let Some(slot) = table_slot {
        slot.add_array(&ct);
    }
}

/// The value of [`whole_table`], and its derivative along the tangent of `table`.
pub fn whole_table_tangent<T: Real>(table: &Table<T>, d_table: Option<&Rows<T>>) -> (Array2<T>, Array2<T>) {
    let dy = d_table.map_or_else(|| Array2::zeros(table.dim()), Rows::to_array);
    (whole_table(table), dy)
}
