//! Losses: a scalar from what is true and what was predicted.
//!
//! As in Keras, `y_true` comes first. A loss is the mean over all elements, or over the rows of a
//! batch where a row makes one prediction.

#[macro_use]
mod paired;

mod binary_cross_entropy;
mod labels;
mod mse;
mod softmax_cross_entropy;
mod sparse_softmax_cross_entropy;

pub use binary_cross_entropy::{
    binary_cross_entropy, binary_cross_entropy_adjoint, binary_cross_entropy_forward,
    binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_adjoint,
    binary_cross_entropy_from_logits_forward, binary_cross_entropy_from_logits_tangent,
    binary_cross_entropy_tangent,
};
pub use labels::Labels;
pub use mse::{mse_loss, mse_loss_adjoint, mse_loss_forward, mse_loss_tangent};
pub use softmax_cross_entropy::{
    softmax_cross_entropy, softmax_cross_entropy_adjoint, softmax_cross_entropy_forward,
    softmax_cross_entropy_tangent,
};
pub use sparse_softmax_cross_entropy::{
    sparse_softmax_cross_entropy, sparse_softmax_cross_entropy_adjoint,
    sparse_softmax_cross_entropy_forward, sparse_softmax_cross_entropy_tangent,
};
