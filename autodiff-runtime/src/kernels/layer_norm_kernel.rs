//! Layer normalisation over the last axis.
//!
//! y = γ·n + β with n = (x − mean) / √(variance + ε), where mean and variance are those of a row. With
//! c = γ·ct, the gradients are dx = (c − mean(c) − n·mean(c·n)) / √(variance + ε), dγ = Σ ct·n and
//! dβ = Σ ct over the rows.
//!
//! Source: Ba, Kiros, Hinton, *Layer Normalization*, 2016.

use ndarray::{Array, Array1, ArrayRef, Dimension, Ix1};

use super::support::{last_axis, row_major, row_major_copy};
use crate::Real;

/// What the way back needs of [`layer_norm`]: the normalised rows n, and 1 / √(variance + ε) of each.
pub type LayerNormSaved<T, D> = (Array<T, D>, Vec<T>);

/// Layer normalisation over the last axis, γ·(x − mean) / √(variance + ε) + β.
///
/// `gamma` and `beta` have one element for each element of a row. Keras uses 0.001 for `epsilon`, and
/// other libraries use 10⁻⁵.
///
/// ```
/// use autodiff_runtime::kernels::layer_norm;
/// use autodiff_runtime::prelude::*;
///
/// let y = layer_norm(&array![[1.0, 3.0]], &array![1.0, 10.0], &array![0.0, 5.0], 0.0);
/// assert_eq!(y, array![[-1.0, 15.0]]);
/// ```
///
/// # Panics
///
/// Panics if `gamma` or `beta` has another length than the rows of `x`.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = layer_norm, order = 2, body = crate::kernels::plain::layer_norm(x, gamma, beta, epsilon))]
pub fn layer_norm<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    #[constant] epsilon: f64,
) -> Array<T, D> {
    let mut y = row_major_copy(x);
    let (gamma, beta) = parameters(x, gamma, beta);
    for_rows(&mut y, |_, row| {
        normalise(row, epsilon);
        scale_and_shift(row, &gamma, &beta);
    });
    y
}

/// The value of [`layer_norm`], and what [`layer_norm_adjoint`] needs.
#[track_caller]
pub fn layer_norm_forward<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    epsilon: f64,
) -> (Array<T, D>, LayerNormSaved<T, D>) {
    let mut normalised = row_major_copy(x);
    let (gamma, beta) = parameters(x, gamma, beta);
    let mut scales = Vec::new();
    for_rows(&mut normalised, |_, row| {
        scales.push(normalise(row, epsilon));
    });
    let mut y = normalised.clone();
    for_rows(&mut y, |_, row| scale_and_shift(row, &gamma, &beta));
    (y, (normalised, scales))
}

/// Adds the gradients of [`layer_norm`] to the slots of `x`, `gamma` and `beta`.
pub fn layer_norm_adjoint<T: Real, D: Dimension>(
    _x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    _beta: &ArrayRef<T, Ix1>,
    _epsilon: f64,
    (normalised, scales): LayerNormSaved<T, D>,
    ct: Array<T, D>,
    x_slot: Option<&mut ArrayRef<T, D>>,
    gamma_slot: Option<&mut ArrayRef<T, Ix1>>,
    beta_slot: Option<&mut ArrayRef<T, Ix1>>,
) {
    let width = last_axis(&normalised).max(1);
    let mut ct = row_major(ct);
    let items = items_of(&normalised);
    if let Some(slot) = gamma_slot {
        for_rows(&mut ct, |index, ct| {
            let n = &items[index * width..][..width];
            slot.iter_mut().zip(ct.iter().zip(n)).for_each(|(sum, (&ct, &n))| *sum += ct * n);
        });
    }
    if let Some(slot) = beta_slot {
        for_rows(&mut ct, |_, ct| {
            slot.iter_mut().zip(ct).for_each(|(sum, ct)| *sum += *ct);
        });
    }
    if let Some(slot) = x_slot {
        for_rows(&mut ct, |index, ct| {
            ct.iter_mut().zip(gamma).for_each(|(ct, &gamma)| *ct *= gamma);
            project(ct, &items[index * width..][..width], scales[index]);
        });
        slot.zip_mut_with(&ct, |sum, &dx| *sum += dx);
    }
}

/// The value of [`layer_norm`], and its derivative along the tangents of `x`, `gamma` and `beta`.
#[track_caller]
pub fn layer_norm_tangent<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
    epsilon: f64,
    dx: Option<&ArrayRef<T, D>>,
    d_gamma: Option<&ArrayRef<T, Ix1>>,
    d_beta: Option<&ArrayRef<T, Ix1>>,
) -> (Array<T, D>, Array<T, D>) {
    let (y, (normalised, scales)) = layer_norm_forward(x, gamma, beta, epsilon);
    let width = last_axis(x).max(1);
    let items = items_of(&normalised);
    let zero = Array1::zeros(gamma.len());
    let (d_gamma, d_beta) = (d_gamma.unwrap_or(&zero), d_beta.unwrap_or(&zero));
    let mut dy = match dx {
        Some(dx) => row_major_copy(dx),
        None => Array::zeros(y.raw_dim()),
    };
    for_rows(&mut dy, |index, row| {
        let n = &items[index * width..][..width];
        // The Jacobian of the normalisation is symmetric: the tangent is computed as the adjoint is.
        project(row, n, scales[index]);
        for (column, (dy, &n)) in row.iter_mut().zip(n).enumerate() {
            *dy = *dy * gamma[column] + n * d_gamma[column] + d_beta[column];
        }
    });
    (y, dy)
}

