//! Losses: a scalar from what is true and what was predicted.
//!
//! As in Keras, `y_true` comes first. A loss is the mean over all elements, or over the rows of a
//! batch where a row makes one prediction.

#[macro_use]
mod paired;

mod binary_cross_entropy_kernel;
mod categorical_cross_entropy_kernel;
mod cosine_similarity;
mod hinge;
mod huber;
mod kl_divergence_kernel;
mod labels;
mod mae;
mod mse;
mod softmax_cross_entropy_kernel;
mod sparse_softmax_cross_entropy_kernel;

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
pub use mae::{mae_loss, mae_loss_adjoint, mae_loss_forward, mae_loss_tangent};
pub use mse::{mse_loss, mse_loss_adjoint, mse_loss_forward, mse_loss_tangent};
pub use softmax_cross_entropy_kernel::{
    softmax_cross_entropy, softmax_cross_entropy_adjoint, softmax_cross_entropy_forward, softmax_cross_entropy_tangent,
};
pub use sparse_softmax_cross_entropy_kernel::{
    sparse_softmax_cross_entropy, sparse_softmax_cross_entropy_adjoint, sparse_softmax_cross_entropy_forward,
    sparse_softmax_cross_entropy_tangent,
};
