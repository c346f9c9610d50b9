//! Dropout: elements are set to 0 at random, and the others scaled so that the expected value stays.
//!
//! y = x / (1 − rate) where an element is kept, which it is with probability 1 − rate, otherwise 0. The gradient
//! is dx = ct / (1 − rate) where it is kept, otherwise 0.
//!
//! Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, *Dropout: A Simple Way to Prevent Neural
//! Networks from Overfitting*, 2014.

use ndarray::{Array, ArrayRef, Dimension, ShapeBuilder, Zip};
use rand::Rng;

use super::support::check_same_shape;
use crate::Real;
use crate::random::seeded;

/// Which elements to keep: each with probability 1 − `rate`, the same ones for the same seed.
///
/// # Panics
///
/// Panics if `rate` is not in [0, 1).
#[track_caller]
pub fn dropout_mask<D: Dimension>(shape: impl ShapeBuilder<Dim = D>, rate: f64, seed: u64) -> Array<bool, D> {
    check_rate(rate);
    let mut rng = seeded(seed);
    // The elements drawn below this, of 2³² equally probable numbers, are dropped.
    let bound = rate * 4_294_967_296.0;
    Array::from_shape_simple_fn(shape, || f64::from(rng.next_u32()) >= bound)
}

#[track_caller]
pub(crate) fn check_rate(rate: f64) {
    assert!((0.0..1.0).contains(&rate), "dropout: the rate must be at least 0 and less than 1; received {rate}");
}

/// Dropout of elements chosen by a seed, x / (1 − rate) or 0. For the mask see [`dropout_mask`].
///
/// ```
/// use autodiff_runtime::kernels::dropout;
/// use autodiff_runtime::prelude::*;
///
/// let y = dropout(&Array1::<f64>::ones(1000), 0.5, 42);
/// assert!(y.iter().all(|y| *y == 0.0 || *y == 2.0));
/// assert!((y.sum() - 1000.0).abs() < 100.0);
/// ```
///
/// # Panics
///
/// Panics if `rate` is not in [0, 1).
#[track_caller]
#[::autodiff_macros::differentiable(kernel = dropout, order = 2, body = crate::kernels::plain::dropout(x, rate, seed))]
pub fn dropout<T: Real, D: Dimension>(x: &ArrayRef<T, D>, #[constant] rate: f64, seed: u64) -> Array<T, D> {
    scale_kept(x, &dropout_mask(x.raw_dim(), rate, seed), rate)
}

/// The value of [`dropout`], and which elements were kept.
#[track_caller]
pub fn dropout_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    rate: f64,
    seed: u64,
) -> (Array<T, D>, Array<bool, D>) {
    let keep = dropout_mask(x.raw_dim(), rate, seed);
    (scale_kept(x, &keep, rate), keep)
}

/// Adds the gradient of [`dropout`] to the slot of `x`.
pub fn dropout_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    rate: f64,
    _seed: u64,
    keep: Array<bool, D>,
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
) {
    add_kept(&keep, rate, &ct, x_slot);
}

/// The value of [`dropout`], and its derivative along `dx`.
#[track_caller]
pub fn dropout_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    rate: f64,
    seed: u64,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    masked_dropout_tangent(x, &dropout_mask(x.raw_dim(), rate, seed), rate, dx)
}

/// Dropout of the elements where `keep` is false, x / (1 − rate) or 0.
///
/// ```
/// use autodiff_runtime::kernels::masked_dropout;
/// use autodiff_runtime::prelude::*;
///
/// let y = masked_dropout(&array![1.0, 2.0], &array![true, false], 0.75);
/// assert_eq!(y, array![4.0, 0.0]);
/// ```
///
/// # Panics
///
/// Panics if the shapes differ, or if `rate` is not in [0, 1).
#[track_caller]
#[::autodiff_macros::differentiable(kernel = masked_dropout, order = 2, body = crate::kernels::plain::masked_dropout(x, keep, rate))]
pub fn masked_dropout<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    #[constant] keep: &ArrayRef<bool, D>,
    #[constant] rate: f64,
) -> Array<T, D> {
    check_rate(rate);
    check_same_shape("masked_dropout", ("x", x), ("keep", keep));
    scale_kept(x, keep, rate)
}

