//! Rows of a table, looked up by integers.

use ndarray::{Array2, ArrayRef, Axis, Ix2};

use super::losses::Labels;
use crate::Real;

/// The rows of `table` with these indices: shape (count, width) from a table of shape (rows, width).
///
/// ```
/// use autodiff_runtime::kernels::embedding;
/// use autodiff_runtime::prelude::*;
///
/// let table = array![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(embedding(&[1_usize, 1, 0], &table), array![[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]);
/// ```
///
/// # Panics
///
/// Panics if an index is no row of the table; the message says which.
#[track_caller]
pub fn embedding<T: Real, L: Labels + ?Sized>(indices: &L, table: &ArrayRef<T, Ix2>) -> Array2<T> {
    let mut rows = Vec::with_capacity(indices.count());
    for at in 0..indices.count() {
        rows.push(row(indices, at, table.nrows()));
    }
    table.select(Axis(0), &rows)
}

#[track_caller]
fn row<L: Labels + ?Sized>(indices: &L, at: usize, rows: usize) -> usize {
    match indices.class(at) {
        Some(row) if row < rows => row,
        Some(row) => {
            panic!("embedding: index number {at} is {row}, but the table has only {rows} rows")
        }
        None => panic!("embedding: index number {at} is negative"),
    }
}

/// The value of [`embedding`]; nothing is saved.
#[track_caller]
pub fn embedding_forward<T: Real, L: Labels + ?Sized>(indices: &L, table: &ArrayRef<T, Ix2>) -> (Array2<T>, ()) {
    (embedding(indices, table), ())
}

/// Adds the gradient of [`embedding`] to the slot of `table`: only the rows looked up are touched, each
/// as often as it was looked up.
pub fn embedding_adjoint<T: Real, L: Labels + ?Sized>(
    indices: &L,
    _table: &ArrayRef<T, Ix2>,
    (): (),
    ct: Array2<T>,
    table_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let Some(slot) = table_slot else { return };
    for (at, ct) in ct.rows().into_iter().enumerate() {
        let rows = slot.nrows();
        slot.row_mut(row(indices, at, rows)).zip_mut_with(&ct, |sum, &ct| *sum += ct);
    }
}

/// The value of [`embedding`], and its derivative along the tangent of `table`.
#[track_caller]
pub fn embedding_tangent<T: Real, L: Labels + ?Sized>(
    indices: &L,
    table: &ArrayRef<T, Ix2>,
    d_table: Option<&ArrayRef<T, Ix2>>,
) -> (Array2<T>, Array2<T>) {
    let y = embedding(indices, table);
    let dy = match d_table {
        Some(d_table) => embedding(indices, d_table),
        None => Array2::zeros(y.raw_dim()),
    };
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{check, wave};

    const INDICES: [usize; 4] = [2, 0, 2, 2];

    #[test]
    fn derivatives_agree_with_differences() {
        check(
            &wave((4, 3), 1),
            |table| embedding(&INDICES, table),
            |table, ct| {
                let (_, saved) = embedding_forward(&INDICES, table);
                let mut slot = Array2::ones(table.raw_dim());
                embedding_adjoint(&INDICES, table, saved, ct, Some(&mut slot));
                slot - 1.0
            },
            |table, d_table| embedding_tangent(&INDICES, table, Some(d_table)),
        );
    }

    #[test]
    #[should_panic(expected = "index number 1 is 4, but the table has only 4 rows")]
    fn an_index_out_of_range_is_named() {
        embedding(&[0_i64, 4], &wave((4, 3), 1));
    }
}
