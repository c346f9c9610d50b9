//! What generated code calls: accumulation, seeds, copies of arguments.
//!
//! In: values and tangents whose types only the type checker knows. Out: the one operation that the
//! compiler could not write as plain arithmetic.

#[cfg(feature = "std")]
pub use crate::arrays::forms::{
    axes_swapped, axis_at_end, axis_last, clear, concatenated_shape, concatenated_shape_of, diagonal, elements,
    elements_of, extent, flat, fold_in, fold_out, resized_shape, shape_as, shaped, spread, stacked_shape,
    stacked_shape_of, without_axis, write, zeros_like,
};
#[cfg(feature = "std")]
pub use crate::check::{Flat, check, displace, flatten, hessian, hessian_diagonal, scalars, unflatten};
pub use crate::complex::{ComplexMethods, ComplexPolar};
#[cfg(feature = "std")]
pub use crate::containers::{Options, Vectors};
#[cfg(feature = "std")]
pub use crate::conversions::Conversion;
#[cfg(feature = "std")]
pub use crate::referred::{Referred, referred};
#[cfg(feature = "std")]
pub use crate::sorting::{
    order, order_around, order_around_by, order_around_by_key, order_by, order_by_key, order_rotated_left,
    order_rotated_right, permute, referring, unpermute,
};

pub use crate::fallible::{Fallible, content, content_mut, default_content, failed, is_good, wrap, wrap_tangent};
pub use crate::items::{
    Items, ItemsMut, Mapped, change, copied, copied_entry, empty_product, empty_sum, how_many, item, item_mut, no_item,
    shape_of,
};
#[cfg(feature = "std")]
pub use crate::items::{bounds, copies, entries};
pub use crate::modes::*;
pub use crate::promises::*;
pub use crate::returned::ReturnedRef;
#[cfg(feature = "std")]
pub use crate::schedule::Schedule;
pub use crate::tapes::*;

#[cfg(feature = "std")]
pub use crate::sequences::{axes, flattened, from_columns};
use num_traits::Float;
#[cfg(feature = "std")]
pub use std::{borrow::ToOwned, boxed, vec};

/// The trait of the same name of the standard library, for what is copied without it.
#[cfg(not(feature = "std"))]
pub trait ToOwned {
    /// A copy.
    fn to_owned(&self) -> Self;
}

#[cfg(not(feature = "std"))]
impl<T: Clone> ToOwned for T {
    #[inline]
    fn to_owned(&self) -> T {
        self.clone()
    }
}

pub use crate::claims::{
    Bits, Claimed, Viewed, bits, claimed, is_drop, is_float, is_keyed, is_map, is_once, is_repeat_n, is_repeat_with,
    is_replace, is_successors, is_swap, is_take, is_text, is_viewed, is_zip, lent,
};
pub use crate::parts::held::{Held, held, held_mut};
pub use crate::parts::kept::{Keeping, Kept, Whole, keeping, whole};
pub use crate::parts::moved::{
    Exchange, PopItem, PushItem, Row, SwapItems, exchange, pop_item, push_item, row, swap_items,
};
pub use crate::parts::numbered::{
    Field0, Field1, Field2, Field3, Field4, Field5, Field6, Field7, Field8, Field9, Field10, Field11,
};
pub use crate::parts::{
    Part, Space, ViewsOfConstantViews, ViewsOfConstants, Within, part, part_mut, read, replace, set, vacate, within,
    within_mut,
};
pub use crate::tangent::check_tangent;
use crate::tangent::{Differentiable, Tangent};

/// The tangent of what has no derivative.
#[diagnostic::on_unimplemented(
    message = "an error carries no derivative, and a part of this one has the tangent `{Self}`",
    label = "the derivative of this would be lost",
    note = "give the value back in an enum of your own, or wrap it in `stop_gradient`"
)]
pub trait IsNothing {}

impl IsNothing for () {}

/// A part of an error.
#[inline]
pub fn undifferentiated<T: Differentiable<Tangent: IsNothing>>(value: T) -> T {
    value
}

/// The unit type, as a projection of any type.
pub trait Nothing {
    /// `()`.
    type Is;
}

impl<T: ?Sized> Nothing for T {
    type Is = ();
}

/// Says that what an option may hold has the type of another value.
#[inline]
pub fn alike<T>(_: &Option<T>, _: &T) {}

/// Says that two values are of one type.
#[inline]
pub fn of_one_type<T>(_: &T, _: &T) {}

/// One of two tape entries: which branch was taken, and what it saved.
#[derive(Clone, Copy, Debug)]
pub enum Either<L, R> {
    /// The first branch.
    Left(L),
    /// The second branch.
    Right(R),
}

/// The most bytes that a tape keeps in the place of what could be computed again.
const SMALL: usize = 128;

/// What the compiler knows of a type: whether its values are small and can be copied.
pub struct Copied<T>(core::marker::PhantomData<T>);

impl<T: Copy> Copied<T> {
    /// Whether a tape keeps such values.
    pub const IS_SMALL: bool = size_of::<T>() <= SMALL;

