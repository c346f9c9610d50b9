//! Arrays in other forms: as the vector of their elements, from such a vector, repeated along axes; and the
//! sums that are the transposes of those.
//!
//! Generated code reads the elements of arrays in loops over vectors, and makes arrays of the results.

use std::ops::Deref;

use ndarray::{
    Array, ArrayBase, ArrayRef, ArrayViewD, ArrayViewMutD, Axis, Data, DataMut, Dimension, IntoDimension, RemoveAxis,
};
use num_complex::Complex;
use num_traits::Zero;

use crate::__private::{AddFrom, Items, ItemsMut};
use crate::Real;
use crate::tangent::{Differentiable, Tangent};

/// The elements in logical order.
#[inline]
#[must_use]
pub fn flat<T: Clone, D: Dimension>(array: &ArrayRef<T, D>) -> Vec<T> {
    match array.as_slice() {
        Some(slice) => slice.to_vec(),
        None => array.iter().cloned().collect(),
    }
}

/// The array of a shape with these elements in logical order.
///
/// # Panics
///
/// If there are not as many as the shape has places.
#[inline]
#[track_caller]
pub fn shaped<T, S: IntoDimension + Clone>(items: Vec<T>, shape: &S) -> Array<T, S::Dim> {
    let n = items.len();
    let dim = shape.clone().into_dimension();
    Array::from_shape_vec(dim.clone(), items)
        .unwrap_or_else(|_| panic!("{n} elements do not make an array of shape {:?}", dim.slice()))
}

/// The array repeated to a shape.
///
/// # Panics
///
/// If the shape cannot be reached by repetition.
#[inline]
#[track_caller]
pub fn spread<T: Clone, D: Dimension, S: IntoDimension + Clone>(array: &ArrayRef<T, D>, shape: &S) -> Array<T, S::Dim> {
    let dim = shape.clone().into_dimension();
    match array.broadcast(dim.clone()) {
        Some(view) => view.to_owned(),
        None => panic!("an array of shape {:?} cannot be repeated to shape {:?}", array.shape(), dim.slice()),
    }
}

/// What all elements of an array can be set to: a number, or an array that is repeated.
pub trait Elements<T> {
    /// Sets the elements.
    fn write_to<D: Dimension>(&self, target: &mut ArrayRef<T, D>);
}

impl<T: Real> Elements<T> for T {
    #[inline]
    fn write_to<D: Dimension>(&self, target: &mut ArrayRef<T, D>) {
        target.fill(*self);
    }
}

impl<T: Real> Elements<Complex<T>> for Complex<T> {
    #[inline]
    fn write_to<D: Dimension>(&self, target: &mut ArrayRef<Complex<T>, D>) {
        target.fill(*self);
    }
}

impl<T: Clone, S: Data<Elem = T>, E: Dimension> Elements<T> for ArrayBase<S, E> {
    #[inline]
    #[track_caller]
    fn write_to<D: Dimension>(&self, target: &mut ArrayRef<T, D>) {
        target.assign(self);
    }
}

impl<T: Clone, E: Dimension> Elements<T> for ArrayRef<T, E> {
    #[inline]
    #[track_caller]
    fn write_to<D: Dimension>(&self, target: &mut ArrayRef<T, D>) {
        target.assign(self);
    }
}

/// What an array or a view dereferences to.
#[inline]
#[must_use]
pub fn elements_of<T, D: Dimension>(array: &ArrayRef<T, D>) -> &ArrayRef<T, D> {
    array
}

/// Sets the elements of an array to those of another, or to a number.
#[inline]
#[track_caller]
pub fn write<T, D: Dimension, V: Elements<T> + ?Sized>(target: &mut ArrayRef<T, D>, value: &V) {
    value.write_to(target);
}

/// Sets tangents to zero.
#[inline]
pub fn clear<T: Differentiable<Tangent = T>, D: Dimension>(target: &mut ArrayRef<T, D>) {
    target.map_inplace(|t| *t = t.__zero());
}

/// What the cotangent of something repeated is added to, once summed.
pub trait FoldFrom<C: ?Sized> {
    /// `self += sign · (the sums of cotangent over the repeated axes)`.
    fn fold(&mut self, cotangent: &C, negative: bool);
}

