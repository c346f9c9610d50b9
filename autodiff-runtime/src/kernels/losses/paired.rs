//! The four functions of a loss that is a mean over pairs of elements, or over rows of sums over them.
//!
//! In: a scalar function of what is true and what was predicted that gives the value and both
//! partial derivatives. Nothing is saved: the way back computes them again.

use ndarray::{ArrayRef, Dimension, Zip};

use super::Loss;
use crate::Real;
use crate::kernels::support::{check_same_shape, mean_count, sum_over};

/// The value and the partial derivatives with respect to truth and prediction.
pub(super) type Partials<T> = (T, T, T);

/// What a sum is divided by, from the shape.
pub(super) type Count = fn(&[usize]) -> usize;

/// Every element counts.
pub(super) fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Every row counts: the elements along the last axis make one prediction.
pub(super) fn rows(shape: &[usize]) -> usize {
    match shape {
        [outer @ .., last] if *last > 0 => outer.iter().product(),
        [_, ..] => 0,
        [] => 1,
    }
}

/// The sum of `scalar` over the pairs, divided by the count.
#[track_caller]
pub(super) fn value<T: Real, D: Dimension>(
    loss: Loss,
    count: Count,
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    scalar: impl Fn(T, T) -> Partials<T>,
) -> T {
    let kernel = loss.name();
    check_same_shape(kernel, ("y_true", y_true), ("y_pred", y_pred));
    loss.check_settings();
    let count = mean_count::<T>(kernel, count(y_pred.shape()));
    sum_over(y_true, y_pred, |t, p| scalar(t, p).0) / count
}

/// Adds `ct` times the partial derivatives to the slots.
pub(super) fn adjoint<T: Real, D: Dimension>(
    count: Count,
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    ct: T,
    true_slot: Option<&mut ArrayRef<T, D>>,
    pred_slot: Option<&mut ArrayRef<T, D>>,
    scalar: impl Fn(T, T) -> Partials<T>,
) {
    let scale = ct / T::__lit(count(y_pred.shape()) as f64);
    if let Some(slot) = true_slot {
        Zip::from(slot).and(y_true).and(y_pred).for_each(|sum, &t, &p| *sum += scale * scalar(t, p).1);
    }
    if let Some(slot) = pred_slot {
        Zip::from(slot).and(y_true).and(y_pred).for_each(|sum, &t, &p| *sum += scale * scalar(t, p).2);
    }
}

/// The value, and its derivative along the tangents.
#[track_caller]
pub(super) fn tangent<T: Real, D: Dimension>(
    loss: Loss,
    count: Count,
    (y_true, y_pred): (&ArrayRef<T, D>, &ArrayRef<T, D>),
    d_true: Option<&ArrayRef<T, D>>,
    d_pred: Option<&ArrayRef<T, D>>,
    scalar: impl Fn(T, T) -> Partials<T>,
) -> (T, T) {
    let value = value(loss, count, y_true, y_pred, &scalar);
    let mut sum = T::zero();
    if let Some(d_true) = d_true {
        Zip::from(y_true).and(y_pred).and(d_true).for_each(|&t, &p, &d| sum += d * scalar(t, p).1);
    }
    if let Some(d_pred) = d_pred {
        Zip::from(y_true).and(y_pred).and(d_pred).for_each(|&t, &p, &d| sum += d * scalar(t, p).2);
    }
    (value, sum / T::__lit(count(y_pred.shape()) as f64))
}

