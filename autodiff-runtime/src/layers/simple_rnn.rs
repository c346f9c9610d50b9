//! The plain recurrent layer,

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array1, Array2, Array3};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::simple_rnn;
use crate::training::Model;

/// The plain recurrent layer, (batch, time, features) to the states after each step, (batch, time, units). Keras: `SimpleRNN` with
/// `return_sequences=True`.
///
/// See [`simple_rnn`] for the equations. The state begins with zeros; [`SimpleRNN::run`] begins with others and gives the last
/// ones too. For the last step only, add a [`LastStep`](super::LastStep).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut rng = seeded(1);
/// let model = Sequential((SimpleRNN::<f32>::new(3, 8, &mut rng), LastStep::new(), Dense::new(8, 2, &mut rng)));
/// assert_eq!(model.call(&Array3::ones((4, 10, 3))).dim(), (4, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct SimpleRNN<T: Real> {
    /// The weights of the input, of shape (features, units).
    #[saved(name = "weight_ih_l0", axes = [1, 0])]
    pub weights: Array2<T>,
    /// The weights of the state, of shape (units, units).
    #[saved(name = "weight_hh_l0", axes = [1, 0])]
    pub recurrent: Array2<T>,
    /// The bias, one for each unit.
    #[saved(name = "bias_ih_l0")]
    pub bias: Array1<T>,
}

impl<T: Real> SimpleRNN<T> {
    /// A layer with Glorot-uniform weights of the input, orthogonal ones of the state and zero biases, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if there are no units.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(features: usize, units: usize, rng: &mut R) -> Self {
        super::check_units("SimpleRNN", features, units);
        let columns = units;
        Self {
            weights: Initializer::GlorotUniform.sample((features, columns), (features, columns), rng),
            recurrent: Initializer::Orthogonal.sample((units, columns), (units, columns), rng),
            bias: Array1::zeros(units),
        }
    }
}

#[differentiable(order = 2)]
impl<T: Real> SimpleRNN<T> {
    /// The states after each step, and the last of them, from the state to begin with, (batch, units).
    ///
    /// # Panics
    ///
    /// Panics if the shapes do not fit together.
    #[track_caller]
    pub fn run(&self, x: &Array3<T>, state: &Array2<T>) -> (Array3<T>, Array2<T>) {
        simple_rnn(x, &self.weights, &self.recurrent, &self.bias, state)
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for SimpleRNN<T> {
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
        simple_rnn(x, &self.weights, &self.recurrent, &self.bias, &state).0
    }
}
