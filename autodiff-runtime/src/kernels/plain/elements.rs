//! Elementwise kernels and products of matrices.

use autodiff_macros::differentiable;
use ndarray::{ArrayRef, Dimension, Ix1, Ix2, Zip};

use crate::kernels::activations::selu_kernel::{ALPHA as SELU_ALPHA, SCALE as SELU_SCALE};
use crate::prelude::*;

#[differentiable(hidden, order = 2)]
pub(crate) fn add<T: Real, D: Dimension>(x: &ArrayRef<T, D>, y: &ArrayRef<T, D>) -> Array<T, D> {
    let mut sum = x.to_owned();
    Zip::from(&mut sum).and(y).for_each(|sum, &y| *sum += y);
    sum
}

#[differentiable(hidden, order = 2)]
pub(crate) fn flatten<T: Real, D: Dimension>(x: &ArrayRef<T, D>) -> Array2<T> {
    let batch = x.shape()[0];
    let features: usize = features(x.shape());
    let items: Vec<T> = x.iter().copied().collect();
    Array2::from_shape_vec((batch, features), items).unwrap()
}

fn features(shape: &[usize]) -> usize {
    shape[1..].iter().product()
}

#[differentiable(hidden, order = 2)]
pub(crate) fn dense<T: Real>(
    x: &ArrayRef<T, Ix2>,
    weights: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    #[constant] activation: Activation,
) -> Array2<T> {
    let product = x.dot(weights);
    // An empty bias is none.
    if bias.is_empty() {
        return activate(&product, activation);
    }
    activate(&(product + bias), activation)
}

#[differentiable(hidden, order = 2)]
pub(crate) fn activate<T: Real, D: Dimension>(x: &ArrayRef<T, D>, #[constant] activation: Activation) -> Array<T, D> {
    let width = x.shape().last().copied().unwrap_or(1).max(1);
    let mut items: Vec<T> = x.iter().copied().collect();
    if matches!(activation, Activation::Softmax | Activation::LogSoftmax) {
        for start in (0..items.len()).step_by(width) {
            let total = log_sum_exp(&items[start..start + width]);
            for i in start..start + width {
                items[i] -= total;
                if matches!(activation, Activation::Softmax) {
                    items[i] = items[i].exp();
                }
            }
        }
    } else {
        for i in 0..items.len() {
            items[i] = scalar(items[i], activation);
        }
    }
    Array::from_shape_vec(x.raw_dim(), items).unwrap()
}

#[differentiable(hidden, order = 2)]
pub(super) fn log_sum_exp<T: Real>(row: &[T]) -> T {
    let largest: T = stop_gradient(row.iter().fold(T::neg_infinity(), |largest, &x| largest.max(x)));
    let sum: T = row.iter().map(|&x| (x - largest).exp()).sum();
    largest + sum.ln()
}

#[differentiable(hidden, order = 2)]
fn scalar<T: Real>(x: T, #[constant] activation: Activation) -> T {
    let (zero, one, half): (T, T, T) = (T::zero(), T::one(), T::__lit(0.5));
    match activation {
        Activation::Relu => {
            if x > zero {
                x
            } else {
                zero
            }
        }
        Activation::LeakyRelu { negative_slope } => {
            if x > zero {
                x
            } else {
                T::__lit(negative_slope) * x
            }
        }
        Activation::Elu { alpha } => elu(x, alpha),
        Activation::Selu => T::__lit(SELU_SCALE) * elu(x, SELU_ALPHA),
        Activation::Gelu => x * half * (one + erf(x * T::FRAC_1_SQRT_2())),
        Activation::GeluTanh => {
            let scale: T = T::FRAC_2_SQRT_PI() * T::FRAC_1_SQRT_2();
            half * x * (one + (scale * (x + T::__lit(0.044_715) * x * x * x)).tanh())
        }
        Activation::Silu => x * logistic(x),
        Activation::Softplus => log_one_plus_exp(x),
        Activation::Sigmoid => logistic(x),
        Activation::Tanh => x.tanh(),
        _ => x,
    }
}

#[differentiable(hidden, order = 2)]
fn elu<T: Real>(x: T, #[constant] alpha: f64) -> T {
    if x > T::zero() { x } else { T::__lit(alpha) * x.exp_m1() }
}

/// 1 / (1 + e⁻ˣ), which overflows nowhere.
#[differentiable(hidden, order = 2)]
pub(super) fn logistic<T: Real>(x: T) -> T {
    let half: T = T::__lit(0.5);
    half + half * (half * x).tanh()
}

/// ln(1 + eˣ).
#[differentiable(hidden, order = 2)]
pub(super) fn log_one_plus_exp<T: Real>(x: T) -> T {
    if x > T::zero() { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// The error function.
#[differentiable(hidden, order = 2, vjp = erf_vjp, jvp = erf_jvp)]
fn erf<T: Real>(x: T) -> T {
    x.__erf()
}

fn erf_vjp<T: Real>(x: T) -> (T, impl Fn(T) -> T) {
    (x.__erf(), move |ct| ct * T::FRAC_2_SQRT_PI() * (-x * x).exp())
}

#[differentiable(hidden)]
fn erf_jvp<T: Real>(x: T, dx: T) -> (T, T) {
    (erf(x), dx * T::FRAC_2_SQRT_PI() * (-x * x).exp())
}
