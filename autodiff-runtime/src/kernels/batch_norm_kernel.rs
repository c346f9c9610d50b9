//! Batch normalisation of every channel, the last axis.
//!
//! y = γ·n + β with n = (x − mean) / √(variance + ε), where mean and variance are those of a channel over all
//! other axes. With N elements in a channel, s = Σ ct and t = Σ ct·n over them, the gradients are
//! dx = γ·(ct − s/N − n·t/N) / √(variance + ε), dγ = t and dβ = s. The mean and the variance are returned
//! too, and are differentiable.
//!
//! Source: Ioffe, Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal
//! Covariate Shift*, 2015.

use ndarray::{Array, Array1, ArrayRef, Dimension, Ix1};

use super::support::{last_axis, row_major, row_major_copy};
use super::windows::{items_of, items_of_mut, with_items};
use crate::Real;

/// The value of [`batch_norm`]: the normalised array, and the mean and the variance of each channel.
pub type BatchNormValue<T, D> = (Array<T, D>, Array1<T>, Array1<T>);

/// What the way back needs of [`batch_norm`]: n, and 1 / √(variance + ε) of each channel.
pub type BatchNormSaved<T, D> = (Array<T, D>, Vec<T>);

/// Batch normalisation with the statistics of the batch, γ·(x − mean) / √(variance + ε) + β, for training.
///
/// - `x`: any shape; the last axis has the channels
/// - `gamma`, `beta`: (channels)
/// - the value: an array of the shape of `x`, and the mean and the variance of each channel, (channels) each.
///   The variance is Σ (x − mean)² / N, as in Keras.
///
/// Keras uses 0.001 for `epsilon`, and other libraries use 10⁻⁵.
///
/// ```
/// use autodiff_runtime::kernels::batch_norm;
/// use autodiff_runtime::prelude::*;
///
/// let x = array![[1.0_f64, 5.0], [3.0, 5.0]];
/// let (y, mean, variance) = batch_norm(&x, &array![2.0, 1.0], &array![0.0, 7.0], 0.0001);
/// assert!((y[(0, 0)] + 2.0).abs() < 0.001 && y[(1, 1)] == 7.0);
/// assert_eq!((mean, variance), (array![2.0, 5.0], array![1.0, 0.0]));
/// ```
///
/// # Panics
///
/// Panics if `gamma` or `beta` has another length than the last axis, or if the channels are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = batch_norm, order = 2, body = crate::kernels::plain::batch_norm(x, gamma, beta, epsilon))]
pub fn batch_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> (Array<T, D>, Array1<T>, Array1<T>) {
    let mut y = row_major_copy(x);
    let (mean, variance, scales) = normalise(&mut y, (gamma, beta), epsilon);
    scale_and_shift(&mut y, gamma, beta);
    drop(scales);
    (y, mean, variance)
}

/// The value of [`batch_norm`], and what [`batch_norm_adjoint`] needs.
#[track_caller]
pub fn batch_norm_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    epsilon: f64,
) -> (BatchNormValue<T, D>, BatchNormSaved<T, D>) {
    let mut normalised = row_major_copy(x);
    let (mean, variance, scales) = normalise(&mut normalised, (gamma, beta), epsilon);
    let mut y = normalised.clone();
    scale_and_shift(&mut y, gamma, beta);
    ((y, mean, variance), (normalised, scales))
}

/// Adds the gradients of [`batch_norm`] to the slots of `x`, `gamma` and `beta`.
pub fn batch_norm_adjoint<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    _beta: &ArrayRef<T, Ix1>,
    _epsilon: f64,
    (normalised, scales): BatchNormSaved<T, D>,
    (ct, ct_mean, ct_variance): BatchNormValue<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    gamma_slot: Option<&mut ArrayRef<T, Ix1>>,
    beta_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let ct = row_major(ct);
    let (ct, n) = (items_of(&ct), items_of(&normalised));
    let width = scales.len();
    let sums = channel_sums(ct, width, |_, _, ct| ct);
    let along = channel_sums(ct, width, |at, _, ct| ct * n[at]);
    if let Some(slot) = gamma_slot {
        slot.iter_mut().zip(&along).for_each(|(slot, &along)| *slot += along);
    }
    if let Some(slot) = beta_slot {
        slot.iter_mut().zip(&sums).for_each(|(slot, &sum)| *slot += sum);
    }
    if let Some(slot) = x_slot {
        let count = T::__lit(count(x, width));
        let two = T::one() + T::one();
        // dx = by_ct·ct + by_n·n + constant in every channel.
        let factors: Vec<(T, T, T)> = (0..width)
            .map(|at| {
                let by_ct = gamma[at] * scales[at];
                let by_n = two * ct_variance[at] / scales[at] - by_ct * along[at];
                let constant = ct_mean[at] - by_ct * sums[at];
                (by_ct, by_n / count, constant / count)
            })
            .collect();
        with_items(slot, |slot| {
            let rows = ct.chunks_exact(width).zip(n.chunks_exact(width));
            for (slot, (ct, n)) in slot.chunks_exact_mut(width).zip(rows) {
                let items = ct.iter().zip(n).zip(&factors);
                for (slot, ((&ct, &n), &(by_ct, by_n, constant))) in slot.iter_mut().zip(items) {
                    *slot += by_ct * ct + by_n * n + constant;
                }
            }
        });
    }
}

