//! The samples of two arrays, row by row: what losses of samples share.

use ndarray::{Array, Array1, ArrayRef, Dimension, Ix1};

use super::Loss;
use crate::Real;
use crate::kernels::support::{check_same_shape, row_major_copy};
use crate::kernels::windows::{items_of, with_items};

/// Truths and predictions in row-major order.
pub(super) struct Samples<T, D> {
    truths: Array<T, D>,
    predictions: Array<T, D>,
    pub(super) count: usize,
    /// The rows of a sample.
    rows: usize,
    /// The elements of a row.
    width: usize,
}

impl<T: Real, D: Dimension> Samples<T, D> {
    /// The samples along the first axis; of arrays of one axis, the elements.
    #[track_caller]
    pub(super) fn new(loss: Loss, y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>) -> Self {
        let kernel = loss.name();
        check_same_shape(kernel, ("y_true", y_true), ("y_pred", y_pred));
        loss.check_settings();
        assert!(!y_pred.is_empty(), "{kernel}: the loss of no elements is not defined, but the arrays are empty");
        let (count, rows, width) = match y_pred.shape() {
            [] => (1, 1, 1),
            [count] => (*count, 1, 1),
            [count, rows @ .., width] => (*count, rows.iter().product(), *width),
        };
        Self { truths: row_major_copy(y_true), predictions: row_major_copy(y_pred), count, rows, width }
    }

    /// The loss of every sample: the mean over its rows.
    pub(super) fn losses(&self, loss: Loss) -> Array1<T> {
        let sample = self.rows * self.width;
        let rows = T::__lit(self.rows as f64);
        let pairs = items_of(&self.truths).chunks_exact(sample).zip(items_of(&self.predictions).chunks_exact(sample));
        let losses = pairs.map(|(t, p)| {
            let rows = t.chunks_exact(self.width).zip(p.chunks_exact(self.width));
            rows.map(|(t, p)| loss.of_row(t, p)).sum::<T>()
        });
        losses.map(|sum| sum / rows).collect()
    }

    /// Calls `each` with the index of every element and the partial derivatives of the loss of its sample.
    fn for_each_partial(&self, loss: Loss, mut each: impl FnMut(usize, T, T)) {
        let rows = T::__lit(self.rows as f64);
        let pairs = items_of(&self.truths).chunks_exact(self.width);
        for (row, (t, p)) in pairs.zip(items_of(&self.predictions).chunks_exact(self.width)).enumerate() {
            loss.for_each_partial(t, p, |at, by_true, by_pred| {
                each(row * self.width + at, by_true / rows, by_pred / rows);
            });
        }
    }

    /// Adds the gradient of Σ c·loss, with a coefficient for each sample, to the slots.
    pub(super) fn add_gradient(
        &self,
        loss: Loss,
        coefficients: &ArrayRef<T, Ix1>,
        true_slot: Option<&mut ArrayRef<T, D>>,
        pred_slot: Option<&mut ArrayRef<T, D>>,
    ) {
        let sample = self.rows * self.width;
        if let Some(slot) = true_slot {
            with_items(slot, |slot| {
                self.for_each_partial(loss, |at, by_true, _| slot[at] += coefficients[at / sample] * by_true);
            });
        }
        if let Some(slot) = pred_slot {
            with_items(slot, |slot| {
                self.for_each_partial(loss, |at, _, by_pred| slot[at] += coefficients[at / sample] * by_pred);
            });
        }
    }

    /// The derivative of every sample's loss along the tangents.
    pub(super) fn tangents(
        &self,
        loss: Loss,
        d_true: Option<&ArrayRef<T, D>>,
        d_pred: Option<&ArrayRef<T, D>>,
    ) -> Array1<T> {
        let sample = self.rows * self.width;
        let items = |d: Option<&ArrayRef<T, D>>| d.map(|d| row_major_copy(d));
        let (d_true, d_pred) = (items(d_true), items(d_pred));
        let (d_true, d_pred) = (d_true.as_ref().map(|d| items_of(d)), d_pred.as_ref().map(|d| items_of(d)));
        let mut tangents = Array1::zeros(self.count);
        self.for_each_partial(loss, |at, by_true, by_pred| {
            let along = |d: Option<&[T]>, by: T| d.map_or(T::zero(), |d| d[at] * by);
            tangents[at / sample] += along(d_true, by_true) + along(d_pred, by_pred);
        });
        tangents
    }
}
