//! Recurrent layers, step by step.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Ix1, Ix2, Ix3};

use super::elements::logistic;
use crate::prelude::*;

#[differentiable(hidden, order = 2)]
pub(crate) fn simple_rnn<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    state: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>) {
    let mut sequence: Array3<T> = Array3::zeros((x.dim().0, x.dim().1, state.ncols()));
    let mut h: Array2<T> = state.to_owned();
    for step in 0..x.dim().1 {
        let z: Array2<T> = x.index_axis(Axis(1), step).dot(weights) + h.dot(recurrent) + bias;
        h = z.mapv(T::tanh);
        sequence.index_axis_mut(Axis(1), step).assign(&h);
    }
    (sequence, h)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn lstm<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    h: &ArrayRef<T, Ix2>,
    c: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>, Array2<T>) {
    let (batch, units) = h.dim();
    let mut sequence: Array3<T> = Array3::zeros((batch, x.dim().1, units));
    let (mut h, mut c): (Array2<T>, Array2<T>) = (h.to_owned(), c.to_owned());
    for step in 0..x.dim().1 {
        let z: Array2<T> = x.index_axis(Axis(1), step).dot(weights) + h.dot(recurrent) + bias;
        for sample in 0..batch {
            for at in 0..units {
                let input = logistic(z[[sample, at]]);
                let forget = logistic(z[[sample, units + at]]);
                let candidate = z[[sample, 2 * units + at]].tanh();
                let output = logistic(z[[sample, 3 * units + at]]);
                c[[sample, at]] = forget * c[[sample, at]] + input * candidate;
                h[[sample, at]] = output * c[[sample, at]].tanh();
            }
        }
        sequence.index_axis_mut(Axis(1), step).assign(&h);
    }
    (sequence, h, c)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn gru<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix2>,
    state: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>) {
    let (batch, units) = state.dim();
    let mut sequence: Array3<T> = Array3::zeros((batch, x.dim().1, units));
    let mut h: Array2<T> = state.to_owned();
    for step in 0..x.dim().1 {
        let a: Array2<T> = x.index_axis(Axis(1), step).dot(weights) + bias.row(0);
        let r: Array2<T> = h.dot(recurrent) + bias.row(1);
        for sample in 0..batch {
            for at in 0..units {
                let update = logistic(a[[sample, at]] + r[[sample, at]]);
                let reset = logistic(a[[sample, units + at]] + r[[sample, units + at]]);
                let candidate = (a[[sample, 2 * units + at]] + reset * r[[sample, 2 * units + at]]).tanh();
                h[[sample, at]] = candidate + update * (h[[sample, at]] - candidate);
            }
        }
        sequence.index_axis_mut(Axis(1), step).assign(&h);
    }
    (sequence, h)
}
