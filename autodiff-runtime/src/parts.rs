//! Parts of tangents that may be missing: a field marked `#[constant]` has the tangent `()`, whatever its value is.
//!
//! Generated code cannot see which fields are marked, so it reaches the fields of tangents through these traits.

pub(crate) mod held;
pub(crate) mod kept;
pub(crate) mod moved;
pub(crate) mod numbered;

use num_complex::Complex;

use crate::Real;
use crate::lanes::{ComplexLanes, Lanes};
use crate::tangent::Differentiable;

/// Tangents of values that have a derivative.
pub trait Space {}

impl Space for f32 {}
impl Space for f64 {}
impl<T: Real> Space for Complex<T> {}
impl<T> Space for [T] {}
impl<T, const N: usize> Space for [T; N] {}
impl<T> Space for Option<T> {}
impl<T, E> Space for Result<T, E> {}
#[cfg(feature = "std")]
impl<T> Space for Vec<T> {}
#[cfg(feature = "std")]
impl<T: ?Sized> Space for Box<T> {}
#[cfg(feature = "std")]
impl<S: ndarray::RawData, D> Space for ndarray::ArrayBase<S, D> {}
#[cfg(feature = "std")]
impl<T, D> Space for ndarray::ArrayRef<T, D> {}

macro_rules! tuples {
    ($(($($name:ident),+))*) => {$(impl<$($name),+> Space for ($($name,)+) {})*};
}

tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F)(A, B, C, D, E, F, G)(A, B, C, D, E, F, G, H));

/// A part of a tangent as a tangent of type `U`, if it has one.
pub trait Part<U: ?Sized> {
    /// The tangent, to be read.
    fn part(&self) -> Option<&U>;
    /// The tangent, to be changed.
    fn part_mut(&mut self) -> Option<&mut U>;
}

impl<U> Part<U> for U {
    #[inline]
    fn part(&self) -> Option<&U> {
        Some(self)
    }
    #[inline]
    fn part_mut(&mut self) -> Option<&mut U> {
        Some(self)
    }
}

impl<U: Space + ?Sized> Part<U> for () {
    #[inline]
    fn part(&self) -> Option<&U> {
        None
    }
    #[inline]
    fn part_mut(&mut self) -> Option<&mut U> {
        None
    }
}

/// Containers lend what they hold, as references to them do.
macro_rules! lent {
    ($([$($generics:tt)*] $from:ty => $to:ty;)*) => {$(
        impl<$($generics)*> Part<$to> for $from {
            #[inline]
            fn part(&self) -> Option<&$to> {
                Some(self)
            }
            #[inline]
            fn part_mut(&mut self) -> Option<&mut $to> {
                Some(self)
            }
        }
    )*};
}

lent!([T, const N: usize] [T; N] => [T];);
#[cfg(feature = "std")]
lent! {
    [T] Vec<T> => [T];
    [T] Box<T> => T;
    [T: Real, D: ndarray::Dimension] ndarray::Array<T, D> => ndarray::ArrayRef<T, D>;
    [T: Real, D: ndarray::Dimension] ndarray::Array<Complex<T>, D> => ndarray::ArrayRef<Complex<T>, D>;
    [T, D: ndarray::Dimension, const W: usize] ndarray::Array<Lanes<T, W>, D> => ndarray::ArrayRef<Lanes<T, W>, D>;
    [T, D: ndarray::Dimension, const W: usize] ndarray::Array<ComplexLanes<T, W>, D> => ndarray::ArrayRef<ComplexLanes<T, W>, D>;
}

/// The tangent of a slice lends that of the array which it is of: a reference to the one becomes a reference to the other
/// where it is stored.
#[cfg(feature = "std")]
impl<T, const N: usize> Part<[T; N]> for Vec<T> {
    #[inline]
    fn part(&self) -> Option<&[T; N]> {
        if self.is_empty() { None } else { Some(self.as_slice().try_into().expect(LENGTHS)) }
    }
    #[inline]
    fn part_mut(&mut self) -> Option<&mut [T; N]> {
        Some(self.as_mut_slice().try_into().expect(LENGTHS))
    }
}

#[cfg(feature = "std")]
const LENGTHS: &str = "the tangent of an array has its length";

/// What is given for a constant parameter has no derivative: a container of constants.
macro_rules! hollow {
    ($([$($generics:tt)*] $container:ty;)*) => {$(
        impl<$($generics)*> Part<()> for $container {
            #[inline]
            fn part(&self) -> Option<&()> {
                None
            }
            #[inline]
            fn part_mut(&mut self) -> Option<&mut ()> {
                None
            }
        }
    )*};
}

