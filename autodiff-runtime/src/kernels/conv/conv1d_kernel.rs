//! The convolution of series: [`conv2d`](super::conv2d()) of images of height 1.

use ndarray::{Array3, ArrayRef, Axis, Ix1, Ix3, Ix4};

use super::conv2d_kernel::{Conv2DConfig, Conv2DSaved, conv2d, conv2d_adjoint, conv2d_forward, conv2d_tangent};
use crate::Real;
use crate::kernels::Activation;
use crate::kernels::windows::{Padding, constant_settings};

/// The settings of [`conv1d`].
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv1DConfig {
    /// The distance between two windows; 1 unless set.
    pub stride: usize,
    /// What surrounds the series; nothing unless set, as in Keras.
    pub padding: Padding,
    /// The distance between two taps of a window; 1 unless set.
    pub dilation: usize,
    /// The parts that input and output channels are divided into, each convolved by itself; 1 unless set.
    pub groups: usize,
}

impl Default for Conv1DConfig {
    fn default() -> Self {
        Self { stride: 1, padding: Padding::Valid, dilation: 1, groups: 1 }
    }
}

constant_settings!(Conv1DConfig);

impl Conv1DConfig {
    fn of_images(self) -> Conv2DConfig {
        Conv2DConfig {
            strides: (1, self.stride),
            padding: self.padding,
            dilation: (1, self.dilation),
            groups: self.groups,
        }
    }
}

/// The convolution of series, act(x ∗ W + b).
///
/// - `x`: (batch, time, channels)
/// - `weights`: (time, channels / groups, filters), as in Keras
/// - `bias`: (filters), or empty for none
/// - the value: (batch, outputs, filters), with outputs as [`Padding`] says
///
/// ```
/// use autodiff_runtime::kernels::{Conv1DConfig, conv1d};
/// use autodiff_runtime::prelude::*;
///
/// let x = array![[[1.0], [2.0], [4.0]]];
/// let weights = array![[[-1.0]], [[1.0]]];
/// let y = conv1d(&x, &weights, &array![0.0], Conv1DConfig::default(), Activation::Linear);
/// assert_eq!(y, array![[[1.0], [2.0]]]);
/// ```
///
/// # Panics
///
/// As [`conv2d`](super::conv2d()), whose messages call the time width.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = conv1d, order = 2, body = crate::kernels::plain::conv1d(x, weights, bias, config, activation))]
pub fn conv1d<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix3>,
    bias: &ArrayRef<T, Ix1>,
    #[constant] config: Conv1DConfig,
    #[constant] activation: Activation,
) -> Array3<T> {
    let (x, weights) = (x.view().insert_axis(Axis(1)), weights.view().insert_axis(Axis(0)));
    check(&x, &weights, bias, config);
    conv2d(&x, &weights, bias, config.of_images(), activation).remove_axis(Axis(1))
}

/// Refuses what [`conv2d`] would refuse, by the name of this kernel.
#[track_caller]
fn check<T>(x: &ArrayRef<T, Ix4>, weights: &ArrayRef<T, Ix4>, bias: &ArrayRef<T, Ix1>, config: Conv1DConfig) {
    let filters = config.of_images().geometry("conv1d", x.dim(), weights.dim()).filters;
    assert!(
        bias.is_empty() || bias.len() == filters,
        "conv1d: the bias has {} elements, but there are {filters} filters",
        bias.len()
    );
}

/// The value of [`conv1d`], and what [`conv1d_adjoint`] needs.
#[track_caller]
pub fn conv1d_forward<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix3>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv1DConfig,
    activation: Activation,
) -> (Array3<T>, Conv2DSaved<T>) {
    let (x, weights) = (x.view().insert_axis(Axis(1)), weights.view().insert_axis(Axis(0)));
    check(&x, &weights, bias, config);
    let (y, saved) = conv2d_forward(&x, &weights, bias, config.of_images(), activation);
    (y.remove_axis(Axis(1)), saved)
}

