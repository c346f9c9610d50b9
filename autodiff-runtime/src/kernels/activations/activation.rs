//! The activation functions by name, for layers.

use ndarray::{Array, Dimension};

use super::{
    elu_kernel, gelu_kernel, leaky_relu_kernel, log_softmax_kernel, relu_kernel, selu_kernel, sigmoid_kernel,
    silu_kernel, softmax_kernel, softplus_kernel, tanh_kernel,
};
use crate::Real;
use crate::tangent::{Differentiable, Update, Visit};

/// The function that a layer applies to its result.
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// The identity.
    #[default]
    Linear,
    /// max(x, 0): see [`relu`](super::relu()).
    Relu,
    /// x or `negative_slope`·x: see [`leaky_relu`](super::leaky_relu()).
    LeakyRelu {
        /// The slope for negative x; Keras uses 0.2.
        negative_slope: f64,
    },
    /// x or `alpha`·(eˣ − 1): see [`elu`](super::elu()).
    Elu {
        /// The limit for large negative x is −`alpha`; Keras uses 1.
        alpha: f64,
    },
    /// See [`selu`](super::selu()).
    Selu,
    /// x·Φ(x): see [`gelu`](super::gelu()).
    Gelu,
    /// See [`gelu_tanh`](super::gelu_tanh()).
    GeluTanh,
    /// x / (1 + e⁻ˣ): see [`silu`](super::silu()).
    Silu,
    /// ln(1 + eˣ): see [`softplus`](super::softplus()).
    Softplus,
    /// 1 / (1 + e⁻ˣ): see [`sigmoid`](super::sigmoid()).
    Sigmoid,
    /// See [`tanh`](super::tanh()).
    Tanh,
    /// eˣ / Σ eˣ over the last axis: see [`softmax`](super::softmax()).
    Softmax,
    /// x − ln Σ eˣ over the last axis: see [`log_softmax`](super::log_softmax()).
    LogSoftmax,
}

/// Calls `$each` with the scalar function of an elementwise activation, so that the loop in it is
/// compiled for that function.
macro_rules! with_scalar {
    ($activation:expr, $each:expr, $identity:expr, $rows:expr) => {
        match $activation {
            Activation::Linear => $identity,
            Activation::Relu => $each(relu_kernel::scalar),
            Activation::LeakyRelu { negative_slope } => $each(|x| leaky_relu_kernel::scalar(x, negative_slope)),
            Activation::Elu { alpha } => $each(|x| elu_kernel::scalar(x, alpha)),
            Activation::Selu => $each(selu_kernel::scalar),
            Activation::Gelu => $each(gelu_kernel::exact),
            Activation::GeluTanh => $each(gelu_kernel::approximate),
            Activation::Silu => $each(silu_kernel::scalar),
            Activation::Softplus => $each(softplus_kernel::scalar),
            Activation::Sigmoid => $each(sigmoid_kernel::scalar),
            Activation::Tanh => $each(tanh_kernel::scalar),
            Activation::Softmax => $rows(softmax_kernel::softmax_in_place),
            Activation::LogSoftmax => $rows(log_softmax_kernel::log_softmax_in_place),
        }
    };
}

fn replace<T: Real, D: Dimension>(y: &mut Array<T, D>, scalar: impl Fn(T) -> (T, T)) {
    y.mapv_inplace(|x| scalar(x).0);
}

fn replace_and_save<T: Real, D: Dimension>(y: &mut Array<T, D>, scalar: impl Fn(T) -> (T, T)) -> Array<T, D> {
    y.map_mut(|item| {
        let (value, slope) = scalar(*item);
        *item = value;
        slope
    })
}

impl Activation {
    /// Applies the function in place, to an array in row-major order.
    pub(crate) fn apply<T: Real, D: Dimension>(self, y: &mut Array<T, D>) {
        with_scalar!(self, |scalar| replace(y, scalar), (), |row| replace_rows(y, row));
    }

    /// Applies the function in place, and returns what [`Activation::pull_back`] needs: the slopes
    /// (nothing for the identity, the value for the softmax and its logarithm).
    pub(crate) fn apply_and_save<T: Real, D: Dimension>(self, y: &mut Array<T, D>) -> Option<Array<T, D>> {
        with_scalar!(self, |scalar| Some(replace_and_save(y, scalar)), None, |row| {
            replace_rows(y, row);
            Some(y.clone())
        })
    }

    /// The gradient at what the function was applied to, from that at its value, in place.
    pub(crate) fn pull_back<T: Real, D: Dimension>(self, saved: Option<&Array<T, D>>, ct: Array<T, D>) -> Array<T, D> {
        match (self, saved) {
            (Activation::Softmax, Some(y)) => softmax_kernel::pull_back(y, ct),
            (Activation::LogSoftmax, Some(y)) => log_softmax_kernel::pull_back(y, ct),
            (_, Some(slopes)) => {
                let mut dz = ct;
                dz.zip_mut_with(slopes, |ct, &slope| *ct *= slope);
                dz
            }
            (_, None) => ct,
        }
    }

    /// The derivative of the value along that of what the function was applied to, in place.
    pub(crate) fn push_forward<T: Real, D: Dimension>(
        self,
        saved: Option<&Array<T, D>>,
        dz: Array<T, D>,
    ) -> Array<T, D> {
        match (self, saved) {
            (Activation::LogSoftmax, Some(y)) => log_softmax_kernel::push_forward(y, dz),
            // The other Jacobians are symmetric: diagonal, or that of the softmax.
            _ => self.pull_back(saved, dz),
        }
    }
}

/// Applies a function in place to all rows along the last axis.
fn replace_rows<T: Real, D: Dimension>(y: &mut Array<T, D>, row: impl Fn(&mut [T]) -> T) {
    let n = y.shape().last().copied().unwrap_or(1).max(1);
    let items = y.as_slice_mut().expect("the array is in row-major order");
    for items in items.chunks_exact_mut(n) {
        row(items);
    }
}

impl Differentiable for Activation {
    type Tangent = ();

    #[inline]
    fn __zero(&self) {}

    #[inline]
    fn __update(&mut self, (): &(), _: &mut dyn Update) {}

    #[inline]
    fn __visit(&self, _: &mut dyn Visit) {}
}
