//! Group normalisation: of the channels of each sample, in groups.
//!
//! y = γ·n + β with n = (x − mean) / √(variance + ε), where mean and variance are those of a group of channels of
//! one sample over all axes between. With c = γ·ct, the gradients are
//! dx = (c − mean(c) − n·mean(c·n)) / √(variance + ε), dγ = Σ ct·n and dβ = Σ ct.
//!
//! Source: Wu, He, *Group Normalization*, 2018.

use ndarray::{Array, ArrayRef, Dimension, Ix1};

use super::support::{last_axis, row_major, row_major_copy};
use super::windows::{items_of, items_of_mut, with_items};
use crate::Real;

/// What the way back needs of [`group_norm`]: n, and 1 / √(variance + ε) of each group of each sample.
pub type GroupNormSaved<T, D> = (Array<T, D>, Vec<T>);

/// Group normalisation, γ·(x − mean) / √(variance + ε) + β.
///
/// - `x`: (batch, …, channels)
/// - `gamma`, `beta`: (channels)
/// - `groups`: how many groups the channels are divided into. With one it is a layer normalisation over all
///   axes but the first, with as many as channels an instance normalisation.
/// - the value: an array of the shape of `x`
///
/// Keras uses 0.001 for `epsilon`, and other libraries use 10⁻⁵.
///
/// ```
/// use autodiff_runtime::kernels::group_norm;
/// use autodiff_runtime::prelude::*;
///
/// let x = array![[1.0, 3.0, 10.0, 20.0]];
/// let y = group_norm(&x, &Array1::ones(4), &Array1::zeros(4), 2, 0.0);
/// assert_eq!(y, array![[-1.0, 1.0, -1.0, 1.0]]);
/// ```
///
/// # Panics
///
/// Panics if `gamma` or `beta` has another length than the last axis, if the groups do not divide the
/// channels, or if `x` has no axes.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = group_norm, order = 2, body = crate::kernels::plain::group_norm(x, gamma, beta, groups, epsilon))]
pub fn group_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: usize,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    group_norm_forward(x, gamma, beta, groups, epsilon).0
}

/// The value of [`group_norm`], and what [`group_norm_adjoint`] needs.
#[track_caller]
pub fn group_norm_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: usize,
    epsilon: f64,
) -> (Array<T, D>, GroupNormSaved<T, D>) {
    let layout = Layout::new(x, gamma, beta, groups);
    let mut normalised = row_major_copy(x);
    let items = items_of_mut(&mut normalised);
    let means = layout.means(items, |_, x| x);
    layout.update(items, |_, group, _, x| *x -= means[group]);
    let variances = layout.means(items, |_, x| x * x);
    let epsilon = T::__lit(epsilon);
    let scales: Vec<T> = variances.into_iter().map(|variance| (variance + epsilon).sqrt().recip()).collect();
    layout.update(items, |_, group, _, x| *x *= scales[group]);
    let mut y = normalised.clone();
    layout.update(items_of_mut(&mut y), |_, _, channel, y| {
        *y = *y * gamma[channel] + beta[channel];
    });
    (y, (normalised, scales))
}

/// Adds the gradients of [`group_norm`] to the slots of `x`, `gamma` and `beta`.
pub fn group_norm_adjoint<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: usize,
    _epsilon: f64,
    (normalised, scales): GroupNormSaved<T, D>,
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    gamma_slot: Option<&mut ArrayRef<T, Ix1>>,
    beta_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let layout = Layout::new(x, gamma, beta, groups);
    let mut ct = row_major(ct);
    let (ct, n) = (items_of_mut(&mut ct), items_of(&normalised));
    if let Some(slot) = gamma_slot {
        layout.update(ct, |at, _, channel, ct| slot[channel] += *ct * n[at]);
    }
    if let Some(slot) = beta_slot {
        layout.update(ct, |_, _, channel, ct| slot[channel] += *ct);
    }
    if let Some(slot) = x_slot {
        layout.update(ct, |_, _, channel, ct| *ct *= gamma[channel]);
        layout.project(ct, n, &scales);
        with_items(slot, |slot| {
            for (slot, &dx) in slot.iter_mut().zip(&*ct) {
                *slot += dx;
            }
        });
    }
}

/// The value of [`group_norm`], and its derivative along the tangents of `x`, `gamma` and `beta`.
#[track_caller]
pub fn group_norm_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    groups: usize,
    epsilon: f64,
    dx: Option<&ArrayRef<T, D>>,
    d_gamma: Option<&ArrayRef<T, Ix1>>,
    d_beta: Option<&ArrayRef<T, Ix1>>,
) -> (Array<T, D>, Array<T, D>) {
    let layout = Layout::new(x, gamma, beta, groups);
    let (y, (normalised, scales)) = group_norm_forward(x, gamma, beta, groups, epsilon);
    let mut dy = match dx {
        Some(dx) => row_major_copy(dx),
        None => Array::zeros(y.raw_dim()),
    };
    let (items, n) = (items_of_mut(&mut dy), items_of(&normalised));
    // The Jacobian of the normalisation is symmetric: the tangent is computed as the adjoint is.
    layout.project(items, n, &scales);
    layout.update(items, |at, _, channel, dy| {
        *dy *= gamma[channel];
        *dy += d_gamma.map_or(T::zero(), |d| d[channel]) * n[at];
        *dy += d_beta.map_or(T::zero(), |d| d[channel]);
    });
    (y, dy)
}

