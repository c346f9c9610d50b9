//! The fully connected layer: a matrix product, a bias and an activation in one kernel.
//!
//! y = act(x·W + b), with x of shape (batch, inputs), W of shape (inputs, outputs) as in Keras, and b
//! of shape (outputs). With dz = act'(z)·ct the gradients are dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ dz over
//! the batch; the products accumulate straight into the slots.

use ndarray::{Array2, ArrayRef, Ix1, Ix2};

use super::Activation;
use super::products::{add_product, add_product_transposed, add_rows, add_transposed_product, repeat_row};
use super::support::row_major;
use crate::Real;

/// What the way back needs of [`dense`]: the slopes of the activation, or the value of a softmax.
pub type DenseSaved<T> = Option<Array2<T>>;

/// The fully connected layer act(x·W + b).
///
/// - `x`: (batch, inputs)
/// - `weights`: (inputs, outputs)
/// - `bias`: (outputs), or empty for none
/// - the value: (batch, outputs)
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let weights = array![[1.0, -1.0], [2.0, 0.5]];
/// let y = dense(&array![[1.0, 2.0]], &weights, &array![0.5, 0.0], Activation::Relu);
/// assert_eq!(y, array![[5.5, 0.0]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = dense, order = 2, body = super::plain::dense(x, weights, bias, activation))]
pub fn dense<T: Real>(
    x: &ArrayRef<T, Ix2>,
    weights: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    #[constant] activation: Activation,
) -> Array2<T> {
    let mut y = affine(x, weights, Some(bias));
    activation.apply(&mut y);
    y
}

/// The value of [`dense`], and what [`dense_adjoint`] needs.
#[track_caller]
pub fn dense_forward<T: Real>(
    x: &ArrayRef<T, Ix2>,
    weights: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    activation: Activation,
) -> (Array2<T>, DenseSaved<T>) {
    let mut y = affine(x, weights, Some(bias));
    let saved = activation.apply_and_save(&mut y);
    (y, saved)
}

/// Adds the gradients of [`dense`] to the slots of `x`, `weights` and `bias`.
pub fn dense_adjoint<T: Real>(
    x: &ArrayRef<T, Ix2>,
    weights: &ArrayRef<T, Ix2>,
    _bias: &ArrayRef<T, Ix1>,
    activation: Activation,
    saved: DenseSaved<T>,
    ct: Array2<T>,
    x_slot: Option<&mut ArrayRef<T, Ix2>>,
    weights_slot: Option<&mut ArrayRef<T, Ix2>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let dz = activation.pull_back(saved.as_ref(), row_major(ct));
    if let Some(slot) = weights_slot {
        add_transposed_product(x, &dz, slot);
    }
    if let Some(slot) = bias_slot.filter(|slot| !slot.is_empty()) {
        add_rows(&dz, slot);
    }
    if let Some(slot) = x_slot {
        add_product_transposed(&dz, weights, slot);
    }
}

/// The value of [`dense`], and its derivative along the tangents of `x`, `weights` and `bias`.
#[track_caller]
pub fn dense_tangent<T: Real>(
    x: &ArrayRef<T, Ix2>,
    weights: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    activation: Activation,
    dx: Option<&ArrayRef<T, Ix2>>,
    d_weights: Option<&ArrayRef<T, Ix2>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
) -> (Array2<T>, Array2<T>) {
    let (y, saved) = dense_forward(x, weights, bias, activation);
    let mut dz = match d_weights {
        Some(d_weights) => affine(x, d_weights, d_bias),
        None => bias_rows(x.nrows(), weights.ncols(), d_bias),
    };
    if let Some(dx) = dx {
        add_product(dx, weights, &mut dz);
    }
    let dy = activation.push_forward(saved.as_ref(), dz);
    (y, dy)
}

/// x·W + b.
#[track_caller]
fn affine<T: Real>(x: &ArrayRef<T, Ix2>, weights: &ArrayRef<T, Ix2>, bias: Option<&ArrayRef<T, Ix1>>) -> Array2<T> {
    assert!(
        x.ncols() == weights.nrows(),
        "dense: the input has shape {:?}, but weights of shape {:?} expect {} features",
        x.shape(),
        weights.shape(),
        weights.nrows()
    );
    let mut y = bias_rows(x.nrows(), weights.ncols(), bias);
    add_product(x, weights, &mut y);
    y
}