    /// A copy.
    #[inline]
    pub const fn of(value: &T) -> T {
        *value
    }
}

/// The same of types whose values cannot be copied.
pub trait NotCopied<T> {
    /// No tape keeps such values.
    const IS_SMALL: bool = false;

    /// Nobody asks for a copy of what is not small.
    fn of(_: &T) -> T {
        unreachable!("only small values are copied")
    }
}

impl<T> NotCopied<T> for Copied<T> {}

/// The fewest iterations that a range has: exact for all that have fewer than `usize::MAX`.
#[inline]
#[must_use]
pub fn lower_bound(hint: (usize, Option<usize>)) -> usize {
    hint.0
}

/// The length of an array that is made element by element.
#[derive(Clone, Copy, Debug)]
pub struct Shape<const N: usize>;

/// The error of a slice that is to become an array of another length.
#[must_use]
pub fn another_length() -> core::array::TryFromSliceError {
    <[(); 1]>::try_from([].as_slice()).expect_err("the lengths differ")
}

impl<const N: usize> Shape<N> {
    /// That of the array which this is used for.
    #[inline]
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self
    }

    /// That of another array.
    #[inline]
    pub fn of<T>(_: &[T; N]) -> Self {
        Self
    }

    /// The number of elements.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        N
    }

    /// An array of copies of a value.
    #[inline]
    pub fn filled<T: Clone>(&self, value: T) -> [T; N] {
        core::array::from_fn(|_| value.clone())
    }

    /// An array of the elements of a slice.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    #[inline]
    #[track_caller]
    pub fn array<T: Clone>(&self, elements: &[T]) -> [T; N] {
        assert_eq!(elements.len(), N, "a slice becomes an array of another length");
        core::array::from_fn(|i| elements[i].clone())
    }
}

/// The element of a range with a number.
///
/// # Panics
///
/// If there are not so many.
#[inline]
pub fn nth<I: Iterator>(mut range: I, number: usize) -> I::Item {
    range.nth(number).expect("the range has as many elements as the loop had iterations")
}

/// A tangent to which another can be added, if need be from a container of another type.
pub trait AddFrom<V: ?Sized> {
    /// `self += value`.
    fn add_from(&mut self, value: &V);
}

impl<T: Tangent> AddFrom<T> for T {
    #[inline]
    fn add_from(&mut self, value: &T) {
        self.__add(value);
    }
}

#[inline]
pub(crate) fn add_slices<T: Tangent>(target: &mut [T], value: &[T]) {
    assert_eq!(target.len(), value.len(), "cotangents of different lengths");
    for (t, v) in target.iter_mut().zip(value) {
        t.__add(v);
    }
}

/// A constant has no cotangent.
impl<V: Space + ?Sized> AddFrom<V> for () {
    #[inline]
    fn add_from(&mut self, _: &V) {}
}

/// What is made of a constant receives nothing.
impl<T: Space> AddFrom<()> for T {
    #[inline]
    fn add_from(&mut self, (): &()) {}
}

impl<T: Tangent> AddFrom<[T]> for [T] {
    #[inline]
    fn add_from(&mut self, value: &[T]) {
        add_slices(self, value);
    }
}

impl<T: Tangent, const N: usize> AddFrom<[T; N]> for [T] {
    #[inline]
    fn add_from(&mut self, value: &[T; N]) {
        add_slices(self, value);
    }
}

impl<T: Tangent, const N: usize> AddFrom<[T]> for [T; N] {
    #[inline]
    fn add_from(&mut self, value: &[T]) {
        add_slices(self, value);
    }
}

/// `*target += value` for tangents.
#[inline]
pub fn accumulate<T: AddFrom<V> + ?Sized, V: ?Sized>(target: &mut T, value: &V) {
    target.add_from(value);
}

/// `*target -= value` for tangents.
#[inline]
pub fn subtract<T: AddFrom<V> + ?Sized, V: Tangent>(target: &mut T, value: &V) {
    target.add_from(&negated(value));
}

/// `-value` for tangents.
#[inline]
#[must_use]
pub fn negated<T: Tangent>(value: &T) -> T {
    let mut negated = value.clone();
    negated.__scale(-1.0);
    negated
}

/// Where generated code hands cotangents through an operator on, since it adds or subtracts field by field: an error of the build
/// if it does not.
#[allow(non_snake_case)]
pub mod sums {
    use crate::operators;
    use crate::tangent::Differentiable;

    macro_rules! checks {
        ($($name:ident)*) => {$(
            #[inline]
            pub fn $name<A: operators::$name<B>, B: Differentiable>(_: &A, _: &B) {
                const {
                    assert!(
                        A::SUM,
                        "this operator does not add field by field, as one of the same name in this file does: rename one of the types"
                    );
                }
            }
        )*};
    }

    checks!(Add Sub AddAssign SubAssign);
}