/// Adds the gradients of [`conv1d`] to the slots of `x`, `weights` and `bias`.
pub fn conv1d_adjoint<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix3>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv1DConfig,
    activation: Activation,
    saved: Conv2DSaved<T>,
    ct: Array3<T>,
    x_slot: Option<&mut ArrayRef<T, Ix3>>,
    weights_slot: Option<&mut ArrayRef<T, Ix3>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let (x, weights) = (x.view().insert_axis(Axis(1)), weights.view().insert_axis(Axis(0)));
    let mut x_slot = x_slot.map(|slot| slot.view_mut().insert_axis(Axis(1)));
    let mut weights_slot = weights_slot.map(|slot| slot.view_mut().insert_axis(Axis(0)));
    conv2d_adjoint(
        &x,
        &weights,
        bias,
        config.of_images(),
        activation,
        saved,
        ct.insert_axis(Axis(1)),
        x_slot.as_deref_mut(),
        weights_slot.as_deref_mut(),
        bias_slot,
    );
}

/// The value of [`conv1d`], and its derivative along the tangents of `x`, `weights` and `bias`.
#[track_caller]
pub fn conv1d_tangent<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix3>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv1DConfig,
    activation: Activation,
    dx: Option<&ArrayRef<T, Ix3>>,
    d_weights: Option<&ArrayRef<T, Ix3>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
) -> (Array3<T>, Array3<T>) {
    let (x, weights) = (x.view().insert_axis(Axis(1)), weights.view().insert_axis(Axis(0)));
    let dx = dx.map(|dx| dx.view().insert_axis(Axis(1)));
    let d_weights = d_weights.map(|d_weights| d_weights.view().insert_axis(Axis(0)));
    let (y, dy) =
        conv2d_tangent(&x, &weights, bias, config.of_images(), activation, dx.as_deref(), d_weights.as_deref(), d_bias);
    (y.remove_axis(Axis(1)), dy.remove_axis(Axis(1)))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::testing::{check, wave};

    #[test]
    fn derivatives_agree_with_differences() {
        let config = Conv1DConfig { stride: 2, padding: Padding::Same, dilation: 2, groups: 2 };
        let act = Activation::Tanh;
        let (x, w, b) = (wave((2, 7, 4), 1), wave((3, 2, 6), 2), wave(6, 3));
        check(
            &x,
            |x| conv1d(x, &w, &b, config, act),
            |x, ct| {
                let (_, saved) = conv1d_forward(x, &w, &b, config, act);
                let mut slot = Array3::ones(x.raw_dim());
                let x_slot = Some(&mut *slot);
                conv1d_adjoint(x, &w, &b, config, act, saved, ct, x_slot, None, None);
                slot - 1.0
            },
            |x, dx| conv1d_tangent(x, &w, &b, config, act, Some(dx), None, None),
        );
        check(
            &w,
            |w| conv1d(&x, w, &b, config, act),
            |w, ct| {
                let (_, saved) = conv1d_forward(&x, w, &b, config, act);
                let mut slot = Array3::ones(w.raw_dim());
                let w_slot = Some(&mut *slot);
                conv1d_adjoint(&x, w, &b, config, act, saved, ct, None, w_slot, None);
                slot - 1.0
            },
            |w, dw| conv1d_tangent(&x, w, &b, config, act, None, Some(dw), None),
        );
        check(
            &b,
            |b| conv1d(&x, &w, b, config, act),
            |b, ct| {
                let (_, saved) = conv1d_forward(&x, &w, b, config, act);
                let mut slot = Array1::ones(b.raw_dim());
                let b_slot = Some(&mut *slot);
                conv1d_adjoint(&x, &w, b, config, act, saved, ct, None, None, b_slot);
                slot - 1.0
            },
            |b, db| conv1d_tangent(&x, &w, b, config, act, None, None, Some(db)),
        );
    }
}
