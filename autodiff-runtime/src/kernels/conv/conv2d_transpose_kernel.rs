//! The transposed convolution of images, with a bias and an activation in one kernel.
//!
//! As a linear map of its input, it is the transpose of the convolution with the same weights and
//! settings: what [`conv2d`](super::conv2d()) uses on the way back gives its value here, and the other way round.
//!
//! Source: Zeiler, Krishnan, Taylor, Fergus, *Deconvolutional Networks*, 2010; Dumoulin, Visin, *A guide
//! to convolution arithmetic for deep learning*, 2016.

use ndarray::{Array4, ArrayRef, Ix1, Ix4};

use super::conv2d_kernel::{Conv2DConfig, Conv2DSaved, add_pixels, bias_pixels};
use super::patches::Geometry;
use crate::Real;
use crate::kernels::Activation;
use crate::kernels::support::row_major;
use crate::kernels::windows::{Padding, items_of, items_of_mut, with_items};

const NAME: &str = "conv2d_transpose";

/// The transposed convolution of images, act(x ∗ᵀ W + b).
///
/// - `x`: (batch, height, width, channels)
/// - `weights`: (height, width, filters / groups, channels), as in Keras
/// - `bias`: (filters), or empty for none
/// - the value: (batch, outputs, outputs, filters). For n inputs, stride s, and a window that spans k, there
///   are n·s outputs with [`Padding::Same`], and n·s + max(k − s, 0) with [`Padding::Valid`].
///
/// ```
/// use autodiff_runtime::kernels::{Conv2DConfig, conv2d_transpose};
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 1, 2, 1), |(_, _, j, _)| 1.0 + j as f64);
/// let weights = Array4::ones((2, 2, 1, 1));
/// let config = Conv2DConfig { strides: (2, 2), ..Default::default() };
/// let y = conv2d_transpose(&x, &weights, &array![0.0], config, Activation::Linear);
/// assert_eq!(y.slice(s![0, .., .., 0]), array![[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together, if a setting is 0, or if the groups do not divide the
/// channels and the filters.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = conv2d_transpose, order = 2, body = crate::kernels::plain::conv2d_transpose(x, weights, bias, config, activation))]
pub fn conv2d_transpose<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: &ArrayRef<T, Ix1>,
    #[constant] config: Conv2DConfig,
    #[constant] activation: Activation,
) -> Array4<T> {
    let mut y = affine(x, weights, Some(bias), config);
    activation.apply(&mut y);
    y
}

/// The value of [`conv2d_transpose`], and what [`conv2d_transpose_adjoint`] needs.
#[track_caller]
pub fn conv2d_transpose_forward<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv2DConfig,
    activation: Activation,
) -> (Array4<T>, Conv2DSaved<T>) {
    let mut y = affine(x, weights, Some(bias), config);
    let saved = activation.apply_and_save(&mut y);
    (y, saved)
}

/// Adds the gradients of [`conv2d_transpose`] to the slots of `x`, `weights` and `bias`.
pub fn conv2d_transpose_adjoint<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    _bias: &ArrayRef<T, Ix1>,
    config: Conv2DConfig,
    activation: Activation,
    saved: Conv2DSaved<T>,
    ct: Array4<T>,
    x_slot: Option<&mut ArrayRef<T, Ix4>>,
    weights_slot: Option<&mut ArrayRef<T, Ix4>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let geometry = geometry(x, weights, config);
    let dz = activation.pull_back(saved.as_ref(), row_major(ct));
    let items = items_of(&dz);
    if let Some(slot) = weights_slot {
        let x = x.as_standard_layout();
        let x = items_of(&x);
        with_items(slot, |slot| geometry.add_weights_gradient(items, x, slot));
    }
    if let Some(slot) = bias_slot.filter(|slot| !slot.is_empty()) {
        add_pixels(&dz, slot);
    }
    if let Some(slot) = x_slot {
        let weights = weights.as_standard_layout();
        let weights = items_of(&weights);
        with_items(slot, |slot| geometry.add_convolution(items, weights, slot));
    }
}

/// The value of [`conv2d_transpose`], and its derivative along the tangents of `x`, `weights` and `bias`.
#[track_caller]
pub fn conv2d_transpose_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv2DConfig,
    activation: Activation,
    dx: Option<&ArrayRef<T, Ix4>>,
    d_weights: Option<&ArrayRef<T, Ix4>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
) -> (Array4<T>, Array4<T>) {
    let (y, saved) = conv2d_transpose_forward(x, weights, bias, config, activation);
    let mut dz = bias_pixels(NAME, y.dim(), d_bias);
    if let Some(d_weights) = d_weights {
        dz += &affine(x, d_weights, None, config);
    }
    if let Some(dx) = dx {
        dz += &affine(dx, weights, None, config);
    }
    let dy = activation.push_forward(saved.as_ref(), dz);
    (y, dy)
}

/// x ∗ᵀ W + b.
#[track_caller]
fn affine<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: Option<&ArrayRef<T, Ix1>>,
    config: Conv2DConfig,
) -> Array4<T> {
    let geometry = geometry(x, weights, config);
    let (rows, columns) = (geometry.rows.inputs, geometry.columns.inputs);
    let shape = (geometry.batch, rows, columns, geometry.channels);
    let mut y = bias_pixels(NAME, shape, bias);
    let (x, weights) = (x.as_standard_layout(), weights.as_standard_layout());
    geometry.add_input_gradient(items_of(&x), items_of(&weights), items_of_mut(&mut y));
    y
}

