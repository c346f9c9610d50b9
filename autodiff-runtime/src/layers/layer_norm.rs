//! Layer normalisation.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Array1, Dimension, Ix2};

use crate::Real;
use crate::kernels::layer_norm;
use crate::training::Model;

/// Layer normalisation over the last axis, γ·(x − mean) / √(variance + ε) + β. Keras: `LayerNormalization`.
///
/// See [`layer_norm`] for the derivative.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let y = LayerNorm::new(2).call(&array![[1.0_f64, 3.0]]);
/// assert!((y[(0, 0)] + 1.0).abs() < 1e-3 && (y[(0, 1)] - 1.0).abs() < 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct LayerNorm<T: Real, D: Dimension = Ix2> {
    /// γ, one for each feature.
    #[saved(name = "weight")]
    pub gamma: Array1<T>,
    /// β, one for each feature.
    #[saved(name = "bias")]
    pub beta: Array1<T>,
    /// ε; 0.001 unless set, as in Keras.
    #[constant]
    pub epsilon: f64,
    kind: PhantomData<fn(D)>,
}

impl<T: Real, D: Dimension> LayerNorm<T, D> {
    /// A layer for this many features, with γ = 1 and β = 0.
    pub fn new(features: usize) -> Self {
        Self { gamma: Array1::ones(features), beta: Array1::zeros(features), epsilon: 1e-3, kind: PhantomData }
    }

    /// The same layer with this ε.
    ///
    /// # Panics
    ///
    /// Panics if ε is negative or not a number.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        super::check_epsilon("LayerNorm", epsilon);
        self.epsilon = epsilon;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for LayerNorm<T, D> {
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// The layer's value: an array of the shape of `x`.
    ///
    /// # Panics
    ///
    /// Panics if the last axis of `x` has another length than the layer has features.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        layer_norm(x, &self.gamma, &self.beta, self.epsilon)
    }
}
