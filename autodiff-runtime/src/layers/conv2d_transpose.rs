//! The transposed convolution of images.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array1, Array4};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::{Activation, Conv2DConfig, Padding, conv2d_transpose};
use crate::training::Model;

/// The transposed convolution of images, act(x ∗ᵀ W + b), which makes them larger. Keras: `Conv2DTranspose`.
///
/// See [`conv2d_transpose`] for the formula. Images have shape (batch, height, width, channels).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Conv2DTranspose::new(8, 3, (3, 3), &mut seeded(1)).padding(Padding::Same).strides((2, 2));
/// let y = layer.call(&Array4::<f32>::ones((1, 7, 7, 8)));
/// assert_eq!(y.dim(), (1, 14, 14, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Conv2DTranspose<T: Real> {
    /// The windows W, of shape (height, width, filters, channels).
    #[saved(name = "weight", axes = [3, 2, 0, 1])]
    pub weights: Array4<T>,
    /// The bias b, one for each filter.
    pub bias: Array1<T>,
    /// Strides, padding and dilation.
    pub config: Conv2DConfig,
    /// What is applied to the result; the identity unless chosen.
    pub activation: Activation,
}

impl<T: Real> Conv2DTranspose<T> {
    /// A layer with windows of this size, stride 1, no padding and no activation, with Glorot-uniform weights and zero
    /// biases, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if the weights are empty.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(channels: usize, filters: usize, size: (usize, usize), rng: &mut R) -> Self {
        assert!(
            size.0 > 0 && size.1 > 0 && channels > 0 && filters > 0,
            "Conv2DTranspose: windows, channels and filters must be at least 1; received {size:?}, {channels} and {filters}"
        );
        let layer = Self {
            weights: Array4::zeros((size.0, size.1, filters, channels)),
            bias: Array1::zeros(filters),
            config: Conv2DConfig::default(),
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
        let (height, width, filters, channels) = self.weights.dim();
        // As in Keras, which takes the last two axes for inputs and outputs here too.
        let fans = (height * width * filters, height * width * channels);
        self.weights = initializer.sample(self.weights.dim(), fans, rng);
        self
    }

    /// The same layer with these distances between windows.
    pub fn strides(mut self, strides: (usize, usize)) -> Self {
        self.config.strides = strides;
        self
    }

    /// The same layer with this padding.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.config.padding = padding;
        self
    }

    /// The same layer with these distances between the taps of a window.
    pub fn dilation(mut self, dilation: (usize, usize)) -> Self {
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
impl<T: Real> Model for Conv2DTranspose<T> {
    type Input = Array4<T>;
    type Output = Array4<T>;

    /// The layer's value for images of shape (batch, height, width, channels): (batch, height, width, filters).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of channels than the layer expects.
    #[track_caller]
    fn call(&self, x: &Array4<T>) -> Array4<T> {
        conv2d_transpose(x, &self.weights, &self.bias, self.config, self.activation)
    }
}
