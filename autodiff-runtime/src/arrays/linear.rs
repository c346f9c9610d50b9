//! Methods that are linear: sums, means, and the same elements in another shape.
//!
//! The derivative of a linear method is the method itself, so one line gives the companions of every level.
//! In reverse mode views are copies: what a pullback keeps must not borrow from what may change before it is
//! called. (Where the compiler sees that the receiver is an array, views are places and not calls.)

use ndarray::{Array, Array1, ArrayRef, Axis, Dimension, IntoDimension, Ix2, RemoveAxis};

use super::number::Number;

type Smaller<T, D> = Array<T, <D as Dimension>::Smaller>;
type Larger<T, D> = Array<T, <D as Dimension>::Larger>;

/// `()` for an argument that has no derivative.
macro_rules! unit {
    ($arg:ident) => {
        ()
    };
}

/// Declares a trait of linear methods. A line gives the names of the companions `__fwd`, `__jvp`, `__fwd1` and
/// `__jvp2`, the arguments, the type of the value, the method as an expression over `a`, and its transpose,
/// which adds to `slot` what comes of the cotangent `ct`.
macro_rules! linear {
    (
        $name:ident<$($d:ident)?>, $dim:ty;
        $(
            $fwd:ident $jvp:ident $fwd1:ident $jvp2:ident ($($arg:ident: $ty:ty),*) -> $out:ty, [$($bound:tt)*]
            |$a:ident| $value:expr, |$slot:ident, $ct:ident| $pull:expr;
        )*
    ) => {
        #[allow(clippy::type_complexity)]
        pub trait $name<T: Number $(, $d: Dimension)?> {$(
            fn $fwd(&self, $($arg: $ty),*) -> (
                $out,
                Box<dyn for<'r> FnOnce((
                    (&'r ArrayRef<T, $dim>, $(unit!($arg),)*),
                    $out,
                    (Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*),
                )) -> ((), $(unit!($arg),)*)>,
            ) where $($bound)*;

            fn $jvp(&self, $($arg: $ty,)* d: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*) -> ($out, $out)
            where $($bound)*;

            fn $fwd1(&self, $($arg: $ty,)* d: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*) -> (
                ($out, $out),
                Box<dyn for<'r> FnOnce((
                    (&'r ArrayRef<T, $dim>, $(unit!($arg),)* Option<&'r ArrayRef<T, $dim>>, $(unit!($arg),)*),
                    ($out, $out),
                    (
                        Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*
                        Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*
                    ),
                )) -> ((), $(unit!($arg),)* (), $(unit!($arg),)*)>,
            ) where $($bound)*;

            #[allow(clippy::too_many_arguments)]
            fn $jvp2(
                &self, $($arg: $ty,)*
                d1: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>,)*
                d2: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>,)*
                d12: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*
            ) -> ($out, $out, $out, $out) where $($bound)*;
        )*}

        #[allow(clippy::type_complexity, unused_variables)]
        impl<T: Number $(, $d: Dimension)?> $name<T $(, $d)?> for ArrayRef<T, $dim> {$(
            #[track_caller]
            fn $fwd(&self, $($arg: $ty),*) -> (
                $out,
                Box<dyn for<'r> FnOnce((
                    (&'r ArrayRef<T, $dim>, $(unit!($arg),)*),
                    $out,
                    (Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*),
                )) -> ((), $(unit!($arg),)*)>,
            ) where $($bound)* {
                let $a = self;
                (
                    $value,
                    Box::new(move |(again, $ct, slots)| {
                        let ($a, ..) = again;
                        let (slot, ..) = slots;
                        if let Some($slot) = slot {
                            $pull;
                        }
                        ((), $(unit!($arg),)*)
                    }),
                )
            }

            #[track_caller]
            fn $jvp(&self, $($arg: $ty,)* d: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*) -> ($out, $out)
            where $($bound)* {
                let map = |$a: &ArrayRef<T, $dim>| $value;
                (map(self), map(&whole(d, self)))
            }

            #[track_caller]
            fn $fwd1(&self, $($arg: $ty,)* d: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*) -> (
                ($out, $out),
                Box<dyn for<'r> FnOnce((
                    (&'r ArrayRef<T, $dim>, $(unit!($arg),)* Option<&'r ArrayRef<T, $dim>>, $(unit!($arg),)*),
                    ($out, $out),
                    (
                        Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*
                        Option<&'r mut ArrayRef<T, $dim>>, $(unit!($arg),)*
                    ),
                )) -> ((), $(unit!($arg),)* (), $(unit!($arg),)*)>,
            ) where $($bound)* {
                let values = {
                    let map = |$a: &ArrayRef<T, $dim>| $value;
                    (map(self), map(&whole(d, self)))
                };
                (
                    values,
                    Box::new(move |(again, (ct, ct_dot), slots)| {
                        let ($a, ..) = again;
                        let (slot, $(unit!($arg),)* slot_dot, ..) = slots;
                        linear!(@pull $ct $slot (ct, slot) $pull);
                        linear!(@pull $ct $slot (ct_dot, slot_dot) $pull);
                        ((), $(unit!($arg),)* (), $(unit!($arg),)*)
                    }),
                )
            }

            #[track_caller]
            fn $jvp2(
                &self, $($arg: $ty,)*
                d1: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>,)*
                d2: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>,)*
                d12: Option<&ArrayRef<T, $dim>>, $(_: Option<unit!($arg)>),*
            ) -> ($out, $out, $out, $out) where $($bound)* {
                let map = |$a: &ArrayRef<T, $dim>| $value;
                (map(self), map(&whole(d1, self)), map(&whole(d2, self)), map(&whole(d12, self)))
            }
        )*}
    };
    (@pull $ct:ident $slot:ident ($given:expr, $into:expr) $pull:expr) => {
        let $ct = $given;
        if let Some($slot) = $into {
            $pull;
        }
    };
}

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

