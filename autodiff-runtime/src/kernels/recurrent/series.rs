//! What the recurrent layers share: series with the time first, and the products outside of the loop over it.
//!
//! A series of shape (batch, time, n) is worked on as a matrix of shape (time·batch, n), whose rows of one
//! step lie together: the products with the input's weights, and all gradients of weights, are then one
//! product each for all steps.

use core::ops::Range;

use ndarray::{Array2, Array3, ArrayRef, ArrayView2, ArrayViewMut2, Axis, Ix1, Ix2, Ix3, Slice};

use crate::Real;
use crate::kernels::products::{add_product, add_product_transposed, add_rows, add_transposed_product, repeat_row};
use crate::kernels::support::row_major;

/// The sizes of a recurrent layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) time: usize,
    pub(super) units: usize,
}

impl Sizes {
    /// The sizes, if the shapes fit together: `gates` is how many times the units the weights have.
    #[track_caller]
    pub(super) fn new<T: Real>(
        kernel: &str,
        x: &ArrayRef<T, Ix3>,
        weights: &ArrayRef<T, Ix2>,
        recurrent: &ArrayRef<T, Ix2>,
        gates: usize,
    ) -> Self {
        let (batch, time, features) = x.dim();
        let units = recurrent.nrows();
        assert!(
            weights.nrows() == features,
            "{kernel}: the input has shape {:?}, but weights of shape {:?} expect {} features",
            x.shape(),
            weights.shape(),
            weights.nrows()
        );
        assert!(
            weights.ncols() == gates * units && recurrent.ncols() == gates * units,
            "{kernel}: for {units} units, weights and recurrent weights must have {} columns; received shapes {:?} and {:?}",
            gates * units,
            weights.shape(),
            recurrent.shape()
        );
        Self { batch, time, units }
    }

    /// Refuses an initial state that is not of shape (batch, units).
    #[track_caller]
    pub(super) fn check_state<T: Real>(&self, kernel: &str, name: &str, state: &ArrayRef<T, Ix2>) {
        assert!(
            state.dim() == (self.batch, self.units),
            "{kernel}: `{name}` must have shape {:?}, a row for each series; received {:?}",
            (self.batch, self.units),
            state.dim()
        );
    }

    /// The rows of a step.
    pub(super) fn rows(&self, step: usize) -> Range<usize> {
        step * self.batch..(step + 1) * self.batch
    }

    /// States of all steps, the first one given and the others zero: (time + 1)·batch rows.
    pub(super) fn states<T: Real>(&self, first: Option<&ArrayRef<T, Ix2>>) -> Array2<T> {
        let mut states = Array2::zeros(((self.time + 1) * self.batch, self.units));
        if let Some(first) = first {
            rows_mut(&mut states, self.rows(0)).assign(first);
        }
        states
    }

    /// The states after each step as a sequence (batch, time, units).
    pub(super) fn sequence<T: Real>(&self, states: &Array2<T>) -> Array3<T> {
        let after = rows(states, self.batch..states.nrows());
        let shape = (self.time, self.batch, self.units);
        let after = after.into_shape_with_order(shape).expect("rows of a row-major array");
        row_major(after.permuted_axes([1, 0, 2]).to_owned())
    }

    /// The state after the last step.
    pub(super) fn last<T: Real>(&self, states: &Array2<T>) -> Array2<T> {
        rows(states, self.rows(self.time)).to_owned()
    }
}

/// A series (batch, time, n) as a matrix (time·batch, n).
pub(super) fn time_major<T: Real>(x: &ArrayRef<T, Ix3>) -> Array2<T> {
    let (batch, time, width) = x.dim();
    let steps = x.view().permuted_axes([1, 0, 2]);
    row_major(steps.to_owned()).into_shape_with_order((time * batch, width)).expect("the array is in row-major order")
}

/// X·W + b for all steps.
pub(super) fn affine<T: Real>(x: &Array2<T>, weights: &ArrayRef<T, Ix2>, bias: Option<&ArrayRef<T, Ix1>>) -> Array2<T> {
    let shape = (x.nrows(), weights.ncols());
    let mut z = match bias {
        Some(bias) => {
            Array2::from_shape_vec(shape, repeat_row(&bias.to_vec(), shape.0)).expect("as many rows as asked for")
        }
        None => Array2::zeros(shape),
    };
    add_product(x, weights, &mut z);
    z
}

