//! The convolution of series.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array1, Array3};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::{Activation, Conv1DConfig, Padding, conv1d};
use crate::training::Model;

/// The convolution of series, act(x ∗ W + b). Keras: `Conv1D`.
///
/// See [`conv1d`] for the formula. Series have shape (batch, time, channels).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Conv1D::new(2, 8, 5, &mut seeded(1)).padding(Padding::Same).stride(2);
/// let y = layer.call(&Array3::<f32>::ones((1, 100, 2)));
/// assert_eq!(y.dim(), (1, 50, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Conv1D<T: Real> {
    /// The windows W, of shape (time, channels / groups, filters).
    #[saved(name = "weight", axes = [2, 1, 0])]
    pub weights: Array3<T>,
    /// The bias b, one for each filter.
    pub bias: Array1<T>,
    /// Stride, padding, dilation and groups.
    pub config: Conv1DConfig,
    /// What is applied to the result; the identity unless chosen.
    pub activation: Activation,
}

impl<T: Real> Conv1D<T> {
    /// A layer with windows of this size, stride 1, no padding and no activation, with Glorot-uniform weights and zero
    /// biases, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if the weights are empty.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(channels: usize, filters: usize, size: usize, rng: &mut R) -> Self {
        Self::grouped(channels, filters, size, 1, rng)
    }

    /// As [`Conv1D::new`], with channels and filters in this many groups, each convolved by itself.
    ///
    /// # Panics
    ///
    /// Panics if the groups do not divide the channels and the filters, or if the weights are empty.
    #[track_caller]
    pub fn grouped<R: Rng + ?Sized>(channels: usize, filters: usize, size: usize, groups: usize, rng: &mut R) -> Self {
        super::check_groups("Conv1D", channels, filters, groups);
        assert!(
            size > 0 && channels > 0 && filters > 0,
            "Conv1D: windows, channels and filters must be at least 1; received {size:?}, {channels} and {filters}"
        );
        let layer = Self {
            weights: Array3::zeros((size, channels / groups, filters)),
            bias: Array1::zeros(filters),
            config: Conv1DConfig { groups, ..Conv1DConfig::default() },
            activation: Activation::Linear,
        };
        layer.with_initializer(Initializer::GlorotUniform, rng)
    }

    /// The same layer with new weights from `initializer`.
    ///
    /// # Panics
    ///
    /// Panics if the initializer's scale depends on fans that are 0.
    #[track_caller]
    pub fn with_initializer<R: Rng + ?Sized>(mut self, initializer: Initializer, rng: &mut R) -> Self {
        let (size, channels, filters) = self.weights.dim();
        self.weights = initializer.sample(self.weights.dim(), (size * channels, size * filters), rng);
        self
    }

    /// The same layer with this distance between windows.
    pub fn stride(mut self, stride: usize) -> Self {
        self.config.stride = stride;
        self
    }

    /// The same layer with this padding.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.config.padding = padding;
        self
    }

    /// The same layer with this distance between the taps of a window.
    pub fn dilation(mut self, dilation: usize) -> Self {
        self.config.dilation = dilation;
        self
    }

    /// The same layer without a bias, which is empty then. Keras: `use_bias=False`.
    pub fn without_bias(mut self) -> Self {
        self.bias = Array1::zeros(0);
        self
    }

    /// The same layer with this activation.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for Conv1D<T> {
    type Input = Array3<T>;
    type Output = Array3<T>;

    /// The layer's value for series of shape (batch, time, channels): (batch, time, filters).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of channels than the layer expects, or is shorter than a window without padding.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array3<T> {
        conv1d(x, &self.weights, &self.bias, self.config, self.activation)
    }
}
