//! Pooling of whole images: (batch, height, width, channels) becomes (batch, channels).

use ndarray::{Array2, ArrayRef, Axis, Ix2, Ix4, Zip};

use crate::Real;

/// The number of pixels of an image, as a float.
#[track_caller]
fn pixels<T: Real>(kernel: &str, x: &ArrayRef<T, Ix4>) -> T {
    let (_, height, width, _) = x.dim();
    assert!(height * width > 0, "{kernel}: images of shape {:?} have no pixels", x.shape());
    T::__lit((height * width) as f64)
}

/// The average of every channel of an image.
///
/// # Panics
///
/// Panics if the images have no pixels.
///
/// ```
/// use autodiff_runtime::kernels::global_average_pool2d;
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 2, 2, 2), |(_, i, j, c)| (i + j + 10 * c) as f64);
/// assert_eq!(global_average_pool2d(&x), array![[1.0, 11.0]]);
/// ```
#[track_caller]
#[::autodiff_macros::differentiable(kernel = global_average_pool2d, order = 2, body = crate::kernels::plain::global_average_pool2d(x))]
pub fn global_average_pool2d<T: Real>(x: &ArrayRef<T, Ix4>) -> Array2<T> {
    let count = pixels("global_average_pool2d", x);
    x.sum_axis(Axis(1)).sum_axis(Axis(1)) / count
}

/// The value of [`global_average_pool2d`]; nothing is saved.
#[track_caller]
pub fn global_average_pool2d_forward<T: Real>(x: &ArrayRef<T, Ix4>) -> (Array2<T>, ()) {
    (global_average_pool2d(x), ())
}

/// Adds the gradient of [`global_average_pool2d`] to the slot of `x`.
pub fn global_average_pool2d_adjoint<T: Real>(
    x: &ArrayRef<T, Ix4>,
    (): (),
    ct: Array2<T>,
    x_slot: Option<&mut ArrayRef<T, Ix4>>,
) {
    if let Some(slot) = x_slot {
        let share = ct / pixels::<T>("global_average_pool2d", x);
        Zip::from(slot).and_broadcast(&spread(&share)).for_each(|sum, &share| *sum += share);
    }
}

/// The value of [`global_average_pool2d`], and its derivative along `dx`.
#[track_caller]
pub fn global_average_pool2d_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    dx: Option<&ArrayRef<T, Ix4>>,
) -> (Array2<T>, Array2<T>) {
    let y = global_average_pool2d(x);
    let dy = match dx {
        Some(dx) => global_average_pool2d(dx),
        None => Array2::zeros(y.raw_dim()),
    };
    (y, dy)
}

/// The maximum of every channel of an image. Of equal maxima, all have the same share of the derivative,
/// as in TensorFlow.
///
/// # Panics
///
/// Panics if the images have no pixels.
///
/// ```
/// use autodiff_runtime::kernels::global_max_pool2d;
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 2, 2, 2), |(_, i, j, c)| (i + j + 10 * c) as f64);
/// assert_eq!(global_max_pool2d(&x), array![[2.0, 12.0]]);
/// ```
#[track_caller]
#[::autodiff_macros::differentiable(kernel = global_max_pool2d, order = 2, body = crate::kernels::plain::global_max_pool2d(x))]
pub fn global_max_pool2d<T: Real>(x: &ArrayRef<T, Ix4>) -> Array2<T> {
    let _: T = pixels("global_max_pool2d", x);
    let (batch, _, _, channels) = x.dim();
    let mut y = Array2::from_elem((batch, channels), T::neg_infinity());
    for (x, mut y) in x.outer_iter().zip(y.outer_iter_mut()) {
        for pixel in x.lanes(Axis(2)) {
            y.zip_mut_with(&pixel, |largest, &item| {
                if item > *largest || item.is_nan() {
                    *largest = item;
                }
            });
        }
    }
    y
}

/// The value of [`global_max_pool2d`], and a copy of it.
#[track_caller]
pub fn global_max_pool2d_forward<T: Real>(x: &ArrayRef<T, Ix4>) -> (Array2<T>, Array2<T>) {
    let y = global_max_pool2d(x);
    (y.clone(), y)
}

