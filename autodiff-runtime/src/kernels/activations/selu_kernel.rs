//! The scaled exponential linear unit.

use crate::Real;

pub(crate) const ALPHA: f64 = 1.673_263_242_354_377_2;
pub(crate) const SCALE: f64 = 1.050_700_987_355_480_5;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    let (y, slope) = super::elu_kernel::scalar(x, ALPHA);
    (T::__lit(SCALE) * y, T::__lit(SCALE) * slope)
}

elementwise! {
    /// The scaled exponential linear unit: λ·x where x > 0, otherwise λ·α·(eˣ − 1), with
    /// λ ≈ 1.0507 and α ≈ 1.6733.
    ///
    /// Source: Klambauer et al., *Self-Normalizing Neural Networks*, 2017.
    selu, selu_forward, selu_adjoint, selu_tangent => scalar, super::Activation::Selu
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        selu, selu_forward, selu_adjoint, selu_tangent;
        -1.0 => SCALE * ALPHA * ((-1.0_f64).exp() - 1.0), 2.0 => 2.0 * SCALE,
    );
}
