//! Losses.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Dimension, Ix1, Ix2, Zip};

use super::elements::{log_one_plus_exp, log_sum_exp};
use crate::kernels::losses::{Labels, Loss, Reduction};
use crate::prelude::*;

/// The mean of a loss over pairs of elements: their sum, divided by `count`.
#[differentiable(hidden, order = 2)]
pub(crate) fn paired<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    #[constant] loss: Loss,
    count: usize,
) -> T {
    let mut sum = T::zero();
    Zip::from(y_true).and(y_pred).for_each(|&t, &p| sum += pair(t, p, loss));
    sum / T::__lit(count as f64)
}

#[differentiable(hidden, order = 2)]
fn pair<T: Real>(t: T, p: T, #[constant] loss: Loss) -> T {
    let (zero, one, low): (T, T, T) = (T::zero(), T::one(), T::__lit(1e-7));
    let difference = p - t;
    match loss {
        Loss::MeanSquaredError => difference * difference,
        Loss::MeanAbsoluteError => difference.abs(),
        Loss::Huber { delta } => {
            let (size, delta, half): (T, T, T) = (difference.abs(), T::__lit(delta), T::__lit(0.5));
            if size <= delta { half * difference * difference } else { delta * size - half * delta * delta }
        }
        Loss::BinaryCrossEntropy => {
            let q = clip(p, low, one - low);
            -(t * q.ln() + (one - t) * (one - q).ln())
        }
        Loss::BinaryCrossEntropyFromLogits => log_one_plus_exp(p) - t * p,
        Loss::Hinge => {
            if one - t * p > zero {
                one - t * p
            } else {
                zero
            }
        }
        Loss::SquaredHinge => {
            if one - t * p > zero {
                (one - t * p) * (one - t * p)
            } else {
                zero
            }
        }
        Loss::KlDivergence => {
            let (t, p) = (clip(t, low, one), clip(p, low, one));
            t * (t / p).ln()
        }
        // `loss_of_row` and the kernels have these.
        Loss::CategoricalCrossEntropy | Loss::SoftmaxCrossEntropy | Loss::CosineSimilarity => {
            unreachable!("a loss of whole rows")
        }
    }
}

#[differentiable(hidden, order = 2)]
fn clip<T: Real>(p: T, #[constant] low: T, #[constant] high: T) -> T {
    if p < low {
        low
    } else if p > high {
        high
    } else {
        p
    }
}

