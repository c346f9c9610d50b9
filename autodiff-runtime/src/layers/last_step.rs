//! The last step of series.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array2, Array3, Axis};

use crate::Real;
use crate::training::Model;

/// The last step of every series, (batch, time, features) to (batch, features): after a recurrent layer what Keras gives
/// with `return_sequences=False`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = LastStep::new().call(&array![[[1.0], [2.0]], [[3.0], [4.0]]]);
/// assert_eq!(y, array![[2.0], [4.0]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Differentiable)]
pub struct LastStep<T: Real> {
    kind: PhantomData<fn(T)>,
}

impl<T: Real> LastStep<T> {
    /// A layer; it has no settings.
    pub fn new() -> Self {
        Self { kind: PhantomData }
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for LastStep<T> {
    type Input = Array3<T>;
    type Output = Array2<T>;

    /// # Panics
    ///
    /// Panics if the series have no steps.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array2<T> {
        let steps = x.dim().1;
        assert!(steps > 0, "LastStep: the series have no steps; received shape {:?}", x.shape());
        x.index_axis(Axis(1), steps - 1).to_owned()
    }
}
