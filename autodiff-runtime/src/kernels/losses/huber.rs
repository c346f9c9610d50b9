//! The Huber loss.

use super::paired::Partials;
use crate::Real;

#[inline]
pub(super) fn scalar<T: Real>(t: T, p: T, delta: f64) -> Partials<T> {
    let (difference, delta, half) = (p - t, T::__lit(delta), T::__lit(0.5));
    let size = difference.abs();
    if size <= delta {
        (half * difference * difference, -difference, difference)
    } else {
        let slope = delta * difference.signum();
        (delta * size - half * delta * delta, -slope, slope)
    }
}

paired_loss! {
    /// The Huber loss: the mean of d²/2 where |d| ≤ δ, otherwise of δ·|d| − δ²/2, with d = p − t.
    ///
    /// Source: Huber, *Robust Estimation of a Location Parameter*, 1964. Keras: `Huber`, with δ = 1.
    huber_loss, huber_loss_forward, huber_loss_adjoint, huber_loss_tangent,
    delta: f64 => scalar, mean over elements, super::Loss::Huber { delta }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::wave;

    test_loss!(
        huber_loss, huber_loss_forward, huber_loss_adjoint, huber_loss_tangent, 0.4;
        wave((5, 3), 1), wave((5, 3), 2)
    );

    #[test]
    fn the_pieces_meet() {
        assert_eq!(scalar(0.0, 1.0, 1.0), (0.5, -1.0, 1.0));
        assert_eq!(scalar(0.0, -3.0, 1.0), (2.5, 1.0, -1.0));
    }
}