hollow!([const N: usize] [(); N]; [] [()]; [] Option<()>;);
#[cfg(feature = "std")]
hollow!([] Vec<()>; [] Box<[()]>; [D: ndarray::Dimension] ndarray::Array<(), D>; [D: ndarray::Dimension] ndarray::ArrayRef<(), D>;);

/// What has no size lends itself.
macro_rules! unsized_parts {
    ($([$($generics:tt)*] $t:ty;)*) => {$(
        impl<$($generics)*> Part<$t> for $t {
            #[inline]
            fn part(&self) -> Option<&$t> {
                Some(self)
            }
            #[inline]
            fn part_mut(&mut self) -> Option<&mut $t> {
                Some(self)
            }
        }
    )*};
}

unsized_parts!([T] [T];);
#[cfg(feature = "std")]
unsized_parts!([T, D] ndarray::ArrayRef<T, D>;);

/// The tangent of a part, if it has one.
#[inline]
pub fn part<T: Part<U> + ?Sized, U: ?Sized>(of: &T) -> Option<&U> {
    of.part()
}

/// The tangent of a part, if it has one, to be changed.
#[inline]
pub fn part_mut<T: Part<U> + ?Sized, U: ?Sized>(of: &mut T) -> Option<&mut U> {
    of.part_mut()
}

/// A part of a tangent that can be copied to a tangent of type `U`, if it has one.
pub trait Copied<U> {
    /// The copy.
    fn copied(&self) -> Option<U>;
}

impl<U: Clone> Copied<U> for U {
    #[inline]
    fn copied(&self) -> Option<U> {
        Some(self.clone())
    }
}

impl<U: Space> Copied<U> for () {
    #[inline]
    fn copied(&self) -> Option<U> {
        None
    }
}

#[cfg(feature = "std")]
impl<T: Clone, D: ndarray::Dimension> Copied<ndarray::Array<T, D>> for ndarray::ArrayRef<T, D> {
    #[inline]
    fn copied(&self) -> Option<ndarray::Array<T, D>> {
        Some(self.to_owned())
    }
}

#[cfg(feature = "std")]
impl<T: Clone> Copied<Vec<T>> for [T] {
    #[inline]
    fn copied(&self) -> Option<Vec<T>> {
        Some(self.to_vec())
    }
}

/// The tangent of a part of a value: zero for a constant.
#[inline]
pub fn read<P: Differentiable + ?Sized, T: Copied<P::Tangent> + ?Sized>(value: &P, tangent: &T) -> P::Tangent {
    tangent.copied().unwrap_or_else(|| value.__zero())
}

/// Overwrites the tangent of a part, if it has one.
#[inline]
pub fn set<T: Part<U>, U>(part: &mut T, value: U) {
    if let Some(part) = part.part_mut() {
        *part = value;
    }
}

/// A part of a tangent that is overwritten by a tangent of type `U`, if it has one.
pub trait Replaced<U> {
    /// Overwrites it, and gives what it was.
    fn replaced(&mut self, by: U) -> Self;
}

impl<U> Replaced<U> for U {
    #[inline]
    fn replaced(&mut self, by: U) -> U {
        core::mem::replace(self, by)
    }
}

impl<U: Space> Replaced<U> for () {
    #[inline]
    fn replaced(&mut self, _: U) {}
}

/// Overwrites the tangent of a part, and gives what it was: nothing, for a constant.
#[inline]
pub fn replace<T: Replaced<U>, U>(part: &mut T, by: U) -> T {
    part.replaced(by)
}

/// A part of a tangent that is given none, if it is an option.
pub trait Vacated {
    /// Leaves none, and gives what was there.
    fn vacated(&mut self) -> Self;
}

impl<T> Vacated for Option<T> {
    #[inline]
    fn vacated(&mut self) -> Option<T> {
        self.take()
    }
}

impl Vacated for () {
    #[inline]
    fn vacated(&mut self) {}
}

/// Leaves none in the tangent of a part, and gives what was there: nothing, for a constant.
#[inline]
pub fn vacate<T: Vacated>(part: &mut T) -> T {
    part.vacated()
}

/// An element of the tangent of a sequence, which is `()` for a constant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no elements that differentiated code can take one by one",
    note = "of a `Table`, such as the weights of an `Embedding`, `array()` is the whole matrix, `row(i)` one row and `lookup(&indices)` several"
)]
pub trait Within<I> {
    /// The tangent of the element.
    type Element: ?Sized;
    /// The tangent, to be read.
    fn within(&self, index: I) -> &Self::Element;
    /// The tangent, to be changed.
    fn within_mut(&mut self, index: I) -> &mut Self::Element;
}

