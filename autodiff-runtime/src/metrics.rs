//! Numbers that say how good predictions are. They are for people: they have no derivative.

mod auc;
mod binary;
mod classification;
mod confusion;
mod regression;

pub use auc::auc;
pub use binary::{binary_accuracy, f1_score, precision, recall};
pub use classification::{accuracy, argmax, top_k_accuracy};
pub use confusion::ConfusionMatrix;
pub use regression::{mean_absolute_error, r_squared, root_mean_squared_error};

#[cfg(test)]
mod tests;
