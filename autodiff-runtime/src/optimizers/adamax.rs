//! Adam with the maximum norm.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Adam with the maximum norm in place of the mean square.
///
/// In step t: m ← m + (1 − β₁)·(g − m), u ← max(β₂·u, |g|), p ← p − η·m / ((1 − β₁ᵗ)·(u + ε)).
///
/// Source: Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2014, section 7. Keras:
/// `Adamax`.
pub type Adamax = Stepper<AdamaxConfig>;

/// The settings of [`Adamax`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdamaxConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// β₁; 0.9 unless chosen.
    pub beta_1: f64,
    /// β₂; 0.999 unless chosen.
    pub beta_2: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
}

impl Default for AdamaxConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl Rule for AdamaxConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("beta_1", self.beta_1), ("beta_2", self.beta_2)]
    }
    fn epsilon(&self) -> Option<f64> {
        Some(self.epsilon)
    }

    fn slots(&self) -> usize {
        2
    }

    fn update<T: Real>(&self, step: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, epsilon) = (T::__lit(learning_rate), T::__lit(self.epsilon));
        let (blend, beta_2) = (T::__lit(1.0 - self.beta_1), T::__lit(self.beta_2));
        let correction = T::one() - T::__lit(self.beta_1).powf(T::__lit(step as f64));
        let [means, norms] = leaf.state else { unreachable!("Adamax has two arrays of state") };
        let pairs = leaf.parameters.iter_mut().zip(leaf.gradients);
        for ((p, &g), (m, u)) in pairs.zip(means.iter_mut().zip(norms)) {
            *m += (g - *m) * blend;
            *u = (beta_2 * *u).max(g.abs());
            *p -= rate * *m / (correction * (*u + epsilon));
        }
    }
}
