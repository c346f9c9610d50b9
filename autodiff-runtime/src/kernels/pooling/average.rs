//! Pooling by the average.

use ndarray::{Array4, ArrayRef, Ix4};

use super::{Pool2DConfig, Windows};
use crate::Real;
use crate::kernels::support::row_major;
use crate::kernels::windows::{items_of, items_of_mut, with_items};

const NAME: &str = "average_pool2d";

/// The average under each window, of every channel. Padding is not counted, as in TensorFlow.
///
/// - `x`: (batch, height, width, channels)
/// - the value: (batch, outputs, outputs, channels), with outputs as [`Padding`](super::super::Padding) says
///
/// ```
/// use autodiff_runtime::kernels::{Pool2DConfig, average_pool2d};
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 2, 4, 1), |(_, i, j, _)| (4 * i + j) as f32);
/// let y = average_pool2d(&x, Pool2DConfig::default());
/// assert_eq!(y.slice(s![0, .., .., 0]), array![[2.5, 4.5]]);
/// ```
///
/// # Panics
///
/// Panics if a setting is 0, or if a window without padding is larger than the images.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = average_pool2d, order = 2, body = crate::kernels::plain::average_pool2d(x, config))]
pub fn average_pool2d<T: Real>(x: &ArrayRef<T, Ix4>, #[constant] config: Pool2DConfig) -> Array4<T> {
    let windows = Windows::new(NAME, x.dim(), config);
    let mut y = Array4::zeros(windows.outputs());
    let channels = windows.channels;
    if y.is_empty() {
        return y;
    }
    let x = x.as_standard_layout();
    let x = items_of(&x);
    let outputs = items_of_mut(&mut y);
    let mut outputs = outputs.chunks_exact_mut(channels);
    windows.for_each(|image, pixels| {
        let Some(output) = outputs.next() else { return };
        let image = &x[image * windows.image()..][..windows.image()];
        pixels.for_each(|start| {
            for (sum, &item) in output.iter_mut().zip(&image[start..start + channels]) {
                *sum += item;
            }
        });
        let scale = T::__lit(pixels.count() as f64).recip();
        for sum in output {
            *sum *= scale;
        }
    });
    y
}

/// The value of [`average_pool2d`]; nothing is saved.
#[track_caller]
pub fn average_pool2d_forward<T: Real>(x: &ArrayRef<T, Ix4>, config: Pool2DConfig) -> (Array4<T>, ()) {
    (average_pool2d(x, config), ())
}

/// Adds the gradient of [`average_pool2d`] to the slot of `x`.
pub fn average_pool2d_adjoint<T: Real>(
    x: &ArrayRef<T, Ix4>,
    config: Pool2DConfig,
    (): (),
    ct: Array4<T>,
    x_slot: Option<&mut ArrayRef<T, Ix4>>,
) {
    let Some(slot) = x_slot else { return };
    let windows = Windows::new(NAME, x.dim(), config);
    let (channels, image_items) = (windows.channels, windows.image());
    let ct = row_major(ct);
    let ct = items_of(&ct);
    let mut cts = ct.chunks_exact(channels.max(1));
    with_items(slot, |slot| {
        windows.for_each(|image, pixels| {
            let Some(ct) = cts.next() else { return };
            let image = &mut slot[image * image_items..][..image_items];
            let scale = T::__lit(pixels.count() as f64).recip();
            pixels.for_each(|start| {
                for (sum, &ct) in image[start..start + channels].iter_mut().zip(ct) {
                    *sum += ct * scale;
                }
            });
        });
    });
}

/// The value of [`average_pool2d`], and its derivative along `dx`.
#[track_caller]
pub fn average_pool2d_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    config: Pool2DConfig,
    dx: Option<&ArrayRef<T, Ix4>>,
) -> (Array4<T>, Array4<T>) {
    let y = average_pool2d(x, config);
    let dy = match dx {
        Some(dx) => average_pool2d(dx, config),
        None => Array4::zeros(y.raw_dim()),
    };
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
        for config in [Pool2DConfig::default(), same] {
            check(
                &wave((2, 5, 4, 3), 1),
                |x| average_pool2d(x, config),
                |x, ct| {
                    let (_, ()) = average_pool2d_forward(x, config);
                    let mut slot = Array4::ones(x.raw_dim());
                    average_pool2d_adjoint(x, config, (), ct, Some(&mut slot));
                    slot - 1.0
                },
                |x, dx| average_pool2d_tangent(x, config, Some(dx)),
            );
        }
    }

    #[test]
    fn padding_is_not_counted() {
        let same = Pool2DConfig { size: (3, 3), strides: Some((1, 1)), padding: Padding::Same };
        let y = average_pool2d(&Array4::<f64>::ones((1, 4, 4, 2)), same);
        assert!(y.iter().all(|y| (y - 1.0).abs() < 1e-15));
    }
}