/// The value of [`batch_norm`], and its derivative along the tangents of `x`, `gamma` and `beta`.
#[track_caller]
pub fn batch_norm_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    epsilon: f64,
    dx: Option<&ArrayRef<T, D>>,
    d_gamma: Option<&ArrayRef<T, Ix1>>,
    d_beta: Option<&ArrayRef<T, Ix1>>,
) -> (BatchNormValue<T, D>, BatchNormValue<T, D>) {
    let (value, (normalised, scales)) = batch_norm_forward(x, gamma, beta, epsilon);
    let width = scales.len();
    let n = items_of(&normalised);
    let mut dy = match dx {
        Some(dx) => row_major_copy(dx),
        None => Array::zeros(x.raw_dim()),
    };
    let count = T::__lit(count(x, width));
    let items = items_of_mut(&mut dy);
    let mut d_mean = channel_sums(items, width, |_, _, dx| dx);
    let mut along = channel_sums(items, width, |at, _, dx| dx * n[at]);
    for sum in d_mean.iter_mut().chain(&mut along) {
        *sum /= count;
    }
    for (dy, n) in items.chunks_exact_mut(width).zip(n.chunks_exact(width)) {
        for (at, (dy, &n)) in dy.iter_mut().zip(n).enumerate() {
            *dy = gamma[at] * scales[at] * (*dy - d_mean[at] - n * along[at]);
            *dy += d_gamma.map_or(T::zero(), |d| d[at]) * n + d_beta.map_or(T::zero(), |d| d[at]);
        }
    }
    let two = T::one() + T::one();
    let d_variance = along.iter().zip(&scales).map(|(&along, &s)| two * along / s);
    let d_statistics = (d_mean.into(), d_variance.collect());
    (value, (dy, d_statistics.0, d_statistics.1))
}

/// 1 / √(variance + ε) of each channel.
pub(super) fn scales<T: Real>(variance: &ArrayRef<T, Ix1>, epsilon: f64) -> Vec<T> {
    let epsilon = T::__lit(epsilon);
    variance.iter().map(|&v| (v + epsilon).sqrt().recip()).collect()
}

/// The number of elements of a channel.
fn count<T, D: Dimension>(x: &ArrayRef<T, D>, width: usize) -> f64 {
    (x.len() / width.max(1)) as f64
}

/// The sum of `f(index, channel, item)` over each channel, with partial sums of some rows each, so that the
/// rounding does not grow with the number of rows.
pub(super) fn channel_sums<T: Real>(items: &[T], width: usize, f: impl Fn(usize, usize, T) -> T) -> Vec<T> {
    const ROWS: usize = 64;
    let mut sums = vec![T::zero(); width];
    let mut partial = vec![T::zero(); width];
    for (block, rows) in items.chunks(ROWS * width.max(1)).enumerate() {
        partial.fill(T::zero());
        for (row, items) in rows.chunks_exact(width).enumerate() {
            let start = (block * ROWS + row) * width;
            for (channel, (sum, &item)) in partial.iter_mut().zip(items).enumerate() {
                *sum += f(start + channel, channel, item);
            }
        }
        for (sum, &partial) in sums.iter_mut().zip(&partial) {
            *sum += partial;
        }
    }
    sums
}

