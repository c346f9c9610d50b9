//! Adam with Nesterov's momentum.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Adam with Nesterov's momentum.
///
/// In step t, with uₜ = β₁·(1 − 0.96ᵗ/2) and Uₜ = u₁·…·uₜ:
///
/// - m ← m + (1 − β₁)·(g − m), v ← v + (1 − β₂)·(g² − v)
/// - m̂ = uₜ₊₁·m / (1 − Uₜ₊₁) + (1 − uₜ)·g / (1 − Uₜ), v̂ = v / (1 − β₂ᵗ)
/// - p ← p − η·m̂ / (√v̂ + ε)
///
/// Source: Dozat, *Incorporating Nesterov Momentum into Adam*, 2016. Keras: `Nadam`.
pub type Nadam = Stepper<NadamConfig>;

/// The settings of [`Nadam`].
#[derive(Clone, Debug, PartialEq)]
pub struct NadamConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// β₁; 0.9 unless chosen.
    pub beta_1: f64,
    /// β₂; 0.999 unless chosen.
    pub beta_2: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
}

impl Default for NadamConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl NadamConfig {
    /// uₜ.
    fn momentum(&self, step: u64) -> f64 {
        self.beta_1 * (1.0 - 0.5 * 0.96_f64.powf(step as f64))
    }

    /// Uₜ. After a thousand steps 0.96ᵗ is lost in rounding, so that only β₁ is left to multiply.
    fn momentum_product(&self, step: u64) -> f64 {
        let (mut product, mut power) = (self.beta_1.powf(step as f64), 1.0);
        for _ in 0..step.min(1000) {
            power *= 0.96;
            product *= 1.0 - 0.5 * power;
        }
        product
    }
}

impl Rule for NadamConfig {
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
        let one = T::one();
        let (beta_1, beta_2) = (T::__lit(self.beta_1), T::__lit(self.beta_2));
        let (now, next) = (self.momentum(step), self.momentum(step + 1));
        let product = self.momentum_product(step);
        let by_mean = T::__lit(next) / (one - T::__lit(product * next));
        let by_gradient = (one - T::__lit(now)) / (one - T::__lit(product));
        let correction = one - beta_2.powf(T::__lit(step as f64));
        let [means, squares] = leaf.state else { unreachable!("Nadam has two arrays of state") };
        let pairs = leaf.parameters.iter_mut().zip(leaf.gradients);
        for ((p, &g), (m, v)) in pairs.zip(means.iter_mut().zip(squares)) {
            *m += (g - *m) * (one - beta_1);
            *v += (g * g - *v) * (one - beta_2);
            let mean = by_mean * *m + by_gradient * g;
            *p -= mean * rate / ((*v / correction).sqrt() + epsilon);
        }
    }
}