fn total<T: Zero + Clone, D: Dimension>(cotangent: &ArrayRef<T, D>) -> T {
    cotangent.sum()
}

fn fold_array<T: Tangent, D: Dimension, E: Dimension>(
    target: &mut ArrayRef<T, D>,
    cotangent: &ArrayRef<T, E>,
    negative: bool,
) {
    if cotangent.is_empty() {
        return;
    }
    let add = |t: &mut T, c: &T| {
        if negative {
            let mut c = c.clone();
            c.__map(&mut |x| -x);
            t.__add(&c);
        } else {
            t.__add(c);
        }
    };
    if target.shape() == cotangent.shape() {
        let same = target.view_mut().into_dimensionality::<E>().expect("equal shapes have equal numbers of axes");
        return ndarray::Zip::from(same).and(cotangent).for_each(&add);
    }
    assert!(
        target.broadcast(cotangent.raw_dim()).is_some(),
        "a cotangent of shape {:?} does not belong to an array of shape {:?}",
        cotangent.shape(),
        target.shape()
    );
    let mut whole = target.view_mut().into_dyn();
    while whole.ndim() < cotangent.ndim() {
        whole = whole.insert_axis(Axis(0));
    }
    fold_repeated(whole, cotangent.view().into_dyn(), &add);
}

/// Adds what stands in for a repeated element, axis by axis.
fn fold_repeated<T>(mut target: ArrayViewMutD<'_, T>, cotangent: ArrayViewD<'_, T>, add: &impl Fn(&mut T, &T)) {
    let repeated = (0..target.ndim()).find(|a| target.shape()[*a] != cotangent.shape()[*a]);
    match repeated {
        Some(axis) => {
            for part in cotangent.axis_iter(Axis(axis)) {
                fold_repeated(target.view_mut(), part.insert_axis(Axis(axis)), add);
            }
        }
        None => ndarray::Zip::from(target).and(cotangent).for_each(add),
    }
}

macro_rules! fold_from {
    ($($value:ty),*) => {$(
        impl<T: Tangent, S: DataMut<Elem = T>, D: Dimension, E: Dimension> FoldFrom<$value> for ArrayBase<S, D> {
            #[inline]
            #[track_caller]
            fn fold(&mut self, cotangent: &$value, negative: bool) {
                fold_array(self, cotangent, negative);
            }
        }

        impl<T: Tangent, D: Dimension, E: Dimension> FoldFrom<$value> for ArrayRef<T, D> {
            #[inline]
            #[track_caller]
            fn fold(&mut self, cotangent: &$value, negative: bool) {
                fold_array(self, cotangent, negative);
            }
        }
    )*};
}

fold_from!(Array<T, E>, ArrayRef<T, E>);

/// What has no derivative receives none.
impl<C: ?Sized> FoldFrom<C> for () {
    #[inline]
    fn fold(&mut self, _: &C, _: bool) {}
}

impl<T: Real, E: Dimension> FoldFrom<Array<T, E>> for T {
    #[inline]
    fn fold(&mut self, cotangent: &Array<T, E>, negative: bool) {
        let total = total(cotangent);
        *self = if negative { *self - total } else { *self + total };
    }
}

impl<T: Real, E: Dimension> FoldFrom<ArrayRef<T, E>> for T {
    #[inline]
    fn fold(&mut self, cotangent: &ArrayRef<T, E>, negative: bool) {
        let total = total(cotangent);
        *self = if negative { *self - total } else { *self + total };
    }
}

impl<T: Real, E: Dimension> FoldFrom<Array<Complex<T>, E>> for Complex<T> {
    #[inline]
    fn fold(&mut self, cotangent: &Array<Complex<T>, E>, negative: bool) {
        let total = total(cotangent);
        *self = if negative { *self - total } else { *self + total };
    }
}

/// `target += cotangent`, summed over the axes along which the target was repeated.
#[inline]
#[track_caller]
pub fn fold_in<T: FoldFrom<C> + ?Sized, C: ?Sized>(target: &mut T, cotangent: &C) {
    target.fold(cotangent, false);
}

/// `target -= cotangent`, summed likewise.
#[inline]
#[track_caller]
pub fn fold_out<T: FoldFrom<C> + ?Sized, C: ?Sized>(target: &mut T, cotangent: &C) {
    target.fold(cotangent, true);
}

