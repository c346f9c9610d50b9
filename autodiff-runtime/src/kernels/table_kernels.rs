//! Rows of a [`Table`] for series of integers, and all of its rows; and the same of its tangent, which are their derivatives.

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
#[::autodiff_macros::differentiable(kernel = lookup, order = 2, body = crate::kernels::plain::lookup(indices, table))]
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
    looked_up_adjoint(indices, &Rows::zeros((0, 0)), (), ct, table_slot);
}

/// The value of [`lookup`], and its derivative along the tangent of `table`.
#[track_caller]
pub fn lookup_tangent<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    table: &Table<T>,
    d_table: Option<&Rows<T>>,
) -> (Array3<T>, Array3<T>) {
    let y = lookup(indices, table);
    let dy = d_table.map_or_else(|| Array3::zeros(y.raw_dim()), |d_table| looked_up(indices, d_table));
    (y, dy)
}

/// [`lookup`] of a tangent of a table.
#[::autodiff_macros::differentiable(kernel = looked_up)]
pub(crate) fn looked_up<T: Real>(#[constant] indices: &ArrayRef<usize, Ix2>, rows: &Rows<T>) -> Array3<T> {
    let (batch, time) = indices.dim();
    let mut y = Array3::zeros((batch, time, rows.dim().1));
    for ((batch, time), &index) in indices.indexed_iter() {
        if let Some(row) = rows.row(index) {
            y.index_axis_mut(Axis(0), batch).row_mut(time).assign(&row);
        }
    }
    y
}

/// The value of [`looked_up`]; nothing is saved.
pub(crate) fn looked_up_forward<T: Real>(indices: &ArrayRef<usize, Ix2>, rows: &Rows<T>) -> (Array3<T>, ()) {
    (looked_up(indices, rows), ())
}

/// Adds the gradient of [`looked_up`] to the slot of `rows`.
pub(crate) fn looked_up_adjoint<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    _rows: &Rows<T>,
    (): (),
    ct: Array3<T>,
    slot: Option<&mut Rows<T>>,
) {
    let Some(slot) = slot else { return };
    slot.add_rows(&indices.iter().copied().collect::<Vec<_>>(), &steps_to_rows(&ct));
}

/// The value of [`looked_up`], and its derivative along the tangent of `rows`.
pub(crate) fn looked_up_tangent<T: Real>(
    indices: &ArrayRef<usize, Ix2>,
    rows: &Rows<T>,
    d_rows: Option<&Rows<T>>,
) -> (Array3<T>, Array3<T>) {
    let y = looked_up(indices, rows);
    let dy = d_rows.map_or_else(|| Array3::zeros(y.raw_dim()), |d_rows| looked_up(indices, d_rows));
    (y, dy)
}

/// All rows of a table.
#[::autodiff_macros::differentiable(kernel = whole_table, order = 2, body = crate::kernels::plain::whole_table(table))]
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

/// [`whole_table`] of a tangent of a table.
#[::autodiff_macros::differentiable(kernel = all_rows)]
pub(crate) fn all_rows<T: Real>(rows: &Rows<T>) -> Array2<T> {
    rows.to_array()
}

/// The value of [`all_rows`]; nothing is saved.
pub(crate) fn all_rows_forward<T: Real>(rows: &Rows<T>) -> (Array2<T>, ()) {
    (rows.to_array(), ())
}

/// Adds the gradient of [`all_rows`] to the slot of `rows`.
pub(crate) fn all_rows_adjoint<T: Real>(_rows: &Rows<T>, (): (), ct: Array2<T>, slot: Option<&mut Rows<T>>) {
    if let Some(slot) = slot {
        slot.add_array(&ct);
    }
}

/// The value of [`all_rows`], and its derivative along the tangent of `rows`.
pub(crate) fn all_rows_tangent<T: Real>(rows: &Rows<T>, d_rows: Option<&Rows<T>>) -> (Array2<T>, Array2<T>) {
    let dy = d_rows.map_or_else(|| Array2::zeros(rows.dim()), Rows::to_array);
    (rows.to_array(), dy)
}