/// Subtracts the mean of each channel and divides by √(variance + ε); returns mean, variance and
/// 1 / √(variance + ε).
#[track_caller]
fn normalise<T: Real, D: Dimension>(
    x: &mut Array<T, D>,
    (gamma, beta): (&ArrayRef<T, Ix1>, &ArrayRef<T, Ix1>),
    epsilon: f64,
) -> (Array1<T>, Array1<T>, Vec<T>) {
    let width = last_axis(x);
    assert!(
        gamma.len() == width && beta.len() == width,
        "batch_norm: the input has shape {:?}, but `gamma` has {} and `beta` {} elements",
        x.shape(),
        gamma.len(),
        beta.len()
    );
    assert!(
        !x.is_empty(),
        "batch_norm: the mean over no elements is not defined, but the input has shape {:?}",
        x.shape()
    );
    let count = T::__lit(count(x, width));
    let items = items_of_mut(x);
    let mean = Array1::from(channel_sums(items, width, |_, _, x| x)) / count;
    for row in items.chunks_exact_mut(width) {
        row.iter_mut().zip(&mean).for_each(|(x, &mean)| *x -= mean);
    }
    let variance = Array1::from(channel_sums(items, width, |_, _, x| x * x)) / count;
    let scales = scales(&variance, epsilon);
    for row in items.chunks_exact_mut(width) {
        row.iter_mut().zip(&scales).for_each(|(x, &scale)| *x *= scale);
    }
    (mean, variance, scales)
}

fn scale_and_shift<T: Real, D: Dimension>(y: &mut Array<T, D>, gamma: &ArrayRef<T, Ix1>, beta: &ArrayRef<T, Ix1>) {
    for row in items_of_mut(y).chunks_exact_mut(gamma.len()) {
        for (y, (&gamma, &beta)) in row.iter_mut().zip(gamma.iter().zip(beta)) {
            *y = *y * gamma + beta;
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, Axis, concatenate};

    use super::*;
    use crate::kernels::testing::{check, wave};

    const EPSILON: f64 = 1e-3;
    type A1 = Array1<f64>;
    type A3 = Array3<f64>;

    /// The three parts of the value, one after the other.
    fn flat((y, mean, variance): BatchNormValue<f64, ndarray::Ix3>) -> A1 {
        let y = y.flatten().to_owned();
        concatenate(Axis(0), &[y.view(), mean.view(), variance.view()]).unwrap()
    }

    fn gradients(x: &A3, gamma: &A1, beta: &A1, ct: &A1) -> (A3, A1, A1) {
        let (value, saved) = batch_norm_forward(x, gamma, beta, EPSILON);
        assert_eq!(value, batch_norm(x, gamma, beta, EPSILON));
        let (y, rest) = ct.view().split_at(Axis(0), x.len());
        let (mean, variance) = rest.split_at(Axis(0), gamma.len());
        let y = y.to_owned().into_shape_with_order(x.raw_dim()).unwrap();
        let ct = (y, mean.to_owned(), variance.to_owned());
        let (mut dx, mut dg, mut db) = (x * 0.0 + 1.0, gamma * 0.0 + 1.0, beta * 0.0 + 1.0);
        let slots = (Some(&mut *dx), Some(&mut *dg), Some(&mut *db));
        batch_norm_adjoint(x, gamma, beta, EPSILON, saved, ct, slots.0, slots.1, slots.2);
        (dx - 1.0, dg - 1.0, db - 1.0)
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let (x, gamma, beta) = (wave((5, 19, 3), 1), wave(3, 2), wave(3, 3));
        let both = |(y, dy)| (flat(y), flat(dy));
        check(
            &x,
            |x| flat(batch_norm(x, &gamma, &beta, EPSILON)),
            |x, ct| gradients(x, &gamma, &beta, &ct).0,
            |x, dx| both(batch_norm_tangent(x, &gamma, &beta, EPSILON, Some(dx), None, None)),
        );
        check(
            &gamma,
            |gamma| flat(batch_norm(&x, gamma, &beta, EPSILON)),
            |gamma, ct| gradients(&x, gamma, &beta, &ct).1,
            |gamma, dg| both(batch_norm_tangent(&x, gamma, &beta, EPSILON, None, Some(dg), None)),
        );
        check(
            &beta,
            |beta| flat(batch_norm(&x, &gamma, beta, EPSILON)),
            |beta, ct| gradients(&x, &gamma, beta, &ct).2,
            |beta, db| both(batch_norm_tangent(&x, &gamma, beta, EPSILON, None, None, Some(db))),
        );
    }

    #[test]
    #[should_panic(expected = "the input has shape [2, 3], but `gamma` has 2 and `beta` 3 elements")]
    fn parameters_of_another_length_are_refused() {
        batch_norm(&wave((2, 3), 1), &wave(2, 1), &wave(3, 1), EPSILON);
    }

    #[test]
    #[should_panic(expected = "the mean over no elements is not defined")]
    fn an_empty_batch_is_refused() {
        batch_norm(&wave((0, 3), 1), &wave(3, 1), &wave(3, 1), EPSILON);
    }
}
