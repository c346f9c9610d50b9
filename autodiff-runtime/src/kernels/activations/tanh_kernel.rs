//! The hyperbolic tangent.

use crate::Real;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    let y = x.tanh();
    (y, T::one() - y * y)
}

elementwise! {
    /// The hyperbolic tangent.
    tanh, tanh_forward, tanh_adjoint, tanh_tangent => scalar, super::Activation::Tanh
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        tanh, tanh_forward, tanh_adjoint, tanh_tangent;
        0.0 => 0.0, 1.0 => 0.761_594_155_955_764_9,
    );
}
