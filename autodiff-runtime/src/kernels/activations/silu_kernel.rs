//! The sigmoid linear unit, also called swish.

use super::sigmoid_kernel::logistic;
use crate::Real;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    let s = logistic(x);
    // Where s has underflowed to 0, x·s is 0 even for x = −∞.
    let y = if s == T::zero() { T::zero() } else { x * s };
    (y, s + y * (T::one() - s))
}

elementwise! {
    /// The sigmoid linear unit x / (1 + e⁻ˣ), also called swish.
    ///
    /// Source: Hendrycks and Gimpel, *Gaussian Error Linear Units*, 2016.
    silu, silu_forward, silu_adjoint, silu_tangent => scalar, super::Activation::Silu
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        silu, silu_forward, silu_adjoint, silu_tangent;
        0.0 => 0.0, 1.0 => 0.731_058_578_630_004_9, -1000.0 => 0.0,
    );
}
