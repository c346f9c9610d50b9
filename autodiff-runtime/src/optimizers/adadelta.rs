//! Steps in units of the steps before.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Adadelta, with running means s of g² and q of d²:
///
/// s ← ρ·s + (1 − ρ)·g², d = −g·√(q + ε) / √(s + ε), q ← ρ·q + (1 − ρ)·d², p ← p + η·d.
///
/// Source: Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, 2012. Keras: `Adadelta`.
pub type Adadelta = Stepper<AdadeltaConfig>;

/// The settings of [`Adadelta`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdadeltaConfig {
    /// η; 0.001 unless chosen. The paper has 1.
    pub learning_rate: f64,
    /// ρ; 0.95 unless chosen.
    pub rho: f64,
    /// ε; 10⁻⁷ unless chosen.
    pub epsilon: f64,
}

impl Default for AdadeltaConfig {
    fn default() -> Self {
        Self { learning_rate: 0.001, rho: 0.95, epsilon: 1e-7 }
    }
}

impl Rule for AdadeltaConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("rho", self.rho)]
    }
    fn epsilon(&self) -> Option<f64> {
        Some(self.epsilon)
    }

    fn slots(&self) -> usize {
        2
    }

    fn update<T: Real>(&self, _: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, epsilon) = (T::__lit(learning_rate), T::__lit(self.epsilon));
        let (rho, blend) = (T::__lit(self.rho), T::__lit(1.0 - self.rho));
        let [squares, steps] = leaf.state else { unreachable!("Adadelta has two arrays of state") };
        let pairs = leaf.parameters.iter_mut().zip(leaf.gradients);
        for ((p, &g), (s, q)) in pairs.zip(squares.iter_mut().zip(steps)) {
            *s = rho * *s + blend * (g * g);
            let step = -((*q + epsilon).sqrt() * g / (*s + epsilon).sqrt());
            *q = rho * *q + blend * (step * step);
            *p += rate * step;
        }
    }
}
