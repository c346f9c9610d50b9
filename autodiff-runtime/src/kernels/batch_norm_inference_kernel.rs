//! Batch normalisation with statistics that are given, as a layer does for predictions.
//!
//! y = γ·n + β with n = (x − mean) / √(variance + ε). Nothing depends on other elements of the batch: with
//! r = 1 / √(variance + ε), the gradients are dx = γ·r·ct, dγ = Σ ct·n, dβ = Σ ct, d(mean) = −γ·r·Σ ct and
//! d(variance) = −½·γ·r²·Σ ct·n, summed over each channel.

use ndarray::{Array, ArrayRef, Dimension, Ix1};

use super::batch_norm_kernel::{channel_sums, scales};
use super::support::{last_axis, row_major, row_major_copy};
use super::windows::{items_of, items_of_mut, with_items};
use crate::Real;

/// Batch normalisation with given statistics, γ·(x − mean) / √(variance + ε) + β, for predictions.
///
/// - `x`: any shape; the last axis has the channels
/// - `gamma`, `beta`, `mean`, `variance`: (channels)
/// - the value: an array of the shape of `x`
///
/// # Panics
///
/// Panics if one of the four has another length than the last axis.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = batch_norm_inference, order = 2, body = crate::kernels::plain::batch_norm_inference(x, gamma, beta, mean, variance, epsilon))]
pub fn batch_norm_inference<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &ArrayRef<T, Ix1>,
    variance: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    let width = last_axis(x);
    for parameter in [gamma, beta, mean, variance] {
        assert!(
            parameter.len() == width,
            "batch_norm_inference: the input has shape {:?}, but a parameter has {} elements",
            x.shape(),
            parameter.len()
        );
    }
    let scales = scales(variance, epsilon);
    let mut y = row_major_copy(x);
    for row in items_of_mut(&mut y).chunks_exact_mut(width.max(1)) {
        for (at, y) in row.iter_mut().enumerate() {
            *y = (*y - mean[at]) * scales[at] * gamma[at] + beta[at];
        }
    }
    y
}

/// The value of [`batch_norm_inference`]; nothing is saved.
#[track_caller]
pub fn batch_norm_inference_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &ArrayRef<T, Ix1>,
    variance: &ArrayRef<T, Ix1>,
    epsilon: f64,
) -> (Array<T, D>, ()) {
    let y = batch_norm_inference(x, gamma, beta, mean, variance, epsilon);
    (y, ())
}

/// Adds the gradients of [`batch_norm_inference`] to the slots of `x`, `gamma`, `beta`, `mean` and `variance`.
pub fn batch_norm_inference_adjoint<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    _beta: &ArrayRef<T, Ix1>,
    mean: &ArrayRef<T, Ix1>,
    variance: &ArrayRef<T, Ix1>,
    epsilon: f64,
    (): (),
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    gamma_slot: Option<&mut ArrayRef<T, Ix1>>,
    beta_slot: Option<&mut ArrayRef<T, Ix1>>,
    mean_slot: Option<&mut ArrayRef<T, Ix1>>,
    variance_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let ct = row_major(ct);
    let ct = items_of(&ct);
    let width = gamma.len();
    let scales = scales(variance, epsilon);
    if gamma_slot.is_some() || variance_slot.is_some() {
        let x = x.as_standard_layout();
        let x = items_of(&x);
        let along = channel_sums(ct, width, |at, c, ct| ct * (x[at] - mean[c]));
        if let Some(slot) = gamma_slot {
            for (at, slot) in slot.iter_mut().enumerate() {
                *slot += along[at] * scales[at];
            }
        }
        if let Some(slot) = variance_slot {
            let half = T::__lit(0.5);
            for (at, slot) in slot.iter_mut().enumerate() {
                *slot -= half * gamma[at] * along[at] * scales[at].powi(3);
            }
        }
    }
    if beta_slot.is_some() || mean_slot.is_some() {
        let sums = channel_sums(ct, width, |_, _, ct| ct);
        if let Some(slot) = beta_slot {
            for (slot, &sum) in slot.iter_mut().zip(&sums) {
                *slot += sum;
            }
        }
        if let Some(slot) = mean_slot {
            for (at, slot) in slot.iter_mut().enumerate() {
                *slot -= gamma[at] * scales[at] * sums[at];
            }
        }
    }
    if let Some(slot) = x_slot {
        with_items(slot, |slot| {
            let rows = slot.chunks_exact_mut(width.max(1));
            for (slot, ct) in rows.zip(ct.chunks_exact(width.max(1))) {
                for (at, (slot, &ct)) in slot.iter_mut().zip(ct).enumerate() {
                    *slot += ct * gamma[at] * scales[at];
                }
            }
        });
    }
}

