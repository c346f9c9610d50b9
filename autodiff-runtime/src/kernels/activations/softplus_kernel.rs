//! The smooth rectifier.

use super::sigmoid_kernel::logistic;
use crate::Real;

/// ln(1 + eˣ), without overflow.
#[inline]
pub(crate) fn log_one_plus_exp<T: Real>(x: T) -> T {
    x.max(T::zero()) + (-x.abs()).exp().ln_1p()
}

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    (log_one_plus_exp(x), logistic(x))
}

elementwise! {
    /// The smooth rectifier ln(1 + eˣ).
    softplus, softplus_forward, softplus_adjoint, softplus_tangent => scalar, super::Activation::Softplus
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        softplus, softplus_forward, softplus_adjoint, softplus_tangent;
        0.0 => core::f64::consts::LN_2, 1000.0 => 1000.0, -1000.0 => 0.0,
    );
}
