//! Gradients of tables: the rows that were used, and no others.

use ndarray::{Array2, ArrayRef, ArrayView1, Ix2};

use super::{Differentiable, Tangent, Update, Visit};
use crate::Real;

/// A matrix that is zero in most of its rows: the others, in order. It is the tangent of a
/// [`Table`](crate::layers::Table).
///
/// Rows are there once each, however often they were added to. What reads it sees a whole matrix, unless it asks for
/// rows.
#[derive(Clone, Debug)]
pub struct Rows<T: Real> {
    dim: (usize, usize),
    indices: Vec<usize>,
    values: Vec<T>,
}

/// Equal as matrices, so that a row of zeros is as good as none.
impl<T: Real> PartialEq for Rows<T> {
    fn eq(&self, other: &Self) -> bool {
        let differ = |index: usize| match (self.row(index), other.row(index)) {
            (Some(mine), Some(theirs)) => mine != theirs,
            (Some(row), None) | (None, Some(row)) => row.iter().any(|x| !x.is_zero()),
            (None, None) => false,
        };
        self.dim == other.dim && !self.indices.iter().chain(&other.indices).any(|&index| differ(index))
    }
}

impl<T: Real> Rows<T> {
    /// A matrix of zeros with this many rows and columns.
    #[must_use]
    pub fn zeros(dim: (usize, usize)) -> Self {
        Self { dim, indices: Vec::new(), values: Vec::new() }
    }

    /// The number of rows and columns of the whole matrix.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.dim
    }

    /// Which rows are there, in ascending order.
    #[must_use]
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The elements of these rows, one row after the other.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// A row, if it is there.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<ArrayView1<'_, T>> {
        let width = self.dim.1;
        let at = self.indices.binary_search(&index).ok()?;
        Some(ArrayView1::from(&self.values[at * width..][..width]))
    }

    /// The whole matrix.
    #[must_use]
    pub fn to_array(&self) -> Array2<T> {
        let mut dense = Array2::zeros(self.dim);
        for (row, &index) in self.values.chunks_exact(self.dim.1.max(1)).zip(&self.indices) {
            dense.row_mut(index).assign(&ArrayView1::from(row));
        }
        dense
    }

    /// Adds each row of `values` to the row with the index beside it, in order.
    ///
    /// # Panics
    ///
    /// Panics if there is no row with an index, or if there are not as many rows as indices, each as wide as the matrix.
    #[track_caller]
    pub fn add_rows(&mut self, indices: &[usize], values: &ArrayRef<T, Ix2>) {
        let (rows, width) = self.dim;
        assert!(values.dim() == (indices.len(), width), "{} rows of {width} elements are needed", indices.len());
        let mut order: Vec<usize> = (0..indices.len()).collect();
        order.sort_by_key(|&at| indices[at]);
        let mut added = Self::zeros(self.dim);
        for at in order {
            let (index, row) = (indices[at], values.row(at));
            assert!(index < rows, "there is no row {index} among {rows}");
            if added.indices.last() == Some(&index) {
                let start = added.values.len() - width;
                added.values[start..].iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
            } else {
                added.indices.push(index);
                added.values.extend(row);
            }
        }
        self.merge(added);
    }

    /// Adds a whole matrix.
    ///
    /// # Panics
    ///
    /// Panics if it has another shape.
    #[track_caller]
    pub fn add_array(&mut self, values: &ArrayRef<T, Ix2>) {
        assert!(values.dim() == self.dim, "matrices of shapes {:?} and {:?} cannot be added", self.dim, values.dim());
        self.add_rows(&(0..self.dim.0).collect::<Vec<_>>(), values);
    }

    fn merge(&mut self, other: Self) {
        if self.indices.is_empty() {
            *self = other;
            return;
        }
        if self.indices == other.indices {
            self.values.iter_mut().zip(other.values).for_each(|(sum, x)| *sum += x);
            return;
        }
        let width = self.dim.1;
        let mut sum = Self::zeros(self.dim);
        let (mut mine, mut theirs) =
            (self.indices.iter().enumerate().peekable(), other.indices.iter().enumerate().peekable());
        loop {
            let index = match (mine.peek(), theirs.peek()) {
                (Some((_, a)), Some((_, b))) => **a.min(b),
                (Some((_, index)), None) | (None, Some((_, index))) => **index,
                (None, None) => break,
            };
            sum.indices.push(index);
            let start = sum.values.len();
            if let Some((at, _)) = mine.next_if(|(_, a)| **a == index) {
                sum.values.extend(&self.values[at * width..][..width]);
            }
            if let Some((at, _)) = theirs.next_if(|(_, b)| **b == index) {
                let row = &other.values[at * width..][..width];
                if sum.values.len() == start {
                    sum.values.extend(row);
                } else {
                    sum.values[start..].iter_mut().zip(row).for_each(|(sum, x)| *sum += *x);
                }
            }
        }
        *self = sum;
    }
}

