//! What generated code says of the names that the compiler goes by: that a method gives no number, that a path is that of a
//! function of the standard library. A wrong guess is an error of the build, not a lost derivative.

use crate::tangent::Differentiable;

/// What a method of a name such as `len` or `is_empty` gives, whose value is taken to carry no derivative.
#[diagnostic::on_unimplemented(
    message = "a method with the name of a length or of a test gives `{Self}` here",
    label = "by its name, this was taken to carry no derivative",
    note = "bind it to a variable with its type first, as in `let r: f64 = v.len();`"
)]
pub trait Claimed {}

impl Claimed for usize {}
impl Claimed for bool {}
impl Claimed for core::cmp::Ordering {}
impl Claimed for () {}
impl<T: Claimed> Claimed for (T,) {}
impl<T: Claimed, U: Claimed> Claimed for (T, U) {}
impl<T: Claimed, U: Claimed, V: Claimed> Claimed for (T, U, V) {}
impl<T: Claimed, U: Claimed, V: Claimed, W: Claimed> Claimed for (T, U, V, W) {}
impl<T: Claimed, U: Claimed, V: Claimed, W: Claimed, X: Claimed> Claimed for (T, U, V, W, X) {}
impl<T: Claimed, U: Claimed, V: Claimed, W: Claimed, X: Claimed, Y: Claimed> Claimed for (T, U, V, W, X, Y) {}
impl<T: Claimed> Claimed for Option<T> {}
impl<T: Claimed, E: Claimed> Claimed for Result<T, E> {}
impl<T: Claimed> Claimed for [T] {}
impl<T: Claimed, const N: usize> Claimed for [T; N] {}
impl<T: Claimed + ?Sized> Claimed for &T {}

/// The value of a method of such a name.
#[inline]
pub fn claimed<T: Claimed>(value: T) -> T {
    value
}

/// Types of which `as_slice`, `as_ref` and their kin give a view of the whole.
#[diagnostic::on_unimplemented(
    message = "a method such as `as_slice` is taken for one of the standard library, which `{Self}` is not a type of",
    label = "this would be taken for all of the value",
    note = "give the method another name, or use the field that it gives"
)]
pub trait Viewed {}

impl<T> Viewed for [T] {}
impl<T, const N: usize> Viewed for [T; N] {}
impl<T> Viewed for Option<T> {}
impl<T, E> Viewed for Result<T, E> {}
impl Viewed for str {}
impl<T: Viewed + ?Sized> Viewed for &T {}
impl<T: Viewed + ?Sized> Viewed for &mut T {}
/// Says that a method gives a view of all of its receiver.
#[inline]
pub const fn is_viewed<T: Viewed + ?Sized>(_: &T) {}

/// Types whose `get` takes a key by reference, and which hold nothing that has a derivative.
#[diagnostic::on_unimplemented(
    message = "`get` with a key by reference is taken for that of a map, which `{Self}` is not",
    label = "no derivative would follow what this gives",
    note = "give a method of your own another name than `get`"
)]
pub trait IsMap {}

#[cfg(feature = "std")]
impl<K, V, S> IsMap for std::collections::HashMap<K, V, S> {}
#[cfg(feature = "std")]
impl<K, V> IsMap for std::collections::BTreeMap<K, V> {}
impl<T: IsMap + ?Sized> IsMap for &T {}
impl<T: IsMap + ?Sized> IsMap for &mut T {}

/// Maps, sets and heaps, which hold nothing that has a derivative.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken for the map or set of the standard library that has its name",
    label = "no derivative would follow what this gives",
    note = "give the type another name"
)]
pub trait IsKeyed {}

#[cfg(feature = "std")]
impl<K, V, S> IsKeyed for std::collections::HashMap<K, V, S> {}
#[cfg(feature = "std")]
impl<K, V> IsKeyed for std::collections::BTreeMap<K, V> {}
#[cfg(feature = "std")]
impl<K, S> IsKeyed for std::collections::HashSet<K, S> {}
#[cfg(feature = "std")]
impl<K> IsKeyed for std::collections::BTreeSet<K> {}
#[cfg(feature = "std")]
impl<K> IsKeyed for std::collections::BinaryHeap<K> {}
impl<T: IsKeyed + ?Sized> IsKeyed for &T {}
impl<T: IsKeyed + ?Sized> IsKeyed for &mut T {}

