//! Normalisations: they differ in which elements have a mean and a variance in common.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Dimension, Ix1};

use crate::layers::{Mode, Running};
use crate::prelude::*;

#[differentiable(hidden, order = 2)]
pub(crate) fn layer_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    let groups: Vec<usize> = (0..x.len()).map(|at| at / gamma.len()).collect();
    let (y, _, _) = normalised(x, gamma, beta, &groups, epsilon);
    y
}

#[differentiable(hidden, order = 2)]
pub(crate) fn group_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: usize,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    let of: Vec<usize> = groups_of(x.shape(), groups);
    let (y, _, _) = normalised(x, gamma, beta, &of, epsilon);
    y
}

/// The group of every element, in row-major order.
fn groups_of(shape: &[usize], groups: usize) -> Vec<usize> {
    let (count, channels) = (shape.iter().product::<usize>(), shape.last().copied().unwrap_or(1));
    let sample = count / shape[0].max(1);
    (0..count).map(|at| at / sample * groups + at % channels / (channels / groups)).collect()
}

#[differentiable(hidden, order = 2)]
pub(crate) fn batch_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> (Array<T, D>, Array1<T>, Array1<T>) {
    let groups: Vec<usize> = (0..x.len()).map(|at| at % gamma.len()).collect();
    normalised(x, gamma, beta, &groups, epsilon)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn batch_norm_inference<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &ArrayRef<T, Ix1>,
    variance: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    let mut items: Vec<T> = x.iter().copied().collect();
    for at in 0..items.len() {
        let channel = at % gamma.len();
        let scale = gamma[channel] / (variance[channel] + T::__lit(epsilon)).sqrt();
        items[at] = (items[at] - mean[channel]) * scale + beta[channel];
    }
    Array::from_shape_vec(x.raw_dim(), items).unwrap()
}

/// The running averages have no derivative.
#[differentiable(hidden, order = 2)]
pub(crate) fn running_batch_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    #[constant] mean: &Running<T>,
    #[constant] variance: &Running<T>,
    #[constant] epsilon: f64,
    #[constant] mode: Mode,
) -> Array<T, D> {
    if mode.trains() {
        let (y, _, _) = batch_norm(x, gamma, beta, epsilon);
        y
    } else {
        batch_norm_inference(x, gamma, beta, &mean.values, &variance.values, epsilon)
    }
}

/// γ·(x − mean) / √(variance + ε) + β, where `groups` says which elements have a mean and a variance in common, and these.
#[differentiable(hidden, order = 2)]
fn normalised<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: &[usize],
    #[constant] epsilon: f64,
) -> (Array<T, D>, Array1<T>, Array1<T>) {
    let mut items: Vec<T> = x.iter().copied().collect();
    let mean: Vec<T> = means(&items, groups);
    for at in 0..items.len() {
        items[at] -= mean[groups[at]];
    }
    let mut squares: Vec<T> = items.clone();
    for at in 0..items.len() {
        squares[at] *= items[at];
    }
    let variance: Vec<T> = means(&squares, groups);
    for at in 0..items.len() {
        let channel = at % gamma.len();
        let deviation = (variance[groups[at]] + T::__lit(epsilon)).sqrt();
        items[at] = items[at] / deviation * gamma[channel] + beta[channel];
    }
    (Array::from_shape_vec(x.raw_dim(), items).unwrap(), Array1::from(mean), Array1::from(variance))
}

/// The mean of each group; all have as many elements.
#[differentiable(hidden, order = 2)]
fn means<T: Real>(items: &[T], groups: &[usize]) -> Vec<T> {
    let count: usize = groups.iter().max().map_or(0, |last| last + 1);
    let mut sums: Vec<T> = vec![T::zero(); count];
    for at in 0..items.len() {
        sums[groups[at]] += items[at];
    }
    for group in 0..count {
        sums[group] /= T::__lit((items.len() / count) as f64);
    }
    sums
}