impl<I> Within<I> for () {
    type Element = ();
    #[inline]
    fn within(&self, _: I) -> &() {
        self
    }
    #[inline]
    fn within_mut(&mut self, _: I) -> &mut () {
        self
    }
}

macro_rules! sequences {
    ($([$($generics:tt)*] $t:ty;)*) => {$(
        impl<$($generics)*> Within<I> for $t {
            type Element = <$t as core::ops::Index<I>>::Output;
            #[inline]
            #[track_caller]
            fn within(&self, index: I) -> &Self::Element {
                &self[index]
            }
            #[inline]
            #[track_caller]
            fn within_mut(&mut self, index: I) -> &mut Self::Element {
                &mut self[index]
            }
        }
    )*};
}

sequences! {
    [T, I: core::slice::SliceIndex<[T]>] [T];
    [T, I: core::slice::SliceIndex<[T]>, const N: usize] [T; N];
}
#[cfg(feature = "std")]
sequences! {
    [T, I: core::slice::SliceIndex<[T]>] Vec<T>;
    [T, D: ndarray::Dimension, I: ndarray::NdIndex<D>] ndarray::Array<T, D>;
    [T, D: ndarray::Dimension, I: ndarray::NdIndex<D>] ndarray::ArrayRef<T, D>;
}

#[cfg(feature = "std")]
impl<T, I: core::slice::SliceIndex<[T]>> Within<I> for Box<[T]> {
    type Element = I::Output;
    #[inline]
    #[track_caller]
    fn within(&self, index: I) -> &I::Output {
        &(**self)[index]
    }
    #[inline]
    #[track_caller]
    fn within_mut(&mut self, index: I) -> &mut I::Output {
        &mut (**self)[index]
    }
}

/// An element of the tangent of a sequence.
#[inline]
#[track_caller]
pub fn within<T: Within<I> + ?Sized, I>(of: &T, index: I) -> &T::Element {
    of.within(index)
}

/// An element of the tangent of a sequence, to be changed.
#[inline]
#[track_caller]
pub fn within_mut<T: Within<I> + ?Sized, I>(of: &mut T, index: I) -> &mut T::Element {
    of.within_mut(index)
}

/// Views of the tangent of an array in a field marked `#[constant]`: there is nothing to view. The arguments are those of
/// `ndarray`, whatever they are.
mod views {
    macro_rules! views {
        ($($name:ident $of_mut:ident ($($argument:ident),*);)*) => {
            /// Methods that borrow a view.
            #[allow(missing_docs)]
            pub trait ViewsOfConstants {
                $(
                    fn $name<$($argument),*>(&self $(, _: $argument)*) -> &();
                    fn $of_mut<$($argument),*>(&mut self $(, _: $argument)*) -> &mut ();
                )*
                fn t(&self) -> &();
            }

            impl ViewsOfConstants for () {
                $(
                    #[inline]
                    fn $name<$($argument),*>(&self $(, _: $argument)*) -> &() {
                        self
                    }
                    #[inline]
                    fn $of_mut<$($argument),*>(&mut self $(, _: $argument)*) -> &mut () {
                        self
                    }
                )*
                #[inline]
                fn t(&self) -> &() {
                    self
                }
            }
        };
    }

    views! {
        row row_mut(I);
        column column_mut(I);
        index_axis index_axis_mut(A, I);
        slice slice_mut(S);
        slice_axis slice_axis_mut(A, S);
        view view_mut();
        diag diag_mut();
    }

    /// Methods that turn a view into another one.
    #[allow(missing_docs)]
    pub trait ViewsOfConstantViews: Sized {
        #[inline]
        fn reversed_axes(self) -> Self {
            self
        }
        #[inline]
        fn permuted_axes<A>(self, _: A) -> Self {
            self
        }
        #[inline]
        fn insert_axis<A>(self, _: A) -> Self {
            self
        }
        #[inline]
        fn index_axis_move<A, I>(self, _: A, _: I) -> Self {
            self
        }
        #[inline]
        fn slice_move<S>(self, _: S) -> Self {
            self
        }
        #[inline]
        fn into_diag(self) -> Self {
            self
        }
    }

    impl ViewsOfConstantViews for &() {}
    impl ViewsOfConstantViews for &mut () {}
}

pub use views::{ViewsOfConstantViews, ViewsOfConstants};
