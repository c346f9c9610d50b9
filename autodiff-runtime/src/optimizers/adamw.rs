//! Adam with decoupled weight decay.

use super::{AdamConfig, Leaf, Rule, Stepper};
use crate::Real;

/// [`Adam`](super::Adam) with decoupled weight decay λ: before each step, p ← p − η·λ·p.
///
/// Source: Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2017. Keras: `AdamW`.
pub type AdamW = Stepper<AdamWConfig>;

/// The settings of [`AdamW`].
#[derive(Clone, Debug, PartialEq)]
pub struct AdamWConfig {
    /// The settings of Adam.
    pub adam: AdamConfig,
    /// λ; 0.004 unless chosen.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { adam: AdamConfig::default(), weight_decay: 0.004 }
    }
}

impl Rule for AdamWConfig {
    fn learning_rate(&self) -> f64 {
        self.adam.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.adam.learning_rate = learning_rate;
    }
    fn epsilon(&self) -> Option<f64> {
        self.adam.epsilon()
    }

    fn slots(&self) -> usize {
        self.adam.slots()
    }

    fn shares(&self) -> Vec<(&'static str, f64)> {
        self.adam.shares()
    }

    fn weight_decay(&self) -> Option<f64> {
        Some(self.weight_decay)
    }

    fn update<T: Real>(&self, step: u64, learning_rate: f64, leaf: Leaf<'_, T>) {
        self.adam.update(step, learning_rate, leaf);
    }
}
