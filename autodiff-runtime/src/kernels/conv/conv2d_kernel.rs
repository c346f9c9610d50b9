//! The convolution of images, with a bias and an activation in one kernel.
//!
//! y[n, i, j, f] = act(b[f] + Σ x[n, i·s + p·d − before, j·s + q·d − before, c]·W[p, q, c, f]) over the taps p, q
//! and the channels c, a cross-correlation as in all libraries for networks. It is computed as products
//! of matrices, whose rows are the patches under the window.
//!
//! Source: Chellapilla, Puri, Simard, *High Performance Convolutional Neural Networks for Document
//! Processing*, 2006.

use ndarray::{Array4, ArrayRef, Ix1, Ix4};

use super::patches::Geometry;
use crate::Real;
use crate::kernels::Activation;
use crate::kernels::products::{add_rows, repeat_row};
use crate::kernels::support::row_major;
use crate::kernels::windows::{Padding, Span, constant_settings, items_of, items_of_mut, with_items};

/// What the way back needs of [`conv2d`]: the slopes of the activation, or the value of a softmax.
pub type Conv2DSaved<T> = Option<Array4<T>>;

/// The settings of [`conv2d`] and [`conv2d_transpose`](super::conv2d_transpose()).
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2DConfig {
    /// The distances between two windows, vertical and horizontal; 1 unless set.
    pub strides: (usize, usize),
    /// What surrounds the images; nothing unless set, as in Keras.
    pub padding: Padding,
    /// The distances between two taps of a window, vertical and horizontal; 1 unless set.
    pub dilation: (usize, usize),
    /// The parts that input and output channels are divided into, each convolved by itself; 1 unless set.
    pub groups: usize,
}

impl Default for Conv2DConfig {
    fn default() -> Self {
        Self { strides: (1, 1), padding: Padding::Valid, dilation: (1, 1), groups: 1 }
    }
}

constant_settings!(Conv2DConfig);

impl Conv2DConfig {
    /// The sizes of a convolution of images of shape (batch, height, width, channels).
    #[track_caller]
    pub(super) fn geometry(
        self,
        kernel: &str,
        (batch, height, width, channels): (usize, usize, usize, usize),
        weights: (usize, usize, usize, usize),
    ) -> Geometry {
        let (vertical, horizontal, group_channels, filters) = weights;
        assert!(
            self.groups > 0 && filters % self.groups == 0,
            "{kernel}: {filters} filters cannot be divided into {} groups",
            self.groups
        );
        assert!(
            group_channels * self.groups == channels,
            "{kernel}: the images have {channels} channels, but the weights of shape {weights:?} expect {group_channels} in each of {} groups",
            self.groups
        );
        let vertical = (vertical, self.strides.0, self.dilation.0);
        let horizontal = (horizontal, self.strides.1, self.dilation.1);
        Geometry {
            batch,
            rows: Span::new(kernel, "height", height, vertical, self.padding),
            columns: Span::new(kernel, "width", width, horizontal, self.padding),
            channels,
            filters,
            groups: self.groups,
        }
    }
}

