//! The exponential linear unit.

use crate::Real;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T, alpha: f64) -> (T, T) {
    if x > T::zero() {
        return (x, T::one());
    }
    let y = T::__lit(alpha) * x.exp_m1();
    (y, y + T::__lit(alpha))
}

elementwise! {
    /// The exponential linear unit: x where x > 0, otherwise `alpha`·(eˣ − 1). Keras uses 1 for `alpha`.
    ///
    /// Source: Clevert, Unterthiner, Hochreiter, *Fast and Accurate Deep Network Learning by
    /// Exponential Linear Units*, 2015.
    elu, elu_forward, elu_adjoint, elu_tangent, alpha: f64 => scalar, super::Activation::Elu { alpha }
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        elu, elu_forward, elu_adjoint, elu_tangent, 1.5;
        -1.0 => 1.5 * ((-1.0_f64).exp() - 1.0), 2.5 => 2.5,
    );
}
