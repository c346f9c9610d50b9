//! Every loss once more for each sample by itself, `…_each`, and with weights and a reduction, `…_with`.

use autodiff_macros::differentiable;
use ndarray::{Array1, Array2, ArrayRef, Dimension, Ix1, Ix2};

use super::weights::one_hot_of;
use super::{Labels, Loss, Reduction, loss_each, weighted_loss};
use crate::Real;

/// Declares `$each` and `$with` of a loss `$name`.
macro_rules! variants {
    ($name:ident, $each:ident, $with:ident $(, $parameter:ident: $kind:ty)? => $loss:expr) => {
        #[doc = concat!("[`", stringify!($name), "`](super::", stringify!($name), "()) of every sample by itself, a mean over its rows.")]
        ///
        /// # Panics
        ///
        /// Panics if the shapes differ, or if the arrays are empty.
        #[track_caller]
        #[differentiable(order = 2)]
        pub fn $each<T: Real, D: Dimension>(
            y_true: &ArrayRef<T, D>,
            y_pred: &ArrayRef<T, D>
            $(, #[constant] $parameter: $kind)?
        ) -> Array1<T> {
            loss_each(y_true, y_pred, $loss)
        }

        #[doc = concat!("[`", stringify!($name), "`](super::", stringify!($name), "()) with a weight for each sample.")]
        ///
        /// # Panics
        ///
        /// Panics if the shapes differ, if there are not as many weights as samples, if the arrays are empty, or if the
        /// weights of a weighted mean sum to 0.
        #[track_caller]
        #[differentiable(order = 2)]
        pub fn $with<T: Real, D: Dimension>(
            y_true: &ArrayRef<T, D>,
            y_pred: &ArrayRef<T, D>,
            $(#[constant] $parameter: $kind,)?
            #[constant] reduction: Reduction,
            weights: &ArrayRef<T, Ix1>,
        ) -> T {
            weighted_loss(y_true, y_pred, $loss, reduction, weights)
        }
    };
}

variants!(mse_loss, mse_loss_each, mse_loss_with => Loss::MeanSquaredError);
variants!(mae_loss, mae_loss_each, mae_loss_with => Loss::MeanAbsoluteError);
variants!(huber_loss, huber_loss_each, huber_loss_with, delta: f64 => Loss::Huber { delta });
variants!(binary_cross_entropy, binary_cross_entropy_each, binary_cross_entropy_with => Loss::BinaryCrossEntropy);
variants!(binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_each, binary_cross_entropy_from_logits_with => Loss::BinaryCrossEntropyFromLogits);
variants!(categorical_cross_entropy, categorical_cross_entropy_each, categorical_cross_entropy_with => Loss::CategoricalCrossEntropy);
variants!(softmax_cross_entropy, softmax_cross_entropy_each, softmax_cross_entropy_with => Loss::SoftmaxCrossEntropy);
variants!(hinge_loss, hinge_loss_each, hinge_loss_with => Loss::Hinge);
variants!(squared_hinge_loss, squared_hinge_loss_each, squared_hinge_loss_with => Loss::SquaredHinge);
variants!(kl_divergence, kl_divergence_each, kl_divergence_with => Loss::KlDivergence);
variants!(cosine_similarity_loss, cosine_similarity_loss_each, cosine_similarity_loss_with => Loss::CosineSimilarity);

/// Declares the variants of a loss with integer labels.
macro_rules! sparse {
    ($name:literal, $([$plain:ident],)? $each:ident, $with:ident, $parameter:ident => $loss:expr) => {
        $(
            #[doc = concat!("The ", $name, " between integer labels and `", stringify!($parameter), "`, mean over the rows.")]
            ///
            /// # Panics
            ///
            /// Panics if there are not as many labels as rows, if a label is no class (the message names the row), or if
            /// the arrays are empty.
            #[track_caller]
            #[differentiable(order = 2)]
            pub fn $plain<T: Real, L: Labels + ?Sized>(#[constant] labels: &L, $parameter: &ArrayRef<T, Ix2>) -> T {
                let y_true: Array2<T> = one_hot_of(stringify!($plain), labels, $parameter.nrows(), $parameter.ncols());
                super::categorical_cross_entropy(&y_true, $parameter)
            }
        )?

        #[doc = concat!("The ", $name, " between integer labels and `", stringify!($parameter), "` of every row.")]
        ///
        /// # Panics
        ///
        /// Panics if there are not as many labels as rows, if a label is no class (the message names the row), or if the
        /// arrays are empty.
        #[track_caller]
        #[differentiable(order = 2)]
        pub fn $each<T: Real, L: Labels + ?Sized>(#[constant] labels: &L, $parameter: &ArrayRef<T, Ix2>) -> Array1<T> {
            let y_true: Array2<T> = one_hot_of(stringify!($each), labels, $parameter.nrows(), $parameter.ncols());
            loss_each(&y_true, $parameter, $loss)
        }

        #[doc = concat!("The ", $name, " between integer labels and `", stringify!($parameter), "` with a weight for each row.")]
        ///
        /// # Panics
        ///
        /// Panics if there are not as many labels or weights as rows, if a label is no class (the message names the row),
        /// if the arrays are empty, or if the weights of a weighted mean sum to 0.
        #[track_caller]
        #[differentiable(order = 2)]
        pub fn $with<T: Real, L: Labels + ?Sized>(
            #[constant] labels: &L,
            $parameter: &ArrayRef<T, Ix2>,
            #[constant] reduction: Reduction,
            weights: &ArrayRef<T, Ix1>,
        ) -> T {
            let y_true: Array2<T> = one_hot_of(stringify!($with), labels, $parameter.nrows(), $parameter.ncols());
            weighted_loss(&y_true, $parameter, $loss, reduction, weights)
        }
    };
}

sparse!(
    "cross-entropy", [sparse_categorical_cross_entropy], sparse_categorical_cross_entropy_each,
    sparse_categorical_cross_entropy_with, probabilities => Loss::CategoricalCrossEntropy
);
sparse!(
    "cross-entropy of a softmax", sparse_softmax_cross_entropy_each, sparse_softmax_cross_entropy_with, logits
    => Loss::SoftmaxCrossEntropy
);
