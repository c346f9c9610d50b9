//! How the losses of samples become one number, and weights of samples.

use ndarray::{Array1, Array2};

use super::Labels;
use crate::Real;
use crate::kernels::windows::constant_settings;

/// How the losses lᵢ of n samples with weights wᵢ become one number.
///
/// For the losses themselves (`reduction="none"` in Keras) see the functions whose names end in `_each`. It is a
/// constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Σ w·l / n. Keras: `"sum_over_batch_size"`.
    #[default]
    Mean,
    /// Σ w·l. Keras: `"sum"`.
    Sum,
    /// Σ w·l / Σ w. Keras: `"mean_with_sample_weight"`; `PyTorch`'s mean with class weights.
    WeightedMean,
}

constant_settings!(Reduction);

/// The weight of each sample, from the weights of the classes.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(class_weights(&[0_usize, 2, 0], &[1.0, 1.0, 5.0]), array![1.0, 5.0, 1.0]);
/// ```
///
/// # Panics
///
/// Panics if a label is no class (the message names the row), or if a weight is negative or not finite.
#[track_caller]
pub fn class_weights<T: Real, L: Labels + ?Sized>(labels: &L, weights: &[T]) -> Array1<T> {
    for (class, weight) in weights.iter().enumerate() {
        assert!(
            *weight >= T::zero() && weight.is_finite(),
            "class_weights: the weight of class {class} must be a number of at least 0; received {weight}"
        );
    }
    let mut of_samples = Vec::with_capacity(labels.count());
    for row in 0..labels.count() {
        of_samples.push(weights[class("class_weights", labels, row, weights.len())]);
    }
    of_samples.into()
}

/// Rows with a one at each label and zeros elsewhere: (rows, classes).
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(one_hot::<f64, _>(&[2_usize, 0], 3), array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// ```
///
/// # Panics
///
/// Panics if a label is no class; the message names the row.
#[track_caller]
pub fn one_hot<T: Real, L: Labels + ?Sized>(labels: &L, classes: usize) -> Array2<T> {
    one_hot_of("one_hot", labels, labels.count(), classes)
}

/// [`one_hot`] for a loss of this name, over scores with this many rows.
#[track_caller]
pub(super) fn one_hot_of<T: Real, L: Labels + ?Sized>(
    caller: &str,
    labels: &L,
    rows: usize,
    classes: usize,
) -> Array2<T> {
    assert!(labels.count() == rows, "{caller}: there are {} labels for {rows} rows of scores", labels.count());
    let mut ones = Array2::zeros((rows, classes));
    for row in 0..rows {
        ones[(row, class(caller, labels, row, classes))] = T::one();
    }
    ones
}

/// The class of a row.
#[track_caller]
pub(crate) fn class<L: Labels + ?Sized>(caller: &str, labels: &L, row: usize, classes: usize) -> usize {
    match labels.class(row) {
        Some(class) if class < classes => class,
        found => {
            let row = super::rows::name(row, labels.count());
            match found {
                Some(class) => panic!("{caller}: the label of {row} is {class}, but there are only {classes} classes"),
                None => panic!("{caller}: the label of {row} is negative"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "class_weights: the label of row 1 is 2, but there are only 2 classes")]
    fn a_label_without_weight_is_refused() {
        class_weights(&[0_usize, 2], &[1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "one_hot: the label of row 0 is negative")]
    fn a_negative_label_is_refused() {
        one_hot::<f32, _>(&[-1_i32], 2);
    }
}
