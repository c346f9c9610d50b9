//! Pooling by the maximum.

use ndarray::{Array4, ArrayRef, Ix4};

use super::{Pool2DConfig, Windows};
use crate::Real;
use crate::kernels::support::row_major;
use crate::kernels::windows::{items_of, items_of_mut, with_items};

const NAME: &str = "max_pool2d";

/// The maximum under each window, of every channel.
///
/// - `x`: (batch, height, width, channels)
/// - the value: (batch, outputs, outputs, channels), with outputs as [`Padding`](super::super::Padding) says
///
/// Of equal maxima under a window, the first in row-major order has the derivative, as in
/// TensorFlow. NaN is larger than every number.
///
/// ```
/// use autodiff_runtime::kernels::{Pool2DConfig, max_pool2d};
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 4, 4, 1), |(_, i, j, _)| (4 * i + j) as f32);
/// let y = max_pool2d(&x, Pool2DConfig::default());
/// assert_eq!(y.slice(s![0, .., .., 0]), array![[5.0, 7.0], [13.0, 15.0]]);
/// ```
///
/// # Panics
///
/// Panics if a setting is 0, or if a window without padding is larger than the images.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = max_pool2d, order = 2, body = crate::kernels::plain::max_pool2d(x, config))]
pub fn max_pool2d<T: Real>(x: &ArrayRef<T, Ix4>, #[constant] config: Pool2DConfig) -> Array4<T> {
    max_pool2d_forward(x, config).0
}

/// The value of [`max_pool2d`], and where in its image the pixel of each maximum begins.
///
/// # Panics
///
/// As [`max_pool2d`], and if an image has 2³² or more elements.
#[track_caller]
pub fn max_pool2d_forward<T: Real>(x: &ArrayRef<T, Ix4>, config: Pool2DConfig) -> (Array4<T>, Array4<u32>) {
    let windows = Windows::new(NAME, x.dim(), config);
    assert!(
        u32::try_from(windows.image()).is_ok(),
        "{NAME}: an image may have fewer than 2³² elements; received shape {:?}",
        x.shape()
    );
    let mut y = Array4::zeros(windows.outputs());
    let mut places = Array4::<u32>::zeros(windows.outputs());
    let channels = windows.channels;
    if y.is_empty() {
        return (y, places);
    }
    let x = x.as_standard_layout();
    let x = items_of(&x);
    let outputs = items_of_mut(&mut y);
    let indices = items_of_mut(&mut places);
    let mut outputs = outputs.chunks_exact_mut(channels).zip(indices.chunks_exact_mut(channels));
    windows.for_each(|image, pixels| {
        let Some((output, places)) = outputs.next() else {
            return;
        };
        let image = &x[image * windows.image()..][..windows.image()];
        let first = pixels.start;
        output.copy_from_slice(&image[first..first + channels]);
        places.fill(first as u32);
        pixels.for_each(|start| {
            if start != first {
                keep_larger(output, places, &image[start..start + channels], start as u32);
            }
        });
    });
    (y, places)
}

/// Replaces the items that are smaller than those of a pixel, and their places by its place.
#[inline]
fn keep_larger<T: Real>(largest: &mut [T], places: &mut [u32], pixel: &[T], place: u32) {
    let (largest, largest_rest) = largest.as_chunks_mut::<8>();
    let (places, places_rest) = places.as_chunks_mut::<8>();
    let (pixel, pixel_rest) = pixel.as_chunks::<8>();
    for ((largest, places), pixel) in largest.iter_mut().zip(places).zip(pixel) {
        // All of one kind at a time and without a branch, so that it becomes vector instructions.
        let is_larger: [bool; 8] = core::array::from_fn(|at| (pixel[at] > largest[at]) | pixel[at].is_nan());
        for ((largest, &item), &is_larger) in largest.iter_mut().zip(pixel).zip(&is_larger) {
            *largest = if is_larger { item } else { *largest };
        }
        for (old, is_larger) in places.iter_mut().zip(is_larger) {
            let mask = u32::from(is_larger).wrapping_neg();
            *old = (*old & !mask) | (place & mask);
        }
    }
    let rest = largest_rest.iter_mut().zip(places_rest).zip(pixel_rest);
    for ((largest, old), &item) in rest {
        if item > *largest || item.is_nan() {
            (*largest, *old) = (item, place);
        }
    }
}

