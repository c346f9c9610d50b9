//! The leaky rectified linear unit.

use crate::Real;

/// The value and the slope at `x`.
#[inline]
pub(super) fn scalar<T: Real>(x: T, negative_slope: f64) -> (T, T) {
    let slope = if x > T::zero() { T::one() } else { T::__lit(negative_slope) };
    (slope * x, slope)
}

elementwise! {
    /// The leaky rectified linear unit: x where x > 0, otherwise `negative_slope`·x.
    ///
    /// Keras uses 0.2 as slope. At 0 the derivative is `negative_slope`, as in TensorFlow.
    leaky_relu, leaky_relu_forward, leaky_relu_adjoint, leaky_relu_tangent,
    negative_slope: f64 => scalar, super::Activation::LeakyRelu { negative_slope }
}

#[cfg(test)]
mod tests {
    use super::*;

    test_elementwise!(
        leaky_relu, leaky_relu_forward, leaky_relu_adjoint, leaky_relu_tangent, 0.2;
        -1.0 => -0.2, 2.5 => 2.5,
    );
}