/// The value of [`batch_norm_inference`], and its derivative along the tangents of `x`, `gamma`, `beta`,
/// `mean` and `variance`.
#[track_caller]
pub fn batch_norm_inference_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    mean: &ArrayRef<T, Ix1>,
    variance: &ArrayRef<T, Ix1>,
    epsilon: f64,
    dx: Option<&ArrayRef<T, D>>,
    d_gamma: Option<&ArrayRef<T, Ix1>>,
    d_beta: Option<&ArrayRef<T, Ix1>>,
    d_mean: Option<&ArrayRef<T, Ix1>>,
    d_variance: Option<&ArrayRef<T, Ix1>>,
) -> (Array<T, D>, Array<T, D>) {
    let y = batch_norm_inference(x, gamma, beta, mean, variance, epsilon);
    let width = last_axis(x).max(1);
    let scales = scales(variance, epsilon);
    let mut dy = match dx {
        Some(dx) => row_major_copy(dx),
        None => Array::zeros(x.raw_dim()),
    };
    let x = x.as_standard_layout();
    let rows = items_of_mut(&mut dy).chunks_exact_mut(width);
    let along = |tangent: Option<&ArrayRef<T, Ix1>>, at: usize| tangent.map_or(T::zero(), |d| d[at]);
    for (dy, x) in rows.zip(items_of(&x).chunks_exact(width)) {
        for (at, (dy, &x)) in dy.iter_mut().zip(x).enumerate() {
            let scale = scales[at];
            let n = (x - mean[at]) * scale;
            let d_scale = T::__lit(-0.5) * scale * scale * along(d_variance, at);
            let dn = (*dy - along(d_mean, at)) * scale + n * d_scale;
            *dy = gamma[at] * dn + along(d_gamma, at) * n + along(d_beta, at);
        }
    }
    (y, dy)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array3};

    use super::*;
    use crate::kernels::testing::{check, wave};

    const EPSILON: f64 = 1e-3;

    /// x, gamma, beta, mean and variance from one vector.
    fn split(all: &Array1<f64>) -> (Array3<f64>, [Array1<f64>; 4]) {
        let (x, rest) = all.as_slice().unwrap().split_at(24);
        let x = Array3::from_shape_vec((2, 4, 3), x.to_vec()).unwrap();
        (x, [0, 3, 6, 9].map(|at| Array1::from(rest[at..at + 3].to_vec())))
    }

    fn value(all: &Array1<f64>) -> Array3<f64> {
        let (x, [gamma, beta, mean, variance]) = split(all);
        let (y, ()) = batch_norm_inference_forward(&x, &gamma, &beta, &mean, &variance, EPSILON);
        y
    }

    fn gradient(all: &Array1<f64>, ct: Array3<f64>) -> Array1<f64> {
        let (x, [gamma, beta, mean, variance]) = split(all);
        let (mut dx, mut slots) = split(&Array1::ones(36));
        let [dg, db, dm, dv] = slots.each_mut().map(|slot| Some(&mut **slot));
        let dx_slot = Some(&mut *dx);
        batch_norm_inference_adjoint(&x, &gamma, &beta, &mean, &variance, EPSILON, (), ct, dx_slot, dg, db, dm, dv);
        let all = dx.iter().chain(slots.iter().flatten());
        all.map(|item| item - 1.0).collect()
    }

    fn tangent(all: &Array1<f64>, d: &Array1<f64>) -> (Array3<f64>, Array3<f64>) {
        let (x, [gamma, beta, mean, variance]) = split(all);
        let (dx, d) = split(d);
        let [dg, db, dm, dv] = d.each_ref().map(|d| Some(&**d));
        let dx = Some(&*dx);
        batch_norm_inference_tangent(&x, &gamma, &beta, &mean, &variance, EPSILON, dx, dg, db, dm, dv)
    }

    /// All five parameters at once.
    #[test]
    fn derivatives_agree_with_differences() {
        let mut all = wave(36, 1);
        for variance in all.iter_mut().skip(33) {
            *variance = variance.abs() + 0.5;
        }
        check(&all, value, gradient, tangent);
    }

    #[test]
    #[should_panic(expected = "the input has shape [2, 3], but a parameter has 2 elements")]
    fn parameters_of_another_length_are_refused() {
        let (three, two) = (wave(3, 1), wave(2, 1));
        batch_norm_inference(&wave((2, 3), 1), &three, &three, &three, &two, EPSILON);
    }
}
