//! Tables of vectors, whose gradients hold only the rows that were used.

use std::ops::{Deref, DerefMut};

use autodiff_macros::differentiable;
use ndarray::{Array1, Array2, Array3, Axis};

use crate::Real;
use crate::kernels::{lookup, whole_table};
use crate::tangent::{Differentiable, Rows, Update, Visit};

/// A matrix of parameters of which each step uses some rows, such as those of an [`Embedding`](super::Embedding).
///
/// It is read and written like the `Array2` that it holds; its gradient is a [`Rows`], so that a step costs as much as
/// the rows that it uses, however large the table is. Optimisers that move parameters with no gradient, as
/// [`Adam`](crate::optimizers::Adam) does by its momentum, go over all of it nonetheless, unless they are
/// [`lazy`](crate::optimizers::Stepper::lazy).
///
/// In differentiated code, [`row`](Table::row) is one row, [`lookup`](Table::lookup) several, and [`array`](Table::array) the whole
/// matrix, for everything else that arrays have; [`t`](Table::t) is that transposed, as for an output layer that shares the
/// vectors of the input:
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable(wrt(words))]
/// fn loss(words: &Embedding<f64>, #[constant] text: &Array2<usize>, #[constant] next: &Vec<usize>) -> f64 {
///     let hidden: Array2<f64> = words.call(text).mean_axis(Axis(1)).unwrap();
///     sparse_softmax_cross_entropy(next, &hidden.dot(&words.weights.t()))
/// }
///
/// let words = Embedding::new(5, 3, &mut seeded(1));
/// loss::check(&words, &array![[0, 3], [3, 1]], &vec![2, 4]).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T: Real>(Array2<T>);

impl<T: Real> Table<T> {
    /// The matrix that it holds.
    #[must_use]
    pub fn into_array(self) -> Array2<T> {
        self.0
    }
}

#[differentiable(order = 2)]
impl<T: Real> Table<T> {
    /// The whole matrix, for differentiated code; its gradient has every row.
    #[must_use]
    pub fn array(&self) -> Array2<T> {
        whole_table(self)
    }

    /// The whole matrix with its axes exchanged, for differentiated code; its gradient has every row.
    #[must_use]
    pub fn t(&self) -> Array2<T> {
        let whole: Array2<T> = whole_table(self);
        whole.t().to_owned()
    }

    /// Copies of the rows with these indices; its gradient has those rows alone.
    ///
    /// ```standalone_crate
    /// # extern crate autodiff_runtime as differentiable;
    /// # use autodiff_macros::{Differentiable, differentiable};
    /// use differentiable::prelude::*;
    ///
    /// /// Ratings of items by users, as products of their vectors.
    /// #[differentiable(wrt(users, items))]
    /// fn loss(users: &Table<f64>, items: &Table<f64>, user: &[usize], item: &[usize], ratings: &Array1<f64>) -> f64 {
    ///     let products: Array1<f64> = (users.lookup(user) * items.lookup(item)).sum_axis(Axis(1));
    ///     mse_loss(ratings, &products)
    /// }
    ///
    /// let users = Table::from(array![[1.0, 2.0], [0.5, 1.0]]);
    /// let items = Table::from(array![[1.0, 0.0], [3.0, 1.0], [2.0, 2.0]]);
    /// loss::check(&users, &items, &[0, 1, 1], &[2, 0, 2], &array![5.0, 1.0, 4.0]).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if there is no such row; the message says which index it is.
    #[must_use]
    #[track_caller]
    pub fn lookup(&self, indices: &[usize]) -> Array2<T> {
        let column: Array2<usize> = Array2::from_shape_fn((indices.len(), 1), |(row, _)| indices[row]);
        let found: Array3<T> = lookup(&column, self);
        found.index_axis(Axis(1), 0).to_owned()
    }

    /// A copy of one row; its gradient has that row alone.
    ///
    /// ```standalone_crate
    /// # extern crate autodiff_runtime as differentiable;
    /// # use autodiff_macros::{Differentiable, differentiable};
    /// use differentiable::prelude::*;
    ///
    /// #[differentiable(wrt(words))]
    /// fn likeness(words: &Table<f64>, a: usize, b: usize) -> f64 {
    ///     words.row(a).dot(&words.row(b))
    /// }
    ///
    /// let words = Table::from(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let gradient = likeness::grad(&words, 0, 2);
    /// assert_eq!((gradient.indices(), gradient.to_array().row(2)), (&[0, 2][..], array![1.0, 2.0].view()));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if there is no such row.
    #[must_use]
    #[track_caller]
    pub fn row(&self, index: usize) -> Array1<T> {
        let indices: Array2<usize> = Array2::from_elem((1, 1), index);
        let found: Array3<T> = lookup(&indices, self);
        found.index_axis(Axis(0), 0).row(0).to_owned()
    }
}

impl<T: Real> From<Array2<T>> for Table<T> {
    fn from(rows: Array2<T>) -> Self {
        Self(rows)
    }
}

impl<T: Real> Deref for Table<T> {
    type Target = Array2<T>;

    fn deref(&self) -> &Array2<T> {
        &self.0
    }
}

impl<T: Real> DerefMut for Table<T> {
    fn deref_mut(&mut self) -> &mut Array2<T> {
        &mut self.0
    }
}

impl<T: Real> Differentiable for Table<T> {
    type Tangent = Rows<T>;

    fn __zero(&self) -> Rows<T> {
        Rows::zeros(self.dim())
    }

    #[track_caller]
    fn __update(&mut self, gradient: &Rows<T>, update: &mut dyn Update) {
        assert!(
            self.dim() == gradient.dim(),
            "a gradient has shape {:?}, but the table that it belongs to has shape {:?}",
            gradient.dim(),
            self.dim()
        );
        match self.0.as_slice_mut() {
            Some(parameters) => T::__update_rows(parameters, gradient, update),
            None => self.0.__update(&gradient.to_array(), update),
        }
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        self.0.__visit(visitor);
    }
}
