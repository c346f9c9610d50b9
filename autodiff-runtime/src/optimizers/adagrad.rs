//! Steps scaled by all squares of the gradient so far.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Adagrad: s ← s + g², p ← p − η·g / √(s + ε).
///
/// Source: Duchi, Hazan, Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic
/// Optimization*, 2011. Keras: `Adagrad`.
pub type Adagrad = Stepper<AdagradConfig>;

/// The settings of [`Adagrad`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdagradConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// Where s begins; 0.1 unless chosen.
    pub initial_accumulator: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
}

impl Default for AdagradConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, initial_accumulator: 0.1, epsilon: 1e-7 }
    }
}

impl Rule for AdagradConfig {
    learning_rate_field!();
    fn epsilon(&self) -> Option<f64> {
        Some(self.epsilon)
    }

    fn slots(&self) -> usize {
        1
    }

    fn initial(&self) -> f64 {
        self.initial_accumulator
    }

    fn rests(&self) -> bool {
        true
    }

    fn update<T: Real>(&self, _: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, epsilon) = (T::__lit(learning_rate), T::__lit(self.epsilon));
        let [sums] = leaf.state else { unreachable!("Adagrad has one array of state") };
        for ((p, &g), s) in leaf.parameters.iter_mut().zip(leaf.gradients).zip(sums) {
            *s += g * g;
            *p -= rate * g / (*s + epsilon).sqrt();
        }
    }
}
