//! Views and other shapes of the same elements.
//!
//! In reverse mode views are copies: what a pullback keeps must not borrow from what may change before
//! it is called.

use ndarray::{
    Array, Array1, ArrayRef, ArrayView, ArrayView1, Axis, CowArray, Dimension, Ix2, Order, RemoveAxis, ShapeArg,
    ShapeError,
};

use super::{Pullback, Pullback2, Pullback3, Pulled, Pulled2, Pulled3};
use crate::Real;

type Smaller<D> = <D as Dimension>::Smaller;
type Larger<D> = <D as Dimension>::Larger;
type Reshaped<T, E> = Result<Array<T, <E as ShapeArg>::Dim>, ShapeError>;
type ReshapedTangent<T, E> = Result<Array<T, <E as ShapeArg>::Dim>, ()>;

pub trait ArrayShapes<T: Real, D: Dimension> {
    fn __fwd_view(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>);
    fn __jvp_view(&self, d: Option<&ArrayRef<T, D>>) -> (ArrayView<'_, T, D>, Array<T, D>);
    fn __fwd_t(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>);
    fn __jvp_t(&self, d: Option<&ArrayRef<T, D>>) -> (ArrayView<'_, T, D>, Array<T, D>);
    fn __fwd_reversed_axes(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>);
    fn __jvp_reversed_axes(&self, d: Option<&ArrayRef<T, D>>) -> (Array<T, D>, Array<T, D>);
    fn __fwd_into_shape_with_order<E: ShapeArg>(
        &self,
        shape: E,
    ) -> (Reshaped<T, E>, Pullback2<T, D, ReshapedTangent<T, E>, ()>);
    fn __jvp_into_shape_with_order<E: ShapeArg + Clone>(
        &self,
        shape: E,
        d: Option<&ArrayRef<T, D>>,
        d_shape: Option<()>,
    ) -> (Reshaped<T, E>, ReshapedTangent<T, E>);
    fn __fwd_insert_axis(&self, axis: Axis) -> (Array<T, Larger<D>>, Pullback2<T, D, Array<T, Larger<D>>, ()>);
    fn __jvp_insert_axis(
        &self,
        axis: Axis,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
    ) -> (Array<T, Larger<D>>, Array<T, Larger<D>>);
    fn __fwd_index_axis(
        &self,
        axis: Axis,
        index: usize,
    ) -> (Array<T, Smaller<D>>, Pullback3<T, D, Array<T, Smaller<D>>, (), ()>)
    where
        D: RemoveAxis;
    fn __jvp_index_axis(
        &self,
        axis: Axis,
        index: usize,
        d: Option<&ArrayRef<T, D>>,
        d_axis: Option<()>,
        d_index: Option<()>,
    ) -> (ArrayView<'_, T, Smaller<D>>, Array<T, Smaller<D>>)
    where
        D: RemoveAxis;
}

/// Methods of matrices.
pub trait ArrayLines<T: Real> {
    fn __fwd_row(&self, index: usize) -> (Array1<T>, Pullback2<T, Ix2, Array1<T>, ()>);
    fn __jvp_row(
        &self,
        index: usize,
        d: Option<&ArrayRef<T, Ix2>>,
        d_index: Option<()>,
    ) -> (ArrayView1<'_, T>, Array1<T>);
    fn __fwd_column(&self, index: usize) -> (Array1<T>, Pullback2<T, Ix2, Array1<T>, ()>);
    fn __jvp_column(
        &self,
        index: usize,
        d: Option<&ArrayRef<T, Ix2>>,
        d_index: Option<()>,
    ) -> (ArrayView1<'_, T>, Array1<T>);
}

/// A tangent in full: an absent or empty one is zero.
fn whole<T: Real, D: Dimension>(d: Option<&ArrayRef<T, D>>, of: &ArrayRef<T, D>) -> Array<T, D> {
    match d.filter(|d| d.shape() == of.shape()) {
        Some(d) => d.to_owned(),
        None => Array::zeros(of.raw_dim()),
    }
}

/// `slot += ct`; an empty `ct` counts as zero.
fn add<T: Real, D: Dimension, E: Dimension>(slot: &mut ArrayRef<T, D>, ct: &ArrayRef<T, E>) {
    if !ct.is_empty() {
        slot.zip_mut_with(ct, |s, c| *s += *c);
    }
}

fn pull_index<T: Real, D: RemoveAxis>(
    slot: Option<&mut ArrayRef<T, D>>,
    axis: Axis,
    index: usize,
    ct: &Array<T, Smaller<D>>,
) {
    if let Some(slot) = slot {
        add(&mut slot.index_axis_mut(axis, index), ct);
    }
}

fn push_index<T: Real, D: RemoveAxis>(
    a: &ArrayRef<T, D>,
    axis: Axis,
    index: usize,
    d: Option<&ArrayRef<T, D>>,
) -> Array<T, Smaller<D>> {
    match d.filter(|d| d.shape() == a.shape()) {
        Some(d) => d.index_axis(axis, index).to_owned(),
        None => Array::zeros(a.raw_dim().remove_axis(axis)),
    }
}

impl<T: Real, D: Dimension> ArrayShapes<T, D> for ArrayRef<T, D> {
    fn __fwd_view(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>) {
        (self.to_owned(), |(_, ct, (slot,)): Pulled<'_, T, D, Array<T, D>>| {
            if let Some(slot) = slot {
                add(slot, &ct);
            }
            ((),)
        })
    }

    fn __jvp_view(&self, d: Option<&ArrayRef<T, D>>) -> (ArrayView<'_, T, D>, Array<T, D>) {
        (self.view(), whole(d, self))
    }

    fn __fwd_t(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>) {
        self.__fwd_reversed_axes()
    }

    fn __jvp_t(&self, d: Option<&ArrayRef<T, D>>) -> (ArrayView<'_, T, D>, Array<T, D>) {
        (self.t(), whole(d, self).reversed_axes())
    }

    fn __fwd_reversed_axes(&self) -> (Array<T, D>, Pullback<T, D, Array<T, D>>) {
        (self.to_owned().reversed_axes(), |(_, ct, (slot,)): Pulled<'_, T, D, Array<T, D>>| {
            if let Some(slot) = slot {
                add(slot, &ct.reversed_axes());
            }
            ((),)
        })
    }

    fn __jvp_reversed_axes(&self, d: Option<&ArrayRef<T, D>>) -> (Array<T, D>, Array<T, D>) {
        (self.to_owned().reversed_axes(), whole(d, self).reversed_axes())
    }

    fn __fwd_into_shape_with_order<E: ShapeArg>(
        &self,
        shape: E,
    ) -> (Reshaped<T, E>, Pullback2<T, D, ReshapedTangent<T, E>, ()>) {
        let (shape, order) = shape.into_shape_and_order();
        let order = order.unwrap_or(Order::RowMajor);
        (
            self.to_owned().into_shape_with_order((shape, order)),
            Box::new(move |(_, ct, (slot, ())): Pulled2<'_, T, D, ReshapedTangent<T, E>>| {
                if let (Some(slot), Ok(ct)) = (slot, ct) {
                    // Zipped with nothing, an empty cotangent counts as zero.
                    if order == Order::ColumnMajor {
                        let ct = ct.reversed_axes();
                        for (s, c) in slot.view_mut().reversed_axes().iter_mut().zip(&ct) {
                            *s += *c;
                        }
                    } else {
                        for (s, c) in slot.iter_mut().zip(&ct) {
                            *s += *c;
                        }
                    }
                }
                ((), ())
            }),
        )
    }

    fn __jvp_into_shape_with_order<E: ShapeArg + Clone>(
        &self,
        shape: E,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
    ) -> (Reshaped<T, E>, ReshapedTangent<T, E>) {
        let y = self.to_owned().into_shape_with_order(shape.clone());
        let t = match (&y, d.filter(|d| d.shape() == self.shape())) {
            (Err(_), _) => Err(()),
            (Ok(y), None) => Ok(Array::zeros(y.raw_dim())),
            (Ok(_), Some(d)) => {
                let (shape, order) = shape.into_shape_and_order();
                d.to_shape((shape, order.unwrap_or(Order::RowMajor))).map(CowArray::into_owned).map_err(drop)
            }
        };
        (y, t)
    }

    #[track_caller]
    fn __fwd_insert_axis(&self, axis: Axis) -> (Array<T, Larger<D>>, Pullback2<T, D, Array<T, Larger<D>>, ()>) {
        (
            self.to_owned().insert_axis(axis),
            Box::new(move |(_, ct, (slot, ())): Pulled2<'_, T, D, Array<T, Larger<D>>>| {
                if let (Some(slot), false) = (slot, ct.is_empty()) {
                    // The axis of length 1 does not change the order of the elements.
                    for (s, c) in slot.iter_mut().zip(&ct) {
                        *s += *c;
                    }
                }
                ((), ())
            }),
        )
    }

    #[track_caller]
    fn __jvp_insert_axis(
        &self,
        axis: Axis,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
    ) -> (Array<T, Larger<D>>, Array<T, Larger<D>>) {
        (self.to_owned().insert_axis(axis), whole(d, self).insert_axis(axis))
    }

    #[track_caller]
    fn __fwd_index_axis(
        &self,
        axis: Axis,
        index: usize,
    ) -> (Array<T, Smaller<D>>, Pullback3<T, D, Array<T, Smaller<D>>, (), ()>)
    where
        D: RemoveAxis,
    {
        (
            self.index_axis(axis, index).to_owned(),
            Box::new(move |(_, ct, (slot, (), ())): Pulled3<'_, T, D, Array<T, Smaller<D>>>| {
                pull_index(slot, axis, index, &ct);
                ((), (), ())
            }),
        )
    }

