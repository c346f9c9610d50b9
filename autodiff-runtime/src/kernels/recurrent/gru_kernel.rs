//! The gated recurrent unit.
//!
//! With a(t) = x(t)·W + b₁ and r(t) = h(t−1)·U + b₂ in three parts each, in the order of Keras, the gates are
//! z = σ(a₁ + r₁) and s = σ(a₂ + r₂), the candidate g = tanh(a₃ + s·r₃), and the state h(t) = z·h(t−1) + (1 − z)·g. This is
//! the variant that resets after the product, `reset_after=True` in Keras and the only one of cuDNN.
//!
//! Source: Cho, van Merriënboer, Gülçehre, Bahdanau, Bougares, Schwenk, Bengio, *Learning Phrase
//! Representations using RNN Encoder–Decoder for Statistical Machine Translation*, 2014. Keras: `GRU`.

use ndarray::{Array2, Array3, ArrayRef, Axis, Ix2, Ix3};

use super::series::{
    Sizes, add_layer_gradients, add_state_gradient, affine, affine_tangent, rows, rows_mut, time_major,
};
use crate::Real;
use crate::kernels::activations::logistic;
use crate::kernels::products::add_product_transposed;

const NAME: &str = "gru";

/// The value of [`gru`]: the sequence of states, and the last.
pub type GruValue<T> = (Array3<T>, Array2<T>);

/// What the way back needs of [`gru`].
#[derive(Clone, Debug)]
pub struct GruSaved<T> {
    /// z, s and g of every step: (time·batch, 3·units).
    gates: Array2<T>,
    /// r₃ of every step: (time·batch, units).
    inner: Array2<T>,
    /// The states, the initial one first: ((time + 1)·batch, units).
    h: Array2<T>,
}

/// The gated recurrent unit.
///
/// - `x`: (batch, time, features)
/// - `weights`: (features, 3·units), for the update gate, the reset gate and the candidate
/// - `recurrent`: (units, 3·units)
/// - `bias`: (2, 3·units), for the input and for the state, as in Keras
/// - `state`: (batch, units), the state to begin with
/// - the value: the states after each step, (batch, time, units), and the last of them, (batch, units)
///
/// ```
/// use autodiff_runtime::kernels::gru;
/// use autodiff_runtime::prelude::*;
///
/// let (weights, recurrent) = (Array2::<f64>::zeros((3, 6)), Array2::zeros((2, 6)));
/// let (x, state) = (Array3::ones((1, 5, 3)), Array2::ones((1, 2)));
/// let (sequence, last) = gru(&x, &weights, &recurrent, &Array2::zeros((2, 6)), &state);
/// assert_eq!(sequence.dim(), (1, 5, 2));
/// assert_eq!(last, array![[1.0 / 32.0, 1.0 / 32.0]]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = gru, order = 2, body = crate::kernels::plain::gru(x, weights, recurrent, bias, state))]
pub fn gru<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix2>,
    state: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>) {
    gru_forward(x, weights, recurrent, bias, state).0
}

/// The value of [`gru`], and what [`gru_adjoint`] needs.
///
/// # Panics
///
/// As [`gru`].
#[track_caller]
pub fn gru_forward<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix2>,
    state: &ArrayRef<T, Ix2>,
) -> (GruValue<T>, GruSaved<T>) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 3);
    sizes.check_state(NAME, "state", state);
    assert!(
        bias.dim() == (2, 3 * sizes.units),
        "{NAME}: the bias has shape {:?}, but {} units have {:?}",
        bias.dim(),
        sizes.units,
        (2, 3 * sizes.units)
    );
    let units = sizes.units;
    let mut gates = affine(&time_major(x), weights, Some(&bias.row(0)));
    let mut inner = Array2::zeros((sizes.time * sizes.batch, units));
    let mut h = sizes.states(Some(state));
    for step in 0..sizes.time {
        let before = rows(&h, sizes.rows(step)).to_owned();
        let r = affine(&before, recurrent, Some(&bias.row(1)));
        let mut after = rows_mut(&mut h, sizes.rows(step + 1));
        for sample in 0..sizes.batch {
            let row = step * sizes.batch + sample;
            let (mut gates, mut inner) = (gates.row_mut(row), inner.row_mut(row));
            let (r, before, mut after) = (r.row(sample), before.row(sample), after.row_mut(sample));
            for at in 0..2 * units {
                gates[at] = logistic(gates[at] + r[at]);
            }
            for at in 0..units {
                inner[at] = r[2 * units + at];
                let candidate = (gates[2 * units + at] + gates[units + at] * inner[at]).tanh();
                gates[2 * units + at] = candidate;
                after[at] = candidate + gates[at] * (before[at] - candidate);
            }
        }
    }
    let value = (sizes.sequence(&h), sizes.last(&h));
    (value, GruSaved { gates, inner, h })
}

