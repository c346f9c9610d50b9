//! Gradients of several batches made into one.

use crate::Tangent;

/// The mean of several gradients, for batches larger than memory allows.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut sum = GradientAccumulator::new();
/// sum.add(array![1.0, 2.0]);
/// sum.add(array![3.0, 4.0]);
/// assert_eq!(sum.take_mean(), Some(array![2.0, 3.0]));
/// assert_eq!(sum.take_mean(), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct GradientAccumulator<G> {
    sum: Option<G>,
    weight: f64,
}

impl<G: Tangent> GradientAccumulator<G> {
    /// An accumulator with nothing in it.
    pub fn new() -> Self {
        Self { sum: None, weight: 0.0 }
    }

    /// Adds the gradient of one batch.
    pub fn add(&mut self, gradient: G) {
        self.add_weighted(gradient, 1.0);
    }

    /// Adds a gradient that counts `weight` times, for example as often as its batch has samples.
    pub fn add_weighted(&mut self, mut gradient: G, weight: f64) {
        if weight != 1.0 {
            gradient.__scale(weight);
        }
        match &mut self.sum {
            Some(sum) => sum.__add(&gradient),
            None => self.sum = Some(gradient),
        }
        self.weight += weight;
    }

    /// The mean of what was added since the last call; `None` if that is nothing.
    pub fn take_mean(&mut self) -> Option<G> {
        let weight = std::mem::take(&mut self.weight);
        let mut mean = self.sum.take()?;
        mean.__scale(1.0 / weight);
        Some(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_count_by_their_weight() {
        let mut sum = GradientAccumulator::new();
        sum.add_weighted(1.0_f64, 3.0);
        sum.add_weighted(5.0, 1.0);
        assert_eq!(sum.take_mean(), Some(2.0));
    }
}
