//! The cosine between what is true and what was predicted, negated so that it can be minimised.
//!
//! The loss of a row is −c with c = t·p / (|t|·|p|). Its derivative is −(t / (|t|·|p|) − c·p / |p|²) for
//! p, and the same with the two exchanged for t. As in Keras, a squared norm is at least 10⁻¹²; a
//! norm below that is a constant.

use ndarray::{ArrayRef, Ix1, Ix2};

use crate::Real;
use crate::kernels::support::{check_same_shape, mean_count};

const NAME: &str = "cosine_similarity_loss";
const LEAST_SQUARE: f64 = 1e-12;

/// The negated cosine of the angle between rows, −t·p / (|t|·|p|), mean over the rows: −1 where they
/// point the same way. Both have shape (batch, features). Keras: `CosineSimilarity`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(cosine_similarity_loss(&array![[1.0, 0.0]], &array![[3.0, 0.0]]), -1.0);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, or if the arrays are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = cosine_similarity_loss, order = 2, body = crate::kernels::plain::cosine_similarity_loss(y_true, y_pred))]
pub fn cosine_similarity_loss<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> T {
    check_same_shape(NAME, ("y_true", y_true), ("y_pred", y_pred));
    let rows = mean_count::<T>(NAME, if y_pred.is_empty() { 0 } else { y_pred.nrows() });
    let pairs = y_true.rows().into_iter().zip(y_pred.rows());
    -pairs.map(|(t, p)| t.dot(&p) * scale_of(&t).0 * scale_of(&p).0).sum::<T>() / rows
}

/// 1 / |x|, and 1 / |x|² or 0 where the norm is held constant.
pub(super) fn scale_of<T: Real>(x: &ArrayRef<T, Ix1>) -> (T, T) {
    let (square, least) = (x.dot(x), T::__lit(LEAST_SQUARE));
    if square > least { (square.sqrt().recip(), square.recip()) } else { (least.sqrt().recip(), T::zero()) }
}

/// The value of [`cosine_similarity_loss`]; nothing is saved.
#[track_caller]
pub fn cosine_similarity_loss_forward<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> (T, ()) {
    (cosine_similarity_loss(y_true, y_pred), ())
}

/// Adds the gradient of [`cosine_similarity_loss`] to the slots of `y_true` and `y_pred`.
pub fn cosine_similarity_loss_adjoint<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    y_pred: &ArrayRef<T, Ix2>,
    (): (),
    ct: T,
    true_slot: Option<&mut ArrayRef<T, Ix2>>,
    pred_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let scale = ct / T::__lit(y_pred.nrows() as f64);
    if let Some(slot) = true_slot {
        add_gradient(y_pred, y_true, scale, slot);
    }
    if let Some(slot) = pred_slot {
        add_gradient(y_true, y_pred, scale, slot);
    }
}

/// Adds −`scale` times the gradient of the cosine with respect to `moving`.
fn add_gradient<T: Real>(fixed: &ArrayRef<T, Ix2>, moving: &ArrayRef<T, Ix2>, scale: T, slot: &mut ArrayRef<T, Ix2>) {
    for ((mut slot, f), m) in slot.rows_mut().into_iter().zip(fixed.rows()).zip(moving.rows()) {
        let (by_norm, by_square) = scale_of(&m);
        let by_norms = by_norm * scale_of(&f).0;
        let cosine = f.dot(&m) * by_norms;
        for ((sum, &f), &m) in slot.iter_mut().zip(f).zip(m) {
            *sum -= scale * (f * by_norms - cosine * m * by_square);
        }
    }
}

/// The value of [`cosine_similarity_loss`], and its derivative along the tangents.
#[track_caller]
pub fn cosine_similarity_loss_tangent<T: Real>(
    y_true: &ArrayRef<T, Ix2>,
    y_pred: &ArrayRef<T, Ix2>,
    d_true: Option<&ArrayRef<T, Ix2>>,
    d_pred: Option<&ArrayRef<T, Ix2>>,
) -> (T, T) {
    let loss = cosine_similarity_loss(y_true, y_pred);
    let scale = T::one() / T::__lit(y_pred.nrows() as f64);
    let mut derivative = T::zero();
    for (fixed, moving, direction) in [(y_pred, y_true, d_true), (y_true, y_pred, d_pred)] {
        if let Some(direction) = direction {
            let mut gradient = ndarray::Array2::zeros(moving.raw_dim());
            add_gradient(fixed, moving, scale, &mut gradient);
            derivative += gradient.iter().zip(direction).map(|(&g, &d)| g * d).sum();
        }
    }
    (loss, derivative)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::kernels::testing::wave;

    test_loss!(
        cosine_similarity_loss, cosine_similarity_loss_forward, cosine_similarity_loss_adjoint,
        cosine_similarity_loss_tangent;
        wave((5, 4), 1), wave((5, 4), 2)
    );

    #[test]
    fn rows_are_averaged_and_zero_has_no_direction() {
        let (t, p) = (array![[1.0, 0.0], [1.0, 0.0]], array![[0.0, 2.0], [-2.0, 0.0]]);
        assert_eq!(cosine_similarity_loss(&t, &p), 0.5);
        assert_eq!(cosine_similarity_loss(&array![[0.0, 0.0]], &array![[1.0, 1.0]]), 0.0);
    }
}
