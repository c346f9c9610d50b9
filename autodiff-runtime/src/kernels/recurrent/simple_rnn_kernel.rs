//! The simple recurrent layer.
//!
//! h(t) = tanh(x(t)·W + h(t−1)·U + b). On the way back dz(t) = (1 − h(t)²)·dh(t), and dh(t−1) = dz(t)·Uᵀ besides what
//! comes from the sequence; the gradients of the weights are products over all steps at once.
//!
//! Source: Elman, *Finding Structure in Time*, 1990. Keras: `SimpleRNN`.

use ndarray::{Array2, Array3, ArrayRef, Axis, Ix1, Ix2, Ix3};

use super::series::{
    Sizes, add_layer_gradients, add_state_gradient, affine, affine_tangent, rows, rows_mut, time_major,
};
use crate::Real;
use crate::kernels::products::{add_product, add_product_transposed};

const NAME: &str = "simple_rnn";

/// The value of [`simple_rnn`]: the sequence of states, and the last.
pub type SimpleRnnValue<T> = (Array3<T>, Array2<T>);

/// What the way back needs of [`simple_rnn`]: the states, the initial one first, with the time first.
pub type SimpleRnnSaved<T> = Array2<T>;

/// The simple recurrent layer, h(t) = tanh(x(t)·W + h(t−1)·U + b).
///
/// - `x`: (batch, time, features)
/// - `weights`: (features, units)
/// - `recurrent`: (units, units)
/// - `bias`: (units)
/// - `state`: (batch, units), the state to begin with
/// - the value: the states after each step, (batch, time, units), and the last of them, (batch, units)
///
/// ```
/// use autodiff_runtime::kernels::simple_rnn;
/// use autodiff_runtime::prelude::*;
///
/// let (x, one, state) = (array![[[1.0_f64], [0.0]]], array![[1.0]], array![[0.0]]);
/// let (sequence, last) = simple_rnn(&x, &one, &one, &array![0.0], &state);
/// assert_eq!(sequence, array![[[1.0_f64.tanh()], [1.0_f64.tanh().tanh()]]]);
/// assert_eq!(last[(0, 0)], sequence[(0, 1, 0)]);
/// ```
///
/// # Panics
///
/// Panics if the shapes do not fit together.
#[track_caller]
#[::autodiff_macros::differentiable(kernel = simple_rnn, order = 2, body = crate::kernels::plain::simple_rnn(x, weights, recurrent, bias, state))]
pub fn simple_rnn<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    state: &ArrayRef<T, Ix2>,
) -> (Array3<T>, Array2<T>) {
    simple_rnn_forward(x, weights, recurrent, bias, state).0
}

/// The value of [`simple_rnn`], and what [`simple_rnn_adjoint`] needs.
///
/// # Panics
///
/// As [`simple_rnn`].
#[track_caller]
pub fn simple_rnn_forward<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    state: &ArrayRef<T, Ix2>,
) -> (SimpleRnnValue<T>, SimpleRnnSaved<T>) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 1);
    sizes.check_state(NAME, "state", state);
    assert!(bias.len() == sizes.units, "{NAME}: the bias has {} elements for {} units", bias.len(), sizes.units);
    let mut z = affine(&time_major(x), weights, Some(bias));
    let mut states = sizes.states(Some(state));
    for step in 0..sizes.time {
        let mut z = rows_mut(&mut z, sizes.rows(step));
        add_product(&rows(&states, sizes.rows(step)), recurrent, &mut z);
        rows_mut(&mut states, sizes.rows(step + 1)).zip_mut_with(&z, |h, &z| *h = z.tanh());
    }
    ((sizes.sequence(&states), sizes.last(&states)), states)
}

/// Adds the gradients of [`simple_rnn`] to the slots of `x`, `weights`, `recurrent`, `bias` and `state`.
pub fn simple_rnn_adjoint<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    _bias: &ArrayRef<T, Ix1>,
    _state: &ArrayRef<T, Ix2>,
    states: SimpleRnnSaved<T>,
    (ct_sequence, ct_last): SimpleRnnValue<T>,
    x_slot: Option<&mut ArrayRef<T, Ix3>>,
    weights_slot: Option<&mut ArrayRef<T, Ix2>>,
    recurrent_slot: Option<&mut ArrayRef<T, Ix2>>,
    bias_slot: Option<&mut ArrayRef<T, Ix1>>,
    state_slot: Option<&mut ArrayRef<T, Ix2>>,
) {
    let sizes = Sizes::new(NAME, x, weights, recurrent, 1);
    let mut dz = Array2::zeros((sizes.time * sizes.batch, sizes.units));
    let mut dh = ct_last;
    for step in (0..sizes.time).rev() {
        dh += &ct_sequence.index_axis(Axis(1), step);
        let mut dz = rows_mut(&mut dz, sizes.rows(step));
        dz.assign(&dh);
        dz.zip_mut_with(&rows(&states, sizes.rows(step + 1)), |dz, &h| {
            *dz *= T::one() - h * h;
        });
        dh.fill(T::zero());
        add_product_transposed(&dz, recurrent, &mut dh);
    }
    add_state_gradient(&dh, state_slot);
    let (weights_slots, recurrent_slots) = ((weights_slot, bias_slot), (recurrent_slot, None));
    add_layer_gradients((x, weights, &states), (&dz, &dz), x_slot, weights_slots, recurrent_slots);
}

