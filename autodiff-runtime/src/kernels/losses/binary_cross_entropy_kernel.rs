//! The binary cross-entropy, from probabilities and from logits.

use super::paired::Partials;
use crate::Real;
use crate::kernels::activations::{log_one_plus_exp, logistic};

/// Probabilities are kept this far from 0 and 1, as in Keras.
const EPSILON: f64 = 1e-7;

#[inline]
pub(super) fn from_probability<T: Real>(t: T, p: T) -> Partials<T> {
    let (low, high) = (T::__lit(EPSILON), T::one() - T::__lit(EPSILON));
    let q = if p < low {
        low
    } else if p > high {
        high
    } else {
        p
    };
    let (log_p, log_1p) = (q.ln(), (T::one() - q).ln());
    let slope = if q == p { (q - t) / (q * (T::one() - q)) } else { T::zero() };
    (-(t * log_p + (T::one() - t) * log_1p), log_1p - log_p, slope)
}

#[inline]
pub(super) fn from_logit<T: Real>(t: T, z: T) -> Partials<T> {
    (log_one_plus_exp(z) - t * z, -z, logistic(z) - t)
}

paired_loss! {
    /// The binary cross-entropy of probabilities, −mean(t·ln p + (1 − t)·ln(1 − p)).
    ///
    /// As in Keras, p is kept between 10⁻⁷ and 1 − 10⁻⁷; beyond them the derivative is 0. Where logits
    /// are at hand, [`binary_cross_entropy_from_logits`] is exact.
    binary_cross_entropy, binary_cross_entropy_forward, binary_cross_entropy_adjoint,
    binary_cross_entropy_tangent => from_probability, mean over elements, super::Loss::BinaryCrossEntropy
}

paired_loss! {
    /// The binary cross-entropy of logits z, mean(ln(1 + eᶻ) − t·z), without overflow.
    ///
    /// Source: the documentation of TensorFlow's `sigmoid_cross_entropy_with_logits`.
    binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_forward,
    binary_cross_entropy_from_logits_adjoint, binary_cross_entropy_from_logits_tangent => from_logit, mean over elements, super::Loss::BinaryCrossEntropyFromLogits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::wave;

    mod probabilities {
        use super::*;

        test_loss!(
            binary_cross_entropy, binary_cross_entropy_forward, binary_cross_entropy_adjoint,
            binary_cross_entropy_tangent;
            wave((5, 3), 1).mapv(logistic), wave((5, 3), 2).mapv(logistic)
        );

        #[test]
        fn certainty_is_finite_and_flat() {
            let (loss, _, slope) = from_probability(0.0_f32, 1.0);
            assert!(loss.is_finite() && loss > 15.0);
            assert_eq!(slope, 0.0);
        }
    }

    mod logits {
        use super::*;

        test_loss!(
            binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_forward,
            binary_cross_entropy_from_logits_adjoint, binary_cross_entropy_from_logits_tangent;
            wave((5, 3), 1).mapv(logistic), wave((5, 3), 2) * 3.0
        );

        #[test]
        fn agrees_with_probabilities_and_does_not_overflow() {
            let (t, z) = (wave((5, 3), 1).mapv(logistic), wave((5, 3), 2));
            let expected = binary_cross_entropy(&t, &z.mapv(logistic));
            assert!((binary_cross_entropy_from_logits(&t, &z) - expected).abs() < 1e-14);
            assert_eq!(from_logit(0.0_f32, 1e4).0, 1e4);
        }
    }
}