/// The derivative of X·W + b along the tangents of all three.
pub(super) fn affine_tangent<T: Real>(
    (x, dx): (&Array2<T>, Option<&Array2<T>>),
    (weights, d_weights): (&ArrayRef<T, Ix2>, Option<&ArrayRef<T, Ix2>>),
    d_bias: Option<&ArrayRef<T, Ix1>>,
) -> Array2<T> {
    let mut dz = match d_weights {
        Some(d_weights) => affine(x, d_weights, d_bias),
        None => affine(&Array2::zeros((x.nrows(), 0)), &Array2::zeros((0, weights.ncols())), d_bias),
    };
    if let Some(dx) = dx {
        add_product(dx, weights, &mut dz);
    }
    dz
}

/// Adds the gradients of Z = X·W + b with respect to W and b.
fn add_weights_gradients<T: Real>(
    x: &ArrayRef<T, Ix2>,
    dz: &Array2<T>,
    weights_slot: Option<&mut ArrayRef<T, Ix2>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    if let Some(slot) = weights_slot {
        add_transposed_product(x, dz, slot);
    }
    if let Some(slot) = bias_slot {
        add_rows(dz, slot);
    }
}

/// Adds the gradients of all steps, once that of every step is known.
///
/// `da` is the gradient at X·W + b, and `dr` that at H·U + c, of the states `h` before each step; where the layer sums the
/// two they are the same.
pub(super) fn add_layer_gradients<T: Real>(
    (x, weights, h): (&ArrayRef<T, Ix3>, &ArrayRef<T, Ix2>, &Array2<T>),
    (da, dr): (&Array2<T>, &Array2<T>),
    x_slot: Option<&mut ArrayRef<T, Ix3>>,
    (weights_slot, input_bias_slot): (Option<&mut ArrayRef<T, Ix2>>, Option<&mut ArrayRef<T, Ix1>>),
    (recurrent_slot, state_bias_slot): (Option<&mut ArrayRef<T, Ix2>>, Option<&mut ArrayRef<T, Ix1>>),
) {
    if weights_slot.is_some() || input_bias_slot.is_some() {
        add_weights_gradients(&time_major(x), da, weights_slot, input_bias_slot);
    }
    add_weights_gradients(&rows(h, 0..dr.nrows()), dr, recurrent_slot, state_bias_slot);
    if let Some(slot) = x_slot {
        add_series_gradient(da, weights, slot);
    }
}

/// Adds the gradient of an initial state to its slot.
pub(super) fn add_state_gradient<T: Real>(dh: &Array2<T>, slot: Option<&mut ArrayRef<T, Ix2>>) {
    if let Some(slot) = slot {
        slot.zip_mut_with(dh, |sum, &dh| *sum += dh);
    }
}

/// Adds dZ·Wᵀ, of all steps, to the slot of a series (batch, time, n).
fn add_series_gradient<T: Real>(dz: &Array2<T>, weights: &ArrayRef<T, Ix2>, slot: &mut ArrayRef<T, Ix3>) {
    let (batch, time, width) = slot.dim();
    let mut dx = Array2::zeros((dz.nrows(), width));
    add_product_transposed(dz, weights, &mut dx);
    let dx = dx.into_shape_with_order((time, batch, width)).expect("the array is in row-major order");
    slot.view_mut().permuted_axes([1, 0, 2]).zip_mut_with(&dx, |sum, &dx| *sum += dx);
}

/// Some rows of a matrix.
pub(super) fn rows<T>(matrix: &ArrayRef<T, Ix2>, rows: Range<usize>) -> ArrayView2<'_, T> {
    matrix.slice_axis(Axis(0), Slice::from(rows))
}

/// Some rows of a matrix.
pub(super) fn rows_mut<T>(matrix: &mut ArrayRef<T, Ix2>, rows: Range<usize>) -> ArrayViewMut2<'_, T> {
    matrix.slice_axis_mut(Axis(0), Slice::from(rows))
}
