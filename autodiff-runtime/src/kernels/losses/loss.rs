//! Losses by name, as functions of one row, for reductions and weights.

use ndarray::aview1;

use super::{
    binary_cross_entropy_kernel, categorical_cross_entropy_kernel, cosine_similarity, hinge, huber,
    kl_divergence_kernel, mae, mse, softmax_cross_entropy_kernel,
};
use crate::Real;
use crate::kernels::activations::{log_softmax_in_place, log_sum_exp};
use crate::kernels::support::sum_pairs;
use crate::kernels::windows::constant_settings;

/// A loss, for [`loss_each`](super::loss_each()) and [`weighted_loss`](super::weighted_loss()).
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// See [`mse_loss`](super::mse_loss()).
    MeanSquaredError,
    /// See [`mae_loss`](super::mae_loss()).
    MeanAbsoluteError,
    /// See [`huber_loss`](super::huber_loss()).
    Huber {
        /// Where the loss becomes linear; Keras uses 1.
        delta: f64,
    },
    /// See [`binary_cross_entropy`](super::binary_cross_entropy()).
    BinaryCrossEntropy,
    /// See [`binary_cross_entropy_from_logits`](super::binary_cross_entropy_from_logits()).
    BinaryCrossEntropyFromLogits,
    /// See [`categorical_cross_entropy`](super::categorical_cross_entropy()).
    CategoricalCrossEntropy,
    /// See [`softmax_cross_entropy`](super::softmax_cross_entropy()).
    SoftmaxCrossEntropy,
    /// See [`hinge_loss`](super::hinge_loss()).
    Hinge,
    /// See [`squared_hinge_loss`](super::squared_hinge_loss()).
    SquaredHinge,
    /// See [`kl_divergence`](super::kl_divergence()).
    KlDivergence,
    /// See [`cosine_similarity_loss`](super::cosine_similarity_loss()).
    CosineSimilarity,
}

constant_settings!(Loss);

impl Loss {
    /// What the function of this loss is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Loss::MeanSquaredError => "mse_loss",
            Loss::MeanAbsoluteError => "mae_loss",
            Loss::Huber { .. } => "huber_loss",
            Loss::BinaryCrossEntropy => "binary_cross_entropy",
            Loss::BinaryCrossEntropyFromLogits => "binary_cross_entropy_from_logits",
            Loss::CategoricalCrossEntropy => "categorical_cross_entropy",
            Loss::SoftmaxCrossEntropy => "softmax_cross_entropy",
            Loss::Hinge => "hinge_loss",
            Loss::SquaredHinge => "squared_hinge_loss",
            Loss::KlDivergence => "kl_divergence",
            Loss::CosineSimilarity => "cosine_similarity_loss",
        }
    }

    /// Refuses parameters for which the loss is not defined.
    #[track_caller]
    pub(super) fn check_settings(self) {
        if let Loss::Huber { delta } = self {
            assert!(delta > 0.0, "huber_loss: δ must be above 0; received {delta}");
        }
    }
}

/// Calls `$mean` with the scalar function of a loss that is a mean over the elements of a row, `$sum` where it is a sum,
/// and evaluates the rest as it stands.
macro_rules! with_scalar {
    ($loss:expr, $mean:expr, $sum:expr, $categorical:expr, $softmax:expr, $cosine:expr) => {
        match $loss {
            Loss::MeanSquaredError => $mean(mse::scalar),
            Loss::MeanAbsoluteError => $mean(mae::scalar),
            Loss::Huber { delta } => $mean(|t, p| huber::scalar(t, p, delta)),
            Loss::BinaryCrossEntropy => $mean(binary_cross_entropy_kernel::from_probability),
            Loss::BinaryCrossEntropyFromLogits => $mean(binary_cross_entropy_kernel::from_logit),
            Loss::Hinge => $mean(hinge::plain),
            Loss::SquaredHinge => $mean(hinge::squared),
            Loss::KlDivergence => $sum(kl_divergence_kernel::scalar),
            Loss::CategoricalCrossEntropy => $categorical,
            Loss::SoftmaxCrossEntropy => $softmax,
            Loss::CosineSimilarity => $cosine,
        }
    };
}

/// The values and the partial derivatives of a scalar loss.
trait Scalar<T>: Fn(T, T) -> (T, T, T) {}

impl<T, F: Fn(T, T) -> (T, T, T)> Scalar<T> for F {}

fn mean<T: Real>(t: &[T], p: &[T], scalar: impl Scalar<T>) -> T {
    sum(t, p, scalar) / T::__lit(t.len() as f64)
}

fn sum<T: Real>(t: &[T], p: &[T], scalar: impl Scalar<T>) -> T {
    sum_pairs(t, p, |t, p| scalar(t, p).0)
}

fn for_each_scaled<T: Real>(t: &[T], p: &[T], scale: T, scalar: impl Scalar<T>, mut each: impl FnMut(usize, T, T)) {
    for (at, (&t, &p)) in t.iter().zip(p).enumerate() {
        let (_, by_true, by_pred) = scalar(t, p);
        each(at, scale * by_true, scale * by_pred);
    }
}

impl Loss {
    /// The loss of one row.
    pub(super) fn of_row<T: Real>(self, t: &[T], p: &[T]) -> T {
        with_scalar!(
            self,
            |scalar| mean(t, p, scalar),
            |scalar| sum(t, p, scalar),
            {
                let total = p.iter().copied().sum::<T>();
                let terms = t.iter().zip(p);
                -terms.map(|(&t, &p)| t * categorical_cross_entropy_kernel::clip(p / total).0.ln()).sum::<T>()
            },
            softmax_cross_entropy_kernel::row_loss(t, p, log_sum_exp(p)),
            {
                let (t, p) = (aview1(t), aview1(p));
                -t.dot(&p) * cosine_similarity::scale_of(&t).0 * cosine_similarity::scale_of(&p).0
            }
        )
    }

    /// Calls `each` with the index and the partial derivatives, by truth and by prediction, of every element of a row.
    pub(super) fn for_each_partial<T: Real>(self, t: &[T], p: &[T], mut each: impl FnMut(usize, T, T)) {
        with_scalar!(
            self,
            |scalar| for_each_scaled(t, p, T::__lit(t.len() as f64).recip(), scalar, &mut each),
            |scalar| for_each_scaled(t, p, T::one(), scalar, &mut each),
            categorical_cross_entropy_kernel::for_each_partial(&aview1(t), &aview1(p), each),
            {
                let (total, mut log_p) = (t.iter().copied().sum::<T>(), p.to_vec());
                log_softmax_in_place(&mut log_p);
                for (at, (&t, log_p)) in t.iter().zip(log_p).enumerate() {
                    each(at, -log_p, total * log_p.exp() - t);
                }
            },
            {
                let ((t_scale, t_square), (p_scale, p_square)) =
                    (cosine_similarity::scale_of(&aview1(t)), cosine_similarity::scale_of(&aview1(p)));
                let scale = t_scale * p_scale;
                let cosine = sum_pairs(t, p, |t, p| t * p) * scale;
                for (at, (&t, &p)) in t.iter().zip(p).enumerate() {
                    each(at, cosine * t * t_square - p * scale, cosine * p * p_square - t * scale);
                }
            }
        );
    }
}