/// The convolution of images, act(x ∗ W + b).
///
/// - `x`: (batch, height, width, channels)
/// - `weights`: (height, width, channels / groups, filters), as in Keras
/// - `bias`: (filters), or empty for none
/// - the value: (batch, outputs, outputs, filters), with outputs as [`Padding`] says
///
/// Group g of the filters sees group g of the channels.
///
/// ```
/// use autodiff_runtime::kernels::{Conv2DConfig, conv2d};
/// use autodiff_runtime::prelude::*;
///
/// let x = Array4::from_shape_fn((1, 3, 3, 1), |(_, i, j, _)| (3 * i + j) as f64);
/// let weights = Array4::ones((2, 2, 1, 1));
/// let y = conv2d(&x, &weights, &array![0.5], Conv2DConfig::default(), Activation::Linear);
/// assert_eq!(y.slice(s![0, .., .., 0]), array![[8.5, 12.5], [20.5, 24.5]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together, if a setting is 0, if the groups do not divide the channels
/// and the filters, or if a window without padding is larger than the images.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = conv2d, order = 2, body = crate::kernels::plain::conv2d(x, weights, bias, config, activation))]
pub fn conv2d<T: Real>(
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

/// The value of [`conv2d`], and what [`conv2d_adjoint`] needs.
#[track_caller]
pub fn conv2d_forward<T: Real>(
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

/// Adds the gradients of [`conv2d`] to the slots of `x`, `weights` and `bias`.
pub fn conv2d_adjoint<T: Real>(
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
    let geometry = config.geometry("conv2d", x.dim(), weights.dim());
    let dz = activation.pull_back(saved.as_ref(), row_major(ct));
    let items = items_of(&dz);
    if let Some(slot) = weights_slot {
        let x = x.as_standard_layout();
        let x = items_of(&x);
        with_items(slot, |slot| geometry.add_weights_gradient(x, items, slot));
    }
    if let Some(slot) = bias_slot.filter(|slot| !slot.is_empty()) {
        add_pixels(&dz, slot);
    }
    if let Some(slot) = x_slot {
        let weights = weights.as_standard_layout();
        let weights = items_of(&weights);
        with_items(slot, |slot| {
            geometry.add_input_gradient(items, weights, slot);
        });
    }
}

/// The value of [`conv2d`], and its derivative along the tangents of `x`, `weights` and `bias`.
#[track_caller]
pub fn conv2d_tangent<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: &ArrayRef<T, Ix1>,
    config: Conv2DConfig,
    activation: Activation,
    dx: Option<&ArrayRef<T, Ix4>>,
    d_weights: Option<&ArrayRef<T, Ix4>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
) -> (Array4<T>, Array4<T>) {
    let (y, saved) = conv2d_forward(x, weights, bias, config, activation);
    let mut dz = bias_pixels("conv2d", y.dim(), d_bias);
    if let Some(d_weights) = d_weights {
        dz += &affine(x, d_weights, None, config);
    }
    if let Some(dx) = dx {
        dz += &affine(dx, weights, None, config);
    }
    let dy = activation.push_forward(saved.as_ref(), dz);
    (y, dy)
}

/// x ∗ W + b.
#[track_caller]
fn affine<T: Real>(
    x: &ArrayRef<T, Ix4>,
    weights: &ArrayRef<T, Ix4>,
    bias: Option<&ArrayRef<T, Ix1>>,
    config: Conv2DConfig,
) -> Array4<T> {
    let geometry = config.geometry("conv2d", x.dim(), weights.dim());
    let (rows, columns) = (geometry.rows.outputs, geometry.columns.outputs);
    let shape = (geometry.batch, rows, columns, geometry.filters);
    let mut y = bias_pixels("conv2d", shape, bias);
    let (x, weights) = (x.as_standard_layout(), weights.as_standard_layout());
    geometry.add_convolution(items_of(&x), items_of(&weights), items_of_mut(&mut y));
    y
}

/// The bias once for every pixel of a batch, or zeros.
#[track_caller]
pub(super) fn bias_pixels<T: Real>(
    kernel: &str,
    shape: (usize, usize, usize, usize),
    bias: Option<&ArrayRef<T, Ix1>>,
) -> Array4<T> {
    // An empty bias is none.
    let Some(bias) = bias.filter(|bias| !bias.is_empty()) else {
        return Array4::zeros(shape);
    };
    assert!(bias.len() == shape.3, "{kernel}: the bias has {} elements, but there are {} filters", bias.len(), shape.3);
    let items = repeat_row(&bias.to_vec(), shape.0 * shape.1 * shape.2);
    Array4::from_shape_vec(shape, items).expect("as many pixels as asked for")
}

/// slot += the sum of all pixels of an array in row-major order.
pub(super) fn add_pixels<T: Real>(ct: &Array4<T>, slot: &mut ArrayRef<T, Ix1>) {
    let (batch, height, width, channels) = ct.dim();
    let rows =
        ct.view().into_shape_with_order((batch * height * width, channels)).expect("the array is in row-major order");
    add_rows(&rows, slot);
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::testing::{assert_close, check, wave};

    /// All combinations of settings that differ in what code they run.
    fn cases() -> Vec<(Conv2DConfig, (usize, usize), Activation)> {
        let config = Conv2DConfig::default();
        let same = Conv2DConfig { padding: Padding::Same, ..config };
        vec![
            (config, (3, 3), Activation::Linear),
            (same, (3, 3), Activation::Tanh),
            (same, (1, 1), Activation::Softmax),
            (same, (2, 4), Activation::Linear),
            (Conv2DConfig { strides: (2, 1), ..config }, (2, 3), Activation::Linear),
            (Conv2DConfig { strides: (2, 3), ..same }, (3, 2), Activation::Sigmoid),
            (Conv2DConfig { strides: (3, 3), ..same }, (1, 1), Activation::Linear),
            (Conv2DConfig { dilation: (2, 2), ..config }, (2, 3), Activation::Linear),
            (Conv2DConfig { dilation: (3, 2), ..same }, (3, 3), Activation::Linear),
            (Conv2DConfig { groups: 2, ..same }, (3, 3), Activation::Tanh),
            (Conv2DConfig { groups: 4, strides: (2, 2), dilation: (1, 2), ..same }, (3, 2), Activation::Linear),
        ]
    }

    /// The sum of the definition.
    fn expected(x: &Array4<f64>, w: &Array4<f64>, b: &Array1<f64>, config: Conv2DConfig) -> Array4<f64> {
        let g = config.geometry("test", x.dim(), w.dim());
        let (channels, filters) = (w.dim().2, g.filters / g.groups);
        Array4::from_shape_fn((g.batch, g.rows.outputs, g.columns.outputs, g.filters), |(n, i, j, f)| {
            let mut sum = b[f];
            for ((p, q, c, _), w) in w.indexed_iter().filter(|((.., filter), _)| *filter == f) {
                if let (Some(row), Some(column)) = (g.rows.input(i, p), g.columns.input(j, q)) {
                    sum += x[(n, row, column, f / filters * channels + c)] * w;
                }
            }
            sum
        })
    }

    /// Every slot in turn, in all settings.
    #[test]
    fn derivatives_agree_with_differences() {
        for (config, (p, q), act) in cases() {
            let x = wave((2, 6, 7, 4), 1);
            let (w, b) = (wave((p, q, 4 / config.groups, 4), 2), wave(4, 3));
            let linear = conv2d(&x, &w, &b, config, Activation::Linear);
            let by_definition = expected(&x, &w, &b, config);
            assert!((linear - by_definition).iter().all(|d| d.abs() < 1e-13));
            check(
                &x,
                |x| conv2d(x, &w, &b, config, act),
                |x, ct| {
                    let (_, saved) = conv2d_forward(x, &w, &b, config, act);
                    let mut slot = Array4::ones(x.raw_dim());
                    let x_slot = Some(&mut *slot);
                    conv2d_adjoint(x, &w, &b, config, act, saved, ct, x_slot, None, None);
                    slot - 1.0
                },
                |x, dx| conv2d_tangent(x, &w, &b, config, act, Some(dx), None, None),
            );
            check(
                &w,
                |w| conv2d(&x, w, &b, config, act),
                |w, ct| {
                    let (_, saved) = conv2d_forward(&x, w, &b, config, act);
                    let mut slot = Array4::ones(w.raw_dim());
                    let w_slot = Some(&mut *slot);
                    conv2d_adjoint(&x, w, &b, config, act, saved, ct, None, w_slot, None);
                    slot - 1.0
                },
                |w, dw| conv2d_tangent(&x, w, &b, config, act, None, Some(dw), None),
            );
            check(
                &b,
                |b| conv2d(&x, &w, b, config, act),
                |b, ct| {
                    let (_, saved) = conv2d_forward(&x, &w, b, config, act);
                    let mut slot = Array1::ones(b.raw_dim());
                    let b_slot = Some(&mut *slot);
                    conv2d_adjoint(&x, &w, b, config, act, saved, ct, None, None, b_slot);
                    slot - 1.0
                },
                |b, db| conv2d_tangent(&x, &w, b, config, act, None, None, Some(db)),
            );
        }
    }

    #[test]
    fn many_blocks_and_other_layouts_give_the_same() {
        let config = Conv2DConfig { padding: Padding::Same, ..Default::default() };
        let (x, w, b) = (wave((3, 40, 31, 5), 1), wave((5, 5, 5, 3), 2), wave(3, 3));
        let x = x.permuted_axes([0, 2, 1, 3]);
        let w = w.permuted_axes([1, 0, 2, 3]);
        let y = conv2d(&x, &w, &b, config, Activation::Linear);
        let by_definition = expected(&x, &w, &b, config);
        assert!((&y - &by_definition).iter().all(|d| d.abs() < 1e-12));
        let mut slots = (x.clone(), w.clone());
        let (dx, dw) = (Some(&mut *slots.0), Some(&mut *slots.1));
        let ct = wave(y.dim(), 4);
        conv2d_adjoint(&x, &w, &b, config, Activation::Linear, None, ct.clone(), dx, dw, None);
        let linear = y - &b;
        let product = (&linear * &ct).sum();
        assert_close(((slots.0 - &x) * &x).sum(), product, 1e-12);
        assert_close(((slots.1 - &w) * &w).sum(), product, 1e-12);
    }

    #[test]
    fn an_empty_batch_has_an_empty_value() {
        let (x, w) = (Array4::<f32>::zeros((0, 5, 5, 2)), Array4::zeros((3, 3, 2, 4)));
        let y = conv2d(&x, &w, &Array1::zeros(4), Conv2DConfig::default(), Activation::Relu);
        assert_eq!(y.dim(), (0, 3, 3, 4));
    }

    #[test]
    #[should_panic(expected = "the images have 3 channels, but the weights of shape (2, 2, 4, 5)")]
    fn images_with_other_channels_are_refused() {
        let (x, w) = (Array4::<f32>::zeros((1, 5, 5, 3)), Array4::zeros((2, 2, 4, 5)));
        conv2d(&x, &w, &Array1::zeros(5), Conv2DConfig::default(), Activation::Linear);
    }

    #[test]
    #[should_panic(expected = "5 filters cannot be divided into 2 groups")]
    fn groups_that_do_not_divide_the_filters_are_refused() {
        let (x, w) = (Array4::<f32>::zeros((1, 5, 5, 4)), Array4::zeros((2, 2, 2, 5)));
        let config = Conv2DConfig { groups: 2, ..Default::default() };
        conv2d(&x, &w, &Array1::zeros(5), config, Activation::Linear);
    }
}
