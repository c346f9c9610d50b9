//! What can be asked for predictions.

use autodiff_macros::differentiable;

use super::Batch;
use crate::Differentiable;
use crate::layers::{Mode, Predicting, set_mode};

/// A function with parameters.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[derive(Clone, Differentiable)]
/// struct Scale(f64);
///
/// #[differentiable]
/// impl Model for Scale {
///     type Input = Array1<f64>;
///     type Output = Array1<f64>;
///
///     fn call(&self, x: &Array1<f64>) -> Array1<f64> {
///         x * self.0
///     }
/// }
///
/// assert_eq!(Scale(2.0).predict(&array![1.0, 2.0, 3.0], 2), array![2.0, 4.0, 6.0]);
/// ```
#[differentiable(order = 2, required = 1)]
pub trait Model {
    /// What the model is given: a batch of samples.
    type Input;
    /// What the model gives: a batch of predictions.
    type Output;

    /// The model's value.
    fn call(&self, x: &Self::Input) -> Self::Output;

    /// The model's value for new data, with all layers predicting, computed in batches of at most `batch_size`
    /// samples, so that memory is needed for one batch only.
    ///
    /// # Panics
    ///
    /// Panics if `batch_size` is 0, or if a sample of `x` holds NaN or infinity (the message names it): a layer may hide that.
    #[track_caller]
    #[differentiable(skip)]
    fn predict(&self, x: &Self::Input, batch_size: usize) -> Self::Output
    where
        Self::Input: Batch,
        Self::Output: Batch,
    {
        assert!(batch_size > 0, "predict: the batch size must be at least 1; received 0");
        if let Some(sample) = x.first_not_finite() {
            panic!("predict: the input of sample {sample} holds NaN or infinity (samples count from 0)");
        }
        let indices: Vec<usize> = (0..x.sample_count()).collect();
        // Neither in a closure, so that what the model refuses is reported where `predict` was called.
        let _predicting = Predicting::begin();
        if indices.len() <= batch_size {
            return self.call(x);
        }
        let mut parts = Vec::new();
        for batch in indices.chunks(batch_size) {
            parts.push(self.call(&x.select_samples(batch)));
        }
        Batch::concatenate_samples(parts).expect("there is more than one batch")
    }

    /// Sets what all layers of the model are used for; see [`Mode`].
    #[differentiable(skip)]
    fn set_mode(&mut self, mode: Mode)
    where
        Self: Differentiable,
    {
        set_mode(self, mode);
    }
}
