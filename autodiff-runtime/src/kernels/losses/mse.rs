//! The mean squared error.

use super::paired::Partials;
use crate::Real;

#[inline]
pub(super) fn scalar<T: Real>(t: T, p: T) -> Partials<T> {
    let difference = p - t;
    let slope = difference + difference;
    (difference * difference, -slope, slope)
}

paired_loss! {
    /// The mean squared error, Σ (p − t)² / n over all n elements.
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    ///
    /// assert_eq!(mse_loss(&array![[1.0], [2.0]], &array![[1.0], [4.0]]), 2.0);
    /// ```
    mse_loss, mse_loss_forward, mse_loss_adjoint, mse_loss_tangent => scalar, mean over elements, super::Loss::MeanSquaredError
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::wave;

    test_loss!(
        mse_loss, mse_loss_forward, mse_loss_adjoint, mse_loss_tangent;
        wave((5, 3), 1), wave((5, 3), 2)
    );

    #[test]
    fn views_of_any_layout_have_the_same_loss() {
        let (t, p) = (wave((5, 3), 1), wave((5, 3), 2));
        let (loss, transposed) = (mse_loss(&t, &p), mse_loss(&t.t(), &p.t()));
        assert!((loss - transposed).abs() < 1e-15);
    }
}
