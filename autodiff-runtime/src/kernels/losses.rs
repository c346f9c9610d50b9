//! Losses: a scalar from what is true and what was predicted.
//!
//! As in Keras, `y_true` comes first. A loss is the mean over all elements, or over the rows of a
//! batch where a row makes one prediction. For every loss `l` there are `l_each`, the losses of the samples by themselves
//! (their sum is `l_each(…).sum()`), and `l_with`, with a [`Reduction`] and a weight for each sample.

#[macro_use]
mod paired;

mod binary_cross_entropy_kernel;
mod categorical_cross_entropy_kernel;
mod cosine_similarity;
mod hinge;
mod huber;
mod kl_divergence_kernel;
mod labels;
mod loss;
mod loss_each_kernel;
mod mae;
mod mse;
mod rows;
mod samples;
mod softmax_cross_entropy_kernel;
mod sparse_softmax_cross_entropy_kernel;
mod variants;
mod weighted_loss_kernel;
mod weights;

pub use binary_cross_entropy_kernel::{
    binary_cross_entropy, binary_cross_entropy_adjoint, binary_cross_entropy_forward, binary_cross_entropy_from_logits,
    binary_cross_entropy_from_logits_adjoint, binary_cross_entropy_from_logits_forward,
    binary_cross_entropy_from_logits_tangent, binary_cross_entropy_tangent,
};
pub use categorical_cross_entropy_kernel::{
    categorical_cross_entropy, categorical_cross_entropy_adjoint, categorical_cross_entropy_forward,
    categorical_cross_entropy_tangent,
};
pub use cosine_similarity::{
    cosine_similarity_loss, cosine_similarity_loss_adjoint, cosine_similarity_loss_forward,
    cosine_similarity_loss_tangent,
};
pub use hinge::{
    hinge_loss, hinge_loss_adjoint, hinge_loss_forward, hinge_loss_tangent, squared_hinge_loss,
    squared_hinge_loss_adjoint, squared_hinge_loss_forward, squared_hinge_loss_tangent,
};
pub use huber::{huber_loss, huber_loss_adjoint, huber_loss_forward, huber_loss_tangent};
pub use kl_divergence_kernel::{kl_divergence, kl_divergence_adjoint, kl_divergence_forward, kl_divergence_tangent};
pub use labels::Labels;
pub use loss::Loss;
pub use loss_each_kernel::{loss_each, loss_each_adjoint, loss_each_forward, loss_each_tangent};
pub use mae::{mae_loss, mae_loss_adjoint, mae_loss_forward, mae_loss_tangent};
pub use mse::{mse_loss, mse_loss_adjoint, mse_loss_forward, mse_loss_tangent};
pub(crate) use rows::of_samples;
pub use softmax_cross_entropy_kernel::{
    softmax_cross_entropy, softmax_cross_entropy_adjoint, softmax_cross_entropy_forward, softmax_cross_entropy_tangent,
};
pub use sparse_softmax_cross_entropy_kernel::{
    sparse_softmax_cross_entropy, sparse_softmax_cross_entropy_adjoint, sparse_softmax_cross_entropy_forward,
    sparse_softmax_cross_entropy_tangent,
};
pub use variants::*;
pub use weighted_loss_kernel::{weighted_loss, weighted_loss_adjoint, weighted_loss_forward, weighted_loss_tangent};
pub(crate) use weights::class;
pub use weights::{Reduction, class_weights, one_hot};
