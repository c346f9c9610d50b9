//! The long short-term memory.
//!
//! With z(t) = x(t)·W + h(t−1)·U + b in four parts, in the order of Keras, the gates are i = σ(z₁), f = σ(z₂),
//! g = tanh(z₃) and o = σ(z₄), and the states c(t) = f·c(t−1) + i·g and h(t) = o·tanh(c(t)). The gates of all steps are
//! stored; on the way back they become dz in place, and the gradients of the weights are products over
//! all steps at once.
//!
//! Source: Hochreiter, Schmidhuber, *Long Short-Term Memory*, 1997; Gers, Schmidhuber, Cummins, *Learning
//! to Forget*, 2000. Keras: `LSTM`.

use ndarray::{Array2, Array3, ArrayRef, Axis, Ix1, Ix2, Ix3};

use super::series::{
    Sizes, add_layer_gradients, add_state_gradient, affine, affine_tangent, rows, rows_mut, time_major,
};
use crate::Real;
use crate::kernels::activations::logistic;
use crate::kernels::products::{add_product, add_product_transposed};
use crate::kernels::windows::items_of_mut;

const NAME: &str = "lstm";

/// The value of [`lstm`]: the sequence of states h, the last h, and the last c.
pub type LstmValue<T> = (Array3<T>, Array2<T>, Array2<T>);

/// What the way back needs of [`lstm`].
#[derive(Clone, Debug)]
pub struct LstmSaved<T> {
    /// i, f, g and o of every step: (time·batch, 4·units).
    gates: Array2<T>,
    /// The states h and c, the initial ones first: ((time + 1)·batch, units).
    h: Array2<T>,
    c: Array2<T>,
    /// tanh(c) after every step: (time·batch, units).
    tanh_c: Array2<T>,
}

/// The long short-term memory.
///
/// - `x`: (batch, time, features)
/// - `weights`: (features, 4·units), for the input gate, the forget gate, the candidate and the output gate
/// - `recurrent`: (units, 4·units)
/// - `bias`: (4·units)
/// - `h`, `c`: (batch, units), the states to begin with
/// - the value: the states h after each step, (batch, time, units), and the last h and c, (batch, units) each
///
/// ```
/// use autodiff_runtime::kernels::lstm;
/// use autodiff_runtime::prelude::*;
///
/// let (weights, recurrent) = (Array2::<f64>::zeros((3, 8)), Array2::zeros((2, 8)));
/// let (h, c) = (Array2::zeros((1, 2)), Array2::ones((1, 2)));
/// let x = Array3::ones((1, 5, 3));
/// let (sequence, h, c) = lstm(&x, &weights, &recurrent, &Array1::zeros(8), &h, &c);
/// assert_eq!(sequence.dim(), (1, 5, 2));
/// assert_eq!(c, array![[1.0 / 32.0, 1.0 / 32.0]]);
/// assert_eq!(h[(0, 0)], 0.5 * (1.0_f64 / 32.0).tanh());
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = lstm, order = 2, body = crate::kernels::plain::lstm(x, weights, recurrent, bias, h, c))]
pub fn lstm<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    h: &ArrayRef<T, Ix2>,
    c: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>, Array2<T>) {
    lstm_forward(x, weights, recurrent, bias, h, c).0
}

