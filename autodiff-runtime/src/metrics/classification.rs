//! Shares of right answers.

use ndarray::{ArrayRef, Axis, Ix2};

use crate::Real;
use crate::kernels::Labels;
use crate::kernels::losses::class;

/// The column with the largest score in each row; the first of several equal ones.
///
/// # Panics
///
/// Panics if there are no columns.
#[track_caller]
pub fn argmax<T: Real>(scores: &ArrayRef<T, Ix2>) -> Vec<usize> {
    assert!(scores.ncols() > 0, "argmax: there are no classes");
    let first_of_largest = |row: ndarray::ArrayView1<'_, T>| {
        let mut largest = 0;
        for (class, score) in row.iter().enumerate() {
            if *score > row[largest] {
                largest = class;
            }
        }
        largest
    };
    scores.axis_iter(Axis(0)).map(first_of_largest).collect()
}

/// The share of rows whose largest score is at their label. `scores` are logits or probabilities of
/// shape (batch, classes). Keras: `SparseCategoricalAccuracy`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(accuracy(&[0_usize, 1], &array![[0.9, 0.1], [0.8, 0.2]]), 0.5);
/// ```
///
/// # Panics
///
/// Panics if there are not as many labels as rows, or none at all, if a label is no class, or if a score is NaN; the message
/// names the row.
#[track_caller]
pub fn accuracy<T: Real, L: Labels + ?Sized>(labels: &L, scores: &ArrayRef<T, Ix2>) -> f64 {
    check_count("accuracy", labels.count(), scores.nrows());
    check_scores("accuracy", scores.ncols(), scores);
    let predicted = argmax(scores);
    let mut right = 0;
    for (row, &predicted) in predicted.iter().enumerate() {
        right += usize::from(class("accuracy", labels, row, scores.ncols()) == predicted);
    }
    right as f64 / predicted.len() as f64
}

/// The share of rows with fewer than `k` scores larger than that at their label.
///
/// # Panics
///
/// Panics if there are not as many labels as rows, or none at all, if `k` is 0, if a label is no class, or if a score is NaN;
/// the message names the row.
#[track_caller]
pub fn top_k_accuracy<T: Real, L: Labels + ?Sized>(labels: &L, scores: &ArrayRef<T, Ix2>, k: usize) -> f64 {
    check_count("top_k_accuracy", labels.count(), scores.nrows());
    assert!(k > 0, "top_k_accuracy: `k` must be at least 1; received 0");
    check_scores("top_k_accuracy", scores.ncols(), scores);
    let mut right = 0;
    for (row, scores) in scores.outer_iter().enumerate() {
        let score = scores[class("top_k_accuracy", labels, row, scores.len())];
        right += usize::from(scores.iter().filter(|other| **other > score).count() < k);
    }
    right as f64 / scores.nrows() as f64
}

#[track_caller]
pub(super) fn check_count(metric: &str, truths: usize, predictions: usize) {
    assert!(truths == predictions, "{metric}: there are {truths} true values for {predictions} predictions");
    assert!(truths > 0, "{metric}: there are no predictions");
}

/// Refuses NaN, which is neither larger nor smaller than a score; a row has this many scores.
#[track_caller]
pub(super) fn check_scores<'a, T: Real>(metric: &str, width: usize, scores: impl IntoIterator<Item = &'a T>) {
    if let Some(at) = scores.into_iter().position(|score| score.is_nan()) {
        panic!("{metric}: the predictions of row {} hold NaN", at / width);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_first_of_equal_scores_is_the_answer() {
        assert_eq!(argmax(&array![[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]]), [0, 2]);
        assert_eq!(accuracy(&[0_u8, 1], &array![[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]]), 0.5);
    }

    #[test]
    fn top_k_counts_what_is_larger() {
        let scores = array![[0.1, 0.5, 0.4], [0.1, 0.5, 0.4], [0.1, 0.5, 0.4]];
        let labels = [0_usize, 1, 2];
        assert_eq!(top_k_accuracy(&labels, &scores, 1), 1.0 / 3.0);
        assert_eq!(top_k_accuracy(&labels, &scores, 2), 2.0 / 3.0);
        assert_eq!(top_k_accuracy(&labels, &scores, 3), 1.0);
    }

    #[test]
    #[should_panic(expected = "there are 1 true values for 2 predictions")]
    fn another_number_of_labels_is_refused() {
        accuracy(&[0_usize], &array![[1.0], [1.0]]);
    }
}
