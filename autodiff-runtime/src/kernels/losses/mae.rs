//! The mean absolute error.

use super::paired::Partials;
use crate::Real;

#[inline]
pub(super) fn scalar<T: Real>(t: T, p: T) -> Partials<T> {
    let difference = p - t;
    let slope = if difference == T::zero() { T::zero() } else { difference.signum() };
    (difference.abs(), -slope, slope)
}

paired_loss! {
    /// The mean absolute error, Σ |p − t| / n over all n elements; the derivative is 0 where p = t.
    mae_loss, mae_loss_forward, mae_loss_adjoint, mae_loss_tangent => scalar, mean over elements, super::Loss::MeanAbsoluteError
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::wave;

    test_loss!(
        mae_loss, mae_loss_forward, mae_loss_adjoint, mae_loss_tangent;
        wave((5, 3), 1), wave((5, 3), 2)
    );

    #[test]
    fn the_derivative_is_zero_where_nothing_is_wrong() {
        assert_eq!(scalar(2.0, 2.0), (0.0, 0.0, 0.0));
    }
}