/// Says that a place is a map or a set.
#[inline]
pub const fn is_keyed<T: IsKeyed + ?Sized>(_: &T) {}

/// Says that a place is a map.
#[inline]
pub const fn is_map<T: IsMap + ?Sized>(_: &T) {}

/// The types of floats.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken for a name of `f64` or `f32`, since functions and constants of floats are called by it",
    label = "`{Self}` is another type",
    note = "call a method of it as one, `x.abs()` instead of `T::abs(x)`, or give the function another name"
)]
pub trait FloatName {}

impl FloatName for f32 {}
impl FloatName for f64 {}

/// Says that a name is that of a type of floats.
#[inline]
pub const fn is_float<T: FloatName>() {}

/// The type of texts of the standard library.
#[diagnostic::on_unimplemented(
    message = "`String` is taken for the type of texts, which carries no derivative, but is another type here",
    label = "the derivatives of its fields would be lost",
    note = "give the type another name, or another name to it: `use String as Chord;`"
)]
pub trait Text {}

/// Says that a name is that of the type of texts.
#[inline]
pub const fn is_text<T: Text>() {}

/// Says that a name is that of `mem::drop`.
#[inline]
pub const fn is_drop(_: fn(())) {}

/// Says that a name is that of `mem::swap`.
#[inline]
pub const fn is_swap(_: fn(&mut (), &mut ())) {}

/// Says that a name is that of `mem::replace`.
#[inline]
pub const fn is_replace(_: fn(&mut (), ())) {}

/// Says that a name is that of `mem::take`.
#[inline]
pub const fn is_take(_: fn(&mut ())) {}

/// Says that a name is that of `iter::once`.
#[inline]
pub const fn is_once(_: fn(()) -> core::iter::Once<()>) {}

/// Says that a name is that of `iter::repeat_n`.
#[inline]
pub const fn is_repeat_n(_: fn((), usize) -> core::iter::RepeatN<()>) {}

/// Says that a name is that of `iter::repeat_with`.
#[inline]
pub const fn is_repeat_with(_: fn(fn()) -> core::iter::RepeatWith<fn()>) {}

/// What follows an item.
type Next = fn(&()) -> Option<()>;

/// Says that a name is that of `iter::successors`.
#[inline]
pub const fn is_successors(_: fn(Option<()>, Next) -> core::iter::Successors<(), Next>) {}

/// Iterates over nothing.
type Empty = core::option::IntoIter<()>;

/// Says that a name is that of `iter::zip`.
#[inline]
pub const fn is_zip(_: fn(Option<()>, Option<()>) -> core::iter::Zip<Empty, Empty>) {}

/// What an operator on bits gives, which is taken to carry no derivative.
#[diagnostic::on_unimplemented(
    message = "an operator on bits gives a value with the tangent `{Self}` here",
    label = "the derivative of this operator would be lost",
    note = "write a method, and call that in place of the operator"
)]
pub trait Bits {}

impl Bits for () {}

/// The value of such an operator.
#[inline]
pub fn bits<T: Differentiable<Tangent: Bits>>(value: T) -> T {
    value
}

/// The receiver of a method through which no derivative flows, and which therefore may not change it.
#[inline]
pub const fn lent<T: ?Sized>(receiver: &T) -> &T {
    receiver
}

#[cfg(feature = "std")]
mod of_std {
    use super::{Claimed, Viewed};

    impl<T> Viewed for std::vec::Vec<T> {}
    impl<T> Viewed for std::collections::VecDeque<T> {}
    impl<T: ?Sized> Viewed for std::boxed::Box<T> {}
    impl<T: ?Sized> Viewed for std::rc::Rc<T> {}
    impl<T: ?Sized> Viewed for std::sync::Arc<T> {}
    impl<T: std::borrow::ToOwned + ?Sized> Viewed for std::borrow::Cow<'_, T> {}
    impl Viewed for std::string::String {}
    impl super::Text for std::string::String {}
    impl<A, S: ndarray::RawData<Elem = A>, D> Viewed for ndarray::ArrayBase<S, D, A> {}
    impl<A, D> Viewed for ndarray::ArrayRef<A, D> {}

    /// The numbers of elements along the axes of an array are no numbers to be differentiated.
    impl<I: ?Sized> Claimed for ndarray::Dim<I> {}
}
