//! The cross-entropy of a softmax, with probabilities as targets.
//!
//! The loss of a row is −Σ tⱼ·ln pⱼ with p = softmax(z), computed from the logits z as
//! Σ t·(ln Σ eᶻ) − Σ t·z. Its derivatives are (Σ t)·p − t for z, and −ln p for t.

use ndarray::{Array2, ArrayRef, Ix2};

use crate::Real;
use crate::kernels::activations::{log_softmax, log_sum_exp, softmax_in_place};
use crate::kernels::support::{check_same_shape, mean_count, row_major_copy, sum_pairs};

const NAME: &str = "softmax_cross_entropy";

/// The cross-entropy between `y_true` and the softmax of `logits`, −Σ t·ln softmax(z), mean over the
/// rows.
///
/// Both have shape (batch, classes); the rows of `y_true` are probabilities, for example one-hot.
/// Keras: `CategoricalCrossentropy(from_logits=True)`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let loss = softmax_cross_entropy(&array![[0.0, 1.0]], &array![[0.0_f64, 0.0]]);
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = softmax_cross_entropy, order = 2, body = crate::kernels::plain::softmax_cross_entropy(y_true, logits))]
pub fn softmax_cross_entropy<T: Real>(y_true: &ArrayRef<T, Ix2>, logits: &ArrayRef<T, Ix2>) -> T {
    check_same_shape(NAME, ("y_true", y_true), ("logits", logits));
    let rows = mean_count::<T>(NAME, if logits.is_empty() { 0 } else { logits.nrows() });
    let (targets, logits) = (y_true.as_standard_layout(), logits.as_standard_layout());
    let mut sum = T::zero();
    for (t, z) in targets.rows().into_iter().zip(logits.rows()) {
        if let (Some(t), Some(z)) = (t.to_slice(), z.to_slice()) {
            sum += row_loss(t, z, log_sum_exp(z));
        }
    }
    sum / rows
}

/// Σ t·(shift − z), where shift = ln Σ eᶻ. A target of exactly 0 counts nothing, whatever z is.
pub(super) fn row_loss<T: Real>(t: &[T], z: &[T], shift: T) -> T {
    sum_pairs(t, z, |t, z| if t == T::zero() { t } else { t * (shift - z) })
}

/// The value of [`softmax_cross_entropy`], and the softmax of the logits.
#[track_caller]
pub fn softmax_cross_entropy_forward<T: Real>(y_true: &ArrayRef<T, Ix2>, logits: &ArrayRef<T, Ix2>) -> (T, Array2<T>) {
    check_same_shape(NAME, ("y_true", y_true), ("logits", logits));
    let rows = mean_count::<T>(NAME, if logits.is_empty() { 0 } else { logits.nrows() });
    let logits = logits.as_standard_layout();
    let targets = y_true.as_standard_layout();
    let mut p = row_major_copy(&logits);
    let mut sum = T::zero();
    for ((t, z), mut p) in targets.rows().into_iter().zip(logits.rows()).zip(p.rows_mut()) {
        if let (Some(t), Some(z), Some(p)) = (t.to_slice(), z.to_slice(), p.as_slice_mut()) {
            sum += row_loss(t, z, softmax_in_place(p));
        }
    }
    (sum / rows, p)
}

/// Adds the gradient of [`softmax_cross_entropy`] to the slots of `y_true` and `logits`.
pub fn softmax_cross_entropy_adjoint<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    logits: &ArrayRef<T, Ix2>,
    p: Array2<T>,
    ct: T,
    true_slot: Option<&mut ArrayRef<T, Ix2>>,
    logits_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let scale = ct / T::__lit(logits.nrows() as f64);
    if let Some(slot) = true_slot {
        slot.zip_mut_with(&log_softmax(logits), |sum, &log_p| *sum -= scale * log_p);
    }
    if let Some(slot) = logits_slot {
        for ((mut slot, t), p) in slot.rows_mut().into_iter().zip(y_true.rows()).zip(p.rows()) {
            let total = t.sum();
            for ((sum, &t), &p) in slot.iter_mut().zip(t).zip(p) {
                *sum += scale * (total * p - t);
            }
        }
    }
}

/// The value of [`softmax_cross_entropy`], and its derivative along the tangents.
#[track_caller]
pub fn softmax_cross_entropy_tangent<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    logits: &ArrayRef<T, Ix2>,
    d_true: Option<&ArrayRef<T, Ix2>>,
    d_logits: Option<&ArrayRef<T, Ix2>>,
) -> (T, T) {
    let (loss, p) = softmax_cross_entropy_forward(y_true, logits);
    let along = |d: Option<&ArrayRef<T, Ix2>>| d.map(|_| Array2::zeros(logits.raw_dim()));
    let (mut by_true, mut by_logits) = (along(d_true), along(d_logits));
    softmax_cross_entropy_adjoint(y_true, logits, p, T::one(), by_true.as_deref_mut(), by_logits.as_deref_mut());
    let inner = |gradient: Option<Array2<T>>, d: Option<&ArrayRef<T, Ix2>>| match (gradient, d) {
        (Some(gradient), Some(d)) => gradient.iter().zip(d).map(|(&g, &d)| g * d).sum(),
        _ => T::zero(),
    };
    (loss, inner(by_true, d_true) + inner(by_logits, d_logits))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::kernels::testing::wave;

    test_loss!(
        softmax_cross_entropy, softmax_cross_entropy_forward, softmax_cross_entropy_adjoint,
        softmax_cross_entropy_tangent;
        wave((5, 11), 1) + 1.0, wave((5, 11), 2) * 3.0
    );

    #[test]
    fn large_logits_do_not_overflow() {
        let loss = softmax_cross_entropy(&array![[0.0, 1.0]], &array![[1e4_f32, 0.0]]);
        assert_eq!(loss, 1e4);
        let impossible = array![[0.0, f32::NEG_INFINITY]];
        assert_eq!(softmax_cross_entropy(&array![[1.0, 0.0]], &impossible), 0.0);
    }
}
