//! The rectified linear unit.

use crate::Real;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T) -> (T, T) {
    // `x < 0` is false for NaN, which must not turn into a zero.
    let slope = if x > T::zero() { T::one() } else { T::zero() };
    (if x < T::zero() { T::zero() } else { x }, slope)
}

elementwise! {
    /// The rectified linear unit max(x, 0), with derivative 0 at 0, as in TensorFlow.
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    ///
    /// assert_eq!(relu(&array![-1.0, 0.0, 2.0]), array![0.0, 0.0, 2.0]);
    /// ```
    relu, relu_forward, relu_adjoint, relu_tangent => scalar, super::Activation::Relu
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(relu, relu_forward, relu_adjoint, relu_tangent; -1.0 => 0.0, 2.5 => 2.5);

    #[test]
    fn the_slope_at_zero_is_zero_and_nan_stays() {
        assert_eq!(scalar(0.0_f64), (0.0, 0.0));
        assert!(scalar(f64::NAN).0.is_nan());
    }
}
