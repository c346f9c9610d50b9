//! Steps of equal length, in the direction of the sign.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Lion: p ← p − η·sign(β₁·m + (1 − β₁)·g), m ← β₂·m + (1 − β₂)·g.
///
/// Source: Chen et al., *Symbolic Discovery of Optimization Algorithms*, 2023. Keras: `Lion`.
pub type Lion = Stepper<LionConfig>;

/// The settings of [`Lion`].
#[derive(Clone, Debug, PartialEq)]
pub struct LionConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// β₁; 0.9 unless chosen.
    pub beta_1: f64,
    /// β₂; 0.99 unless chosen.
    pub beta_2: f64,
}

impl Default for LionConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.99 }
    }
}

impl Rule for LionConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("beta_1", self.beta_1), ("beta_2", self.beta_2)]
    }

    fn slots(&self) -> usize {
        1
    }

    fn update<T: Real>(&self, _: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, one) = (T::__lit(learning_rate), T::one());
        let (beta_1, beta_2) = (T::__lit(self.beta_1), T::__lit(self.beta_2));
        let [means] = leaf.state else { unreachable!("Lion has one array of state") };
        for ((p, &g), m) in leaf.parameters.iter_mut().zip(leaf.gradients).zip(means) {
            let direction = *m * beta_1 + g * (one - beta_1);
            // `signum` of 0 is 1, and there must be no step then.
            if direction != T::zero() {
                *p -= rate * direction.signum();
            }
            *m = *m * beta_2 + g * (one - beta_2);
        }
    }
}
