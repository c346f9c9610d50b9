//! A learning rate that falls when the loss does not.

use super::super::{Optimizer, Plateau};

/// Lowers the learning rate when a loss has stopped falling. Keras: `ReduceLROnPlateau`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let mut optimizer = Sgd::new(1.0);
/// let mut plateau = ReduceOnPlateau { patience: 2, ..ReduceOnPlateau::default() };
/// for loss in [3.0, 2.0, 2.0, 2.0] {
///     plateau.observe(loss, &mut optimizer);
/// }
/// assert_eq!(optimizer.learning_rate(), 0.1);
/// ```
///
/// The optimiser's state has what it has seen, so that in a training that is resumed a new one goes on where that of the
/// interrupted one was.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduceOnPlateau {
    /// What the rate is multiplied by; 0.1 unless chosen.
    pub factor: f64,
    /// How many losses in a row may fail to improve before the rate falls; 10 unless chosen.
    pub patience: usize,
    /// By how much a loss must fall to count as an improvement; 10⁻⁴ unless chosen.
    pub min_delta: f64,
    /// The least rate; 0 unless chosen.
    pub min_rate: f64,
    /// The best loss so far.
    pub best: f64,
    /// How many losses in a row have not improved on it.
    pub waited: usize,
}

impl Default for ReduceOnPlateau {
    fn default() -> Self {
        Self { factor: 0.1, patience: 10, min_delta: 1e-4, min_rate: 0.0, best: f64::INFINITY, waited: 0 }
    }
}

impl ReduceOnPlateau {
    /// Takes the loss of an epoch into account; says whether the rate was lowered.
    ///
    /// # Panics
    ///
    /// Panics if `factor` is not at least 0 and below 1.
    #[track_caller]
    pub fn observe(&mut self, loss: f64, optimizer: &mut impl Optimizer) -> bool {
        let factor = self.factor;
        assert!(
            (0.0..1.0).contains(&factor),
            "ReduceOnPlateau: `factor` must be at least 0 and below 1; received {factor}"
        );
        if let Some(plateau) = optimizer.resumed_plateau() {
            (self.best, self.waited) = (plateau.best, plateau.waited);
        }
        if loss < self.best - self.min_delta {
            (self.best, self.waited) = (loss, 0);
        } else {
            self.waited += 1;
        }
        let due = self.waited > 0 && self.waited >= self.patience;
        if due {
            self.waited = 0;
        }
        optimizer.remember_plateau(Plateau { best: self.best, waited: self.waited });
        if !due {
            return false;
        }
        let rate = optimizer.learning_rate();
        let lower = (rate * self.factor).max(self.min_rate);
        optimizer.set_learning_rate(lower);
        lower < rate
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Sgd;
    use super::*;

    #[test]
    fn an_improvement_starts_the_wait_again_and_the_rate_has_a_floor() {
        let mut optimizer = Sgd::new(1.0);
        let mut plateau = ReduceOnPlateau { patience: 2, min_rate: 0.05, ..Default::default() };
        let losses = [1.0, 1.0, 0.5, 0.5, 0.49999, 0.5, 0.5, 0.5];
        let lowered = losses.map(|loss| plateau.observe(loss, &mut optimizer));
        assert_eq!(lowered, [false, false, false, false, true, false, true, false]);
        assert_eq!(optimizer.learning_rate(), 0.05);
    }
}