/// The value of [`masked_dropout`]; nothing is saved.
#[track_caller]
pub fn masked_dropout_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    keep: &ArrayRef<bool, D>,
    rate: f64,
) -> (Array<T, D>, ()) {
    (masked_dropout(x, keep, rate), ())
}

/// Adds the gradient of [`masked_dropout`] to the slot of `x`.
pub fn masked_dropout_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    keep: &ArrayRef<bool, D>,
    rate: f64,
    (): (),
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
) {
    add_kept(keep, rate, &ct, x_slot);
}

/// The value of [`masked_dropout`], and its derivative along `dx`.
#[track_caller]
pub fn masked_dropout_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    keep: &ArrayRef<bool, D>,
    rate: f64,
    dx: Option<&ArrayRef<T, D>>,
) -> (Array<T, D>, Array<T, D>) {
    let y = masked_dropout(x, keep, rate);
    let dy = match dx {
        Some(dx) => scale_kept(dx, keep, rate),
        None => Array::zeros(y.raw_dim()),
    };
    (y, dy)
}

/// 1 / (1 − rate).
fn scale<T: Real>(rate: f64) -> T {
    T::__lit((1.0 - rate).recip())
}

fn scale_kept<T: Real, D: Dimension>(x: &ArrayRef<T, D>, keep: &ArrayRef<bool, D>, rate: f64) -> Array<T, D> {
    let scale = scale::<T>(rate);
    Zip::from(x).and(keep).map_collect(|&x, &keep| if keep { x * scale } else { T::zero() })
}

fn add_kept<T: Real, D: Dimension>(
    keep: &ArrayRef<bool, D>,
    rate: f64,
    ct: &ArrayRef<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) {
    let Some(slot) = slot else { return };
    let scale = scale::<T>(rate);
    Zip::from(slot).and(keep).and(ct).for_each(|sum, &keep, &ct| {
        if keep {
            *sum += ct * scale;
        }
    });
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};

    use super::*;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let x = wave((4, 5), 1);
        check(
            &x,
            |x| dropout(x, 0.3, 7),
            |x, ct| {
                let (y, saved) = dropout_forward(x, 0.3, 7);
                assert_eq!(y, dropout(x, 0.3, 7));
                let mut slot = Array2::ones(x.raw_dim());
                dropout_adjoint(x, 0.3, 7, saved, ct, Some(&mut slot));
                slot - 1.0
            },
            |x, dx| dropout_tangent(x, 0.3, 7, Some(dx)),
        );
        let keep = dropout_mask((4, 5), 0.5, 3);
        check(
            &x,
            |x| masked_dropout(x, &keep, 0.5),
            |x, ct| {
                let (_, ()) = masked_dropout_forward(x, &keep, 0.5);
                let mut slot = Array2::ones(x.raw_dim());
                masked_dropout_adjoint(x, &keep, 0.5, (), ct, Some(&mut slot));
                slot - 1.0
            },
            |x, dx| masked_dropout_tangent(x, &keep, 0.5, Some(dx)),
        );
    }

    #[test]
    fn as_many_are_kept_as_expected_and_seeds_differ() {
        let mask = dropout_mask(100_000, 0.25, 1);
        let kept = mask.iter().filter(|keep| **keep).count();
        assert!((74_500..75_500).contains(&kept), "{kept}");
        assert_ne!(mask, dropout_mask(100_000, 0.25, 2));
        assert_eq!(mask, dropout_mask(100_000, 0.25, 1));
        assert!(dropout_mask(1000, 0.0, 1).iter().all(|keep| *keep));
    }

    #[test]
    #[should_panic(expected = "the rate must be at least 0 and less than 1; received 1")]
    fn a_rate_of_one_is_refused() {
        dropout(&Array1::<f32>::ones(2), 1.0, 1);
    }
}