/// The value of [`lstm`], and what [`lstm_adjoint`] needs.
///
/// # Panics
///
/// As [`lstm`].
#[track_caller]
pub fn lstm_forward<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    h: &ArrayRef<T, Ix2>,
    c: &ArrayRef<T, Ix2>,
) -> (LstmValue<T>, LstmSaved<T>) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 4);
    sizes.check_state(NAME, "h", h);
    sizes.check_state(NAME, "c", c);
    assert!(
        bias.len() == 4 * sizes.units,
        "{NAME}: the bias has {} elements, but {} units have {}",
        bias.len(),
        sizes.units,
        4 * sizes.units
    );
    let mut gates = affine(&time_major(x), weights, Some(bias));
    let (mut h, mut c) = (sizes.states(Some(h)), sizes.states(Some(c)));
    let mut tanh_c = Array2::zeros((sizes.time * sizes.batch, sizes.units));
    for step in 0..sizes.time {
        let mut z = rows_mut(&mut gates, sizes.rows(step));
        add_product(&rows(&h, sizes.rows(step)), recurrent, &mut z);
        advance(sizes, step, &mut gates, &mut c, &mut tanh_c, &mut h);
    }
    let value = (sizes.sequence(&h), sizes.last(&h), sizes.last(&c));
    let saved = LstmSaved { gates, h, c, tanh_c };
    (value, saved)
}

/// One step: z becomes the gates in place, and the states follow.
fn advance<T: Real>(
    sizes: Sizes,
    step: usize,
    gates: &mut Array2<T>,
    c: &mut Array2<T>,
    tanh_c: &mut Array2<T>,
    h: &mut Array2<T>,
) {
    let (units, row) = (sizes.units.max(1), sizes.batch * sizes.units);
    let gates = &mut items_of_mut(gates)[4 * step * row..4 * (step + 1) * row];
    let (c_before, c) = items_of_mut(c)[step * row..(step + 2) * row].split_at_mut(row);
    let states = c.chunks_exact_mut(units).zip(c_before.chunks_exact(units));
    let outputs = items_of_mut(tanh_c)[step * row..(step + 1) * row]
        .chunks_exact_mut(units)
        .zip(items_of_mut(h)[(step + 1) * row..(step + 2) * row].chunks_exact_mut(units));
    let samples = gates.chunks_exact_mut(4 * units).zip(states).zip(outputs);
    for ((z, (c, c_before)), (tanh_c, h)) in samples {
        let (sigmoids, rest) = z.split_at_mut(2 * units);
        let (candidate, output) = rest.split_at_mut(units);
        for z in sigmoids.iter_mut().chain(output.iter_mut()) {
            *z = logistic(*z);
        }
        for z in candidate.iter_mut() {
            *z = z.tanh();
        }
        let (input, forget) = sigmoids.split_at(units);
        for (at, c) in c.iter_mut().enumerate() {
            *c = forget[at] * c_before[at] + input[at] * candidate[at];
            tanh_c[at] = c.tanh();
            h[at] = output[at] * tanh_c[at];
        }
    }
}

/// Adds the gradients of [`lstm`] to the slots of `x`, `weights`, `recurrent`, `bias`, `h` and `c`.
pub fn lstm_adjoint<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    _bias: &ArrayRef<T, Ix1>,
    _h: &ArrayRef<T, Ix2>,
    _c: &ArrayRef<T, Ix2>,
    saved: LstmSaved<T>,
    (ct_sequence, ct_h, ct_c): LstmValue<T>,
    x_slot: Option<&mut ArrayRef<T, Ix3>>,
    weights_slot: Option<&mut ArrayRef<T, Ix2>>,
    recurrent_slot: Option<&mut ArrayRef<T, Ix2>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
    h_slot: Option<&mut ArrayRef<T, Ix2>>,
    c_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 4);
    let LstmSaved { gates: mut dz, h, c, tanh_c } = saved;
    let (mut dh, mut dc) = (ct_h, ct_c);
    for step in (0..sizes.time).rev() {
        dh += &ct_sequence.index_axis(Axis(1), step);
        retreat(sizes, step, &mut dz, (&c, &tanh_c), &dh, &mut dc);
        dh = Array2::zeros((sizes.batch, sizes.units));
        add_product_transposed(&rows(&dz, sizes.rows(step)), recurrent, &mut dh);
    }
    add_state_gradient(&dh, h_slot);
    add_state_gradient(&dc, c_slot);
    let (weights_slots, recurrent_slots) = ((weights_slot, bias_slot), (recurrent_slot, None));
    add_layer_gradients((x, weights, &h), (&dz, &dz), x_slot, weights_slots, recurrent_slots);
}

