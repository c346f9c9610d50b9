//! The four functions of a kernel that works element by element.
//!
//! In: a scalar function that gives the value and the slope at once. The forward pass saves the
//! slopes, so the way back is one multiplication.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use crate::Real;

/// The value and the slopes, in one pass.
pub(super) fn forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    scalar: impl Fn(T) -> (T, T),
) -> (Array<T, D>, Array<T, D>) {
    let mut y = x.to_owned();
    let slopes = y.map_mut(|item| {
        let (value, slope) = scalar(*item);
        *item = value;
        slope
    });
    (y, slopes)
}

/// `slot += slopes · ct`.
pub(super) fn adjoint<T: Real, D: Dimension>(
    slopes: &Array<T, D>,
    ct: &Array<T, D>,
    slot: Option<&mut ArrayRef<T, D>>,
) {
    if let Some(slot) = slot {
        Zip::from(slot).and(slopes).and(ct).for_each(|sum, &slope, &ct| *sum += slope * ct);
    }
}

/// The value, and `slopes · dx`.
pub(super) fn tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    dx: Option<&ArrayRef<T, D>>,
    scalar: impl Fn(T) -> (T, T),
) -> (Array<T, D>, Array<T, D>) {
    let (y, mut slopes) = forward(x, scalar);
    match dx {
        Some(dx) => slopes.zip_mut_with(dx, |slope, &dx| *slope *= dx),
        None => slopes.fill(T::zero()),
    }
    (y, slopes)
}

/// Declares `$name`, `$forward`, `$adjoint` and `$tangent` from the function `scalar` beside it.
/// Parameters after `x` are constants.
macro_rules! elementwise {
    (
        $(#[$meta:meta])*
        $name:ident, $forward:ident, $adjoint:ident, $tangent:ident
        $(, $parameter:ident: $kind:ty)* => $scalar:path, $activation:expr
    ) => {
        $(#[$meta])*
        #[::autodiff_macros::differentiable(
            kernel = $name, order = 2, body = $crate::kernels::plain::activate(x, $activation)
        )]
        pub fn $name<T: $crate::Real, D: ndarray::Dimension>(
            x: &ndarray::ArrayRef<T, D>
            $(, #[constant] $parameter: $kind)*
        ) -> ndarray::Array<T, D> {
            x.mapv(|x| $scalar(x $(, $parameter)*).0)
        }

        #[doc = concat!("The value of [`", stringify!($name), "`], and its slopes.")]
        pub fn $forward<T: $crate::Real, D: ndarray::Dimension>(
            x: &ndarray::ArrayRef<T, D>
            $(, $parameter: $kind)*
        ) -> (ndarray::Array<T, D>, ndarray::Array<T, D>) {
            super::elementwise::forward(x, |x| $scalar(x $(, $parameter)*))
        }

        #[doc = concat!("Adds the gradient of [`", stringify!($name), "`] to the slot of `x`.")]
        pub fn $adjoint<T: $crate::Real, D: ndarray::Dimension>(
            _x: &ndarray::ArrayRef<T, D>,
            $(_: $kind,)*
            slopes: ndarray::Array<T, D>,
            ct: ndarray::Array<T, D>,
            slot: Option<&mut ndarray::ArrayRef<T, D>>,
        ) {
            super::elementwise::adjoint(&slopes, &ct, slot);
        }

        #[doc = concat!("The value of [`", stringify!($name), "`], and its derivative along `dx`.")]
        pub fn $tangent<T: $crate::Real, D: ndarray::Dimension>(
            x: &ndarray::ArrayRef<T, D>,
            $($parameter: $kind,)*
            dx: Option<&ndarray::ArrayRef<T, D>>,
        ) -> (ndarray::Array<T, D>, ndarray::Array<T, D>) {
            super::elementwise::tangent(x, dx, |x| $scalar(x $(, $parameter)*))
        }
    };
}

/// Tests both modes of an elementwise kernel against differences, and some values.
#[cfg(test)]
macro_rules! test_elementwise {
    (
        $name:ident, $forward:ident, $adjoint:ident, $tangent:ident
        $(, $parameter:expr)*; $($x:expr => $y:expr),* $(,)?
    ) => {
        #[test]
        fn derivatives_agree_with_differences() {
            use $crate::kernels::testing::{check, wave};
            let x = wave((3, 5), 1) * 4.0;
            check(
                &x,
                |x| $name(x $(, $parameter)*),
                |x, ct| {
                    let (y, saved) = $forward(x $(, $parameter)*);
                    assert_eq!(y, $name(x $(, $parameter)*));
                    let mut slot = ndarray::Array2::ones(x.raw_dim());
                    $adjoint(x, $($parameter,)* saved.clone(), ct.clone(), None);
                    $adjoint(x, $($parameter,)* saved, ct, Some(&mut slot));
                    slot - 1.0
                },
                |x, dx| $tangent(x, $($parameter,)* Some(dx)),
            );
            let (_, zero) = $tangent(&x, $($parameter,)* None);
            assert_eq!(zero, x * 0.0);
        }

        #[test]
        fn values_are_the_known_ones() {
            let y = $name(&ndarray::array![$($x),*] $(, $parameter)*);
            for (found, expected) in y.iter().zip([$($y),*]) {
                let found: f64 = *found;
                assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
            }
        }
    };
}
