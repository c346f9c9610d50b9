//! The fully connected layer.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array1, Array2};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::{Activation, dense};
use crate::training::Model;

/// A fully connected layer, act(x·W + b).
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// use differentiable::prelude::*;
///
/// let layer = Dense::new(2, 3, &mut seeded(42)).with_activation(Activation::Relu);
/// let y = layer.call(&array![[0.5_f32, -1.0]]);
/// assert_eq!(y.dim(), (1, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Dense<T: Real> {
    /// The matrix W, of shape (inputs, outputs).
    #[saved(name = "weight", axes = [1, 0])]
    pub weights: Array2<T>,
    /// The bias b, one for each output.
    pub bias: Array1<T>,
    /// What is applied to the result; the identity unless chosen.
    pub activation: Activation,
}

impl<T: Real> Dense<T> {
    /// A layer without activation, with Glorot-uniform weights and zero biases, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if there are no inputs or no outputs.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(inputs: usize, outputs: usize, rng: &mut R) -> Self {
        Self::with_initializer(inputs, outputs, Initializer::GlorotUniform, rng)
    }

    /// A layer without activation, with weights from `initializer` and zero biases.
    ///
    /// # Panics
    ///
    /// Panics if there are no inputs or no outputs.
    #[track_caller]
    pub fn with_initializer<R: Rng + ?Sized>(
        inputs: usize,
        outputs: usize,
        initializer: Initializer,
        rng: &mut R,
    ) -> Self {
        assert!(
            inputs > 0 && outputs > 0,
            "Dense: there must be at least one input and one output; received {inputs} and {outputs}"
        );
        Self {
            weights: initializer.sample((inputs, outputs), (inputs, outputs), rng),
            bias: Array1::zeros(outputs),
            activation: Activation::Linear,
        }
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
impl<T: Real> Model for Dense<T> {
    type Input = Array2<T>;
    type Output = Array2<T>;

    /// The layer's value for a batch of shape (batch, inputs): shape (batch, outputs).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of columns than the layer has inputs.
    #[track_caller]
    fn call(&self, x: &Array2<T>) -> Array2<T> {
        dense(x, &self.weights, &self.bias, self.activation)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::random::seeded;

    #[test]
    fn a_new_layer_is_linear_without_bias() {
        let layer = Dense::<f64>::new(2, 3, &mut seeded(1));
        assert_eq!((layer.weights.dim(), layer.bias.sum()), ((2, 3), 0.0));
        let x = array![[1.0, 2.0]];
        assert_eq!(layer.call(&x), x.dot(&layer.weights));
        assert!(layer.with_activation(Activation::Sigmoid).call(&x).iter().all(|y| *y > 0.0));
    }
}