/// Adds the gradients of [`gru`] to the slots of `x`, `weights`, `recurrent`, `bias` and `state`.
pub fn gru_adjoint<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    _bias: &ArrayRef<T, Ix2>,
    _state: &ArrayRef<T, Ix2>,
    saved: GruSaved<T>,
    (ct_sequence, ct_last): GruValue<T>,
    x_slot: Option<&mut ArrayRef<T, Ix3>>,
    weights_slot: Option<&mut ArrayRef<T, Ix2>>,
    recurrent_slot: Option<&mut ArrayRef<T, Ix2>>,
    bias_slot: Option<&mut ArrayRef<T, Ix2>>,
    state_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 3);
    let GruSaved { gates: mut da, inner, h } = saved;
    let units = sizes.units;
    let mut dr = Array2::zeros(da.raw_dim());
    let mut dh = ct_last;
    let one = T::one();
    for step in (0..sizes.time).rev() {
        dh += &ct_sequence.index_axis(Axis(1), step);
        for sample in 0..sizes.batch {
            let row = step * sizes.batch + sample;
            // The gates become da in place, and dh what reaches the state before directly.
            let (mut gates, mut dr) = (da.row_mut(row), dr.row_mut(row));
            let (inner, before, mut dh) = (inner.row(row), h.row(row), dh.row_mut(sample));
            for at in 0..units {
                let (update, reset) = (gates[at], gates[units + at]);
                let candidate = gates[2 * units + at];
                let d_candidate = dh[at] * (one - update) * (one - candidate * candidate);
                let d_update = dh[at] * (before[at] - candidate) * update * (one - update);
                let d_reset = d_candidate * inner[at] * reset * (one - reset);
                (gates[at], dr[at]) = (d_update, d_update);
                (gates[units + at], dr[units + at]) = (d_reset, d_reset);
                gates[2 * units + at] = d_candidate;
                dr[2 * units + at] = d_candidate * reset;
                dh[at] *= update;
            }
        }
        add_product_transposed(&rows(&dr, sizes.rows(step)), recurrent, &mut dh);
    }
    add_state_gradient(&dh, state_slot);
    let (mut input_bias, mut state_bias) = (None, None);
    if let Some(slot) = bias_slot {
        let (input, state) = slot.view_mut().split_at(Axis(0), 1);
        input_bias = Some(input.remove_axis(Axis(0)));
        state_bias = Some(state.remove_axis(Axis(0)));
    }
    let weights_slots = (weights_slot, input_bias.as_deref_mut());
    let recurrent_slots = (recurrent_slot, state_bias.as_deref_mut());
    add_layer_gradients((x, weights, &h), (&da, &dr), x_slot, weights_slots, recurrent_slots);
}

