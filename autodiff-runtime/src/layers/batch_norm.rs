//! Batch normalisation with running statistics.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Array1, Dimension, Ix4};

use super::{Mode, Running};
use crate::Real;
use crate::kernels::running_batch_norm;
use crate::training::Model;

/// Normalisation of every channel, γ·(x − mean) / √(variance + ε) + β. Keras: `BatchNormalization`.
///
/// While the layer trains, mean and variance are those of the batch, and every step of an optimiser moves the running
/// statistics towards them; while it predicts, they are the running statistics (see [`Mode`]). See
/// [`batch_norm`](crate::kernels::batch_norm()) for the derivative.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable(wrt(layer))]
/// fn loss(layer: &BatchNorm<f64, Ix2>, x: &Array2<f64>) -> f64 {
///     layer.call(x).sum()
/// }
///
/// let mut layer = BatchNorm::new(1).momentum(0.5);
/// let gradient = loss::grad(&layer, &array![[1.0], [3.0]]);
/// Adam::new(0.01).apply_gradients(&mut layer, &gradient);
/// assert_eq!(layer.running_mean.values, array![1.0]);   // half way from 0 to 2
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct BatchNorm<T: Real, D: Dimension = Ix4> {
    /// γ, one for each channel.
    #[saved(name = "weight")]
    pub gamma: Array1<T>,
    /// β, one for each channel.
    #[saved(name = "bias")]
    pub beta: Array1<T>,
    /// The mean that is used for predictions.
    pub running_mean: Running<T>,
    /// The variance that is used for predictions, of means of squares as in Keras (not of `n − 1` as in `PyTorch`).
    pub running_var: Running<T>,
    /// ε; 0.001 unless set, as in Keras.
    #[constant]
    pub epsilon: f64,
    /// Which statistics are used.
    pub mode: Mode,
    kind: PhantomData<fn(D)>,
}

impl<T: Real, D: Dimension> BatchNorm<T, D> {
    /// A layer for this many channels with γ = 1, β = 0, momentum 0.99 and ε = 0.001, as in Keras.
    pub fn new(channels: usize) -> Self {
        let running = |values| Running { values, momentum: 0.99 };
        Self {
            gamma: Array1::ones(channels),
            beta: Array1::zeros(channels),
            running_mean: running(Array1::zeros(channels)),
            running_var: running(Array1::ones(channels)),
            epsilon: 1e-3,
            mode: Mode::Train,
            kind: PhantomData,
        }
    }

    /// The same layer with this momentum: what share of its statistics it keeps in every step. `PyTorch` calls one minus
    /// this the momentum.
    ///
    /// # Panics
    ///
    /// Panics if the momentum is not between 0 and 1.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&momentum),
            "BatchNorm: the momentum must lie between 0 and 1; received {momentum}"
        );
        self.running_mean.momentum = momentum;
        self.running_var.momentum = momentum;
        self
    }

    /// The same layer with this ε.
    ///
    /// # Panics
    ///
    /// Panics if ε is negative or not a number.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        super::check_epsilon("BatchNorm", epsilon);
        self.epsilon = epsilon;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for BatchNorm<T, D> {
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// The layer's value: an array of the shape of `x`, (batch, …, channels).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of channels than the layer, or no elements while it trains.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        running_batch_norm(x, &self.gamma, &self.beta, &self.running_mean, &self.running_var, self.epsilon, self.mode)
    }
}
