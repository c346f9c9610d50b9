//! Losses with reductions and weights: derivatives against differences, and agreement with the plain ones.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use autodiff_macros::differentiable;
use autodiff_runtime::prelude::*;

/// Numbers in (0, 1) without a pattern.
fn numbers(shape: (usize, usize), seed: f64) -> Array2<f64> {
    let mut index = seed;
    Array2::from_shape_simple_fn(shape, || {
        index += 1.0;
        (index * 12.9898).sin() * 0.45 + 0.5
    })
}

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::WeightedMean];

/// Both modes against differences, and the sums of the samples against the reduced and the plain ones.
macro_rules! check {
    ($($name:ident: $plain:ident, $each:ident, $with:ident $(, $parameter:expr)?;)*) => {$(
        #[test]
        fn $name() {
            let (y, p) = (numbers((5, 3), 1.0), numbers((5, 3), 20.0));
            $each::check(&y, &p $(, $parameter)?).unwrap();
            let weights = array![0.5, 2.0, 0.0, 1.0, 1.5];
            let each = $each(&y, &p $(, $parameter)?);
            let plain = $plain(&y, &p $(, $parameter)?);
            assert!((each.mean().unwrap() - plain).abs() < 1e-14);
            for reduction in REDUCTIONS {
                $with::check(&y, &p, $($parameter,)? reduction, &weights).unwrap();
                let sum = each.dot(&weights);
                let expected = match reduction {
                    Reduction::Mean => sum / 5.0,
                    Reduction::Sum => sum,
                    Reduction::WeightedMean => sum / 5.0,
                };
                assert!(($with(&y, &p, $($parameter,)? reduction, &weights) - expected).abs() < 1e-14);
            }
            // More axes make more rows of a sample, and one axis makes every element a sample.
            let deep = |x: &Array2<f64>| x.clone().into_shape_with_order((1, 5, 3)).unwrap();
            assert!(($each(&deep(&y), &deep(&p) $(, $parameter)?)[0] - plain).abs() < 1e-14);
        }
    )*};
}

check! {
    mean_squared: mse_loss, mse_loss_each, mse_loss_with;
    mean_absolute: mae_loss, mae_loss_each, mae_loss_with;
    huber: huber_loss, huber_loss_each, huber_loss_with, 0.3;
    binary: binary_cross_entropy, binary_cross_entropy_each, binary_cross_entropy_with;
    binary_from_logits:
        binary_cross_entropy_from_logits, binary_cross_entropy_from_logits_each, binary_cross_entropy_from_logits_with;
    categorical: categorical_cross_entropy, categorical_cross_entropy_each, categorical_cross_entropy_with;
    softmax: softmax_cross_entropy, softmax_cross_entropy_each, softmax_cross_entropy_with;
    hinge: hinge_loss, hinge_loss_each, hinge_loss_with;
    squared_hinge: squared_hinge_loss, squared_hinge_loss_each, squared_hinge_loss_with;
    divergence: kl_divergence, kl_divergence_each, kl_divergence_with;
    cosine: cosine_similarity_loss, cosine_similarity_loss_each, cosine_similarity_loss_with;
}

#[test]
fn integer_labels_are_one_hot() {
    let (labels, p) = (vec![2_usize, 0, 1, 1, 2], numbers((5, 3), 1.0));
    let y = one_hot(&labels, 3);
    sparse_categorical_cross_entropy::check(&labels, &p).unwrap();
    sparse_categorical_cross_entropy_each::check(&labels, &p).unwrap();
    sparse_softmax_cross_entropy_each::check(&labels, &p).unwrap();
    assert_eq!(sparse_categorical_cross_entropy(&labels, &p), categorical_cross_entropy(&y, &p));
    assert_eq!(sparse_softmax_cross_entropy_each(&labels, &p), softmax_cross_entropy_each(&y, &p));
    let weights = class_weights(&labels, &[1.0, 0.5, 3.0]);
    for reduction in REDUCTIONS {
        sparse_softmax_cross_entropy_with::check(&labels, &p, reduction, &weights).unwrap();
        sparse_categorical_cross_entropy_with::check(&labels, &p, reduction, &weights).unwrap();
    }
    let even = Array1::ones(5);
    let mean = sparse_softmax_cross_entropy_with(&labels, &p, Reduction::Mean, &even);
    assert!((mean - sparse_softmax_cross_entropy(&labels, &p)).abs() < 1e-15);
}

#[differentiable]
fn total(y: &Array2<f64>, p: &Array2<f64>) -> f64 {
    mse_loss_each(y, p).sum()
}

#[test]
fn the_losses_of_samples_are_used_in_differentiated_code() {
    total::check(&numbers((4, 2), 1.0), &numbers((4, 2), 9.0)).unwrap();
    assert_eq!(mse_loss_each(&array![1.0, 2.0], &array![1.0, 4.0]), array![0.0, 4.0]);
}

#[test]
#[should_panic(expected = "mse_loss: there are 2 weights for 3 samples")]
fn weights_for_other_samples_are_refused() {
    mse_loss_with(&numbers((3, 1), 1.0), &numbers((3, 1), 2.0), Reduction::Mean, &array![1.0, 1.0]);
}

#[test]
#[should_panic(expected = "sum to 0")]
fn weights_without_a_mean_are_refused() {
    mse_loss_with(&array![1.0], &array![2.0], Reduction::WeightedMean, &array![0.0]);
}

#[test]
#[should_panic(expected = "sparse_softmax_cross_entropy_each: the label of row 1 is 7, but there are only 2 classes")]
fn a_label_out_of_range_names_its_row() {
    sparse_softmax_cross_entropy_each(&[0_usize, 7], &array![[0.0, 1.0], [1.0, 0.0]]);
}