/// The value of [`gru`], and its derivative along the tangents of `x`, `weights`, `recurrent`, `bias` and `state`.
#[track_caller]
pub fn gru_tangent<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix2>,
    state: &ArrayRef<T, Ix2>,
    dx: Option<&ArrayRef<T, Ix3>>,
    d_weights: Option<&ArrayRef<T, Ix2>>,
    d_recurrent: Option<&ArrayRef<T, Ix2>>,
    d_bias: Option<&ArrayRef<T, Ix2>>,
    d_state: Option<&ArrayRef<T, Ix2>>,
) -> (GruValue<T>, GruValue<T>) {
    let (value, saved) = gru_forward(x, weights, recurrent, bias, state);
    let sizes = Sizes::new(NAME, x, weights, recurrent, 3);
    let (x, dx) = (time_major(x), dx.map(time_major));
    let d_bias = d_bias.map(|d| (d.row(0), d.row(1)));
    let (d_input_bias, d_state_bias) = d_bias.unzip();
    let input = (&x, dx.as_ref());
    let da = affine_tangent(input, (weights, d_weights), d_input_bias.as_deref());
    let mut dh = sizes.states(d_state);
    let (units, one) = (sizes.units, T::one());
    for step in 0..sizes.time {
        let before = rows(&saved.h, sizes.rows(step)).to_owned();
        let d_before = rows(&dh, sizes.rows(step)).to_owned();
        let state = (&before, Some(&d_before));
        let dr = affine_tangent(state, (recurrent, d_recurrent), d_state_bias.as_deref());
        for sample in 0..sizes.batch {
            let row = step * sizes.batch + sample;
            let (gates, inner) = (saved.gates.row(row), saved.inner.row(row));
            let (da, dr) = (da.row(row), dr.row(sample));
            for at in 0..units {
                let [update, reset, candidate] = [0, 1, 2].map(|part| gates[part * units + at]);
                let sum = |part: usize| da[part * units + at] + dr[part * units + at];
                let d_update = update * (one - update) * sum(0);
                let d_reset = reset * (one - reset) * sum(1);
                let d_candidate = (one - candidate * candidate)
                    * (da[2 * units + at] + d_reset * inner[at] + reset * dr[2 * units + at]);
                dh[(row + sizes.batch, at)] = d_update * (before[(sample, at)] - candidate)
                    + update * d_before[(sample, at)]
                    + (one - update) * d_candidate;
            }
        }
    }
    (value, (sizes.sequence(&dh), sizes.last(&dh)))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::testing::{check, wave};

    const PARTS: [usize; 5] = [2 * 4 * 3, 3 * 15, 5 * 15, 2 * 15, 2 * 5];
    type All = (Array3<f64>, Array2<f64>, Array2<f64>, Array2<f64>, Array2<f64>);

    /// All parameters from one vector.
    fn split(all: &Array1<f64>) -> All {
        let mut rest = all.as_slice().unwrap();
        let [x, w, u, b, h] = PARTS.map(|count| {
            let (part, others) = rest.split_at(count);
            rest = others;
            part.to_vec()
        });
        (
            Array3::from_shape_vec((2, 4, 3), x).unwrap(),
            Array2::from_shape_vec((3, 15), w).unwrap(),
            Array2::from_shape_vec((5, 15), u).unwrap(),
            Array2::from_shape_vec((2, 15), b).unwrap(),
            Array2::from_shape_vec((2, 5), h).unwrap(),
        )
    }

    fn flat((sequence, last): GruValue<f64>) -> Array1<f64> {
        sequence.iter().chain(&last).copied().collect()
    }

    /// All five parameters at once.
    #[test]
    fn derivatives_agree_with_differences() {
        check(
            &wave(PARTS.iter().sum::<usize>(), 1),
            |all| {
                let (x, w, u, b, h) = split(all);
                flat(gru(&x, &w, &u, &b, &h))
            },
            |all, ct| {
                let (x, w, u, b, h) = split(all);
                let (_, saved) = gru_forward(&x, &w, &u, &b, &h);
                let (sequence, last) = ct.as_slice().unwrap().split_at(40);
                let ct = (
                    Array3::from_shape_vec((2, 4, 5), sequence.to_vec()).unwrap(),
                    Array2::from_shape_vec((2, 5), last.to_vec()).unwrap(),
                );
                let (mut dx, mut dw, mut du, mut db, mut dh) = split(&Array1::ones(all.len()));
                gru_adjoint(
                    &x,
                    &w,
                    &u,
                    &b,
                    &h,
                    saved,
                    ct,
                    Some(&mut dx),
                    Some(&mut dw),
                    Some(&mut du),
                    Some(&mut db),
                    Some(&mut dh),
                );
                let all = dx.iter().chain(&dw).chain(&du).chain(&db).chain(&dh);
                all.map(|item| item - 1.0).collect()
            },
            |all, d| {
                let (x, w, u, b, h) = split(all);
                let (dx, dw, du, db, dh) = split(d);
                let d = (Some(&*dx), Some(&*dw), Some(&*du), Some(&*db), Some(&*dh));
                let (y, dy) = gru_tangent(&x, &w, &u, &b, &h, d.0, d.1, d.2, d.3, d.4);
                (flat(y), flat(dy))
            },
        );
    }

    #[test]
    #[should_panic(expected = "the bias has shape (1, 15), but 5 units have (2, 15)")]
    fn a_bias_of_another_shape_is_refused() {
        let (w, u, h) = (wave((3, 15), 1), wave((5, 15), 2), wave((2, 5), 4));
        gru(&wave((2, 4, 3), 5), &w, &u, &wave((1, 15), 1), &h);
    }
}
