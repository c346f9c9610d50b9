//! The gated recurrent unit,

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array2, Array3};
use rand::Rng;

use crate::Real;
use crate::initializers::Initializer;
use crate::kernels::gru;
use crate::training::Model;

/// The gated recurrent unit, (batch, time, features) to the states after each step, (batch, time, units). Keras: `GRU` with
/// `return_sequences=True`.
///
/// See [`gru`] for the equations. The state begins with zeros; [`GRU::run`] begins with others and gives the last
/// ones too. For the last step only, add a [`LastStep`](super::LastStep).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut rng = seeded(1);
/// let model = Sequential((GRU::<f32>::new(3, 8, &mut rng), LastStep::new(), Dense::new(8, 2, &mut rng)));
/// assert_eq!(model.call(&Array3::ones((4, 10, 3))).dim(), (4, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct GRU<T: Real> {
    /// The weights of the input, of shape (features, 3·units), for the update gate, the reset gate
    /// and the candidate.
    #[saved(name = "weight_ih_l0", axes = [1, 0])]
    pub weights: Array2<T>,
    /// The weights of the state, of shape (units, 3·units).
    #[saved(name = "weight_hh_l0", axes = [1, 0])]
    pub recurrent: Array2<T>,
    /// The bias, of shape (2, 3·units), for the input and for the state.
    #[saved(name = "bias_l0")]
    pub bias: Array2<T>,
}

impl<T: Real> GRU<T> {
    /// A layer with Glorot-uniform weights of the input, orthogonal ones of the state and zero biases, as in Keras.
    ///
    /// # Panics
    ///
    /// Panics if there are no units.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(features: usize, units: usize, rng: &mut R) -> Self {
        super::check_units("GRU", features, units);
        let columns = 3 * units;
        Self {
            weights: Initializer::GlorotUniform.sample((features, columns), (features, columns), rng),
            recurrent: Initializer::Orthogonal.sample((units, columns), (units, columns), rng),
            bias: Array2::zeros((2, 3 * units)),
        }
    }
}

#[differentiable(order = 2)]
impl<T: Real> GRU<T> {
    /// The states after each step, and the last of them, from the state to begin with, (batch, units).
    ///
    /// # Panics
    ///
    /// Panics if the shapes do not fit together.
    #[track_caller]
    pub fn run(&self, x: &Array3<T>, state: &Array2<T>) -> (Array3<T>, Array2<T>) {
        gru(x, &self.weights, &self.recurrent, &self.bias, state)
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for GRU<T> {
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
        gru(x, &self.weights, &self.recurrent, &self.bias, &state).0
    }
}
