//! Attention with several heads.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::Array3;
use rand::Rng;

use super::{Dense, TimeDistributed};
use crate::Real;
use crate::kernels::{AttentionConfig, masked_multi_head_attention, multi_head_attention};
use crate::training::Model;

/// Scaled dot-product attention with several heads, between four projections. Keras: `MultiHeadAttention`.
///
/// See [`multi_head_attention`] for the formula. Series have shape (batch, time, features). As a [`Model`] a series
/// attends to itself; [`attend`](Self::attend) is for a series that attends to another, and the methods with a mask say
/// what may be attended to.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let layer = MultiHeadAttention::<f32>::new(16, 4, 4, &mut seeded(1)).causal(true);
/// assert_eq!(layer.call(&Array3::ones((2, 10, 16))).dim(), (2, 10, 16));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct MultiHeadAttention<T: Real> {
    /// Makes the queries: features to heads·width.
    pub q_proj: TimeDistributed<Dense<T>>,
    /// Makes the keys: features to heads·width.
    pub k_proj: TimeDistributed<Dense<T>>,
    /// Makes the values: features to heads·width.
    pub v_proj: TimeDistributed<Dense<T>>,
    /// Makes the result: heads·width to features.
    pub out_proj: TimeDistributed<Dense<T>>,
    /// The number of heads, and whether steps see those before them only.
    pub config: AttentionConfig,
}

impl<T: Real> MultiHeadAttention<T> {
    /// A layer for series with this many features, with this many heads of this width each, with Glorot-uniform weights
    /// and zero biases.
    ///
    /// # Panics
    ///
    /// Panics if there are no heads, or if the weights are empty.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(features: usize, heads: usize, width: usize, rng: &mut R) -> Self {
        assert!(heads > 0, "MultiHeadAttention: there must be at least one head; received 0");
        Self {
            q_proj: TimeDistributed(Dense::new(features, heads * width, rng)),
            k_proj: TimeDistributed(Dense::new(features, heads * width, rng)),
            v_proj: TimeDistributed(Dense::new(features, heads * width, rng)),
            out_proj: TimeDistributed(Dense::new(heads * width, features, rng)),
            config: AttentionConfig { heads, causal: false },
        }
    }

    /// The same layer where a step attends to itself and to those before it only, or to all.
    pub fn causal(mut self, causal: bool) -> Self {
        self.config.causal = causal;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real> MultiHeadAttention<T> {
    /// Every step of `x` attends to all steps of `to`: (batch, steps of `x`, features).
    ///
    /// # Panics
    ///
    /// Panics if the batches differ, or if a series has another number of features than the layer.
    #[track_caller]
    pub fn attend(&self, x: &Array3<T>, to: &Array3<T>) -> Array3<T> {
        let (q, k, v) = (self.q_proj.call(x), self.k_proj.call(to), self.v_proj.call(to));
        self.out_proj.call(&multi_head_attention(&q, &k, &v, self.config))
    }

    /// As [`attend`](Self::attend), where the mask, (batch, steps of `x`, steps of `to`) or 1 in place of any of these, is
    /// true where a step may attend to another.
    ///
    /// # Panics
    ///
    /// Panics as [`attend`](Self::attend), or if the mask has another shape.
    #[track_caller]
    pub fn attend_masked(&self, x: &Array3<T>, to: &Array3<T>, #[constant] mask: &Array3<bool>) -> Array3<T> {
        let (q, k, v) = (self.q_proj.call(x), self.k_proj.call(to), self.v_proj.call(to));
        self.out_proj.call(&masked_multi_head_attention(&q, &k, &v, mask, self.config))
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for MultiHeadAttention<T> {
    type Input = Array3<T>;
    type Output = Array3<T>;

    /// The series attend to themselves.
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of features than the layer.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array3<T> {
        self.attend(x, x)
    }
}