/// Adds the gradient of [`global_max_pool2d`] to the slot of `x`.
pub fn global_max_pool2d_adjoint<T: Real>(
    x: &ArrayRef<T, Ix4>,
    y: Array2<T>,
    ct: Array2<T>,
    x_slot: Option<&mut ArrayRef<T, Ix4>>,
) {
    let Some(slot) = x_slot else { return };
    let share = ct / maxima(x, &y);
    Zip::from(slot).and(x).and_broadcast(&spread(&y)).and_broadcast(&spread(&share)).for_each(
        |sum, &x, &largest, &share| {
            if x == largest {
                *sum += share;
            }
        },
    );
}

/// The value of [`global_max_pool2d`], and its derivative along `dx`.
#[track_caller]
pub fn global_max_pool2d_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    dx: Option<&ArrayRef<T, Ix4>>,
) -> (Array2<T>, Array2<T>) {
    let y = global_max_pool2d(x);
    let Some(dx) = dx else {
        let dy = Array2::zeros(y.raw_dim());
        return (y, dy);
    };
    let mut along = dx.to_owned();
    Zip::from(&mut along).and(x).and_broadcast(&spread(&y)).for_each(|dx, &x, &largest| {
        if x != largest {
            *dx = T::zero();
        }
    });
    let dy = along.sum_axis(Axis(1)).sum_axis(Axis(1)) / maxima(x, &y);
    (y, dy)
}

/// How many elements are equal to the maximum.
fn maxima<T: Real>(x: &ArrayRef<T, Ix4>, y: &ArrayRef<T, Ix2>) -> Array2<T> {
    let mut count = Array2::zeros(y.raw_dim());
    Zip::from(x)
        .and_broadcast(&spread(y))
        .map_collect(|&x, &largest| if x == largest { T::one() } else { T::zero() })
        .outer_iter()
        .zip(count.outer_iter_mut())
        .for_each(|(equal, mut count)| {
            count += &equal.sum_axis(Axis(0)).sum_axis(Axis(0));
        });
    count
}

/// The shape (batch, channels) as (batch, 1, 1, channels), to be broadcast over images.
fn spread<T: Real>(y: &ArrayRef<T, Ix2>) -> ndarray::ArrayView4<'_, T> {
    y.view().insert_axis(Axis(1)).insert_axis(Axis(1))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, array};

    use super::*;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let x = wave((2, 3, 4, 3), 1);
        check(
            &x,
            |x| global_average_pool2d(x),
            |x, ct| {
                let (_, ()) = global_average_pool2d_forward(x);
                let mut slot = Array4::ones(x.raw_dim());
                global_average_pool2d_adjoint(x, (), ct, Some(&mut slot));
                slot - 1.0
            },
            |x, dx| global_average_pool2d_tangent(x, Some(dx)),
        );
        check(
            &x,
            |x| global_max_pool2d(x),
            |x, ct| {
                let (_, saved) = global_max_pool2d_forward(x);
                let mut slot = Array4::ones(x.raw_dim());
                global_max_pool2d_adjoint(x, saved, ct, Some(&mut slot));
                slot - 1.0
            },
            |x, dx| global_max_pool2d_tangent(x, Some(dx)),
        );
    }

    #[test]
    fn equal_maxima_share_the_derivative() {
        let x = Array4::from_shape_fn((1, 2, 2, 1), |(_, i, _, _)| i as f64);
        let (_, saved) = global_max_pool2d_forward(&x);
        let mut slot = Array4::zeros(x.raw_dim());
        global_max_pool2d_adjoint(&x, saved, array![[1.0]], Some(&mut slot));
        assert_eq!(slot.into_raw_vec_and_offset().0, [0.0, 0.0, 0.5, 0.5]);
        let (_, dy) = global_max_pool2d_tangent(&x, Some(&(&x * 3.0)));
        assert_eq!(dy, array![[3.0]]);
    }

    #[test]
    #[should_panic(expected = "images of shape [1, 0, 2, 3] have no pixels")]
    fn images_without_pixels_are_refused() {
        global_average_pool2d(&Array4::<f32>::zeros((1, 0, 2, 3)));
    }
}
