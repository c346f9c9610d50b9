//! Group normalisation.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Array1, Dimension, Ix4};

use crate::Real;
use crate::kernels::group_norm;
use crate::training::Model;

/// Normalisation of groups of channels of every sample, γ·(x − mean) / √(variance + ε) + β. Keras:
/// `GroupNormalization`.
///
/// See [`group_norm`] for the derivative.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = GroupNorm::new(2, 4);
/// assert_eq!(layer.call(&Array4::<f32>::ones((1, 3, 3, 4))), Array4::<f32>::zeros((1, 3, 3, 4)));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct GroupNorm<T: Real, D: Dimension = Ix4> {
    /// γ, one for each channel.
    #[saved(name = "weight")]
    pub gamma: Array1<T>,
    /// β, one for each channel.
    #[saved(name = "bias")]
    pub beta: Array1<T>,
    /// The number of groups that the channels are divided into.
    pub groups: usize,
    /// ε; 0.001 unless set, as in Keras.
    #[constant]
    pub epsilon: f64,
    kind: PhantomData<fn(D)>,
}

impl<T: Real, D: Dimension> GroupNorm<T, D> {
    /// A layer for this many channels in this many groups, with γ = 1 and β = 0.
    ///
    /// # Panics
    ///
    /// Panics if the groups do not divide the channels.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        super::check_groups("GroupNorm", channels, channels, groups);
        let (gamma, beta) = (Array1::ones(channels), Array1::zeros(channels));
        Self { gamma, beta, groups, epsilon: 1e-3, kind: PhantomData }
    }

    /// The same layer with this ε.
    ///
    /// # Panics
    ///
    /// Panics if ε is negative or not a number.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        super::check_epsilon("GroupNorm", epsilon);
        self.epsilon = epsilon;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for GroupNorm<T, D> {
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// The layer's value: an array of the shape of `x`, (batch, …, channels).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of channels than the layer.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        group_norm(x, &self.gamma, &self.beta, self.groups, self.epsilon)
    }
}