#[differentiable(hidden, order = 2)]
pub(crate) fn softmax_cross_entropy<T: Real>(y_true: &ArrayRef<T, Ix2>, logits: &ArrayRef<T, Ix2>) -> T {
    let mut sum = T::zero();
    for i in 0..logits.nrows() {
        let row: Vec<T> = logits.row(i).to_vec();
        let total = log_sum_exp(&row);
        for j in 0..row.len() {
            sum += y_true[[i, j]] * (total - row[j]);
        }
    }
    sum / T::__lit(logits.nrows() as f64)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn sparse_softmax_cross_entropy<T: Real, L: Labels + ?Sized>(
    #[constant] labels: &L,
    logits: &ArrayRef<T, Ix2>,
) -> T {
    let mut sum = T::zero();
    for i in 0..logits.nrows() {
        let row: Vec<T> = logits.row(i).to_vec();
        let class: usize = labels.class(i).unwrap_or(0);
        sum += log_sum_exp(&row) - row[class];
    }
    sum / T::__lit(logits.nrows() as f64)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn categorical_cross_entropy<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> T {
    let (low, one): (T, T) = (T::__lit(1e-7), T::one());
    let mut loss = T::zero();
    for i in 0..y_pred.nrows() {
        let row: Vec<T> = y_pred.row(i).to_vec();
        let total: T = row.iter().copied().sum();
        for j in 0..row.len() {
            loss -= y_true[[i, j]] * clip(row[j] / total, low, one - low).ln();
        }
    }
    loss / T::__lit(y_pred.nrows() as f64)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn cosine_similarity_loss<T: Real>(y_true: &ArrayRef<T, Ix2>, y_pred: &ArrayRef<T, Ix2>) -> T {
    let mut sum = T::zero();
    for i in 0..y_pred.nrows() {
        let (t, p): (Vec<T>, Vec<T>) = (y_true.row(i).to_vec(), y_pred.row(i).to_vec());
        sum += negated_cosine(&t, &p);
    }
    sum / T::__lit(y_pred.nrows() as f64)
}

#[differentiable(hidden, order = 2)]
fn negated_cosine<T: Real>(t: &[T], p: &[T]) -> T {
    let mut product = T::zero();
    for i in 0..t.len() {
        product += t[i] * p[i];
    }
    -product / (norm(t) * norm(p))
}

/// |x|, which is constant where it is less than 10⁻⁶.
#[differentiable(hidden, order = 2)]
fn norm<T: Real>(x: &[T]) -> T {
    let (mut square, least): (T, T) = (T::zero(), T::__lit(1e-12));
    for i in 0..x.len() {
        square += x[i] * x[i];
    }
    if square > least { square.sqrt() } else { least.sqrt() }
}

#[differentiable(hidden, order = 2)]
pub(crate) fn loss_each<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    #[constant] loss: Loss,
) -> Array1<T> {
    let (count, rows, width): (usize, usize, usize) = samples(y_pred.shape());
    let t: Vec<T> = y_true.iter().copied().collect();
    let p: Vec<T> = y_pred.iter().copied().collect();
    let mut losses: Vec<T> = vec![T::zero(); count];
    for row in 0..count * rows {
        let at = row * width;
        losses[row / rows] += loss_of_row(&t[at..at + width], &p[at..at + width], loss) / T::__lit(rows as f64);
    }
    Array1::from(losses)
}

/// The number of samples, of their rows, and of the elements of these.
fn samples(shape: &[usize]) -> (usize, usize, usize) {
    match shape {
        [] => (1, 1, 1),
        [count] => (*count, 1, 1),
        [count, rows @ .., width] => (*count, rows.iter().product(), *width),
    }
}

#[differentiable(hidden, order = 2)]
fn loss_of_row<T: Real>(t: &[T], p: &[T], #[constant] loss: Loss) -> T {
    match loss {
        Loss::CosineSimilarity => negated_cosine(t, p),
        Loss::CategoricalCrossEntropy => {
            let (low, one): (T, T) = (T::__lit(1e-7), T::one());
            let total: T = p.iter().copied().sum();
            let mut sum = T::zero();
            for i in 0..p.len() {
                sum -= t[i] * clip(p[i] / total, low, one - low).ln();
            }
            sum
        }
        Loss::SoftmaxCrossEntropy => {
            let total = log_sum_exp(p);
            let mut sum = T::zero();
            for i in 0..p.len() {
                sum += t[i] * (total - p[i]);
            }
            sum
        }
        _ => {
            let count = if matches!(loss, Loss::KlDivergence) { 1 } else { p.len() };
            let mut sum = T::zero();
            for i in 0..p.len() {
                sum += pair(t[i], p[i], loss);
            }
            sum / T::__lit(count as f64)
        }
    }
}

#[differentiable(hidden, order = 2)]
pub(crate) fn weighted_loss<T: Real, D: Dimension>(
    y_true: &ArrayRef<T, D>,
    y_pred: &ArrayRef<T, D>,
    #[constant] loss: Loss,
    #[constant] reduction: Reduction,
    weights: &ArrayRef<T, Ix1>,
) -> T {
    let losses: Array1<T> = loss_each(y_true, y_pred, loss);
    let (mut sum, mut total): (T, T) = (T::zero(), T::zero());
    for i in 0..losses.len() {
        sum += weights[i] * losses[i];
        total += weights[i];
    }
    match reduction {
        Reduction::Sum => sum,
        Reduction::Mean => sum / T::__lit(losses.len() as f64),
        Reduction::WeightedMean => sum / total,
    }
}
