//! The block that transformers are made of.

use autodiff_macros::{Differentiable, differentiable};
use ndarray::{Array3, Ix3};
use rand::Rng;

use super::{Dense, Dropout, LayerNorm, MultiHeadAttention, TimeDistributed};
use crate::Real;
use crate::kernels::{Activation, add};
use crate::training::Model;

/// A block of a transformer: attention and a network of two layers for every step, with dropout, residual connections and
/// layer normalisation. `KerasHub`: `TransformerEncoder`; `PyTorch`: `TransformerEncoderLayer`.
///
/// With a = dropout(attention) and f = dropout(linear2(act(linear1))), the value is norm2(h + f(h)) with
/// h = norm1(x + a(x)), or where normalisation comes first h + f(norm2(h)) with h = x + a(norm1(x)).
///
/// Source: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin, *Attention Is All You Need*, 2017;
/// Xiong et al., *On Layer Normalization in the Transformer Architecture*, 2020.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let block = TransformerEncoder::<f32>::new(16, 4, 64, 0.1, &mut seeded(1)).causal(true).norm_first(true);
/// assert_eq!(block.call(&Array3::ones((2, 10, 16))).dim(), (2, 10, 16));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct TransformerEncoder<T: Real> {
    /// The attention of the series to itself.
    pub self_attn: MultiHeadAttention<T>,
    /// The first layer of the network: features to hidden.
    pub linear1: TimeDistributed<Dense<T>>,
    /// The second layer of the network: hidden to features.
    pub linear2: TimeDistributed<Dense<T>>,
    /// The normalisation of the attention.
    pub norm1: LayerNorm<T, Ix3>,
    /// The normalisation of the network.
    pub norm2: LayerNorm<T, Ix3>,
    /// The dropout of the attention.
    pub dropout1: Dropout<T, Ix3>,
    /// The dropout of the network.
    pub dropout2: Dropout<T, Ix3>,
    /// Whether normalisation comes first.
    pub norm_first: bool,
}

impl<T: Real> TransformerEncoder<T> {
    /// A block for series with this many features, with this many heads that share the features, hidden units with a
    /// relu, and this rate of dropout; normalisation comes last.
    ///
    /// # Panics
    ///
    /// Panics if the heads do not divide the features, if the rate is not in [0, 1), or if weights are empty.
    #[track_caller]
    pub fn new<R: Rng + ?Sized>(features: usize, heads: usize, hidden: usize, rate: f64, rng: &mut R) -> Self {
        assert!(
            heads > 0 && features.is_multiple_of(heads),
            "TransformerEncoder: {features} features cannot be shared by {heads} heads"
        );
        Self {
            self_attn: MultiHeadAttention::new(features, heads, features / heads, rng),
            linear1: TimeDistributed(Dense::new(features, hidden, rng).with_activation(Activation::Relu)),
            linear2: TimeDistributed(Dense::new(hidden, features, rng)),
            norm1: LayerNorm::new(features).epsilon(1e-5),
            norm2: LayerNorm::new(features).epsilon(1e-5),
            dropout1: Dropout::new(rate, rng),
            dropout2: Dropout::new(rate, rng),
            norm_first: false,
        }
    }

    /// The same block where a step attends to itself and to those before it only, or to all.
    pub fn causal(mut self, causal: bool) -> Self {
        self.self_attn.config.causal = causal;
        self
    }

    /// The same block with normalisation first, or last.
    pub fn norm_first(mut self, norm_first: bool) -> Self {
        self.norm_first = norm_first;
        self
    }

    /// The same block with this activation between the two layers of the network.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.linear1.0.activation = activation;
        self
    }
}

#[differentiable(order = 2)]
impl<T: Real> TransformerEncoder<T> {
    /// The block's value, where the mask, (batch, steps, steps) or 1 in place of any of these, is true where a step may
    /// attend to another.
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of features than the block, or if the mask has another shape.
    #[track_caller]
    pub fn call_masked(&self, x: &Array3<T>, #[constant] mask: &Array3<bool>) -> Array3<T> {
        if self.norm_first {
            let n = self.norm1.call(x);
            let h = add(x, &self.dropout1.call(&self.self_attn.attend_masked(&n, &n, mask)));
            add(&h, &self.network(&self.norm2.call(&h)))
        } else {
            let h = self.norm1.call(&add(x, &self.dropout1.call(&self.self_attn.attend_masked(x, x, mask))));
            self.norm2.call(&add(&h, &self.network(&h)))
        }
    }

    /// f.
    #[track_caller]
    fn network(&self, x: &Array3<T>) -> Array3<T> {
        self.dropout2.call(&self.linear2.call(&self.linear1.call(x)))
    }
}

#[differentiable(order = 2)]
impl<T: Real> Model for TransformerEncoder<T> {
    type Input = Array3<T>;
    type Output = Array3<T>;

    /// The block's value: series of the shape of `x`, (batch, steps, features).
    ///
    /// # Panics
    ///
    /// Panics if `x` has another number of features than the block.
    #[track_caller]
    fn call(&self, x: &Array3<T>) -> Array3<T> {
        if self.norm_first {
            let h = add(x, &self.dropout1.call(&self.self_attn.call(&self.norm1.call(x))));
            add(&h, &self.network(&self.norm2.call(&h)))
        } else {
            let h = self.norm1.call(&add(x, &self.dropout1.call(&self.self_attn.call(x))));
            self.norm2.call(&add(&h, &self.network(&h)))
        }
    }
}