/// The value of [`simple_rnn`], and its derivative along the tangents of `x`, `weights`, `recurrent`, `bias` and
/// `state`.
#[track_caller]
pub fn simple_rnn_tangent<T: Real>(
    x: &ArrayRef<T, Ix3>,
    weights: &ArrayRef<T, Ix2>,
    recurrent: &ArrayRef<T, Ix2>,
    bias: &ArrayRef<T, Ix1>,
    state: &ArrayRef<T, Ix2>,
    dx: Option<&ArrayRef<T, Ix3>>,
    d_weights: Option<&ArrayRef<T, Ix2>>,
    d_recurrent: Option<&ArrayRef<T, Ix2>>,
    d_bias: Option<&ArrayRef<T, Ix1>>,
    d_state: Option<&ArrayRef<T, Ix2>>,
) -> (SimpleRnnValue<T>, SimpleRnnValue<T>) {
    let (value, states) = simple_rnn_forward(x, weights, recurrent, bias, state);
    let sizes = Sizes::new(NAME, x, weights, recurrent, 1);
    let (x, dx) = (time_major(x), dx.map(time_major));
    let mut dz = affine_tangent((&x, dx.as_ref()), (weights, d_weights), d_bias);
    let mut d_states = sizes.states(d_state);
    for step in 0..sizes.time {
        let mut dz = rows_mut(&mut dz, sizes.rows(step));
        add_product(&rows(&d_states, sizes.rows(step)), recurrent, &mut dz);
        if let Some(d_recurrent) = d_recurrent {
            add_product(&rows(&states, sizes.rows(step)), d_recurrent, &mut dz);
        }
        let mut dh = rows_mut(&mut d_states, sizes.rows(step + 1));
        dh.assign(&dz);
        dh.zip_mut_with(&rows(&states, sizes.rows(step + 1)), |dh, &h| {
            *dh *= T::one() - h * h;
        });
    }
    (value, (sizes.sequence(&d_states), sizes.last(&d_states)))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::kernels::testing::{check, wave};

    const PARTS: [usize; 5] = [2 * 4 * 3, 3 * 5, 5 * 5, 5, 2 * 5];

    /// x, weights, recurrent, bias and state from one vector.
    fn split(all: &Array1<f64>) -> (Array3<f64>, Array2<f64>, Array2<f64>, Array1<f64>, Array2<f64>) {
        let mut rest = all.as_slice().unwrap();
        let [x, w, u, b, h] = PARTS.map(|count| {
            let (part, others) = rest.split_at(count);
            rest = others;
            part.to_vec()
        });
        (
            Array3::from_shape_vec((2, 4, 3), x).unwrap(),
            Array2::from_shape_vec((3, 5), w).unwrap(),
            Array2::from_shape_vec((5, 5), u).unwrap(),
            Array1::from(b),
            Array2::from_shape_vec((2, 5), h).unwrap(),
        )
    }

    fn flat((sequence, last): SimpleRnnValue<f64>) -> Array1<f64> {
        sequence.iter().chain(&last).copied().collect()
    }

    /// All five parameters at once.
    #[test]
    fn derivatives_agree_with_differences() {
        check(
            &(wave(PARTS.iter().sum::<usize>(), 1) * 0.7),
            |all| {
                let (x, w, u, b, h) = split(all);
                flat(simple_rnn(&x, &w, &u, &b, &h))
            },
            |all, ct| {
                let (x, w, u, b, h) = split(all);
                let (_, saved) = simple_rnn_forward(&x, &w, &u, &b, &h);
                let (sequence, last) = ct.as_slice().unwrap().split_at(40);
                let ct = (
                    Array3::from_shape_vec((2, 4, 5), sequence.to_vec()).unwrap(),
                    Array2::from_shape_vec((2, 5), last.to_vec()).unwrap(),
                );
                let (mut dx, mut dw, mut du, mut db, mut dh) = split(&Array1::ones(all.len()));
                simple_rnn_adjoint(
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
                let (y, dy) = simple_rnn_tangent(&x, &w, &u, &b, &h, d.0, d.1, d.2, d.3, d.4);
                (flat(y), flat(dy))
            },
        );
    }

    #[test]
    fn no_steps_leave_the_state() {
        let (w, u, b, h) = (wave((3, 5), 1), wave((5, 5), 2), wave(5, 3), wave((2, 5), 4));
        let (sequence, last) = simple_rnn(&Array3::zeros((2, 0, 3)), &w, &u, &b, &h);
        assert_eq!((sequence.dim(), last), ((2, 0, 5), h));
    }

    #[test]
    #[should_panic(expected = "`state` must have shape (2, 5), a row for each series; received (1, 5)")]
    fn a_state_of_another_shape_is_refused() {
        let (w, u, b, h) = (wave((3, 5), 1), wave((5, 5), 2), wave(5, 3), wave((1, 5), 4));
        simple_rnn(&wave((2, 4, 3), 5), &w, &u, &b, &h);
    }
}
