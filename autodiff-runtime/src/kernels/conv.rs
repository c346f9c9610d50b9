//! Convolutions over images (batch, height, width, channels) and series (batch, time, channels).

mod conv1d_kernel;
mod conv2d_kernel;
mod conv2d_transpose_kernel;
mod patches;

pub use conv1d_kernel::{Conv1DConfig, conv1d, conv1d_adjoint, conv1d_forward, conv1d_tangent};
pub use conv2d_kernel::{Conv2DConfig, Conv2DSaved, conv2d, conv2d_adjoint, conv2d_forward, conv2d_tangent};
pub use conv2d_transpose_kernel::{
    conv2d_transpose, conv2d_transpose_adjoint, conv2d_transpose_forward, conv2d_transpose_tangent,
};
