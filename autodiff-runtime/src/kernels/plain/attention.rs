//! Attention, of every sample and head by itself.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Ix3, Slice};

use crate::kernels::AttentionConfig;
use crate::prelude::*;

#[differentiable(hidden, order = 2)]
pub(crate) fn multi_head_attention<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    #[constant] config: AttentionConfig,
) -> Array3<T> {
    let mask: Array3<bool> = Array3::from_elem((1, 1, 1), true);
    masked_multi_head_attention(query, key, value, &mask, config)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn masked_multi_head_attention<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    #[constant] mask: &ArrayRef<bool, Ix3>,
    #[constant] config: AttentionConfig,
) -> Array3<T> {
    let (batch, queries, features) = query.dim();
    let (_, keys, outputs) = value.dim();
    let (width, depth) = (features / config.heads, outputs / config.heads);
    let scale: T = T::__lit((width as f64).sqrt().recip());
    let allowed: Array3<bool> = allowed(mask, (batch, queries, keys), config.causal);
    let mut y: Array3<T> = Array3::zeros((batch, queries, outputs));
    for sample in 0..batch {
        for head in 0..config.heads {
            let (own, results) = (part(width, head), part(depth, head));
            let q: Array2<T> = query.index_axis(Axis(0), sample).slice_axis(Axis(1), own).to_owned();
            let k: Array2<T> = key.index_axis(Axis(0), sample).slice_axis(Axis(1), own).to_owned();
            let v: Array2<T> = value.index_axis(Axis(0), sample).slice_axis(Axis(1), results).to_owned();
            let scores: Array2<T> = q.dot(&k.t()) * scale;
            let mut p: Array2<T> = Array2::zeros((queries, keys));
            for i in 0..queries {
                let mut largest: T = T::neg_infinity();
                for j in 0..keys {
                    if allowed[[sample, i, j]] {
                        largest = stop_gradient(largest.max(scores[[i, j]]));
                    }
                }
                let mut total = T::zero();
                for j in 0..keys {
                    if allowed[[sample, i, j]] {
                        p[[i, j]] = (scores[[i, j]] - largest).exp();
                        total += p[[i, j]];
                    }
                }
                for j in 0..keys {
                    if allowed[[sample, i, j]] {
                        p[[i, j]] /= total;
                    }
                }
            }
            y.index_axis_mut(Axis(0), sample).slice_axis_mut(Axis(1), results).assign(&p.dot(&v));
        }
    }
    y
}

/// The features of a head.
fn part(width: usize, head: usize) -> Slice {
    Slice::from(head * width..(head + 1) * width)
}

/// Which queries may attend to which keys.
fn allowed(mask: &ArrayRef<bool, Ix3>, shape: (usize, usize, usize), causal: bool) -> Array3<bool> {
    let mask = mask.broadcast(shape).expect("the kernel has checked the shape");
    Array3::from_shape_fn(shape, |at| mask[at] && (!causal || at.2 <= at.1))
}