/// One step back: the gates become dz in place, and dc that of the step before.
fn retreat<T: Real>(
    sizes: Sizes,
    step: usize,
    gates: &mut Array2<T>,
    (c, tanh_c): (&Array2<T>, &Array2<T>),
    dh: &Array2<T>,
    dc: &mut Array2<T>,
) {
    let units = sizes.units;
    let mut gates = rows_mut(gates, sizes.rows(step));
    let (c, tanh_c) = (rows(c, sizes.rows(step)), rows(tanh_c, sizes.rows(step)));
    let one = T::one();
    for (sample, mut gates) in gates.rows_mut().into_iter().enumerate() {
        let (c, tanh_c) = (c.row(sample), tanh_c.row(sample));
        let (dh, mut dc) = (dh.row(sample), dc.row_mut(sample));
        for at in 0..units {
            let (input, forget) = (gates[at], gates[units + at]);
            let (candidate, output) = (gates[2 * units + at], gates[3 * units + at]);
            let dc_here = dc[at] + dh[at] * output * (one - tanh_c[at] * tanh_c[at]);
            gates[at] = dc_here * candidate * input * (one - input);
            gates[units + at] = dc_here * c[at] * forget * (one - forget);
            gates[2 * units + at] = dc_here * input * (one - candidate * candidate);
            gates[3 * units + at] = dh[at] * tanh_c[at] * output * (one - output);
            dc[at] = dc_here * forget;
        }
    }
}