linear! {
    ArraySums<D>, D;
    __fwd_sum __jvp_sum __fwd1_sum __jvp2_sum () -> T, []
        |a| a.sum(), |slot, ct| slot.map_inplace(|s| *s += ct);
    __fwd_mean __jvp_mean __fwd1_mean __jvp2_mean () -> Option<T>, []
        |a| a.mean(), |slot, ct| if let Some(ct) = ct { let ct = ct / length::<T>(a.len()); slot.map_inplace(|s| *s += ct) };
    __fwd_sum_axis __jvp_sum_axis __fwd1_sum_axis __jvp2_sum_axis (axis: Axis) -> Smaller<T, D>, [D: RemoveAxis]
        |a| a.sum_axis(axis), |slot, ct| spread(slot, axis, ct, T::one());
    __fwd_mean_axis __jvp_mean_axis __fwd1_mean_axis __jvp2_mean_axis (axis: Axis) -> Option<Smaller<T, D>>, [D: RemoveAxis]
        |a| a.mean_axis(axis),
        |slot, ct| if let Some(ct) = ct { spread(slot, axis, ct, T::one() / length::<T>(a.len_of(axis))) };
}

linear! {
    ArrayViews<D>, D;
    __fwd_view __jvp_view __fwd1_view __jvp2_view () -> Array<T, D>, []
        |a| a.to_owned(), |slot, ct| add(slot, &ct);
    __fwd_t __jvp_t __fwd1_t __jvp2_t () -> Array<T, D>, []
        |a| a.to_owned().reversed_axes(), |slot, ct| add(slot, &ct.reversed_axes());
    __fwd_reversed_axes __jvp_reversed_axes __fwd1_reversed_axes __jvp2_reversed_axes () -> Array<T, D>, []
        |a| a.to_owned().reversed_axes(), |slot, ct| add(slot, &ct.reversed_axes());
    __fwd_permuted_axes __jvp_permuted_axes __fwd1_permuted_axes __jvp2_permuted_axes
        (axes: impl IntoDimension<Dim = D> + Clone + 'static) -> Array<T, D>, []
        |a| a.to_owned().permuted_axes(axes.clone()),
        |slot, ct| if !ct.is_empty() {
            slot.view_mut().permuted_axes(axes.clone()).zip_mut_with(&ct, |s, c| *s += *c);
        };
    __fwd_insert_axis __jvp_insert_axis __fwd1_insert_axis __jvp2_insert_axis (axis: Axis) -> Larger<T, D>, []
        |a| a.to_owned().insert_axis(axis), |slot, ct| add_in_order(slot, &ct);
    __fwd_index_axis __jvp_index_axis __fwd1_index_axis __jvp2_index_axis (axis: Axis, index: usize) -> Smaller<T, D>, [D: RemoveAxis]
        |a| a.index_axis(axis, index).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, index), &ct);
    __fwd_index_axis_move __jvp_index_axis_move __fwd1_index_axis_move __jvp2_index_axis_move
        (axis: Axis, index: usize) -> Smaller<T, D>, [D: RemoveAxis]
        |a| a.index_axis(axis, index).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, index), &ct);
    __fwd_remove_axis __jvp_remove_axis __fwd1_remove_axis __jvp2_remove_axis (axis: Axis) -> Smaller<T, D>, [D: RemoveAxis]
        |a| a.index_axis(axis, 0).to_owned(), |slot, ct| add(&mut slot.index_axis_mut(axis, 0), &ct);
    __fwd_diag __jvp_diag __fwd1_diag __jvp2_diag () -> Array1<T>, []
        |a| a.diag().to_owned(), |slot, ct| add(&mut slot.diag_mut(), &ct);
    __fwd_flatten __jvp_flatten __fwd1_flatten __jvp2_flatten () -> Array1<T>, []
        |a| a.flatten().into_owned(), |slot, ct| add_in_order(slot, &ct);
    __fwd_into_dyn __jvp_into_dyn __fwd1_into_dyn __jvp2_into_dyn () -> ndarray::ArrayD<T>, []
        |a| a.to_owned().into_dyn(), |slot, ct| add_in_order(slot, &ct);
}

linear! {
    ArrayLines<>, Ix2;
    __fwd_row __jvp_row __fwd1_row __jvp2_row (index: usize) -> Array1<T>, []
        |a| a.row(index).to_owned(), |slot, ct| add(&mut slot.row_mut(index), &ct);
    __fwd_column __jvp_column __fwd1_column __jvp2_column (index: usize) -> Array1<T>, []
        |a| a.column(index).to_owned(), |slot, ct| add(&mut slot.column_mut(index), &ct);
}
