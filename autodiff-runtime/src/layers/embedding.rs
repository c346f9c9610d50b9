//! Vectors for integers.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array2, Array3};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::lookup;
use crate::layers::Table;
use crate::training::Model;

/// A vector for each integer, such as a word: (batch, time) to (batch, time, width). Keras: `Embedding`.
///
/// For one integer a sample, `weights.lookup(&integers)` gives (batch, width).
///
/// The gradient has only the rows that were looked up: see [`Table`], and [`lazy`](crate::optimizers::Stepper::lazy) for
/// optimisers that leave the others alone.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Embedding::<f32>::new(1000, 16, &mut seeded(1));
/// assert_eq!(layer.call(&array![[3, 999, 3]]).dim(), (1, 3, 16));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Embedding<T: Real> {
    /// The table, with a row for each integer.
    #[saved(name = "weight")]
    pub weights: Table<T>,
}

impl<T: Real> Embedding<T> {
    /// A layer for the integers below `count`, with vectors of this width, uniform in ±0.05 as in Keras.
    pub fn new<R: Rng + ?Sized>(count: usize, width: usize, rng: &mut R) -> Self {
        let initializer = Initializer::Uniform { low: -0.05, high: 0.05 };
        Self { weights: initializer.sample((count, width), (count, width), rng).into() }
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for Embedding<T> {
    type Input = Array2<usize>;
    type Output = Array3<T>;

    /// The rows with these indices, (batch, time) to (batch, time, width).
    ///
    /// # Panics
    ///
    /// Panics if an index is no row of the table; the message says which.
    #[track_caller]
    fn call(&self, x: &Array2<usize>) -> Array3<T> {
        lookup(x, &self.weights)
    }
}