/// Declares `$name`, `$forward`, `$adjoint` and `$tangent` from the function `scalar` beside it.
/// Parameters after `y_pred` are constants.
macro_rules! paired_loss {
    (
        $(#[$meta:meta])*
        $name:ident, $forward:ident, $adjoint:ident, $tangent:ident
        $(, $parameter:ident: $kind:ty)* => $scalar:path, mean over $count:ident, $loss:expr
    ) => {
        $(#[$meta])*
        ///
        /// # Panics
        ///
        /// Panics if the shapes differ, if the arrays are empty, or if a parameter is out of its range.
        #[track_caller]
        #[::autodiff_macros::differentiable(
            kernel = $name, order = 2,
            body = $crate::kernels::plain::paired(y_true, y_pred, $loss, super::paired::$count(y_pred.shape()))
        )]
        pub fn $name<T: $crate::Real, D: ndarray::Dimension>(
            y_true: &ndarray::ArrayRef<T, D>,
            y_pred: &ndarray::ArrayRef<T, D>
            $(, #[constant] $parameter: $kind)*
        ) -> T {
            super::paired::value(
                $loss, super::paired::$count, y_true, y_pred, |t, p| $scalar(t, p $(, $parameter)*),
            )
        }

        #[doc = concat!("The value of [`", stringify!($name), "`]; nothing is saved.")]
        #[track_caller]
        pub fn $forward<T: $crate::Real, D: ndarray::Dimension>(
            y_true: &ndarray::ArrayRef<T, D>,
            y_pred: &ndarray::ArrayRef<T, D>
            $(, $parameter: $kind)*
        ) -> (T, ()) {
            ($name(y_true, y_pred $(, $parameter)*), ())
        }

        #[doc = concat!("Adds the gradient of [`", stringify!($name), "`] to the slots of `y_true` and `y_pred`.")]
        pub fn $adjoint<T: $crate::Real, D: ndarray::Dimension>(
            y_true: &ndarray::ArrayRef<T, D>,
            y_pred: &ndarray::ArrayRef<T, D>,
            $($parameter: $kind,)*
            (): (),
            ct: T,
            true_slot: Option<&mut ndarray::ArrayRef<T, D>>,
            pred_slot: Option<&mut ndarray::ArrayRef<T, D>>,
        ) {
            super::paired::adjoint(
                super::paired::$count, y_true, y_pred, ct, true_slot, pred_slot, |t, p| $scalar(t, p $(, $parameter)*),
            );
        }

        #[doc = concat!("The value of [`", stringify!($name), "`], and its derivative along the tangents.")]
        #[track_caller]
        pub fn $tangent<T: $crate::Real, D: ndarray::Dimension>(
            y_true: &ndarray::ArrayRef<T, D>,
            y_pred: &ndarray::ArrayRef<T, D>,
            $($parameter: $kind,)*
            d_true: Option<&ndarray::ArrayRef<T, D>>,
            d_pred: Option<&ndarray::ArrayRef<T, D>>,
        ) -> (T, T) {
            super::paired::tangent(
                $loss, super::paired::$count, (y_true, y_pred), d_true, d_pred,
                |t, p| $scalar(t, p $(, $parameter)*),
            )
        }
    };
}

/// Tests both modes of a loss of two arrays against differences.
///
/// `$truth` and `$prediction` are arrays of `f64` where the loss is smooth.
#[cfg(test)]
macro_rules! test_loss {
    (
        $name:ident, $forward:ident, $adjoint:ident, $tangent:ident
        $(, $parameter:expr)*; $truth:expr, $prediction:expr
    ) => {
        #[test]
        fn derivatives_agree_with_differences() {
            use $crate::kernels::testing::check;
            let (t, p) = ($truth, $prediction);
            check(
                &t,
                |t| ndarray::arr0($name(t, &p $(, $parameter)*)),
                |t, ct| {
                    let (value, saved) = $forward(t, &p $(, $parameter)*);
                    assert_eq!(value, $name(t, &p $(, $parameter)*));
                    let mut slot = t * 0.0 + 1.0;
                    $adjoint(t, &p, $($parameter,)* saved, ct.into_scalar(), Some(&mut slot), None);
                    slot - 1.0
                },
                |t, dt| {
                    let (y, dy) = $tangent(t, &p, $($parameter,)* Some(dt), None);
                    (ndarray::arr0(y), ndarray::arr0(dy))
                },
            );
            check(
                &p,
                |p| ndarray::arr0($name(&t, p $(, $parameter)*)),
                |p, ct| {
                    let (_, saved) = $forward(&t, p $(, $parameter)*);
                    let mut slot = p * 0.0 + 1.0;
                    $adjoint(&t, p, $($parameter,)* saved, ct.into_scalar(), None, Some(&mut slot));
                    slot - 1.0
                },
                |p, dp| {
                    let (y, dy) = $tangent(&t, p, $($parameter,)* None, Some(dp));
                    (ndarray::arr0(y), ndarray::arr0(dy))
                },
            );
        }

        #[test]
        #[should_panic(expected = "must be equal")]
        fn shapes_that_differ_are_refused() {
            $name(&ndarray::Array2::<f32>::zeros((2, 1)), &ndarray::Array2::zeros((2, 2)) $(, $parameter)*);
        }

        #[test]
        #[should_panic(expected = "empty")]
        fn empty_arrays_are_refused() {
            let empty = ndarray::Array2::<f32>::zeros((0, 2));
            $name(&empty, &empty $(, $parameter)*);
        }
    };
}
