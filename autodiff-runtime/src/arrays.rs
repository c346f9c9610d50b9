//! Derivatives of the methods of `ndarray` arrays.
//!
//! Generated code calls `a.__fwd_sum()` where the program says `a.sum()`, without knowing the type of
//! `a`. The traits are implemented for [`ArrayRef`], to which owned arrays and views dereference.
//! A `__fwd` gives the value and a pullback of `((arguments again), cotangent, (slots))`; a `__jvp`
//! gives the value and its tangent.

#![allow(missing_docs)]

mod elementwise;
pub(crate) mod forms;
mod higher_reductions;
pub(crate) mod jets;
mod linear;
pub(crate) mod number;
mod products;
mod reductions;
mod shapes;

pub use elementwise::{ArrayElementwise, ArrayFunctions};
pub use higher_reductions::HigherReductions;
pub use linear::{ArrayLines, ArraySums, ArrayViews};
pub use products::ArrayDot;
pub use reductions::ArrayReductions;
pub use shapes::ArrayShapes;

use ndarray::ArrayRef;

/// What a pullback of a method with one argument takes: the receiver, a cotangent, a slot.
type Pulled<'r, T, D, C> = ((&'r ArrayRef<T, D>,), C, (Option<&'r mut ArrayRef<T, D>>,));

/// [`Pulled`] with a second argument, by value.
type Pulled2<'r, T, D, C> = ((&'r ArrayRef<T, D>, ()), C, (Option<&'r mut ArrayRef<T, D>>, ()));

/// [`Pulled`] with a second and a third argument, by value.
type Pulled3<'r, T, D, C> = ((&'r ArrayRef<T, D>, (), ()), C, (Option<&'r mut ArrayRef<T, D>>, (), ()));

/// A pullback that keeps nothing.
type Pullback<T, D, C> = for<'r> fn(Pulled<'r, T, D, C>) -> ((),);

/// A pullback that keeps its second argument, whose gradient is a `G`.
type Pullback2<T, D, C, G> = Box<dyn for<'r> FnOnce(Pulled2<'r, T, D, C>) -> ((), G)>;

/// A pullback that keeps its second and third argument.
type Pullback3<T, D, C, G, H> = Box<dyn for<'r> FnOnce(Pulled3<'r, T, D, C>) -> ((), G, H)>;
