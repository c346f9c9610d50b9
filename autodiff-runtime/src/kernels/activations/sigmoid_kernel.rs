//! The logistic function.

use crate::Real;

/// 1 / (1 + e⁻ˣ), without overflow.
#[inline]
pub(crate) fn logistic<T: Real>(x: T) -> T {
    // For very negative x, exp(−x) is infinite and the quotient is the right 0.
    T::one() / (T::one() + (-x).exp())
}

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    let y = logistic(x);
    (y, y * (T::one() - y))
}

elementwise! {
    /// The logistic function 1 / (1 + e⁻ˣ).
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    ///
    /// assert_eq!(sigmoid(&array![0.0, -1000.0, 1000.0]), array![0.5, 0.0, 1.0]);
    /// ```
    sigmoid, sigmoid_forward, sigmoid_adjoint, sigmoid_tangent => scalar, super::Activation::Sigmoid
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        sigmoid, sigmoid_forward, sigmoid_adjoint, sigmoid_tangent;
        0.0 => 0.5, 1.0 => 0.731_058_578_630_004_9,
    );
}
