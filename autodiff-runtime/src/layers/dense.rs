//! The fully connected layer.

use ndarray::{Array1, Array2, ArrayRef, Ix2};
use rand::Rng;

use crate::initializers::Initializer;
use crate::kernels::{Activation, dense};
use crate::{Differentiable, Real, Tangent, tangent};

/// A fully connected layer, act(x·W + b).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Dense::new(2, 3, &mut seeded(42)).with_activation(Activation::Relu);
/// let y = layer.call(&array![[0.5_f32, -1.0]]);
/// assert_eq!(y.dim(), (1, 3));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dense<T: Real> {
    /// The matrix W, of shape (inputs, outputs).
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
    /// Panics if there are neither inputs nor outputs.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(inputs: usize, outputs: usize, rng: &mut R) -> Self {
        Self::with_initializer(inputs, outputs, Initializer::GlorotUniform, rng)
    }

    /// A layer without activation, with weights from `initializer` and zero biases.
    ///
    /// # Panics
    ///
    /// Panics if the initializer's scale depends on fans that are 0.
    #[track_caller]
    pub fn with_initializer<R: Rng + ?Sized>(
        inputs: usize,
        outputs: usize,
        initializer: Initializer,
        rng: &mut R,
    ) -> Self {
        Self {
            weights: initializer.sample((inputs, outputs), (inputs, outputs), rng),
            bias: Array1::zeros(outputs),
            activation: Activation::Linear,
        }
    }

    /// The same layer with this activation.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// The layer's value for a batch of shape (batch, inputs): shape (batch, outputs).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of columns than the layer has inputs.
    #[track_caller]
    pub fn call(&self, x: &ArrayRef<T, Ix2>) -> Array2<T> {
        dense(x, &self.weights, &self.bias, self.activation)
    }
}

// -------------------------------------------------------------------------------------------------
// What `#[derive(Differentiable)]` on `Dense` expands to. To be deleted when the derive exists.

/// The tangent of [`Dense`].
#[derive(Clone, Debug, PartialEq)]
pub struct DenseTangent<T: Real> {
    /// The tangent of the weights.
    pub weights: Array2<T>,
    /// The tangent of the bias.
    pub bias: Array1<T>,
    /// The activation is a constant.
    pub activation: (),
}

macro_rules! differentiable_fields {
    ($type:ident) => {
        impl<T: Real> Differentiable for $type<T> {
            type Tangent = DenseTangent<T>;

            fn __zero(&self) -> DenseTangent<T> {
                DenseTangent {
                    weights: self.weights.__zero(),
                    bias: self.bias.__zero(),
                    activation: (),
                }
            }

            fn __update(&mut self, tangent: &DenseTangent<T>, update: &mut dyn tangent::Update) {
                update.enter("weights");
                self.weights.__update(&tangent.weights, update);
                update.leave();
                update.enter("bias");
                self.bias.__update(&tangent.bias, update);
                update.leave();
            }

            fn __visit(&self, visitor: &mut dyn tangent::Visit) {
                visitor.enter("weights");
                self.weights.__visit(visitor);
                visitor.leave();
                visitor.enter("bias");
                self.bias.__visit(visitor);
                visitor.leave();
            }
        }
    };
}

differentiable_fields!(Dense);
differentiable_fields!(DenseTangent);

impl<T: Real> Tangent for DenseTangent<T> {
    fn __add(&mut self, other: &Self) {
        self.weights.__add(&other.weights);
        self.bias.__add(&other.bias);
    }

    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        self.weights.__map(f);
        self.bias.__map(f);
    }
}

// Until here.
// -------------------------------------------------------------------------------------------------

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
        assert!(
            layer
                .with_activation(Activation::Sigmoid)
                .call(&x)
                .iter()
                .all(|y| *y > 0.0)
        );
    }
}
