//! Scaled dot-product attention with several heads.
//!
//! For each sample and head, with queries Q, keys K and values V of that head as matrices of a row for each
//! step, P = softmax(Q·Kᵀ/√d) over the steps that may be attended to, and the result is P·V. On the way back,
//! dV = Pᵀ·ct, dP = ct·Vᵀ, dS = P∘(dP − Σ dP∘P)/√d by rows, dQ = dS·K and dK = dSᵀ·Q.
//!
//! Source: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin, *Attention Is All You
//! Need*, 2017.

use ndarray::{Array3, Array4, ArrayRef, Ix3};

use super::attention::{attend, attend_and_save, pull_back, push_forward};
use super::windows::constant_settings;
use crate::Real;

/// The settings of [`multi_head_attention`].
///
/// It is a constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionConfig {
    /// The number of heads that the features are divided into; 1 unless set.
    pub heads: usize,
    /// Whether a step may attend to itself and to those before it only; not unless set.
    pub causal: bool,
}

impl Default for AttentionConfig {
    fn default() -> Self {
        Self { heads: 1, causal: false }
    }
}

constant_settings!(AttentionConfig);

/// Scaled dot-product attention, softmax(Q·Kᵀ/√d)·V for each head.
///
/// - `query`: (batch, queries, heads·d)
/// - `key`: (batch, keys, heads·d)
/// - `value`: (batch, keys, heads·e)
/// - the value: (batch, queries, heads·e)
///
/// The features of a head lie together. These are the queries, keys and values after their projections: the
/// layer of this name in Keras is this between four fully connected layers.
///
/// ```
/// use autodiff_runtime::kernels::{AttentionConfig, multi_head_attention};
/// use autodiff_runtime::prelude::*;
///
/// let x = array![[[0.0, 1.0], [0.0, 3.0]]];
/// let config = AttentionConfig { heads: 2, causal: true };
/// let y = multi_head_attention(&x, &(&x * 0.0), &x, config);
/// assert_eq!(y, array![[[0.0, 1.0], [0.0, 2.0]]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together, or if the heads do not divide the features.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = multi_head_attention, order = 2, body = crate::kernels::plain::multi_head_attention(query, key, value, config))]
pub fn multi_head_attention<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    #[constant] config: AttentionConfig,
) -> Array3<T> {
    attend(query, key, value, None, config)
}

/// The value of [`multi_head_attention`], and the probabilities P: (batch, heads, queries, keys).
#[track_caller]
pub fn multi_head_attention_forward<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    config: AttentionConfig,
) -> (Array3<T>, Array4<T>) {
    attend_and_save(query, key, value, None, config)
}

/// Adds the gradients of [`multi_head_attention`] to the slots of `query`, `key` and `value`.
pub fn multi_head_attention_adjoint<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    config: AttentionConfig,
    saved: Array4<T>,
    ct: Array3<T>,
    query_slot: Option<&mut ArrayRef<T, Ix3>>,
    key_slot: Option<&mut ArrayRef<T, Ix3>>,
    value_slot: Option<&mut ArrayRef<T, Ix3>>,
) {
    pull_back(query, key, value, config, saved, ct, query_slot, key_slot, value_slot);
}

/// The value of [`multi_head_attention`], and its derivative along the tangents of `query`, `key` and `value`.
#[track_caller]
pub fn multi_head_attention_tangent<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    config: AttentionConfig,
    d_query: Option<&ArrayRef<T, Ix3>>,
    d_key: Option<&ArrayRef<T, Ix3>>,
    d_value: Option<&ArrayRef<T, Ix3>>,
) -> (Array3<T>, Array3<T>) {
    push_forward(query, key, value, None, config, d_query, d_key, d_value)
}

/// [`multi_head_attention`] to the keys that a mask allows.
///
/// `mask` is true where a query may attend to a key, as in Keras. It has shape (batch, queries, keys), or 1
/// in place of any of these for the same in all of them. A query that may attend to nothing has the value 0.
///
/// ```
/// use autodiff_runtime::kernels::{AttentionConfig, masked_multi_head_attention};
/// use autodiff_runtime::prelude::*;
///
/// let (x, mask) = (array![[[1.0], [3.0]]], array![[[false, true]]]);
/// let y = masked_multi_head_attention(&x, &x, &x, &mask, AttentionConfig::default());
/// assert_eq!(y, array![[[3.0], [3.0]]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together, or if the heads do not divide the features.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = masked_multi_head_attention, order = 2, body = crate::kernels::plain::masked_multi_head_attention(query, key, value, mask, config))]
pub fn masked_multi_head_attention<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    #[constant] mask: &ArrayRef<bool, Ix3>,
    #[constant] config: AttentionConfig,
) -> Array3<T> {
    attend(query, key, value, Some(mask), config)
}

/// The value of [`masked_multi_head_attention`], and the probabilities P: (batch, heads, queries, keys).
#[track_caller]
pub fn masked_multi_head_attention_forward<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    mask: &ArrayRef<bool, Ix3>,
    config: AttentionConfig,
) -> (Array3<T>, Array4<T>) {
    attend_and_save(query, key, value, Some(mask), config)
}

/// Adds the gradients of [`masked_multi_head_attention`] to the slots of `query`, `key` and `value`.
pub fn masked_multi_head_attention_adjoint<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    _mask: &ArrayRef<bool, Ix3>,
    config: AttentionConfig,
    saved: Array4<T>,
    ct: Array3<T>,
    query_slot: Option<&mut ArrayRef<T, Ix3>>,
    key_slot: Option<&mut ArrayRef<T, Ix3>>,
    value_slot: Option<&mut ArrayRef<T, Ix3>>,
) {
    // What is masked has probability 0, and so no derivative.
    pull_back(query, key, value, config, saved, ct, query_slot, key_slot, value_slot);
}

