//! The area under the receiver operating characteristic.

use ndarray::{ArrayRef, Ix1};

use super::classification::{check_count, check_scores};
use crate::Real;

/// The area under the receiver operating characteristic: the probability that a positive sample has a
/// higher score than a negative one, where equal scores count half. Exact, from the ranks.
///
/// `y_true` is 0 or 1. NaN if all samples are of one kind.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(auc(&array![0.0, 0.0, 1.0, 1.0], &array![0.1, 0.4, 0.35, 0.8]), 0.75);
/// ```
///
/// Source: Mann and Whitney, *On a Test of Whether one of Two Random Variables is Stochastically
/// Larger than the Other*, 1947.
///
/// # Panics
///
/// Panics if the lengths differ, if there are no samples, or if a score is NaN.
#[track_caller]
pub fn auc<T: Real>(y_true: &ArrayRef<T, Ix1>, scores: &ArrayRef<T, Ix1>) -> f64 {
    check_count("auc", y_true.len(), scores.len());
    check_scores("auc", 1, scores);
    let mut samples: Vec<(f64, bool)> =
        y_true.iter().zip(scores).map(|(t, score)| (score.__f64(), *t > T::__lit(0.5))).collect();
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut negatives, mut positives, mut pairs) = (0.0, 0.0, 0.0);
    for equal in samples.chunk_by(|a, b| a.0 == b.0) {
        let positive = equal.iter().filter(|sample| sample.1).count() as f64;
        let negative = equal.len() as f64 - positive;
        pairs += positive * (negatives + 0.5 * negative);
        negatives += negative;
        positives += positive;
    }
    pairs / (negatives * positives)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn equal_scores_count_half() {
        assert_eq!(auc(&array![0.0, 1.0], &array![0.5, 0.5]), 0.5);
        assert_eq!(auc(&array![1.0_f32, 0.0, 1.0], &array![0.9, 0.1, 0.1]), 0.75);
        assert!(auc(&array![1.0, 1.0], &array![0.1, 0.2]).is_nan());
    }
}
