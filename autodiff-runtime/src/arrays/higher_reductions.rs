//! Higher derivatives of products, variances and standard deviations: what they are of numbers, of elements with their
//! tangents.

use ndarray::{Array, ArrayRef, Axis, Dimension, RemoveAxis};
use num_traits::{One, Zero};

use super::jets::{Jet, components, cotangents, jets};
use super::reductions::others;
use crate::Real;

/// Elements with their tangents that come to one number, which degrees of freedom are part of.
type Reduce<T, const N: usize> = fn(&[Jet<T, N>], Jet<T, N>) -> Jet<T, N>;

/// The gradient of that by the elements and by the degrees of freedom, for a cotangent.
type Pull<T, const N: usize> = fn(&[Jet<T, N>], Jet<T, N>, Jet<T, N>) -> (Vec<Jet<T, N>>, Jet<T, N>);

fn constant<T: Real, const N: usize>(x: f64) -> Jet<T, N> {
    let mut jet = Jet::zero();
    jet.0[0] = T::__lit(x);
    jet
}

fn product<T: Real, const N: usize>(items: &[Jet<T, N>], _: Jet<T, N>) -> Jet<T, N> {
    items.iter().fold(Jet::one(), |product, x| product * *x)
}

fn pull_product<T: Real, const N: usize>(
    items: &[Jet<T, N>],
    _: Jet<T, N>,
    ct: Jet<T, N>,
) -> (Vec<Jet<T, N>>, Jet<T, N>) {
    (others(items).into_iter().map(|other| other * ct).collect(), Jet::zero())
}

/// The deviations from the mean, and their number less the degrees of freedom.
fn deviations<T: Real, const N: usize>(items: &[Jet<T, N>], ddof: Jet<T, N>) -> (Vec<Jet<T, N>>, Jet<T, N>) {
    let n = constant(items.len() as f64);
    let mean = items.iter().fold(Jet::zero(), |sum, x| sum + *x) / n;
    (items.iter().map(|x| *x - mean).collect(), n - ddof)
}

fn variance<T: Real, const N: usize>(items: &[Jet<T, N>], ddof: Jet<T, N>) -> Jet<T, N> {
    let (deviations, free) = deviations(items, ddof);
    deviations.iter().fold(Jet::zero(), |sum, d| sum + *d * *d) / free
}

fn pull_variance<T: Real, const N: usize>(
    items: &[Jet<T, N>],
    ddof: Jet<T, N>,
    ct: Jet<T, N>,
) -> (Vec<Jet<T, N>>, Jet<T, N>) {
    let (deviations, free) = deviations(items, ddof);
    let scaled = ct / free;
    let twice = scaled + scaled;
    (deviations.iter().map(|d| twice * *d).collect(), variance(items, ddof) * scaled)
}

fn deviation<T: Real, const N: usize>(items: &[Jet<T, N>], ddof: Jet<T, N>) -> Jet<T, N> {
    variance(items, ddof).sqrt()
}

fn pull_deviation<T: Real, const N: usize>(
    items: &[Jet<T, N>],
    ddof: Jet<T, N>,
    ct: Jet<T, N>,
) -> (Vec<Jet<T, N>>, Jet<T, N>) {
    let std = deviation(items, ddof);
    pull_variance(items, ddof, ct / (std + std))
}

fn reduced<T: Real, D: Dimension, const N: usize>(
    jets: &Array<Jet<T, N>, D>,
    freedom: Jet<T, N>,
    reduce: Reduce<T, N>,
) -> Jet<T, N> {
    reduce(&jets.iter().copied().collect::<Vec<_>>(), freedom)
}

fn reduced_along<T: Real, D: RemoveAxis, const N: usize>(
    jets: &Array<Jet<T, N>, D>,
    axis: Axis,
    freedom: Jet<T, N>,
    reduce: Reduce<T, N>,
) -> Array<Jet<T, N>, D::Smaller> {
    jets.map_axis(axis, |lane| reduce(&lane.to_vec(), freedom))
}

/// Adds the gradient to the slots, and gives that of the degrees of freedom.
fn pull_reduced<T: Real, D: Dimension, const N: usize>(
    jets: &Array<Jet<T, N>, D>,
    freedom: Jet<T, N>,
    ct: Jet<T, N>,
    pull: Pull<T, N>,
    slots: [Option<&mut ArrayRef<T, D>>; N],
) -> [T; N] {
    let (pulled, of_freedom) = pull(&jets.iter().copied().collect::<Vec<_>>(), freedom, ct);
    for (c, slot) in slots.into_iter().enumerate() {
        slot.into_iter().flat_map(ArrayRef::iter_mut).zip(&pulled).for_each(|(s, g)| *s += g.0[c]);
    }
    of_freedom.0
}

/// The same along an axis.
fn pull_along<T: Real, D: RemoveAxis, const N: usize>(
    jets: &Array<Jet<T, N>, D>,
    axis: Axis,
    freedom: Jet<T, N>,
    cts: Option<Array<Jet<T, N>, D::Smaller>>,
    pull: Pull<T, N>,
    slots: [Option<&mut ArrayRef<T, D>>; N],
) -> [T; N] {
    let mut total = Jet::zero();
    let Some(cts) = cts else { return total.0 };
    let mut gradient = Array::from_elem(jets.raw_dim(), Jet::zero());
    for ((lane, mut into), ct) in jets.lanes(axis).into_iter().zip(gradient.lanes_mut(axis)).zip(&cts) {
        let (pulled, of_freedom) = pull(&lane.to_vec(), freedom, *ct);
        into.iter_mut().zip(pulled).for_each(|(g, pulled)| *g = pulled);
        total = total + of_freedom;
    }
    for (c, slot) in slots.into_iter().enumerate() {
        if let Some(slot) = slot {
            slot.zip_mut_with(&gradient, |s, g| *s += g.0[c]);
        }
    }
    total.0
}

autodiff_macros::__reduction_methods!();
