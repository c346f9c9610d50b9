//! The layer that drops elements at random.

use core::marker::PhantomData;

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array, Dimension, Ix2};
use rand::Rng;

use super::{Counter, Mode};
use crate::Real;
use crate::kernels::{check_rate, dropout};
use crate::training::Model;

/// Sets elements to 0 with probability `rate` and scales the others by 1 / (1 − `rate`), while it trains; does nothing
/// while it predicts. Keras: `Dropout`.
///
/// Which elements is a function of the layer's `seed` and of the number of steps it has been trained for: the same in
/// every call until the next step, so that values, derivatives and differences are those of one function. In a loop that
/// moves the parameters without an optimiser, add 1 to `counter.0` after each step.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = Dropout::new(0.5, &mut seeded(1));
/// let y = layer.call(&Array2::<f32>::ones((100, 10)));
/// assert!(y.iter().all(|y| *y == 0.0 || *y == 2.0));
/// assert_eq!(layer.predict(&Array2::ones((1, 10)), 32), Array2::<f32>::ones((1, 10)));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Dropout<T: Real, D: Dimension = Ix2> {
    /// The probability that an element is dropped.
    #[constant]
    pub rate: f64,
    /// What the choice of elements depends on.
    #[constant]
    pub seed: u64,
    /// How many steps it has been trained for.
    pub counter: Counter,
    /// Whether it drops.
    pub mode: Mode,
    kind: PhantomData<fn(&Array<T, D>)>,
}

impl<T: Real, D: Dimension> Dropout<T, D> {
    /// A layer that drops elements with this probability, with a seed from `rng`.
    ///
    /// # Panics
    ///
    /// Panics if `rate` is not in [0, 1).
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(rate: f64, rng: &mut R) -> Self {
        check_rate(rate);
        Self { rate, seed: rng.next_u64(), counter: Counter(0), mode: Mode::Train, kind: PhantomData }
    }

    /// The same layer with this seed.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real, D: Dimension> Model for Dropout<T, D> {
    type Input = Array<T, D>;
    type Output = Array<T, D>;

    /// The layer's value: an array of the shape of `x`.
    #[track_caller]
    fn call(&self, x: &Array<T, D>) -> Array<T, D> {
        let seed = self.seed ^ self.counter.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if self.mode.trains() { dropout(x, self.rate, seed) } else { x.clone() }
    }
}