fn add_arrays<T: Tangent, D: Dimension>(target: &mut ArrayRef<T, D>, value: &ArrayRef<T, D>) {
    if !value.is_empty() {
        target.zip_mut_with(value, T::__add);
    }
}

fn add_items<T: Tangent, D: Dimension>(target: &mut ArrayRef<T, D>, value: &[T]) {
    if value.is_empty() {
        return;
    }
    assert_eq!(target.len(), value.len(), "cotangents of different lengths");
    match target.as_slice_mut() {
        Some(target) => crate::__private::add_slices(target, value),
        None => target.iter_mut().zip(value).for_each(|(t, v)| t.__add(v)),
    }
}

fn add_to_items<T: Tangent, D: Dimension>(target: &mut [T], value: &ArrayRef<T, D>) {
    if value.is_empty() {
        return;
    }
    assert_eq!(target.len(), value.len(), "cotangents of different lengths");
    match value.as_slice() {
        Some(value) => crate::__private::add_slices(target, value),
        None => target.iter_mut().zip(value).for_each(|(t, v)| t.__add(v)),
    }
}

fn add_to_vec<T: Tangent, D: Dimension>(target: &mut Vec<T>, value: &ArrayRef<T, D>) {
    if target.is_empty() {
        *target = flat(value);
    } else {
        add_to_items(target, value);
    }
}

macro_rules! add_from {
    ($($add:ident: $target:ty, $value:ty;)*) => {$(
        impl<T: Tangent, D: Dimension> AddFrom<$value> for $target {
            #[inline]
            #[track_caller]
            fn add_from(&mut self, value: &$value) {
                $add(self, value);
            }
        }
    )*};
}

add_from! {
    add_arrays: Array<T, D>, ArrayRef<T, D>;
    add_arrays: ArrayRef<T, D>, Array<T, D>;
    add_arrays: ArrayRef<T, D>, ArrayRef<T, D>;
    add_items: Array<T, D>, [T];
    add_items: Array<T, D>, Vec<T>;
    add_items: ArrayRef<T, D>, [T];
    add_items: ArrayRef<T, D>, Vec<T>;
    add_to_vec: Vec<T>, Array<T, D>;
    add_to_vec: Vec<T>, ArrayRef<T, D>;
    add_to_items: [T], Array<T, D>;
    add_to_items: [T], ArrayRef<T, D>;
}

/// The number of elements of a shape.
#[inline]
pub fn elements<S: IntoDimension + Clone>(shape: &S) -> usize {
    shape.clone().into_dimension().size()
}

/// The length of an axis of a shape.
#[inline]
pub fn extent<S: IntoDimension + Clone>(shape: &S, axis: usize) -> usize {
    shape.clone().into_dimension()[axis]
}

/// The shape without an axis.
#[inline]
pub fn without_axis<D: RemoveAxis>(dim: &D, axis: Axis) -> D::Smaller {
    dim.remove_axis(axis)
}

/// The axes in order, with one of them moved to the end.
///
/// # Panics
///
/// Panics if there is no such axis.
#[inline]
#[track_caller]
pub fn axis_last<const N: usize>(axis: Axis) -> [usize; N] {
    let mut order = std::array::from_fn(|place| place);
    order[axis.index()..].rotate_left(1);
    order
}

/// [`axis_last`] of a shape whose type alone says how many axes there are.
///
/// # Panics
///
/// Panics if there is no such axis.
#[inline]
#[track_caller]
pub fn axis_at_end<D: Dimension>(dim: &D, axis: Axis) -> D {
    let mut order = D::zeros(dim.ndim());
    order.slice_mut().iter_mut().enumerate().for_each(|(place, axis)| *axis = place);
    order.slice_mut()[axis.index()..].rotate_left(1);
    order
}

/// The axes in order, with two of them exchanged.
///
/// # Panics
///
/// Panics if there is no such axis.
#[inline]
#[track_caller]
pub fn axes_swapped<D: Dimension>(dim: &D, a: usize, b: usize) -> D {
    let mut order = D::zeros(dim.ndim());
    for axis in 0..dim.ndim() {
        order[axis] = axis;
    }
    order.slice_mut().swap(a, b);
    order
}

