//! Steps scaled by the root mean square of the gradient.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// `RMSprop`: steps scaled by the root of the running mean of the gradient's square.
///
/// v ← ρ·v + (1 − ρ)·g², d = η·g / √(v + ε), p ← p − d. With `centered`, the square of the running
/// mean of g is taken from v in the root; with momentum μ, k ← μ·k + d and p ← p − k.
///
/// Source: Hinton, *Neural Networks for Machine Learning*, lecture 6, 2012. Keras: `RMSprop`.
pub type RmsProp = Stepper<RmsPropConfig>;

/// The settings of [`RmsProp`].
#[derive(Clone, Debug, PartialEq)]
pub struct RmsPropConfig {
    /// η; 0.001 unless chosen.
    pub learning_rate: f64,
    /// ρ; 0.9 unless chosen.
    pub rho: f64,
    /// μ; 0 unless chosen.
    pub momentum: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
    /// Whether to divide by the estimated standard deviation rather than the root mean square.
    pub centered: bool,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }
}

impl Rule for RmsPropConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("rho", self.rho), ("momentum", self.momentum)]
    }
    fn epsilon(&self) -> Option<f64> {
        Some(self.epsilon)
    }

    /// The mean squares; then the means, if centered; then the velocities, if there is momentum.
    fn slots(&self) -> usize {
        1 + usize::from(self.centered) + usize::from(self.momentum > 0.0)
    }

    fn update<T: Real>(&self, _: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, epsilon) = (T::__lit(learning_rate), T::__lit(self.epsilon));
        let (rho, blend) = (T::__lit(self.rho), T::__lit(1.0 - self.rho));
        let momentum = T::__lit(self.momentum);
        let (squares, others) = leaf.state.split_first_mut().expect("there is a first array");
        let (means, velocities) = others.split_at_mut(usize::from(self.centered));
        let (mut means, mut velocities) = (means.first_mut(), velocities.first_mut());
        for (i, (p, &g)) in leaf.parameters.iter_mut().zip(leaf.gradients).enumerate() {
            let v = &mut squares[i];
            *v = rho * *v + blend * (g * g);
            let mut variance = *v;
            if let Some(means) = &mut means {
                means[i] = rho * means[i] + blend * g;
                variance -= means[i] * means[i];
            }
            let step = rate * g / (variance + epsilon).sqrt();
            *p -= match &mut velocities {
                Some(velocities) => {
                    velocities[i] = momentum * velocities[i] + step;
                    velocities[i]
                }
                None => step,
            };
        }
    }
}