/// The value of [`lstm`], and its derivative along the tangents of `x`, `weights`, `recurrent`, `bias`, `h` and `c`.
#[track_caller]
pub fn lstm_tangent<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    h: &ArrayRef<T, Ix2>,
    c: &ArrayRef<T, Ix2>,
    dx: Option<&ArrayRef<T, Ix3>>,
    d_weights: Option<&ArrayRef<T, Ix2>>,
    d_recurrent: Option<&ArrayRef<T, Ix2>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
    dh: Option<&ArrayRef<T, Ix2>>,
    dc: Option<&ArrayRef<T, Ix2>>,
) -> (LstmValue<T>, LstmValue<T>) {
    let (value, saved) = lstm_forward(x, weights, recurrent, bias, h, c);
    let sizes = Sizes::new(NAME, x, weights, recurrent, 4);
    let (x, dx) = (time_major(x), dx.map(time_major));
    let mut dz = affine_tangent((&x, dx.as_ref()), (weights, d_weights), d_bias);
    let (mut dh, mut dc) = (sizes.states(dh), sizes.states(dc));
    let one = T::one();
    for step in 0..sizes.time {
        let mut dz = rows_mut(&mut dz, sizes.rows(step));
        add_product(&rows(&dh, sizes.rows(step)), recurrent, &mut dz);
        if let Some(d_recurrent) = d_recurrent {
            add_product(&rows(&saved.h, sizes.rows(step)), d_recurrent, &mut dz);
        }
        for (sample, dz) in dz.rows().into_iter().enumerate() {
            let (before, after) = (step * sizes.batch + sample, (step + 1) * sizes.batch + sample);
            let (gates, tanh_c) = (saved.gates.row(before), saved.tanh_c.row(before));
            let units = sizes.units;
            for at in 0..units {
                let gate = |part: usize| (gates[part * units + at], dz[part * units + at]);
                let sigmoid = |(y, dz): (T, T)| (y, y * (one - y) * dz);
                let (input, d_input) = sigmoid(gate(0));
                let (forget, d_forget) = sigmoid(gate(1));
                let (candidate, dz_candidate) = gate(2);
                let (output, d_output) = sigmoid(gate(3));
                let d_candidate = (one - candidate * candidate) * dz_candidate;
                dc[(after, at)] = d_forget * saved.c[(before, at)]
                    + forget * dc[(before, at)]
                    + d_input * candidate
                    + input * d_candidate;
                let slope = one - tanh_c[at] * tanh_c[at];
                dh[(after, at)] = d_output * tanh_c[at] + output * slope * dc[(after, at)];
            }
        }
    }
    (value, (sizes.sequence(&dh), sizes.last(&dh), sizes.last(&dc)))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::testing::{check, wave};

    const PARTS: [usize; 6] = [2 * 4 * 3, 3 * 20, 5 * 20, 20, 2 * 5, 2 * 5];
    type All = (Array3<f64>, Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>, Array2<f64>);

    /// All parameters from one vector.
    fn split(all: &Array1<f64>) -> All {
        let mut rest = all.as_slice().unwrap();
        let [x, w, u, b, h, c] = PARTS.map(|count| {
            let (part, others) = rest.split_at(count);
            rest = others;
            part.to_vec()
        });
        (
            Array3::from_shape_vec((2, 4, 3), x).unwrap(),
            Array2::from_shape_vec((3, 20), w).unwrap(),
            Array2::from_shape_vec((5, 20), u).unwrap(),
            Array1::from(b),
            Array2::from_shape_vec((2, 5), h).unwrap(),
            Array2::from_shape_vec((2, 5), c).unwrap(),
        )
    }

    fn flat((sequence, h, c): LstmValue<f64>) -> Array1<f64> {
        sequence.iter().chain(&h).chain(&c).copied().collect()
    }

    /// All six parameters at once.
    #[test]
    fn derivatives_agree_with_differences() {
        check(
            &wave(PARTS.iter().sum::<usize>(), 1),
            |all| {
                let (x, w, u, b, h, c) = split(all);
                flat(lstm(&x, &w, &u, &b, &h, &c))
            },
            |all, ct| {
                let (x, w, u, b, h, c) = split(all);
                let (_, saved) = lstm_forward(&x, &w, &u, &b, &h, &c);
                let (sequence, last) = ct.as_slice().unwrap().split_at(40);
                let (ct_h, ct_c) = last.split_at(10);
                let ct = (
                    Array3::from_shape_vec((2, 4, 5), sequence.to_vec()).unwrap(),
                    Array2::from_shape_vec((2, 5), ct_h.to_vec()).unwrap(),
                    Array2::from_shape_vec((2, 5), ct_c.to_vec()).unwrap(),
                );
                let (mut dx, mut dw, mut du, mut db, mut dh, mut dc) = split(&Array1::ones(all.len()));
                lstm_adjoint(
                    &x,
                    &w,
                    &u,
                    &b,
                    &h,
                    &c,
                    saved,
                    ct,
                    Some(&mut dx),
                    Some(&mut dw),
                    Some(&mut du),
                    Some(&mut db),
                    Some(&mut dh),
                    Some(&mut dc),
                );
                let all = dx.iter().chain(&dw).chain(&du).chain(&db).chain(&dh).chain(&dc);
                all.map(|item| item - 1.0).collect()
            },
            |all, d| {
                let (x, w, u, b, h, c) = split(all);
                let (dx, dw, du, db, dh, dc) = split(d);
                let d = (Some(&*dx), Some(&*dw), Some(&*du), Some(&*db));
                let (dh, dc) = (Some(&*dh), Some(&*dc));
                let (y, dy) = lstm_tangent(&x, &w, &u, &b, &h, &c, d.0, d.1, d.2, d.3, dh, dc);
                (flat(y), flat(dy))
            },
        );
    }

    #[test]
    #[should_panic(expected = "for 5 units, weights and recurrent weights must have 20 columns")]
    fn weights_of_another_shape_are_refused() {
        let (w, u, h) = (wave((3, 15), 1), wave((5, 20), 2), wave((2, 5), 4));
        lstm(&wave((2, 4, 3), 5), &w, &u, &wave(20, 1), &h, &h);
    }
}