/// Adds the gradient of [`max_pool2d`] to the slot of `x`.
pub fn max_pool2d_adjoint<T: Real>(
    x: &ArrayRef<T, Ix4>,
    _config: Pool2DConfig,
    places: Array4<u32>,
    ct: Array4<T>,
    x_slot: Option<&mut ArrayRef<T, Ix4>>,
) {
    let Some(slot) = x_slot else { return };
    let (_, height, width, channels) = x.dim();
    let ct = row_major(ct);
    let image = height * width * channels;
    let per_image = (ct.len() / ct.dim().0.max(1)).max(1);
    if let (Some(ct), Some(places)) = (ct.as_slice(), places.as_slice()) {
        with_items(slot, |slot| {
            let images = slot.chunks_exact_mut(image.max(1));
            let outputs = ct.chunks_exact(per_image).zip(places.chunks_exact(per_image));
            for (slot, (ct, places)) in images.zip(outputs) {
                let pixels = ct.chunks_exact(channels).zip(places.chunks_exact(channels));
                for (ct, places) in pixels {
                    for (channel, (&ct, &place)) in ct.iter().zip(places).enumerate() {
                        slot[place as usize + channel] += ct;
                    }
                }
            }
        });
    }
}

/// The value of [`max_pool2d`], and its derivative along `dx`.
#[track_caller]
pub fn max_pool2d_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    config: Pool2DConfig,
    dx: Option<&ArrayRef<T, Ix4>>,
) -> (Array4<T>, Array4<T>) {
    let (y, places) = max_pool2d_forward(x, config);
    let Some(dx) = dx else {
        let dy = Array4::zeros(y.raw_dim());
        return (y, dy);
    };
    let (_, height, width, channels) = x.dim();
    let image = height * width * channels;
    let dx = dx.as_standard_layout();
    let dx = items_of(&dx);
    let dy = Array4::from_shape_fn(y.raw_dim(), |at| dx[at.0 * image + places[at] as usize + at.3]);
    (y, dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Padding;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let same = Pool2DConfig { size: (3, 2), strides: Some((2, 1)), padding: Padding::Same };
        let overlapping = Pool2DConfig { strides: Some((1, 1)), ..Default::default() };
        for config in [Pool2DConfig::default(), same, overlapping] {
            check(
                &wave((2, 5, 4, 3), 1),
                |x| max_pool2d(x, config),
                |x, ct| {
                    let (_, saved) = max_pool2d_forward(x, config);
                    let mut slot = Array4::ones(x.raw_dim());
                    max_pool2d_adjoint(x, config, saved, ct, Some(&mut slot));
                    slot - 1.0
                },
                |x, dx| max_pool2d_tangent(x, config, Some(dx)),
            );
        }
    }

    #[test]
    fn the_first_of_equal_maxima_has_the_derivative_and_nan_stays() {
        let x = Array4::<f64>::ones((1, 2, 2, 1));
        let (_, saved) = max_pool2d_forward(&x, Pool2DConfig::default());
        let mut slot = Array4::zeros(x.raw_dim());
        let ct = Array4::ones((1, 1, 1, 1));
        max_pool2d_adjoint(&x, Pool2DConfig::default(), saved, ct, Some(&mut slot));
        assert_eq!(slot.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);
        for at in 0..4 {
            let mut x = x.clone();
            x[(0, at / 2, at % 2, 0)] = f64::NAN;
            assert!(max_pool2d(&x, Pool2DConfig::default())[(0, 0, 0, 0)].is_nan());
        }
    }

    #[test]
    fn no_images_have_no_maxima() {
        let y = max_pool2d(&Array4::<f32>::zeros((0, 4, 4, 2)), Pool2DConfig::default());
        assert_eq!(y.dim(), (0, 2, 2, 2));
    }
}
