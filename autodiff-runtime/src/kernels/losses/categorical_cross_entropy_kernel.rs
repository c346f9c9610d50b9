//! The cross-entropy of probabilities.
//!
//! As in Keras, a row p is first divided by its sum s, and then kept within [ε, 1 − ε]. The loss of a
//! row is −Σ tⱼ·ln qⱼ with q = p / s. Its derivatives are Σᵢ tᵢ / s − tⱼ / pⱼ for pⱼ, where sum and
//! quotient leave out what was clipped, and −ln qⱼ for tⱼ.

use ndarray::{ArrayRef, Ix1, Ix2};

use crate::Real;
use crate::kernels::support::{check_same_shape, mean_count};

const NAME: &str = "categorical_cross_entropy";
const EPSILON: f64 = 1e-7;

/// The cross-entropy between `y_true` and the probabilities `y_pred`, −Σ t·ln p, mean over the rows.
///
/// Both have shape (batch, classes). As in Keras, rows of `y_pred` are divided by their sums, and kept
/// between 10⁻⁷ and 1 − 10⁻⁷; beyond them the derivative is 0. Where logits are at hand,
/// [`softmax_cross_entropy`](super::softmax_cross_entropy()) is exact.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let loss = categorical_cross_entropy(&array![[0.0, 1.0]], &array![[0.5_f64, 0.5]]);
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = categorical_cross_entropy, order = 2, body = crate::kernels::plain::categorical_cross_entropy(y_true, y_pred))]
pub fn categorical_cross_entropy<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> T {
    check_same_shape(NAME, ("y_true", y_true), ("y_pred", y_pred));
    let rows = mean_count::<T>(NAME, if y_pred.is_empty() { 0 } else { y_pred.nrows() });
    let mut loss = T::zero();
    for (t, p) in y_true.rows().into_iter().zip(y_pred.rows()) {
        let sum = p.sum();
        for (&t, &p) in t.iter().zip(&p) {
            loss -= t * clip(p / sum).0.ln();
        }
    }
    loss / rows
}

/// A probability kept within [ε, 1 − ε], and whether it was there.
pub(super) fn clip<T: Real>(p: T) -> (T, bool) {
    let (low, high) = (T::__lit(EPSILON), T::one() - T::__lit(EPSILON));
    if p < low {
        (low, false)
    } else if p > high {
        (high, false)
    } else {
        (p, true)
    }
}

/// The value of [`categorical_cross_entropy`]; nothing is saved.
#[track_caller]
pub fn categorical_cross_entropy_forward<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> (T, ()) {
    (categorical_cross_entropy(y_true, y_pred), ())
}

/// Calls `each` with the index and the partial derivatives of every element of a row.
pub(super) fn for_each_partial<T: Real>(t: &ArrayRef<T, Ix1>, p: &ArrayRef<T, Ix1>, mut each: impl FnMut(usize, T, T)) {
    let sum = p.sum();
    let free = |p: T| clip(p / sum).1;
    let shared: T = t.iter().zip(p).filter(|&(_, &p)| free(p)).map(|(&t, _)| t / sum).sum();
    for (index, (&t, &p)) in t.iter().zip(p).enumerate() {
        let own = if free(p) { t / p } else { T::zero() };
        each(index, -clip(p / sum).0.ln(), shared - own);
    }
}

/// Adds the gradient of [`categorical_cross_entropy`] to the slots of `y_true` and `y_pred`.
pub fn categorical_cross_entropy_adjoint<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    y_pred: &ArrayRef<T, Ix2>,
    (): (),
    ct: T,
    mut true_slot: Option<&mut ArrayRef<T, Ix2>>,
    mut pred_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let scale = ct / T::__lit(y_pred.nrows() as f64);
    for (row, (t, p)) in y_true.rows().into_iter().zip(y_pred.rows()).enumerate() {
        for_each_partial(&t, &p, |column, by_true, by_pred| {
            if let Some(slot) = &mut true_slot {
                slot[[row, column]] += scale * by_true;
            }
            if let Some(slot) = &mut pred_slot {
                slot[[row, column]] += scale * by_pred;
            }
        });
    }
}

/// The value of [`categorical_cross_entropy`], and its derivative along the tangents.
#[track_caller]
pub fn categorical_cross_entropy_tangent<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    y_pred: &ArrayRef<T, Ix2>,
    d_true: Option<&ArrayRef<T, Ix2>>,
    d_pred: Option<&ArrayRef<T, Ix2>>,
) -> (T, T) {
    let loss = categorical_cross_entropy(y_true, y_pred);
    let mut sum = T::zero();
    for (row, (t, p)) in y_true.rows().into_iter().zip(y_pred.rows()).enumerate() {
        for_each_partial(&t, &p, |column, by_true, by_pred| {
            sum += d_true.map_or(T::zero(), |d| d[[row, column]] * by_true);
            sum += d_pred.map_or(T::zero(), |d| d[[row, column]] * by_pred);
        });
    }
    (loss, sum / T::__lit(y_pred.nrows() as f64))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::kernels::activations::softmax;
    use crate::kernels::testing::wave;

    test_loss!(
        categorical_cross_entropy, categorical_cross_entropy_forward,
        categorical_cross_entropy_adjoint, categorical_cross_entropy_tangent;
        wave((5, 4), 1) + 1.0, softmax(&(wave((5, 4), 2) * 2.0)) * 1.3
    );

    #[test]
    fn certainty_is_finite_and_clipped_elements_are_flat() {
        let (t, p) = (array![[0.0_f32, 1.0]], array![[1.0, 0.0]]);
        assert!((categorical_cross_entropy(&t, &p) - 16.118).abs() < 1e-3);
        let mut slot = ndarray::Array2::zeros((1, 2));
        categorical_cross_entropy_adjoint(&t, &p, (), 1.0, None, Some(&mut slot));
        assert_eq!(slot, array![[0.0, 0.0]]);
    }
}
