//! The Gaussian error linear unit, exact and in its approximation by `tanh`.

use crate::Real;

/// The value and the slope at `x` of the exact function.
#[inline]
pub(super) fn exact<T: Real>(x: T) -> (T, T) {
    let half = T::__lit(0.5);
    let cumulative = half * (T::one() + (x * T::FRAC_1_SQRT_2()).__erf());
    let density = half * T::FRAC_1_SQRT_2() * T::FRAC_2_SQRT_PI() * (-half * x * x).exp();
    (x * cumulative, cumulative + x * density)
}

/// The value and the slope at `x` of the approximation.
#[inline]
pub(super) fn approximate<T: Real>(x: T) -> (T, T) {
    let (half, cubic) = (T::__lit(0.5), T::__lit(0.044_715));
    let scale = T::FRAC_2_SQRT_PI() * T::FRAC_1_SQRT_2();
    let t = (scale * (x + cubic * x * x * x)).tanh();
    let inner_slope = scale * (T::one() + T::__lit(3.0) * cubic * x * x);
    (half * x * (T::one() + t), half * (T::one() + t) + half * x * (T::one() - t * t) * inner_slope)
}

elementwise! {
    /// The Gaussian error linear unit x·Φ(x), with Φ the normal distribution function.
    ///
    /// Source: Hendrycks and Gimpel, *Gaussian Error Linear Units*, 2016. Keras: `gelu(x)`.
    gelu, gelu_forward, gelu_adjoint, gelu_tangent => exact, super::Activation::Gelu
}

elementwise! {
    /// The Gaussian error linear unit in its approximation x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    ///
    /// Source: Hendrycks and Gimpel, *Gaussian Error Linear Units*, 2016. Keras:
    /// `gelu(x, approximate=True)`.
    gelu_tanh, gelu_tanh_forward, gelu_tanh_adjoint, gelu_tanh_tangent => approximate, super::Activation::GeluTanh
}

#[cfg(test)]
mod tests {
    use super::*;

    mod exact_function {
        use super::*;

        test_elementwise!(
            gelu, gelu_forward, gelu_adjoint, gelu_tangent;
            0.0 => 0.0, 1.0 => 0.841_344_746_068_542_9, -1.0 => -0.158_655_253_931_457_1,
        );
    }

    mod approximation {
        use super::*;

        test_elementwise!(
            gelu_tanh, gelu_tanh_forward, gelu_tanh_adjoint, gelu_tanh_tangent;
            0.0 => 0.0, 1.0 => 0.841_191_990_608_307_7,
        );
    }
}
