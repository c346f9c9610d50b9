//! Adam, and its variant `AMSGrad`.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// In step t, with gradient g:
///
/// - m ← m + (1 − β₁)·(g − m), v ← v + (1 − β₂)·(g² − v)
/// - α = η·√(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// - p ← p − α·m / (√v + ε)
///
/// With `amsgrad`, the largest v so far stands in place of v in the last line. ε stands where
/// TensorFlow has it (the ε̂ of the paper), outside the bias correction.
///
/// Sources: Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2014; Reddi et al., *On the
/// Convergence of Adam and Beyond*, 2018. Keras: `Adam`.
pub type Adam = Stepper<AdamConfig>;

/// The settings of [`Adam`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdamConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// β₁; 0.9 unless chosen.
    pub beta_1: f64,
    /// β₂; 0.999 unless chosen.
    pub beta_2: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
    /// Whether to divide by the largest mean square so far (`AMSGrad`).
    pub amsgrad: bool,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false }
    }
}

impl Rule for AdamConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("beta_1", self.beta_1), ("beta_2", self.beta_2)]
    }
    fn epsilon(&self) -> Option<f64> {
        Some(self.epsilon)
    }

    fn slots(&self) -> usize {
        if self.amsgrad { 3 } else { 2 }
    }

    fn update<T: Real>(&self, step: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let epsilon = T::__lit(self.epsilon);
        let (blend_1, blend_2) = (T::__lit(1.0 - self.beta_1), T::__lit(1.0 - self.beta_2));
        // The powers are taken in the precision of the parameters, as TensorFlow does.
        let t = T::__lit(step as f64);
        let (power_1, power_2) = (T::__lit(self.beta_1).powf(t), T::__lit(self.beta_2).powf(t));
        let alpha = T::__lit(learning_rate) * (T::one() - power_2).sqrt() / (T::one() - power_1);
        let pairs = leaf.parameters.iter_mut().zip(leaf.gradients);
        match leaf.state {
            [means, squares] => {
                for ((p, &g), (m, v)) in pairs.zip(means.iter_mut().zip(squares)) {
                    *m += (g - *m) * blend_1;
                    *v += (g * g - *v) * blend_2;
                    *p -= *m * alpha / (v.sqrt() + epsilon);
                }
            }
            [means, squares, largest] => {
                let state = means.iter_mut().zip(squares).zip(largest);
                for ((p, &g), ((m, v), most)) in pairs.zip(state) {
                    *m += (g - *m) * blend_1;
                    *v += (g * g - *v) * blend_2;
                    *most = most.max(*v);
                    *p -= *m * alpha / (most.sqrt() + epsilon);
                }
            }
            _ => unreachable!("Adam has two or three arrays of state"),
        }
    }
}
