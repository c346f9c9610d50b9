//! What a model reaches on data that it is not trained on.

use std::fmt;

/// The loss and the metrics of a model on some data; made by [`Fit::evaluate`](super::Fit::evaluate).
///
/// Displays as a line, `Loss=0.1234, accuracy=0.9876`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The mean loss.
    pub loss: f64,
    /// The metrics by name.
    pub metrics: Vec<(String, f64)>,
}

impl Evaluation {
    /// The metric with this name.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loss={:.4}", self.loss)?;
        self.metrics.iter().try_for_each(|(name, value)| write!(f, ", {name}={value:.4}"))
    }
}
