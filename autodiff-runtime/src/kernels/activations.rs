//! Activation functions on arrays of any dimension, and the enum that names them in a layer.

#[macro_use]
mod elementwise;

mod activate_kernel;
mod activation;
mod elu_kernel;
mod gelu_kernel;
mod leaky_relu_kernel;
mod log_softmax_kernel;
mod relu_kernel;
pub(crate) mod selu_kernel;
mod sigmoid_kernel;
mod silu_kernel;
mod softmax_kernel;
mod softplus_kernel;
mod tanh_kernel;

pub use activate_kernel::{activate, activate_adjoint, activate_forward, activate_tangent};
pub use activation::Activation;
pub use elu_kernel::{elu, elu_adjoint, elu_forward, elu_tangent};
pub use gelu_kernel::{
    gelu, gelu_adjoint, gelu_forward, gelu_tangent, gelu_tanh, gelu_tanh_adjoint, gelu_tanh_forward, gelu_tanh_tangent,
};
pub use leaky_relu_kernel::{leaky_relu, leaky_relu_adjoint, leaky_relu_forward, leaky_relu_tangent};
pub(crate) use log_softmax_kernel::log_softmax_in_place;
pub use log_softmax_kernel::{log_softmax, log_softmax_adjoint, log_softmax_forward, log_softmax_tangent};
pub use relu_kernel::{relu, relu_adjoint, relu_forward, relu_tangent};
pub use selu_kernel::{selu, selu_adjoint, selu_forward, selu_tangent};
pub(crate) use sigmoid_kernel::logistic;
pub use sigmoid_kernel::{sigmoid, sigmoid_adjoint, sigmoid_forward, sigmoid_tangent};
pub use silu_kernel::{silu, silu_adjoint, silu_forward, silu_tangent};
pub(crate) use softmax_kernel::{log_sum_exp, softmax_in_place};
pub use softmax_kernel::{softmax, softmax_adjoint, softmax_forward, softmax_tangent};
pub(crate) use softplus_kernel::log_one_plus_exp;
pub use softplus_kernel::{softplus, softplus_adjoint, softplus_forward, softplus_tangent};
pub use tanh_kernel::{tanh, tanh_adjoint, tanh_forward, tanh_tangent};
