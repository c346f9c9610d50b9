//! The Kullback–Leibler divergence.

use super::paired::Partials;
use crate::Real;

/// Probabilities are kept at least this large, as in Keras.
const EPSILON: f64 = 1e-7;

/// A probability kept within [ε, 1], and whether it was there.
#[inline]
fn clip<T: Real>(p: T) -> (T, bool) {
    let low = T::__lit(EPSILON);
    if p < low {
        (low, false)
    } else if p > T::one() {
        (T::one(), false)
    } else {
        (p, true)
    }
}

#[inline]
pub(super) fn scalar<T: Real>(t: T, p: T) -> Partials<T> {
    let ((t, t_free), (p, p_free)) = (clip(t), clip(p));
    let log_ratio = (t / p).ln();
    let by_true = if t_free { log_ratio + T::one() } else { T::zero() };
    let by_pred = if p_free { -t / p } else { T::zero() };
    (t * log_ratio, by_true, by_pred)
}

paired_loss! {
    /// The Kullback–Leibler divergence Σ t·ln(t / p) of the distributions along the last axis, mean
    /// over the rows.
    ///
    /// As in Keras, probabilities are kept between 10⁻⁷ and 1; beyond them the derivative is 0.
    kl_divergence, kl_divergence_forward, kl_divergence_adjoint, kl_divergence_tangent
    => scalar, mean over rows, super::Loss::KlDivergence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::activations::softmax;
    use crate::kernels::testing::wave;

    test_loss!(
        kl_divergence, kl_divergence_forward, kl_divergence_adjoint, kl_divergence_tangent;
        softmax(&wave((5, 3), 1)), softmax(&wave((5, 3), 2))
    );

    #[test]
    fn a_distribution_is_at_no_distance_from_itself_and_rows_are_averaged() {
        let p: ndarray::Array2<f64> = softmax(&wave((4, 3), 1));
        assert_eq!(kl_divergence(&p, &p), 0.0);
        let (t, p) = (ndarray::array![[0.5, 0.5], [0.5, 0.5]], ndarray::array![[0.25, 0.75], [0.25, 0.75]]);
        let row = 0.5 * 2.0_f64.ln() + 0.5 * (2.0_f64 / 3.0).ln();
        assert!((kl_divergence(&t, &p) - row).abs() < 1e-15);
    }
}
