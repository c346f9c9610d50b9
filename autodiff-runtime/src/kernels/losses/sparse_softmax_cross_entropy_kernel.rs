//! The cross-entropy of a softmax, with integer labels as targets.
//!
//! The loss of a row with class c is `ln Σ eᶻ − z_c`. Its derivative is softmax(z), less 1 at c.

use ndarray::{Array2, ArrayRef, Ix2};

use super::Labels;
use super::weights::class;
use crate::Real;
use crate::kernels::activations::{log_sum_exp, softmax_in_place};
use crate::kernels::support::{mean_count, row_major_copy};

const NAME: &str = "sparse_softmax_cross_entropy";

/// The cross-entropy between integer labels and the softmax of `logits`, −ln softmax(z)_c, mean over
/// the rows.
///
/// `labels` has one class for each row of `logits`, which has shape (batch, classes). Keras:
/// `SparseCategoricalCrossentropy(from_logits=True)`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let loss = sparse_softmax_cross_entropy(&[1_usize], &array![[0.0_f64, 0.0]]);
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
/// ```
///
/// # Panics
///
/// Panics if there are not as many labels as rows, if a label is no class (the message names the
/// row), or if the arrays are empty.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = sparse_softmax_cross_entropy, order = 2, body = crate::kernels::plain::sparse_softmax_cross_entropy(labels, logits))]
pub fn sparse_softmax_cross_entropy<T: Real, L: Labels + ?Sized>(
    #[constant] labels: &L,
    logits: &ArrayRef<T, Ix2>,
) -> T {
    let rows = check(labels, logits);
    let logits = logits.as_standard_layout();
    let mut sum = T::zero();
    for (row, z) in logits.rows().into_iter().enumerate() {
        let z = z.to_slice().expect("rows of a row-major array are contiguous");
        sum += log_sum_exp(z) - z[class(NAME, labels, row, z.len())];
    }
    sum / rows
}

#[track_caller]
fn check<T: Real, L: Labels + ?Sized>(labels: &L, logits: &ArrayRef<T, Ix2>) -> T {
    assert!(
        labels.count() == logits.nrows(),
        "{NAME}: there are {} labels for {} rows of logits",
        labels.count(),
        logits.nrows()
    );
    mean_count::<T>(NAME, if logits.is_empty() { 0 } else { logits.nrows() })
}

/// The value of [`sparse_softmax_cross_entropy`], and the softmax of the logits.
///
/// # Panics
///
/// As [`sparse_softmax_cross_entropy`].
#[track_caller]
pub fn sparse_softmax_cross_entropy_forward<T: Real, L: Labels + ?Sized>(
    labels: &L,
    logits: &ArrayRef<T, Ix2>,
) -> (T, Array2<T>) {
    let rows = check(labels, logits);
    let mut p = row_major_copy(logits);
    let mut sum = T::zero();
    for (row, mut p) in p.rows_mut().into_iter().enumerate() {
        let p = p.as_slice_mut().expect("rows of a row-major array are contiguous");
        let logit = p[class(NAME, labels, row, p.len())];
        sum += softmax_in_place(p) - logit;
    }
    (sum / rows, p)
}

/// Adds the gradient of [`sparse_softmax_cross_entropy`] to the slot of `logits`.
pub fn sparse_softmax_cross_entropy_adjoint<T: Real, L: Labels + ?Sized>(
    labels: &L,
    logits: &ArrayRef<T, Ix2>,
    p: Array2<T>,
    ct: T,
    logits_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let Some(slot) = logits_slot else { return };
    let scale = ct / T::__lit(logits.nrows() as f64);
    slot.zip_mut_with(&p, |sum, &p| *sum += scale * p);
    for (row, mut slot) in slot.rows_mut().into_iter().enumerate() {
        let classes = slot.len();
        slot[class(NAME, labels, row, classes)] -= scale;
    }
}

/// The value of [`sparse_softmax_cross_entropy`], and its derivative along the tangent of `logits`.
#[track_caller]
pub fn sparse_softmax_cross_entropy_tangent<T: Real, L: Labels + ?Sized>(
    labels: &L,
    logits: &ArrayRef<T, Ix2>,
    d_logits: Option<&ArrayRef<T, Ix2>>,
) -> (T, T) {
    let (loss, p) = sparse_softmax_cross_entropy_forward(labels, logits);
    let Some(d_logits) = d_logits else {
        return (loss, T::zero());
    };
    let mut sum = T::zero();
    for (row, (p, d)) in p.rows().into_iter().zip(d_logits.rows()).enumerate() {
        sum += p.dot(&d) - d[class(NAME, labels, row, p.len())];
    }
    (loss, sum / T::__lit(logits.nrows() as f64))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, arr0, array};

    use super::super::softmax_cross_entropy;
    use super::*;
    use crate::kernels::testing::{assert_close, check as check_kernel, wave};

    const LABELS: [usize; 4] = [2, 0, 1, 2];

    #[test]
    fn derivatives_agree_with_differences() {
        check_kernel(
            &(wave((4, 3), 1) * 2.0),
            |z| arr0(sparse_softmax_cross_entropy(&LABELS, z)),
            |z, ct| {
                let (value, saved) = sparse_softmax_cross_entropy_forward(&LABELS, z);
                assert_close(value, sparse_softmax_cross_entropy(&LABELS, z), 1e-15);
                let mut slot = Array2::ones(z.raw_dim());
                let ct = ct.into_scalar();
                sparse_softmax_cross_entropy_adjoint(&LABELS, z, saved, ct, Some(&mut slot));
                slot - 1.0
            },
            |z, dz| {
                let (_, dy) = sparse_softmax_cross_entropy_tangent(&LABELS, z, Some(dz));
                (arr0(sparse_softmax_cross_entropy(&LABELS, z)), arr0(dy))
            },
        );
    }

    #[test]
    fn every_kind_of_label_gives_the_loss_of_its_one_hot_rows() {
        let z = wave((4, 3), 1);
        let one_hot = Array2::from_shape_fn((4, 3), |(i, j)| f64::from(u8::from(LABELS[i] == j)));
        let expected = softmax_cross_entropy(&one_hot, &z);
        let bytes: Array1<u8> = array![2, 0, 1, 2];
        assert_close(sparse_softmax_cross_entropy(&LABELS, &z), expected, 1e-15);
        assert_close(sparse_softmax_cross_entropy(&LABELS[..], &z), expected, 1e-15);
        assert_close(sparse_softmax_cross_entropy(&LABELS.to_vec(), &z), expected, 1e-15);
        assert_close(sparse_softmax_cross_entropy(&bytes, &z), expected, 1e-15);
    }

    #[test]
    #[should_panic(expected = "the label of row 1 is 3, but there are only 3 classes")]
    fn a_label_out_of_range_is_refused() {
        sparse_softmax_cross_entropy(&[0_i32, 3], &Array2::<f32>::zeros((2, 3)));
    }

    #[test]
    #[should_panic(expected = "the label of row 0 is negative")]
    fn a_negative_label_is_refused() {
        sparse_softmax_cross_entropy(&[-1_i32, 2], &Array2::<f32>::zeros((2, 3)));
    }

    #[test]
    #[should_panic(expected = "there are 1 labels for 2 rows")]
    fn another_number_of_labels_is_refused() {
        sparse_softmax_cross_entropy(&[0_usize], &Array2::<f32>::zeros((2, 3)));
    }
}
