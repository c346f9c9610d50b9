//! Gradient descent with momentum.

use super::{Leaf, Rule, Stepper};
use crate::Real;

/// Stochastic gradient descent, optionally with momentum μ, plain or Nesterov's.
///
/// Without momentum, p ← p − η·g. With it, m ← μ·m − η·g and then p ← p + m, or with Nesterov's
/// p ← p + μ·m − η·g.
///
/// Source: Sutskever et al., *On the importance of initialization and momentum in deep learning*,
/// 2013. Keras: `SGD`.
pub type Sgd = Stepper<SgdConfig>;

/// The settings of [`Sgd`].
#[derive(Clone, Debug, PartialEq)]
pub struct SgdConfig {
    /// η; 0.01 unless chosen.
    pub learning_rate: f64,
    /// μ; 0 unless chosen.
    pub momentum: f64,
    /// Whether the momentum is Nesterov's.
    pub nesterov: bool,
}

impl Default for SgdConfig {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}

impl Rule for SgdConfig {
    learning_rate_field!();

    fn shares(&self) -> Vec<(&'static str, f64)> {
        vec![("momentum", self.momentum)]
    }

    fn slots(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }

    fn rests(&self) -> bool {
        self.momentum == 0.0
    }

    fn update<T: Real>(&self, _: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        let (rate, momentum) = (T::__lit(learning_rate), T::__lit(self.momentum));
        let pairs = leaf.parameters.iter_mut().zip(leaf.gradients);
        let Some(velocity) = leaf.state.first_mut() else {
            for (p, &g) in pairs {
                *p -= g * rate;
            }
            return;
        };
        for ((p, &g), m) in pairs.zip(velocity) {
            *m = *m * momentum - g * rate;
            *p += if self.nesterov { *m * momentum - g * rate } else { *m };
        }
    }
}
