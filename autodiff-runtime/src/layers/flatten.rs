//! The layer that makes rows of images.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Array2, Dimension, Ix4};

use crate::Real;
use crate::kernels::flatten;
use crate::training::Model;

/// Makes one row of every sample, (batch, …) to (batch, features), in row-major order. Keras: `Flatten`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = Flatten::new().call(&Array4::<f32>::zeros((2, 3, 4, 5)));
/// assert_eq!(y.dim(), (2, 60));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct Flatten<T: Real, D: Dimension = Ix4> {
    kind: PhantomData<fn(&Array<T, D>)>,
}

impl<T: Real, D: Dimension> Flatten<T, D> {
    /// A layer; it has no settings.
    pub fn new() -> Self {
        Self { kind: PhantomData }
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for Flatten<T, D> {
    type Input = Array<T, D>;
    type Output = Array2<T>;

    /// # Panics
    ///
    /// Panics if `x` has no axes.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array2<T> {
        flatten(x)
    }
}
