//! How well scores above a threshold find what is true.

use ndarray::{ArrayRef, Dimension};

use super::classification::{check_count, check_scores};
use crate::Real;

/// How often what is true, and what is not, was found.
#[derive(Clone, Copy, Default)]
struct Counts {
    true_positive: usize,
    false_positive: usize,
    true_negative: usize,
    false_negative: usize,
}

impl Counts {
    #[track_caller]
    fn new<T: Real, D: Dimension>(
        metric: &str,
        y_true: &ArrayRef<T, D>,
        y_pred: &ArrayRef<T, D>,
        threshold: f64,
    ) -> Self {
        assert!(
            y_true.shape() == y_pred.shape(),
            "{metric}: `y_true` has shape {:?} and `y_pred` has shape {:?}, but they must be equal",
            y_true.shape(),
            y_pred.shape()
        );
        check_count(metric, y_true.len(), y_pred.len());
        check_scores(metric, y_pred.len() / y_pred.shape().first().unwrap_or(&1), y_pred);
        let (half, threshold) = (T::__lit(0.5), T::__lit(threshold));
        let mut counts = Self::default();
        for (truth, score) in y_true.iter().zip(y_pred) {
            *match (*truth > half, *score > threshold) {
                (true, true) => &mut counts.true_positive,
                (false, true) => &mut counts.false_positive,
                (false, false) => &mut counts.true_negative,
                (true, false) => &mut counts.false_negative,
            } += 1;
        }
        counts
    }
}

/// A share of nothing is 0.
fn share(part: usize, rest: usize) -> f64 {
    if part == 0 { 0.0 } else { part as f64 / (part + rest) as f64 }
}

/// The share of elements that are on the same side of `threshold` as the truth, which is 0 or 1. Keras:
/// `BinaryAccuracy`.
///
/// # Panics
///
/// Panics if the shapes differ, if the arrays are empty, or if a score is NaN.
#[track_caller]
pub fn binary_accuracy<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>, threshold: f64) -> f64 {
    let counts = Counts::new("binary_accuracy", y_true, y_pred, threshold);
    share(counts.true_positive + counts.true_negative, counts.false_positive + counts.false_negative)
}

/// The share of true ones among the scores above `threshold`; 0 if there are none. The truth is 0 or 1. Keras:
/// `Precision`. For more than two classes see [`ConfusionMatrix`](super::ConfusionMatrix).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let (truth, scores) = (array![1.0, 1.0, 0.0, 1.0], array![0.9, 0.2, 0.7, 0.8]);
/// assert_eq!(precision(&truth, &scores, 0.5), 2.0 / 3.0);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, if the arrays are empty, or if a score is NaN.
#[track_caller]
pub fn precision<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>, threshold: f64) -> f64 {
    let counts = Counts::new("precision", y_true, y_pred, threshold);
    share(counts.true_positive, counts.false_positive)
}

/// The share of what is true, 1 and not 0, whose score is above `threshold`; 0 if nothing is true. Keras: `Recall`.
///
/// # Panics
///
/// Panics if the shapes differ, if the arrays are empty, or if a score is NaN.
#[track_caller]
pub fn recall<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>, threshold: f64) -> f64 {
    let counts = Counts::new("recall", y_true, y_pred, threshold);
    share(counts.true_positive, counts.false_negative)
}

/// The harmonic mean of [`precision`] and [`recall`]; 0 if both are 0. Keras: `F1Score`.
///
/// # Panics
///
/// Panics if the shapes differ, if the arrays are empty, or if a score is NaN.
#[track_caller]
pub fn f1_score<T: Real, D: Dimension>(y_true: &ArrayRef<T, D>, y_pred: &ArrayRef<T, D>, threshold: f64) -> f64 {
    let counts = Counts::new("f1_score", y_true, y_pred, threshold);
    share(2 * counts.true_positive, counts.false_positive + counts.false_negative)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn binary_answers_are_compared_with_the_threshold() {
        let (t, p) = (array![1.0, 0.0, 1.0, 0.0], array![0.9, 0.4, 0.4, 0.6]);
        assert_eq!(binary_accuracy(&t, &p, 0.5), 0.5);
        assert_eq!(binary_accuracy(&t, &p, 0.39), 0.5);
        assert_eq!(binary_accuracy(&t, &p, 0.8), 0.75);
    }

    /// The numbers are those of scikit-learn's functions of these names.
    #[test]
    fn scores_follow_from_the_counts() {
        let (t, p) = (array![[1.0_f32, 0.0, 1.0], [0.0, 1.0, 0.0]], array![[0.9, 0.4, 0.4], [0.6, 0.7, 0.1]]);
        assert_eq!(
            (precision(&t, &p, 0.5), recall(&t, &p, 0.5), f1_score(&t, &p, 0.5)),
            (2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0)
        );
        assert_eq!((precision(&t, &p, 0.3), recall(&t, &p, 0.3), f1_score(&t, &p, 0.3)), (0.6, 1.0, 0.75));
        assert_eq!((precision(&t, &p, 2.0), recall(&t, &p, 2.0), f1_score(&t, &p, 2.0)), (0.0, 0.0, 0.0));
    }

    #[test]
    #[should_panic(expected = "recall: `y_true` has shape [1] and `y_pred` has shape [2]")]
    fn other_shapes_are_refused() {
        recall(&array![1.0], &array![1.0, 0.0], 0.5);
    }
}