/// The bias once for every row of the batch, or zeros.
#[track_caller]
fn bias_rows<T: Real>(rows: usize, columns: usize, bias: Option<&ArrayRef<T, Ix1>>) -> Array2<T> {
    // An empty bias is none.
    let Some(bias) = bias.filter(|bias| !bias.is_empty()) else {
        return Array2::zeros((rows, columns));
    };
    assert!(
        bias.len() == columns,
        "dense: the bias has {} elements, but the weights have {columns} outputs",
        bias.len()
    );
    let items = match bias.as_slice() {
        Some(row) => repeat_row(row, rows),
        None => repeat_row(&bias.to_vec(), rows),
    };
    Array2::from_shape_vec((rows, columns), items).expect("as many rows as asked for")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::kernels::testing::{check, wave};

    const ALL: [Activation; 12] = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { negative_slope: 0.2 },
        Activation::Elu { alpha: 1.0 },
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softmax,
    ];

    /// Every slot in turn, with every activation.
    #[test]
    fn derivatives_agree_with_differences() {
        for (m, k, n) in [(4, 3, 2), (20, 16, 12)] {
            let (x, w, b) = (wave((m, k), 1), wave((k, n), 2), wave(n, 3));
            for act in ALL {
                check(
                    &x,
                    |x| dense(x, &w, &b, act),
                    |x, ct| {
                        let (_, saved) = dense_forward(x, &w, &b, act);
                        let mut slot = Array2::ones(x.raw_dim());
                        dense_adjoint(x, &w, &b, act, saved, ct, Some(&mut slot), None, None);
                        slot - 1.0
                    },
                    |x, dx| dense_tangent(x, &w, &b, act, Some(dx), None, None),
                );
                check(
                    &w,
                    |w| dense(&x, w, &b, act),
                    |w, ct| {
                        let (_, saved) = dense_forward(&x, w, &b, act);
                        let mut slot = Array2::ones(w.raw_dim());
                        dense_adjoint(&x, w, &b, act, saved, ct, None, Some(&mut slot), None);
                        slot - 1.0
                    },
                    |w, dw| dense_tangent(&x, w, &b, act, None, Some(dw), None),
                );
                check(
                    &b,
                    |b| dense(&x, &w, b, act),
                    |b, ct| {
                        let (_, saved) = dense_forward(&x, &w, b, act);
                        let mut slot = Array1::ones(b.raw_dim());
                        dense_adjoint(&x, &w, b, act, saved, ct, None, None, Some(&mut slot));
                        slot - 1.0
                    },
                    |b, db| dense_tangent(&x, &w, b, act, None, None, Some(db)),
                );
            }
        }
    }

    #[test]
    fn a_cotangent_in_column_order_gives_the_same_gradient() {
        let (x, w, b) = (wave((4, 3), 1), wave((3, 2), 2), wave(2, 3));
        let ct = wave((4, 2), 4);
        let columns = ct.t().as_standard_layout().into_owned().reversed_axes();
        let gradient = |ct| {
            let (_, saved) = dense_forward(&x, &w, &b, Activation::Tanh);
            let (mut dw, mut db) = (Array2::zeros((3, 2)), Array1::zeros(2));
            let slots = (Some(&mut *dw), Some(&mut *db));
            dense_adjoint(&x, &w, &b, Activation::Tanh, saved, ct, None, slots.0, slots.1);
            (dw, db)
        };
        assert_eq!(gradient(ct), gradient(columns));
    }

    #[test]
    fn an_empty_batch_has_an_empty_value() {
        let y = dense(&Array2::<f32>::zeros((0, 3)), &Array2::zeros((3, 2)), &array![1.0, 1.0], Activation::Softmax);
        assert_eq!(y.dim(), (0, 2));
    }

    #[test]
    #[should_panic(expected = "the input has shape [1, 4], but weights of shape [3, 2] expect 3 features")]
    fn an_input_of_another_width_is_refused() {
        dense(&Array2::<f32>::zeros((1, 4)), &Array2::zeros((3, 2)), &Array1::zeros(2), Activation::Linear);
    }
}
