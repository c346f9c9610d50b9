//! The long short-term memory,

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array1, Array2, Array3};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::lstm;
use crate::training::Model;

/// The long short-term memory, (batch, time, features) to the states after each step, (batch, time, units). Keras: `LSTM` with
/// `return_sequences=True`.
///
/// See [`lstm`] for the equations. The state begins with zeros; [`LSTM::run`] begins with others and gives the last
/// ones too. For the last step only, add a [`LastStep`](super::LastStep).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut rng = seeded(1);
/// let model = Sequential((LSTM::<f32>::new(3, 8, &mut rng), LastStep::new(), Dense::new(8, 2, &mut rng)));
/// assert_eq!(model.call(&Array3::ones((4, 10, 3))).dim(), (4, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct LSTM<T: Real> {
    /// The weights of the input, of shape (features, 4·units), for the input gate, the forget gate,
    /// the candidate and the output gate.
    #[saved(name = "weight_ih_l0", axes = [1, 0])]
    pub weights: Array2<T>,
    /// The weights of the state, of shape (units, 4·units).
    #[saved(name = "weight_hh_l0", axes = [1, 0])]
    pub recurrent: Array2<T>,
    /// The bias, of length 4·units.
    #[saved(name = "bias_ih_l0")]
    pub bias: Array1<T>,
}

impl<T: Real> LSTM<T> {
    /// A layer with Glorot-uniform weights of the input, orthogonal ones of the state and biases of 0, and of 1 for the forget gate, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if there are no units.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(features: usize, units: usize, rng: &mut R) -> Self {
        super::check_units("LSTM", features, units);
        let columns = 4 * units;
        Self {
            weights: Initializer::GlorotUniform.sample((features, columns), (features, columns), rng),
            recurrent: Initializer::Orthogonal.sample((units, columns), (units, columns), rng),
            bias: forget_bias(units),
        }
    }
}

/// Zeros, and ones for the forget gate, as in Keras.
fn forget_bias<T: Real>(units: usize) -> Array1<T> {
    Array1::from_shape_fn(4 * units, |at| if at / units.max(1) == 1 { T::one() } else { T::zero() })
}

#[differentiable(order = 2)]
impl<T: Real> LSTM<T> {
    /// The states after each step, and the last of them, from the state to begin with, (batch, units).
    ///
    /// # Panics
    ///
    /// Panics if the shapes do not fit together.
    #[track_caller]
    pub fn run(&self, x: &Array3<T>, h: &Array2<T>, c: &Array2<T>) -> (Array3<T>, Array2<T>, Array2<T>) {
        lstm(x, &self.weights, &self.recurrent, &self.bias, h, c)
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for LSTM<T> {
    type Input = Array3<T>;
    type Output = Array3<T>;

    /// The states after each step, beginning with zeros.
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of features than the layer expects.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array3<T> {
        let state = Array2::zeros((x.dim().0, self.recurrent.dim().0));
        lstm(x, &self.weights, &self.recurrent, &self.bias, &state, &state).0
    }
}