/// How the elements of an array in row-major order fall into groups.
#[derive(Clone, Copy)]
struct Layout {
    batch: usize,
    pixels: usize,
    channels: usize,
    groups: usize,
}

impl Layout {
    #[track_caller]
    fn new<T: Real, D: Dimension>(
        x: &ArrayRef<T, D>,
        gamma: &ArrayRef<T, Ix1>,
        beta: &ArrayRef<T, Ix1>,
        groups: usize,
    ) -> Self {
        let (batch, channels) = (x.shape().first().copied().unwrap_or(1), last_axis(x));
        assert!(
            gamma.len() == channels && beta.len() == channels,
            "group_norm: the input has shape {:?}, but `gamma` has {} and `beta` {} elements",
            x.shape(),
            gamma.len(),
            beta.len()
        );
        assert!(
            x.ndim() > 1 && groups > 0 && channels % groups == 0,
            "group_norm: the {channels} channels of an input of shape {:?} cannot be divided into {groups} groups",
            x.shape()
        );
        let pixels = x.len() / (batch * channels).max(1);
        Self { batch, pixels, channels, groups }
    }

    /// Calls `each` with the index of every element, the number of its group among all samples, its channel,
    /// and the element.
    fn update<T>(&self, items: &mut [T], mut each: impl FnMut(usize, usize, usize, &mut T)) {
        let width = (self.channels / self.groups).max(1);
        for (pixel, row) in items.chunks_exact_mut(self.channels.max(1)).enumerate() {
            let (sample, start) = (pixel / self.pixels, pixel * self.channels);
            for (group, items) in row.chunks_exact_mut(width).enumerate() {
                for (at, item) in items.iter_mut().enumerate() {
                    let channel = group * width + at;
                    each(start + channel, sample * self.groups + group, channel, item);
                }
            }
        }
    }

    /// The mean of `f(index, item)` over each group of each sample.
    fn means<T: Real>(&self, items: &[T], f: impl Fn(usize, T) -> T) -> Vec<T> {
        let width = (self.channels / self.groups).max(1);
        let count = T::__lit((self.pixels * width) as f64);
        let mut means = vec![T::zero(); self.batch * self.groups];
        for (pixel, row) in items.chunks_exact(self.channels.max(1)).enumerate() {
            let (sample, start) = (pixel / self.pixels, pixel * self.channels);
            for (group, items) in row.chunks_exact(width).enumerate() {
                let first = start + group * width;
                let sum: T = items.iter().enumerate().map(|(at, &x)| f(first + at, x)).sum();
                means[sample * self.groups + group] += sum;
            }
        }
        for mean in &mut means {
            *mean /= count;
        }
        means
    }

    /// c ← (c − mean(c) − n·mean(c·n))·scale in every group.
    fn project<T: Real>(&self, c: &mut [T], n: &[T], scales: &[T]) {
        let means = self.means(c, |_, c| c);
        let along = self.means(c, |at, c| c * n[at]);
        self.update(c, |at, group, _, c| {
            *c = (*c - means[group] - n[at] * along[group]) * scales[group];
        });
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array3};

    use super::*;
    use crate::kernels::testing::{check, wave};

    const EPSILON: f64 = 1e-3;
    type A1 = Array1<f64>;
    type A3 = Array3<f64>;

    fn gradients(x: &A3, gamma: &A1, beta: &A1, groups: usize, ct: A3) -> (A3, A1, A1) {
        let (_, saved) = group_norm_forward(x, gamma, beta, groups, EPSILON);
        let (mut dx, mut dg, mut db) = (x * 0.0 + 1.0, gamma * 0.0 + 1.0, beta * 0.0 + 1.0);
        let slots = (Some(&mut *dx), Some(&mut *dg), Some(&mut *db));
        group_norm_adjoint(x, gamma, beta, groups, EPSILON, saved, ct, slots.0, slots.1, slots.2);
        (dx - 1.0, dg - 1.0, db - 1.0)
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let (x, gamma, beta) = (wave((2, 3, 6), 1), wave(6, 2), wave(6, 3));
        for k in [1, 2, 6] {
            check(
                &x,
                |x| group_norm(x, &gamma, &beta, k, EPSILON),
                |x, ct| gradients(x, &gamma, &beta, k, ct).0,
                |x, dx| group_norm_tangent(x, &gamma, &beta, k, EPSILON, Some(dx), None, None),
            );
            check(
                &gamma,
                |gamma| group_norm(&x, gamma, &beta, k, EPSILON),
                |gamma, ct| gradients(&x, gamma, &beta, k, ct).1,
                |gamma, dg| group_norm_tangent(&x, gamma, &beta, k, EPSILON, None, Some(dg), None),
            );
            check(
                &beta,
                |beta| group_norm(&x, &gamma, beta, k, EPSILON),
                |beta, ct| gradients(&x, &gamma, beta, k, ct).2,
                |beta, db| group_norm_tangent(&x, &gamma, beta, k, EPSILON, None, None, Some(db)),
            );
        }
    }

    #[test]
    #[should_panic(expected = "the 6 channels of an input of shape [2, 6] cannot be divided into 4 groups")]
    fn groups_that_do_not_divide_the_channels_are_refused() {
        group_norm(&wave((2, 6), 1), &wave(6, 1), &wave(6, 1), 4, EPSILON);
    }
}