/// Multiplies a tangent by a float.
#[inline]
pub fn scale<T: Tangent, F: crate::Real>(tangent: &mut T, factor: F) {
    tangent.__scale(factor.__f64());
}

/// A small integer in the float type of the surroundings.
#[inline]
pub fn from_integer<T: Float, N: num_traits::ToPrimitive>(n: N) -> T {
    T::from(n).expect("floats hold small integers")
}

/// The cotangent 1 for a value, or (`seed` = 0) the cotangent 0.
#[inline]
pub fn seed<T: Differentiable>(value: &T, seed: f64) -> T::Tangent {
    let mut ct = value.__zero();
    ct.__map(&mut |_| seed);
    ct
}

/// A value that can be copied and put back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is changed through a `&mut`, and the backward sweep puts a copy of it back: it has to be `Clone`",
    label = "write `T: Clone` where the type parameter is declared, or derive `Clone` for the type"
)]
pub trait Snapshot {
    /// The copy.
    type Saved;
    /// Copies the value.
    fn snapshot(&self) -> Self::Saved;
    /// Puts a copy back.
    fn restore(&mut self, saved: Self::Saved);
}

impl<T: Clone> Snapshot for T {
    type Saved = T;
    #[inline]
    fn snapshot(&self) -> T {
        self.clone()
    }
    #[inline]
    fn restore(&mut self, saved: T) {
        *self = saved;
    }
}

/// A cotangent with zeros for what it leaves out: `None` for `Some`, an empty `Vec` for a full one.
///
/// # Panics
///
/// Panics if it has not the shape of the value: another length, shape or variant.
#[inline]
#[track_caller]
pub fn completed<T: Tangent>(zero: &T, cotangent: &T) -> T {
    let mut whole = zero.clone();
    whole.__add(cotangent);
    whole
}

/// Gives a cotangent that is zero the shape of a value: where it was made, that may have been another one.
#[inline]
pub fn shape_zero<T: Differentiable>(cotangent: &mut T::Tangent, value: &T) {
    let mut zero = true;
    cotangent.__map(&mut |x| {
        zero &= x == 0.0;
        x
    });
    if zero {
        *cotangent = value.__zero();
    }
}

/// A copy of an argument.
#[inline]
pub fn snapshot<T: Snapshot + ?Sized>(value: &T) -> T::Saved {
    value.snapshot()
}

/// Puts the copy of an argument back.
#[inline]
pub fn restore<T: Snapshot + ?Sized>(value: &mut T, saved: T::Saved) {
    value.restore(saved);
}

/// A type with a numeric cast, whose derivative is a cast as well.
pub trait CastFrom: Differentiable {
    /// The tangent as a number in double precision; 0 for integers.
    fn tangent_as_f64(tangent: &Self::Tangent) -> f64;
    /// The cotangent of the value from a number in double precision.
    fn cotangent_from_f64(x: f64) -> Self::Tangent;
}

macro_rules! casts {
    ($($float:ty),*; $($int:ty),*) => {
        $(impl CastFrom for $float {
            #[inline]
            fn tangent_as_f64(tangent: &$float) -> f64 {
                f64::from(*tangent)
            }
            #[inline]
            fn cotangent_from_f64(x: f64) -> $float {
                x as $float
            }
        })*
        $(impl CastFrom for $int {
            #[inline]
            fn tangent_as_f64((): &()) -> f64 {
                0.0
            }
            #[inline]
            fn cotangent_from_f64(_: f64) {}
        })*
    };
}
casts!(f32, f64; i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool, char);

/// The tangent of `primal as To`.
#[inline]
pub fn cast_tangent<P: CastFrom, To: CastFrom>(_: &P, tangent: P::Tangent) -> To::Tangent {
    To::cotangent_from_f64(P::tangent_as_f64(&tangent))
}

/// The tangent of a type with a numeric cast.
pub trait CastTangent {
    /// As a number in double precision; 0 for that of an integer.
    fn into_f64(self) -> f64;
}

impl CastTangent for f32 {
    #[inline]
    fn into_f64(self) -> f64 {
        f64::from(self)
    }
}

impl CastTangent for f64 {
    #[inline]
    fn into_f64(self) -> f64 {
        self
    }
}

impl CastTangent for () {
    #[inline]
    fn into_f64(self) -> f64 {
        0.0
    }
}

/// The cotangent of `primal`, from that of what it is cast to.
#[inline]
pub fn cast_cotangent<P: CastFrom, T: CastTangent>(_: &P, cotangent: T) -> P::Tangent {
    P::cotangent_from_f64(cotangent.into_f64())
}

/// An integer of the table of rules as a float.
trait FromInteger {
    fn from_integer(n: i32) -> Self;
}

impl FromInteger for f32 {
    #[inline]
    fn from_integer(n: i32) -> Self {
        n as f32
    }
}

impl FromInteger for f64 {
    #[inline]
    fn from_integer(n: i32) -> Self {
        f64::from(n)
    }
}

autodiff_macros::__float_methods!();
autodiff_macros::__integer_methods!();
