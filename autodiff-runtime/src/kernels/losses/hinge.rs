//! The hinge loss, plain and squared.

use super::paired::Partials;
use crate::Real;

#[inline]
pub(super) fn plain<T: Real>(t: T, p: T) -> Partials<T> {
    let margin = T::one() - t * p;
    if margin > T::zero() { (margin, -p, -t) } else { (margin.max(T::zero()), T::zero(), T::zero()) }
}

#[inline]
pub(super) fn squared<T: Real>(t: T, p: T) -> Partials<T> {
    let (margin, by_true, by_pred) = plain(t, p);
    let twice = margin + margin;
    (margin * margin, twice * by_true, twice * by_pred)
}

paired_loss! {
    /// The hinge loss, mean of max(1 − t·p, 0), for targets t of −1 and 1. Keras: `Hinge`.
    hinge_loss, hinge_loss_forward, hinge_loss_adjoint, hinge_loss_tangent
    => plain, mean over elements, super::Loss::Hinge
}

paired_loss! {
    /// The squared hinge loss, mean of max(1 − t·p, 0)², for targets t of −1 and 1. Keras:
    /// `SquaredHinge`.
    squared_hinge_loss, squared_hinge_loss_forward, squared_hinge_loss_adjoint,
    squared_hinge_loss_tangent => squared, mean over elements, super::Loss::SquaredHinge
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::wave;

    mod plain_loss {
        use super::*;

        test_loss!(
            hinge_loss, hinge_loss_forward, hinge_loss_adjoint, hinge_loss_tangent;
            wave((5, 3), 1).mapv(f64::signum), wave((5, 3), 2) * 2.0
        );
    }

    mod squared_loss {
        use super::*;

        test_loss!(
            squared_hinge_loss, squared_hinge_loss_forward, squared_hinge_loss_adjoint,
            squared_hinge_loss_tangent;
            wave((5, 3), 1).mapv(f64::signum), wave((5, 3), 2) * 2.0
        );
    }

    #[test]
    fn beyond_the_margin_nothing_is_lost() {
        assert_eq!(plain(1.0, 2.0), (0.0, 0.0, 0.0));
        assert_eq!(plain(-1.0, 1.0), (2.0, -1.0, 1.0));
    }
}