/// The value of [`masked_multi_head_attention`], and its derivative along the tangents of `query`, `key` and
/// `value`.
#[track_caller]
pub fn masked_multi_head_attention_tangent<T: Real>(
    query: &ArrayRef<T, Ix3>,
    key: &ArrayRef<T, Ix3>,
    value: &ArrayRef<T, Ix3>,
    mask: &ArrayRef<bool, Ix3>,
    config: AttentionConfig,
    d_query: Option<&ArrayRef<T, Ix3>>,
    d_key: Option<&ArrayRef<T, Ix3>>,
    d_value: Option<&ArrayRef<T, Ix3>>,
) -> (Array3<T>, Array3<T>) {
    push_forward(query, key, value, Some(mask), config, d_query, d_key, d_value)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::kernels::testing::{check, wave};

    /// Every slot in turn; without a mask, the same as with one that allows everything.
    #[test]
    fn derivatives_agree_with_differences() {
        let all = Array3::from_elem((1, 1, 1), true);
        let some = Array3::from_shape_fn((2, 5, 6), |(n, i, j)| (n + 2 * i + j) % 3 != 0 && i != 3);
        for (heads, causal, mask) in [(1, false, &all), (2, true, &all), (2, false, &some), (4, true, &some)] {
            let c = AttentionConfig { heads, causal };
            let (q, k, v) = (wave((2, 5, 8), 1), wave((2, 6, 8), 2), wave((2, 6, 4), 3));
            let y = masked_multi_head_attention(&q, &k, &v, mask, c);
            let gradients = |q: &Array3<f64>, k: &Array3<f64>, v: &Array3<f64>, ct: Array3<f64>| {
                let mut slots = [q, k, v].map(|x| x * 0.0 + 1.0);
                let [dq, dk, dv] = slots.each_mut().map(|slot| Some(&mut **slot));
                if *mask == all {
                    let (same, p) = multi_head_attention_forward(q, k, v, c);
                    assert_eq!(same, multi_head_attention(q, k, v, c));
                    assert_eq!(same, y);
                    multi_head_attention_adjoint(q, k, v, c, p, ct, dq, dk, dv);
                } else {
                    let (same, p) = masked_multi_head_attention_forward(q, k, v, mask, c);
                    assert_eq!(same, y);
                    masked_multi_head_attention_adjoint(q, k, v, mask, c, p, ct, dq, dk, dv);
                }
                slots.map(|slot| slot - 1.0)
            };
            check(
                &q,
                |q| masked_multi_head_attention(q, &k, &v, mask, c),
                |q, ct| gradients(q, &k, &v, ct)[0].clone(),
                |q, dq| masked_multi_head_attention_tangent(q, &k, &v, mask, c, Some(dq), None, None),
            );
            check(
                &k,
                |k| masked_multi_head_attention(&q, k, &v, mask, c),
                |k, ct| gradients(&q, k, &v, ct)[1].clone(),
                |k, dk| masked_multi_head_attention_tangent(&q, k, &v, mask, c, None, Some(dk), None),
            );
            check(
                &v,
                |v| masked_multi_head_attention(&q, &k, v, mask, c),
                |v, ct| gradients(&q, &k, v, ct)[2].clone(),
                |v, dv| masked_multi_head_attention_tangent(&q, &k, v, mask, c, None, None, Some(dv)),
            );
        }
    }

    #[test]
    fn the_derivative_along_all_tangents_is_the_sum() {
        let (q, k, v) = (wave((1, 3, 4), 1), wave((1, 3, 4), 2), wave((1, 3, 4), 3));
        let c = AttentionConfig { heads: 2, causal: true };
        let tangent = |dq, dk, dv| multi_head_attention_tangent(&q, &k, &v, c, dq, dk, dv).1;
        let (dq, dk, dv) = (Some(&*k), Some(&*v), Some(&*q));
        let sum = tangent(dq, None, None) + tangent(None, dk, None) + tangent(None, None, dv);
        let difference = tangent(dq, dk, dv) - sum;
        assert!(difference.iter().all(|d| d.abs() < 1e-14));
    }

    #[test]
    fn a_query_without_keys_has_value_zero() {
        let x = array![[[1.0_f64, 2.0], [3.0, 4.0]]];
        let mask = array![[[false, false], [true, false]]];
        let y = masked_multi_head_attention(&x, &x, &x, &mask, AttentionConfig::default());
        assert_eq!(y, array![[[0.0, 0.0], [1.0, 2.0]]]);
        let empty = Array3::<f64>::zeros((1, 0, 2));
        let y = multi_head_attention(&x, &empty, &empty, AttentionConfig::default());
        assert_eq!(y, x * 0.0);
    }

    #[test]
    #[should_panic(expected = "8 features of the queries and 4 of the values cannot be divided into 3 heads")]
    fn heads_that_do_not_divide_the_features_are_refused() {
        let (x, v) = (wave((1, 2, 8), 1), wave((1, 2, 4), 2));
        let config = AttentionConfig { heads: 3, causal: false };
        multi_head_attention(&x, &x, &v, config);
    }

    #[test]
    #[should_panic(expected = "the mask must have shape (1, 2, 2), or 1 in place of any of these; received (1, 2, 3)")]
    fn a_mask_of_another_shape_is_refused() {
        let (x, mask) = (wave((1, 2, 8), 1), Array3::from_elem((1, 2, 3), true));
        masked_multi_head_attention(&x, &x, &x, &mask, AttentionConfig::default());
    }
}