#[track_caller]
fn parameters<T: Real, D: Dimension>(
    x: &ArrayRef<T, D>,
    gamma: &ArrayRef<T, Ix1>,
    beta: &ArrayRef<T, Ix1>,
) -> (Vec<T>, Vec<T>) {
    let width = last_axis(x);
    assert!(
        gamma.len() == width && beta.len() == width,
        "layer_norm: the input has shape {:?}, but `gamma` has {} and `beta` {} elements",
        x.shape(),
        gamma.len(),
        beta.len()
    );
    (gamma.to_vec(), beta.to_vec())
}

/// The elements of an array that was made in row-major order.
fn items_of<T: Real, D: Dimension>(array: &Array<T, D>) -> &[T] {
    array.as_slice().expect("the array is in row-major order")
}

/// Calls `each` with the index of every row and the row.
fn for_rows<T: Real, D: Dimension>(array: &mut Array<T, D>, mut each: impl FnMut(usize, &mut [T])) {
    let width = last_axis(array).max(1);
    let items = array.as_slice_mut().expect("the array is in row-major order");
    for (index, row) in items.chunks_exact_mut(width).enumerate() {
        each(index, row);
    }
}

/// Subtracts the mean and divides by √(variance + ε); returns 1 / √(variance + ε).
fn normalise<T: Real>(row: &mut [T], epsilon: f64) -> T {
    let count = T::__lit(row.len() as f64);
    let mean = row.iter().sum::<T>() / count;
    for x in &mut *row {
        *x -= mean;
    }
    let variance = row.iter().map(|&x| x * x).sum::<T>() / count;
    let scale = (variance + T::__lit(epsilon)).sqrt().recip();
    for x in row {
        *x *= scale;
    }
    scale
}

fn scale_and_shift<T: Real>(row: &mut [T], gamma: &[T], beta: &[T]) {
    for ((x, &gamma), &beta) in row.iter_mut().zip(gamma).zip(beta) {
        *x = *x * gamma + beta;
    }
}

/// c ← (c − mean(c) − n·mean(c·n))·scale.
fn project<T: Real>(c: &mut [T], n: &[T], scale: T) {
    let count = T::__lit(c.len() as f64);
    let mean = c.iter().sum::<T>() / count;
    let along = c.iter().zip(n).map(|(&c, &n)| c * n).sum::<T>() / count;
    for (c, &n) in c.iter_mut().zip(n) {
        *c = (*c - mean - n * along) * scale;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::kernels::testing::{check, wave};

    const EPSILON: f64 = 1e-3;

    /// The gradient with respect to one of the three, by number.
    fn gradients(
        x: &Array3<f64>,
        gamma: &Array1<f64>,
        beta: &Array1<f64>,
        ct: Array3<f64>,
    ) -> (Array3<f64>, Array1<f64>, Array1<f64>) {
        let (y, saved) = layer_norm_forward(x, gamma, beta, EPSILON);
        assert_eq!(y, layer_norm(x, gamma, beta, EPSILON));
        let (mut dx, mut dg, mut db) = (x * 0.0 + 1.0, gamma * 0.0 + 1.0, beta * 0.0 + 1.0);
        layer_norm_adjoint(x, gamma, beta, EPSILON, saved, ct, Some(&mut dx), Some(&mut dg), Some(&mut db));
        (dx - 1.0, dg - 1.0, db - 1.0)
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let (x, gamma, beta) = (wave((2, 3, 5), 1), wave(5, 2), wave(5, 3));
        check(
            &x,
            |x| layer_norm(x, &gamma, &beta, EPSILON),
            |x, ct| gradients(x, &gamma, &beta, ct).0,
            |x, dx| layer_norm_tangent(x, &gamma, &beta, EPSILON, Some(dx), None, None),
        );
        check(
            &gamma,
            |gamma| layer_norm(&x, gamma, &beta, EPSILON),
            |gamma, ct| gradients(&x, gamma, &beta, ct).1,
            |gamma, dg| layer_norm_tangent(&x, gamma, &beta, EPSILON, None, Some(dg), None),
        );
        check(
            &beta,
            |beta| layer_norm(&x, &gamma, beta, EPSILON),
            |beta, ct| gradients(&x, &gamma, beta, ct).2,
            |beta, db| layer_norm_tangent(&x, &gamma, beta, EPSILON, None, None, Some(db)),
        );
    }

    #[test]
    #[should_panic(expected = "the input has shape [2, 3], but `gamma` has 2 and `beta` 3 elements")]
    fn parameters_of_another_length_are_refused() {
        layer_norm(&wave((2, 3), 1), &wave(2, 1), &wave(3, 1), EPSILON);
    }
}
