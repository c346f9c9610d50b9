//! Methods that are linear: sums, means, and the same elements in another shape.
//!
//! The derivative of a linear method is the method itself, so one line gives the companions of every level.
//! In reverse mode views are copies: what a pullback keeps must not borrow from what may change before it is
//! called. (Where the compiler sees that the receiver is an array, views are places and not calls.)

use ndarray::{Array, Array1, ArrayRef, Axis, Dimension, IntoDimension, Ix2, RemoveAxis};

use super::number::Number;

type Smaller<T, D> = Array<T, <D as Dimension>::Smaller>;
type Larger<T, D> = Array<T, <D as Dimension>::Larger>;

/// A tangent in full: an absent or empty one is zero.
pub(super) fn whole<T: Number, D: Dimension>(d: Option<&ArrayRef<T, D>>, of: &ArrayRef<T, D>) -> Array<T, D> {
    match d.filter(|d| d.shape() == of.shape()) {
        Some(d) => d.to_owned(),
        None => Array::zeros(of.raw_dim()),
    }
}

/// `slot += ct`; an empty `ct` counts as zero.
fn add<T: Number, D: Dimension, E: Dimension>(slot: &mut ArrayRef<T, D>, ct: &ArrayRef<T, E>) {
    if !ct.is_empty() {
        slot.zip_mut_with(ct, |s, c| *s += *c);
    }
}

/// `slot += ct` in the order of the elements; an empty `ct` counts as zero.
fn add_in_order<T: Number, D: Dimension, E: Dimension>(slot: &mut ArrayRef<T, D>, ct: &ArrayRef<T, E>) {
    for (s, c) in slot.iter_mut().zip(ct) {
        *s += *c;
    }
}

/// `slot += factor · ct`, repeated along the axis.
fn spread<T: Number, D: RemoveAxis>(slot: &mut ArrayRef<T, D>, axis: Axis, ct: Smaller<T, D>, factor: T) {
    if !ct.is_empty() {
        slot.zip_mut_with(&ct.insert_axis(axis), |s, c| *s += factor * *c);
    }
}

fn length<T: Number>(n: usize) -> T {
    T::from_usize(n).expect("numbers hold lengths")
}

autodiff_macros::__linear_methods! {
    trait ArraySums<D> for D;
    sum() -> T =
        |a| a.sum(), |slot, ct| slot.map_inplace(|s| *s += ct);
    mean() -> Option<T> =
        |a| a.mean(), |slot, ct| if let Some(ct) = ct { let ct = ct / length::<T>(a.len()); slot.map_inplace(|s| *s += ct) };
    sum_axis(axis: Axis) -> Smaller<T, D> where D: RemoveAxis =
        |a| a.sum_axis(axis), |slot, ct| spread(slot, axis, ct, T::one());
    mean_axis(axis: Axis) -> Option<Smaller<T, D>> where D: RemoveAxis =
        |a| a.mean_axis(axis),
        |slot, ct| if let Some(ct) = ct { spread(slot, axis, ct, T::one() / length::<T>(a.len_of(axis))) };
}

autodiff_macros::__linear_methods! {
    trait ArrayViews<D> for D;
    view() -> Array<T, D> =
        |a| a.to_owned(), |slot, ct| add(slot, &ct);
    t() -> Array<T, D> =
        |a| a.to_owned().reversed_axes(), |slot, ct| add(slot, &ct.reversed_axes());
    reversed_axes() -> Array<T, D> =
        |a| a.to_owned().reversed_axes(), |slot, ct| add(slot, &ct.reversed_axes());
    permuted_axes(axes: impl IntoDimension<Dim = D> + Clone + 'static) -> Array<T, D> =
        |a| a.to_owned().permuted_axes(axes.clone()),
        |slot, ct| if !ct.is_empty() {
            slot.view_mut().permuted_axes(axes.clone()).zip_mut_with(&ct, |s, c| *s += *c);
        };
    insert_axis(axis: Axis) -> Larger<T, D> =
        |a| a.to_owned().insert_axis(axis), |slot, ct| add_in_order(slot, &ct);
    index_axis(axis: Axis, index: usize) -> Smaller<T, D> where D: RemoveAxis =
        |a| a.index_axis(axis, index).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, index), &ct);
    index_axis_move(axis: Axis, index: usize) -> Smaller<T, D> where D: RemoveAxis =
        |a| a.index_axis(axis, index).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, index), &ct);
    remove_axis(axis: Axis) -> Smaller<T, D> where D: RemoveAxis =
        |a| a.index_axis(axis, 0).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, 0), &ct);
    diag() -> Array1<T> =
        |a| a.diag().to_owned(), |slot, ct| add(&mut slot.diag_mut(), &ct);
    flatten() -> Array1<T> =
        |a| a.flatten().into_owned(), |slot, ct| add_in_order(slot, &ct);
    into_dyn() -> ndarray::ArrayD<T> =
        |a| a.to_owned().into_dyn(), |slot, ct| add_in_order(slot, &ct);
}

autodiff_macros::__linear_methods! {
    trait ArrayLines for Ix2;
    row(index: usize) -> Array1<T> =
        |a| a.row(index).to_owned(), |slot, ct| add(&mut slot.row_mut(index), &ct);
    column(index: usize) -> Array1<T> =
        |a| a.column(index).to_owned(), |slot, ct| add(&mut slot.column_mut(index), &ct);
}
