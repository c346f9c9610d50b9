//! Activation functions on arrays of any dimension, and the enum that names them in a layer.

#[macro_use]
mod elementwise;

mod activation;
mod elu;
mod gelu;
mod leaky_relu;
mod log_softmax;
mod relu;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod tanh;

pub use activation::Activation;
pub use elu::{elu, elu_adjoint, elu_forward, elu_tangent};
pub use gelu::{
    gelu, gelu_adjoint, gelu_forward, gelu_tangent, gelu_tanh, gelu_tanh_adjoint,
    gelu_tanh_forward, gelu_tanh_tangent,
};
pub use leaky_relu::{leaky_relu, leaky_relu_adjoint, leaky_relu_forward, leaky_relu_tangent};
pub use log_softmax::{log_softmax, log_softmax_adjoint, log_softmax_forward, log_softmax_tangent};
pub use relu::{relu, relu_adjoint, relu_forward, relu_tangent};
pub use selu::{selu, selu_adjoint, selu_forward, selu_tangent};
pub(crate) use sigmoid::logistic;
pub use sigmoid::{sigmoid, sigmoid_adjoint, sigmoid_forward, sigmoid_tangent};
pub use silu::{silu, silu_adjoint, silu_forward, silu_tangent};
pub(crate) use softmax::{log_sum_exp, softmax_in_place};
pub use softmax::{softmax, softmax_adjoint, softmax_forward, softmax_tangent};
pub(crate) use softplus::log_one_plus_exp;
pub use softplus::{softplus, softplus_adjoint, softplus_forward, softplus_tangent};
pub use tanh::{tanh, tanh_adjoint, tanh_forward, tanh_tangent};
