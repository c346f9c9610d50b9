//! What keeps numbers that are not finite out of a model: the loss and the gradient of every batch are looked at, and the
//! sample that spoils them is named.

use crate::tangent::{Rows, Visit};
use crate::training::{Batch, FitError, FitErrorKind};
use crate::{Differentiable, Real};

/// Refuses a loss that is not finite.
pub(super) fn check_finite<L: Real>(
    loss: L,
    epoch: usize,
    batch: Option<usize>,
    culprit: impl FnOnce() -> Option<String>,
) -> Result<(), FitError> {
    if loss.is_finite() {
        return Ok(());
    }
    let place = match batch {
        Some(batch) => format!("batch {batch} of epoch {epoch}"),
        None => format!("the validation data after epoch {epoch}"),
    };
    let advice =
        culprit().unwrap_or_else(|| "lower the learning rate, clip the gradients, or look at the loss".to_owned());
    Err(FitError::new(FitErrorKind::NonFiniteLoss { epoch, batch }, format!("the loss of {place} is {loss}: {advice}")))
}

/// Refuses a gradient that would spoil the model, which a finite loss can have: that of the root of 0 is infinite.
pub(super) fn check_gradient<G: Differentiable>(
    gradients: &G,
    epoch: usize,
    batch: usize,
    culprit: impl FnOnce() -> Option<String>,
) -> Result<(), FitError> {
    let Some(name) = first_not_finite(gradients) else { return Ok(()) };
    let part = if name.is_empty() { String::new() } else { format!(" of `{name}`") };
    let advice =
        culprit().unwrap_or_else(|| "look for roots, powers and logarithms of 0 in the model and the loss".to_owned());
    let message = format!(
        "the gradient{part} in batch {batch} of epoch {epoch} holds NaN or infinity, though the loss is finite: {advice}"
    );
    Err(FitError::new(FitErrorKind::NonFiniteGradient { epoch, batch }, message))
}

/// The name of the first array of a gradient with a number that is not finite.
fn first_not_finite<G: Differentiable>(gradients: &G) -> Option<String> {
    #[derive(Default)]
    struct Search {
        path: Vec<String>,
        found: Option<String>,
    }

    /// Zero times a number is zero unless that is not finite; a sum in parts is fast.
    fn all_finite<T: Real>(values: &[T]) -> bool {
        let mut parts = [T::zero(); 16];
        let (chunks, rest) = values.as_chunks::<16>();
        for chunk in chunks {
            for (part, &value) in parts.iter_mut().zip(chunk) {
                *part += value * T::zero();
            }
        }
        parts.iter().all(|part| *part == T::zero()) && rest.iter().all(|value| value.is_finite())
    }

    impl Search {
        fn leaf<T: Real>(&mut self, values: &[T]) {
            if self.found.is_none() && !all_finite(values) {
                self.found = Some(self.path.join("."));
            }
        }
    }

    impl Visit for Search {
        fn leaf_f32(&mut self, _: &[usize], values: &[f32]) {
            self.leaf(values);
        }

        fn leaf_f64(&mut self, _: &[usize], values: &[f64]) {
            self.leaf(values);
        }

        fn rows_f32(&mut self, rows: &Rows<f32>) {
            self.leaf(rows.values());
        }

        fn rows_f64(&mut self, rows: &Rows<f64>) {
            self.leaf(rows.values());
        }

        fn enter(&mut self, name: &str) {
            if self.found.is_none() {
                self.path.push(name.to_owned());
            }
        }

        fn leave(&mut self) {
            if self.found.is_none() {
                self.path.pop();
            }
        }
    }

    let mut search = Search::default();
    gradients.__visit(&mut search);
    search.found
}

/// Which sample of the data, if any, holds a number that is not finite; `sample` numbers those at hand.
pub(super) fn culprit<X: Batch, Y: Batch>(x: &X, y: &Y, sample: impl Fn(usize) -> usize) -> Option<String> {
    let (what, at) = match (x.first_not_finite(), y.first_not_finite()) {
        (Some(at), _) => ("input", at),
        (None, Some(at)) => ("target", at),
        (None, None) => return None,
    };
    Some(format!("the {what} of sample {} holds NaN or infinity (samples count from 0)", sample(at)))
}