    #[track_caller]
    fn __jvp_index_axis(
        &self,
        axis: Axis,
        index: usize,
        d: Option<&ArrayRef<T, D>>,
        _: Option<()>,
        _: Option<()>,
    ) -> (ArrayView<'_, T, Smaller<D>>, Array<T, Smaller<D>>)
    where
        D: RemoveAxis,
    {
        (self.index_axis(axis, index), push_index(self, axis, index, d))
    }
}

macro_rules! lines {
    ($($name:ident $fwd:ident $jvp:ident $axis:literal;)*) => {
        impl<T: Real> ArrayLines<T> for ArrayRef<T, Ix2> {$(
            #[track_caller]
            fn $fwd(
                &self,
                index: usize,
            ) -> (
                Array1<T>,
                Pullback2<T, Ix2, Array1<T>, ()>,
            ) {
                (
                    self.$name(index).to_owned(),
                    Box::new(
                        move |(_, ct, (slot, ())): Pulled2<'_, T, Ix2, Array1<T>>| {
                            pull_index(slot, Axis($axis), index, &ct);
                            ((), ())
                        },
                    ),
                )
            }

            #[track_caller]
            fn $jvp(
                &self,
                index: usize,
                d: Option<&ArrayRef<T, Ix2>>,
                _: Option<()>,
            ) -> (ArrayView1<'_, T>, Array1<T>) {
                (self.$name(index), push_index(self, Axis($axis), index, d))
            }
        )*}
    };
}

lines! {
    row __fwd_row __jvp_row 0;
    column __fwd_column __jvp_column 1;
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayRef2, array};

    use super::*;

    /// The compiler does not yet reach these through `unwrap`.
    #[test]
    fn cotangents_of_reshaped_arrays_keep_their_order() {
        let a: Array2<f64> = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let ct = array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut slot = Array2::zeros((2, 3));
        let (y, pullback) = a.__fwd_into_shape_with_order(6);
        assert_eq!(y, Ok(array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let into: &mut ArrayRef2<f64> = &mut slot;
        pullback(((&a, ()), Ok(ct.clone()), (Some(into), ())));
        assert_eq!(slot, a);
        let (_, t) = a.__jvp_into_shape_with_order(6, Some(&a), None);
        assert_eq!(t, Ok(ct));
    }
}
