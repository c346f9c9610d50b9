//! Pooling by the maximum, and over whole images.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Ix4};

use crate::kernels::{Pool2DConfig, max_pool2d_forward};
use crate::prelude::*;

#[differentiable(hidden, order = 2)]
pub(crate) fn max_pool2d<T: Real>(x: &ArrayRef<T, Ix4>, #[constant] config: Pool2DConfig) -> Array4<T> {
    let (shape, places): (Ix4, Vec<usize>) = stop_gradient(maxima(x, config));
    let items: Vec<T> = x.iter().copied().collect();
    let mut largest: Vec<T> = vec![T::zero(); places.len()];
    for i in 0..places.len() {
        largest[i] = items[places[i]];
    }
    Array::from_shape_vec(shape, largest).unwrap()
}

/// Where the maxima stand among all elements, in row-major order, and the shape of the value.
fn maxima<T: Real>(x: &ArrayRef<T, Ix4>, config: Pool2DConfig) -> (Ix4, Vec<usize>) {
    let (_, places) = max_pool2d_forward(x, config);
    let (_, height, width, channels) = x.dim();
    let image = height * width * channels;
    let all = places.indexed_iter().map(|((sample, _, _, channel), &at)| sample * image + at as usize + channel);
    (places.raw_dim(), all.collect())
}

#[differentiable(hidden, order = 2)]
pub(crate) fn global_average_pool2d<T: Real>(x: &ArrayRef<T, Ix4>) -> Array2<T> {
    let (batch, height, width, channels) = x.dim();
    let items: Vec<T> = x.iter().copied().collect();
    let mut means: Vec<T> = vec![T::zero(); batch * channels];
    for i in 0..items.len() {
        means[i / (height * width * channels) * channels + i % channels] += items[i];
    }
    for i in 0..means.len() {
        means[i] /= T::__lit((height * width) as f64);
    }
    Array2::from_shape_vec((batch, channels), means).unwrap()
}

/// Equal maxima share the derivative: the value is their mean.
#[differentiable(hidden, order = 2)]
pub(crate) fn global_max_pool2d<T: Real>(x: &ArrayRef<T, Ix4>) -> Array2<T> {
    let (batch, height, width, channels) = x.dim();
    let pixels = height * width;
    let items: Vec<T> = x.iter().copied().collect();
    let mut largest: Vec<T> = vec![T::zero(); batch * channels];
    for at in 0..batch * channels {
        let first = at / channels * pixels * channels + at % channels;
        let mut best: T = T::neg_infinity();
        for pixel in 0..pixels {
            best = stop_gradient(best.max(items[first + pixel * channels]));
        }
        let mut count: usize = 0;
        for pixel in 0..pixels {
            if items[first + pixel * channels] == best {
                largest[at] += items[first + pixel * channels];
                count += 1;
            }
        }
        largest[at] /= T::__lit(count as f64);
    }
    Array2::from_shape_vec((batch, channels), largest).unwrap()
}