/// The shape of an array with a number of axes that the type says.
///
/// # Panics
///
/// Panics if the array has another one.
#[inline]
#[track_caller]
pub fn shape_as<E: Dimension, T, D: Dimension>(array: &ArrayRef<T, D>) -> E {
    let dim = array.raw_dim();
    E::from_dimension(&dim)
        .unwrap_or_else(|| panic!("an array of shape {:?} has {} axes, not {:?}", dim.slice(), dim.ndim(), E::NDIM))
}

/// Where a diagonal, `k` columns right of the main one, crosses a row of a matrix with `columns` columns.
#[inline]
pub fn diagonal(row: usize, k: isize, columns: usize) -> usize {
    row.saturating_add_signed(k).min(columns)
}

/// The shape with another length of an axis.
#[inline]
pub fn resized_shape<D: Dimension>(dim: &D, axis: Axis, length: usize) -> D {
    let mut dim = dim.clone();
    dim[axis.index()] = length;
    dim
}

/// The shape of arrays one after another along an axis.
#[inline]
pub fn concatenated_shape<D: Dimension>(dims: &[D], axis: Axis) -> D {
    resized_shape(&dims[0], axis, dims.iter().map(|d| d[axis.index()]).sum())
}

/// The shape of arrays side by side along a new axis.
#[inline]
pub fn stacked_shape<D: Dimension>(dims: &[D], axis: Axis) -> D::Larger {
    let mut dim = dims[0].insert_axis(axis);
    dim[axis.index()] = dims.len();
    dim
}

/// The shape of the arrays of a list one after another along an axis.
///
/// # Panics
///
/// Panics if the list is empty.
#[inline]
#[track_caller]
pub fn concatenated_shape_of<T, D: Dimension>(parts: &[impl Deref<Target = ArrayRef<T, D>>], axis: Axis) -> D {
    assert!(!parts.is_empty(), "an empty list of arrays cannot be concatenated");
    let length = parts.iter().map(|part| part.len_of(axis)).sum();
    resized_shape(&parts[0].raw_dim(), axis, length)
}

/// The shape of the arrays of a list side by side along a new axis.
///
/// # Panics
///
/// Panics if the list is empty.
#[inline]
#[track_caller]
pub fn stacked_shape_of<T, D: Dimension>(parts: &[impl Deref<Target = ArrayRef<T, D>>], axis: Axis) -> D::Larger {
    assert!(!parts.is_empty(), "an empty list of arrays cannot be stacked");
    let mut dim = parts[0].raw_dim().insert_axis(axis);
    dim[axis.index()] = parts.len();
    dim
}

/// Zeros of a shape, of the type of the elements of another array.
#[inline]
pub fn zeros_like<T: Clone + Zero, D: Dimension, E: Dimension>(_: &ArrayRef<T, D>, dim: E) -> Array<T, E> {
    Array::zeros(dim)
}

/// The index of the element with a number.
fn index_of<D: Dimension>(dim: &D, mut number: usize) -> D {
    let mut index = D::zeros(dim.ndim());
    for axis in (0..dim.ndim()).rev() {
        index[axis] = number % dim[axis];
        number /= dim[axis];
    }
    index
}

impl<T, D: Dimension> Items for ArrayRef<T, D> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn item(&self, number: usize) -> &T {
        match self.as_slice() {
            Some(items) => &items[number],
            None => &self[index_of(&self.raw_dim(), number)],
        }
    }

    #[inline]
    fn how_many(&self) -> usize {
        self.len()
    }
}

impl<T, D: Dimension> ItemsMut for ArrayRef<T, D> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut T {
        if self.is_standard_layout() {
            let items = self.as_slice_mut().expect("the layout is the standard one");
            return &mut items[number];
        }
        let index = index_of(&self.raw_dim(), number);
        &mut self[index]
    }
}

impl<T, S: Data<Elem = T>, D: Dimension> Items for ArrayBase<S, D> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn item(&self, number: usize) -> &T {
        (**self).item(number)
    }

    #[inline]
    fn how_many(&self) -> usize {
        self.len()
    }
}

impl<T, S: DataMut<Elem = T>, D: Dimension> ItemsMut for ArrayBase<S, D> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut T {
        (**self).item_mut(number)
    }
}
