//! How often each class is taken for each other.

use std::fmt;

use ndarray::{Array2, Axis};

use super::classification::check_count;
use crate::kernels::Labels;

/// How often each class was predicted for each true class, with what follows from it.
///
/// Displays as a table with a row for each true class.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let matrix = ConfusionMatrix::new(&[0_usize, 0, 1, 1], &[0_usize, 1, 1, 1], 2);
/// assert_eq!(matrix.counts(), &array![[1, 1], [0, 2]]);
/// assert_eq!((matrix.precision(1), matrix.recall(0)), (2.0 / 3.0, 0.5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    counts: Array2<usize>,
}

impl ConfusionMatrix {
    /// Counts true and predicted labels.
    ///
    /// # Panics
    ///
    /// Panics if there are not as many of both, if there are none, or if one of them is not below
    /// `classes`.
    #[track_caller]
    pub fn new<L: Labels + ?Sized, P: Labels + ?Sized>(labels: &L, predicted: &P, classes: usize) -> Self {
        check_count("ConfusionMatrix", labels.count(), predicted.count());
        let mut counts = Array2::zeros((classes, classes));
        for row in 0..labels.count() {
            let pair = labels.class(row).zip(predicted.class(row));
            match pair.and_then(|pair| counts.get_mut(pair)) {
                Some(count) => *count += 1,
                None => {
                    panic!("ConfusionMatrix: a label of row {row} is not one of {classes} classes")
                }
            }
        }
        Self { counts }
    }

    #[track_caller]
    fn check(&self, class: usize) {
        let classes = self.counts.nrows();
        assert!(class < classes, "ConfusionMatrix: there is no class {class}, but only {classes} classes");
    }

    /// The counts: a row for each true class, a column for each predicted one.
    pub fn counts(&self) -> &Array2<usize> {
        &self.counts
    }

    /// The share of right predictions.
    pub fn accuracy(&self) -> f64 {
        share(self.counts.diag().sum(), self.counts.sum())
    }

    /// The share of right ones among the predictions of `class`; 0 if it was never predicted.
    ///
    /// # Panics
    ///
    /// Panics if there is no such class.
    #[track_caller]
    pub fn precision(&self, class: usize) -> f64 {
        self.check(class);
        share(self.counts[[class, class]], self.counts.column(class).sum())
    }

    /// The share of the samples of `class` that were found; 0 if there are none.
    ///
    /// # Panics
    ///
    /// Panics if there is no such class.
    #[track_caller]
    pub fn recall(&self, class: usize) -> f64 {
        self.check(class);
        share(self.counts[[class, class]], self.counts.row(class).sum())
    }

    /// The harmonic mean of precision and recall; 0 if both are 0.
    ///
    /// # Panics
    ///
    /// Panics if there is no such class.
    #[track_caller]
    pub fn f1(&self, class: usize) -> f64 {
        self.check(class);
        let predicted_or_true = self.counts.column(class).sum() + self.counts.row(class).sum();
        share(2 * self.counts[[class, class]], predicted_or_true)
    }

    /// The mean of [`ConfusionMatrix::f1`] over the classes.
    pub fn macro_f1(&self) -> f64 {
        let classes = self.counts.len_of(Axis(0));
        (0..classes).map(|class| self.f1(class)).sum::<f64>() / classes as f64
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "true\\predicted")?;
        for class in 0..self.counts.ncols() {
            write!(f, " {class:>6}")?;
        }
        for (class, row) in self.counts.rows().into_iter().enumerate() {
            write!(f, "\n{class:>14}")?;
            for count in row {
                write!(f, " {count:>6}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of scikit-learn's `classification_report`.
    #[test]
    fn scores_follow_from_the_counts() {
        let matrix = ConfusionMatrix::new(&[0_u8, 1, 2, 2, 2, 0], &[0_usize, 0, 2, 2, 1, 0], 4);
        assert_eq!(matrix.accuracy(), 4.0 / 6.0);
        assert_eq!((matrix.precision(0), matrix.recall(0), matrix.f1(0)), (2.0 / 3.0, 1.0, 0.8));
        assert_eq!((matrix.precision(1), matrix.recall(1), matrix.f1(1)), (0.0, 0.0, 0.0));
        assert_eq!((matrix.precision(2), matrix.recall(2), matrix.f1(2)), (1.0, 2.0 / 3.0, 0.8));
        assert_eq!(matrix.f1(3), 0.0);
        assert_eq!(matrix.macro_f1(), 0.4);
        assert!(matrix.to_string().ends_with("\n             3      0      0      0      0"));
    }

    #[test]
    #[should_panic(expected = "a label of row 1 is not one of 2 classes")]
    fn labels_out_of_range_are_refused() {
        ConfusionMatrix::new(&[0_i32, 1], &[0_usize, 2], 2);
    }
}