/// The sizes of the convolution that this is the transpose of: from the value's shape to that of `x`.
#[track_caller]
fn geometry<T: Real>(x: &ArrayRef<T, Ix4>, weights: &ArrayRef<T, Ix4>, config: Conv2DConfig) -> Geometry {
    let (batch, height, width, channels) = x.dim();
    let (vertical, horizontal, group_filters, expected) = weights.dim();
    assert!(
        channels == expected,
        "{NAME}: the images have {channels} channels, but the weights of shape {:?} expect {expected}",
        weights.dim()
    );
    let outputs = |inputs: usize, taps: usize, stride: usize, dilation: usize| {
        let extent = taps.saturating_sub(1) * dilation + 1;
        match config.padding {
            Padding::Same => inputs * stride,
            Padding::Valid => inputs * stride + extent.saturating_sub(stride),
        }
    };
    let rows = outputs(height, vertical, config.strides.0, config.dilation.0);
    let columns = outputs(width, horizontal, config.strides.1, config.dilation.1);
    let value = (batch, rows, columns, group_filters * config.groups);
    config.geometry(NAME, value, weights.dim())
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::conv::conv2d;
    use crate::kernels::testing::{assert_close, check, inner, wave};

    fn cases() -> Vec<(Conv2DConfig, (usize, usize), Activation)> {
        let config = Conv2DConfig::default();
        let same = Conv2DConfig { padding: Padding::Same, ..config };
        let stride = Conv2DConfig { strides: (2, 3), ..config };
        vec![
            (config, (3, 2), Activation::Linear),
            (same, (3, 3), Activation::Tanh),
            (stride, (4, 2), Activation::Linear),
            (Conv2DConfig { strides: (2, 2), ..same }, (3, 3), Activation::Sigmoid),
            (Conv2DConfig { strides: (3, 2), ..same }, (2, 1), Activation::Linear),
            (Conv2DConfig { groups: 2, dilation: (2, 1), ..same }, (3, 3), Activation::Linear),
        ]
    }

    #[test]
    fn it_is_the_transpose_of_the_convolution() {
        for (config, (p, q), _) in cases() {
            let (x, w) = (wave((2, 3, 4, 4), 1), wave((p, q, 4 / config.groups, 4), 2));
            let y = conv2d_transpose(&x, &w, &Array1::zeros(4), config, Activation::Linear);
            let z = wave(y.dim(), 3);
            let convolved = conv2d(&z, &w, &Array1::zeros(4), config, Activation::Linear);
            assert_close(inner(&y, &z), inner(&convolved, &x), 1e-13);
        }
    }

    #[test]
    fn derivatives_agree_with_differences() {
        for (config, (p, q), act) in cases() {
            let x = wave((2, 3, 4, 4), 1);
            let (w, b) = (wave((p, q, 4 / config.groups, 4), 2), wave(4, 3));
            check(
                &x,
                |x| conv2d_transpose(x, &w, &b, config, act),
                |x, ct| {
                    let (_, saved) = conv2d_transpose_forward(x, &w, &b, config, act);
                    let mut slot = Array4::ones(x.raw_dim());
                    let x_slot = Some(&mut *slot);
                    conv2d_transpose_adjoint(x, &w, &b, config, act, saved, ct, x_slot, None, None);
                    slot - 1.0
                },
                |x, dx| conv2d_transpose_tangent(x, &w, &b, config, act, Some(dx), None, None),
            );
            check(
                &w,
                |w| conv2d_transpose(&x, w, &b, config, act),
                |w, ct| {
                    let (_, saved) = conv2d_transpose_forward(&x, w, &b, config, act);
                    let mut slot = Array4::ones(w.raw_dim());
                    let w_slot = Some(&mut *slot);
                    conv2d_transpose_adjoint(&x, w, &b, config, act, saved, ct, None, w_slot, None);
                    slot - 1.0
                },
                |w, dw| conv2d_transpose_tangent(&x, w, &b, config, act, None, Some(dw), None),
            );
            check(
                &b,
                |b| conv2d_transpose(&x, &w, b, config, act),
                |b, ct| {
                    let (_, saved) = conv2d_transpose_forward(&x, &w, b, config, act);
                    let mut slot = Array1::ones(b.raw_dim());
                    let b_slot = Some(&mut *slot);
                    conv2d_transpose_adjoint(&x, &w, b, config, act, saved, ct, None, None, b_slot);
                    slot - 1.0
                },
                |b, db| conv2d_transpose_tangent(&x, &w, b, config, act, None, None, Some(db)),
            );
        }
    }

    #[test]
    #[should_panic(expected = "the images have 3 channels, but the weights of shape (2, 2, 3, 5)")]
    fn images_with_other_channels_are_refused() {
        let (x, w) = (Array4::<f32>::zeros((1, 5, 5, 3)), Array4::zeros((2, 2, 3, 5)));
        conv2d_transpose(&x, &w, &Array1::zeros(3), Conv2DConfig::default(), Activation::Linear);
    }
}