impl<T: Real> Differentiable for Rows<T> {
    type Tangent = Self;

    fn __zero(&self) -> Self {
        Self::zeros(self.dim)
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self, update: &mut dyn Update) {
        let mut dense = self.to_array();
        dense.__update(&tangent.to_array(), update);
        *self = Self::zeros(self.dim);
        self.add_array(&dense);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        T::__visit_rows(self, visitor);
    }
}

impl<T: Real> Tangent for Rows<T> {
    #[track_caller]
    fn __add(&mut self, other: &Self) {
        assert!(self.dim == other.dim, "tangents of shapes {:?} and {:?} cannot be added", self.dim, other.dim);
        self.merge(other.clone());
    }

    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        let (rows, width) = self.dim;
        let mut mapped = Self::zeros(self.dim);
        let mut at = 0;
        for index in 0..rows {
            let known = self.indices.get(at) == Some(&index);
            let mut row = if known { self.values[at * width..][..width].to_vec() } else { vec![T::zero(); width] };
            at += usize::from(known);
            row.iter_mut().for_each(|x| x.__map(f));
            if known || row.iter().any(|x| !x.is_zero()) {
                mapped.indices.push(index);
                mapped.values.append(&mut row);
            }
        }
        *self = mapped;
    }

    fn __scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|x| x.__scale(factor));
    }
}

/// Rows of some matrix laid side by side, as [`Rows::values`] are.
pub(crate) fn gather<T: Copy>(items: &[T], width: usize, indices: &[usize]) -> Vec<T> {
    indices.iter().flat_map(|index| &items[index * width..][..width]).copied().collect()
}

/// Puts such rows where they were.
pub(crate) fn scatter<T: Copy>(rows: &[T], width: usize, indices: &[usize], items: &mut [T]) {
    for (row, index) in rows.chunks_exact(width.max(1)).zip(indices) {
        items[index * width..][..width].copy_from_slice(row);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn rows() -> Rows<f64> {
        let mut rows = Rows::zeros((5, 2));
        rows.add_rows(&[3, 1, 3], &array![[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]]);
        rows
    }

    #[test]
    fn rows_are_there_once_and_in_order() {
        let mut sum = rows();
        assert_eq!((sum.indices(), sum.values()), (&[1, 3][..], &[3.0, 4.0, 11.0, 22.0][..]));
        assert_eq!(sum.row(3), Some(array![11.0, 22.0].view()));
        assert_eq!(sum.row(2), None);
        let mut other = Rows::zeros((5, 2));
        other.add_rows(&[4, 1, 0], &array![[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]);
        let dense = sum.to_array() + other.to_array();
        sum.__add(&other);
        assert_eq!(sum.indices(), [0, 1, 3, 4]);
        assert_eq!(sum.to_array(), dense);
    }

    #[test]
    fn a_row_of_zeros_is_as_good_as_none() {
        let mut other = rows();
        other.add_rows(&[0], &array![[0.0, 0.0]]);
        assert_eq!(other, rows());
        assert_ne!(rows().__zero(), rows());
        assert_ne!(Rows::<f64>::zeros((2, 2)), Rows::zeros((2, 3)));
        let mut whole = rows();
        whole.add_array(&Array2::ones((5, 2)));
        assert_eq!(whole.to_array(), rows().to_array() + 1.0);
    }

    #[test]
    fn what_maps_it_sees_every_element() {
        let mut rows = rows();
        let mut count = 0;
        rows.__map(&mut |x| {
            count += 1;
            if count == 9 { 7.0 } else { x }
        });
        assert_eq!(count, 10);
        assert_eq!(rows.indices(), [1, 3, 4]);
        rows.__scale(0.5);
        assert_eq!(rows.values(), [1.5, 2.0, 5.5, 11.0, 3.5, 0.0]);
    }

    #[test]
    #[should_panic(expected = "there is no row 5 among 5")]
    fn a_row_that_is_not_there_is_refused() {
        rows().add_rows(&[5], &array![[0.0, 0.0]]);
    }
}
