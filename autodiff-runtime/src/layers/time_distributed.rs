//! A layer applied to every step of series.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array2, Array3};

use crate::Real;
use crate::kernels::{rows_to_steps, steps_to_rows};
use crate::tangent::Differentiable;
use crate::training::Model;

/// A layer applied to every step of series by itself, (batch, time, features) to (batch, time, outputs). Keras:
/// `TimeDistributed`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = TimeDistributed(Dense::<f32>::new(3, 5, &mut seeded(1)));
/// assert_eq!(layer.call(&Array3::ones((2, 7, 3))).dim(), (2, 7, 5));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct TimeDistributed<L>(
    /// What is applied to the steps.
    #[saved(name = "")]
    pub L,
);

#[differentiable(order = 2)]
impl<T: Real, L: Model<Input = Array2<T>, Output = Array2<T>> + Differentiable> Model for TimeDistributed<L> {
    type Input = Array3<T>;
    type Output = Array3<T>;

    /// The layer's value for every step.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array3<T> {
        let y = self.0.call(&steps_to_rows(x));
        rows_to_steps(&y, x.dim().1)
    }
}
