//! Kernels: the fused operations that networks are made of, each with its derivative beside it.
//!
//! A kernel `k` is four functions.
//!
//! - `k(args…) -> Y`: the value.
//! - `k_forward(args…) -> (Y, S)`: the value, and what the way back needs of it.
//! - `k_adjoint(args…, saved: S, ct: Y's tangent, slots…)`: adds to each slot the gradient with
//!   respect to one differentiable parameter, in order; `None` asks for nothing, and costs nothing.
//! - `k_tangent(args…, tangents…) -> (Y, dY)`: the value and its derivative along the tangents, one
//!   for each differentiable parameter, where `None` is zero.
//!
//! Derivatives of order 2 are those of `body = …`, a call of a function in `plain`.
//!
//! Arguments are arrays and views of any storage (`&ArrayRef`), of `f32` or `f64`.

#![allow(clippy::too_many_arguments, reason = "an adjoint has a slot for every parameter")]

pub mod activations;
pub mod add_kernel;
mod attention;
pub mod attention_kernel;
pub mod batch_dot_kernel;
pub mod batch_norm_inference_kernel;
pub mod batch_norm_kernel;
mod batches;
pub mod conv;
pub mod dense_kernel;
pub mod dropout_kernel;
pub mod embed_kernel;
pub mod embedding_kernel;
pub mod flatten_kernel;
pub mod group_norm_kernel;
pub mod layer_norm_kernel;
pub mod losses;
#[allow(dead_code, reason = "their sweeps are called, not they themselves")]
mod plain;
pub mod pooling;
mod products;
pub mod recurrent;
pub mod running_batch_norm_kernel;
pub mod steps_kernel;
pub(crate) mod support;
pub mod table_kernels;
#[cfg(test)]
pub(crate) mod testing;
mod windows;

pub use activations::*;
pub use add_kernel::{add, add_adjoint, add_forward, add_tangent};
pub use attention_kernel::*;
pub use batch_dot_kernel::batch_dot;
pub use batch_norm_inference_kernel::*;
pub use batch_norm_kernel::*;
pub use conv::*;
pub use dense_kernel::{DenseSaved, dense, dense_adjoint, dense_forward, dense_tangent};
pub use dropout_kernel::*;
pub use embed_kernel::{embed, embed_adjoint, embed_forward, embed_tangent};
pub use embedding_kernel::{embedding, embedding_adjoint, embedding_forward, embedding_tangent};
pub use flatten_kernel::{flatten, flatten_adjoint, flatten_forward, flatten_tangent};
pub use group_norm_kernel::*;
pub use layer_norm_kernel::{LayerNormSaved, layer_norm, layer_norm_adjoint, layer_norm_forward, layer_norm_tangent};
pub use losses::*;
pub use pooling::*;
pub use recurrent::*;
pub use running_batch_norm_kernel::*;
pub use steps_kernel::*;
pub use table_kernels::*;
pub use windows::Padding;
