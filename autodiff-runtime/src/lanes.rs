//! Several tangents at once: what forward mode computes along `W` directions in one sweep.
//!
//! Functions marked `#[differentiable(lanes)]` have a companion whose tangents are made of [`Lanes`]: `W` numbers side by
//! side, with the arithmetic that tangents need. The value and its partial derivatives are computed once for all
//! directions, and a processor with vector registers handles several lanes in one instruction.
//!
//! ```standalone_crate
//! # extern crate autodiff_runtime as differentiable;
//! # use autodiff_macros::{Differentiable, differentiable};
//! use differentiable::prelude::*;
//!
//! #[differentiable(lanes)]
//! fn polar(r: f64, angle: f64) -> [f64; 2] {
//!     [r * angle.cos(), r * angle.sin()]
//! }
//!
//! // Two directions, by the first and by the second parameter.
//! let (_, [by_r, by_angle]) = polar::jvps(2.0, 0.0, [1.0, 0.0], [0.0, 1.0]);
//! assert_eq!((by_r, by_angle), ([1.0, 0.0], [0.0, 2.0]));
//! ```

use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::parts::{Part, Space};
use crate::tangent::Differentiable;

/// The tangents of a number along `W` directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<T, const W: usize>(pub [T; W]);

impl<T, const W: usize> Space for Lanes<T, W> {}

/// A type whose tangents along several directions lie side by side.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tangents along several directions at once",
    note = "`lanes` is for functions of numbers, arrays, tuples, options and `Vec`s: take it off"
)]
pub trait Wide: Differentiable {
    /// `W` tangents, in the shape of one of them.
    type Lanes<const W: usize>: Clone;

    /// `W` tangents that are zero.
    #[doc(hidden)]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W>;

    /// Writes one of the tangents.
    #[doc(hidden)]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent);

    /// Reads one of the tangents.
    #[doc(hidden)]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent;
}

/// The derivative of a function of numbers along a unit direction, in generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no float: what is computed from it has no derivatives along several directions at once",
    note = "`lanes` is for functions of numbers, arrays, tuples, options and `Vec`s: take it off"
)]
pub trait Unit {
    /// The unit.
    const ONE: Self;
    /// Zero.
    const ZERO: Self;
}

/// The unit direction.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn unit<T: Unit>() -> T {
    T::ONE
}

/// `W` tangents of a value that are zero.
#[doc(hidden)]
#[inline]
pub fn zero<T: Wide + ?Sized, const W: usize>(value: &T) -> T::Lanes<W> {
    value.__lanes()
}

/// The tangents of a part of a value: zero for a constant.
#[doc(hidden)]
#[inline]
pub fn read<P: Wide, T: Part<P::Lanes<W>>, const W: usize>(value: &P, tangent: &T) -> P::Lanes<W> {
    tangent.part().cloned().unwrap_or_else(|| value.__lanes())
}

impl<T: Unit, const W: usize> Lanes<T, W> {
    /// All of them zero.
    pub const ZERO: Self = Self([T::ZERO; W]);
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Unit for $t {
            const ONE: Self = 1.0;
            const ZERO: Self = 0.0;
        }

        impl Wide for $t {
            type Lanes<const W: usize> = Lanes<$t, W>;

            #[inline]
            fn __lanes<const W: usize>(&self) -> Lanes<$t, W> {
                Lanes::<$t, W>::ZERO
            }

            #[inline]
            fn __put<const W: usize>(lanes: &mut Lanes<$t, W>, lane: usize, tangent: &$t) {
                lanes.0[lane] = *tangent;
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Lanes<$t, W>, lane: usize) -> $t {
                lanes.0[lane]
            }
        }

        floats!(@scaled $t, Mul mul MulAssign mul_assign *, Div div DivAssign div_assign /);
        floats!(@sum $t, Add add AddAssign add_assign +, Sub sub SubAssign sub_assign -);

        impl<const W: usize> Mul<Lanes<$t, W>> for $t {
            type Output = Lanes<$t, W>;
            #[inline]
            fn mul(self, lanes: Lanes<$t, W>) -> Lanes<$t, W> {
                lanes * self
            }
        }

        impl<const W: usize> Neg for Lanes<$t, W> {
            type Output = Self;
            #[inline]
            fn neg(mut self) -> Self {
                self.0.iter_mut().for_each(|x| *x = -*x);
                self
            }
        }
    )*};
    (@scaled $t:ty, $($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<const W: usize> $name<$t> for Lanes<$t, W> {
            type Output = Self;
            #[inline]
            fn $method(mut self, factor: $t) -> Self {
                self.0.iter_mut().for_each(|x| x.$assign_method(factor));
                self
            }
        }

        impl<const W: usize> $assign<$t> for Lanes<$t, W> {
            #[inline]
            fn $assign_method(&mut self, factor: $t) {
                *self = *self $op factor;
            }
        }
    )*};
    (@sum $t:ty, $($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<const W: usize> $name for Lanes<$t, W> {
            type Output = Self;
            #[inline]
            fn $method(mut self, other: Self) -> Self {
                self.0.iter_mut().zip(&other.0).for_each(|(x, y)| x.$assign_method(*y));
                self
            }
        }

        impl<const W: usize> $assign for Lanes<$t, W> {
            #[inline]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    )*};
}

floats!(f32 f64);

macro_rules! constants {
    ($($t:ty)*) => {$(
        impl Wide for $t {
            type Lanes<const W: usize> = ();
            #[inline]
            fn __lanes<const W: usize>(&self) {}
            #[inline]
            fn __put<const W: usize>((): &mut (), _: usize, (): &()) {}
            #[inline]
            fn __take<const W: usize>(&self, (): &(), _: usize) {}
        }
    )*};
}

constants!(() bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl<T: Wide, const N: usize> Wide for [T; N] {
    type Lanes<const W: usize> = [T::Lanes<W>; N];

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        core::array::from_fn(|i| self[i].__lanes())
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        lanes.iter_mut().zip(tangent).for_each(|(lanes, tangent)| T::__put(lanes, lane, tangent));
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        core::array::from_fn(|i| self[i].__take(&lanes[i], lane))
    }
}

impl<T: Wide> Wide for Option<T> {
    type Lanes<const W: usize> = Option<T::Lanes<W>>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        self.as_ref().map(T::__lanes)
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        if let (Some(lanes), Some(tangent)) = (lanes, tangent) {
            T::__put(lanes, lane, tangent);
        }
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        self.as_ref().zip(lanes.as_ref()).map(|(value, lanes)| value.__take(lanes, lane))
    }
}

impl<T: Wide + ?Sized> Wide for &T {
    type Lanes<const W: usize> = T::Lanes<W>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        (**self).__lanes()
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        T::__put(lanes, lane, tangent);
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        (**self).__take(lanes, lane)
    }
}

#[cfg(feature = "std")]
macro_rules! sequences {
    ($($t:ty)*) => {$(
        impl<T: Wide> Wide for $t {
            type Lanes<const W: usize> = Vec<T::Lanes<W>>;

            #[inline]
            fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
                self.iter().map(T::__lanes).collect()
            }

            /// An empty tangent counts as zero.
            #[inline]
            fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
                assert!(
                    tangent.is_empty() || tangent.len() == lanes.len(),
                    "a tangent has {} elements, but what it belongs to has {}",
                    tangent.len(),
                    lanes.len()
                );
                lanes.iter_mut().zip(tangent).for_each(|(lanes, tangent)| T::__put(lanes, lane, tangent));
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
                self.iter().zip(lanes).map(|(value, lanes)| value.__take(lanes, lane)).collect()
            }
        }
    )*};
}

#[cfg(feature = "std")]
sequences!([T] Vec<T>);

macro_rules! tuples {
    ($(($($item:ident $index:tt)*))*) => {$(
        impl<$($item: Wide),*> Wide for ($($item,)*) {
            type Lanes<const W: usize> = ($($item::Lanes<W>,)*);

            #[inline]
            fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
                ($(self.$index.__lanes(),)*)
            }

            #[inline]
            fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
                $($item::__put(&mut lanes.$index, lane, &tangent.$index);)*
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
                ($(self.$index.__take(&lanes.$index, lane),)*)
            }
        }
    )*};
}

tuples!((A 0)(A 0 B 1)(A 0 B 1 C 2)(A 0 B 1 C 2 D 3)(A 0 B 1 C 2 D 3 E 4)(A 0 B 1 C 2 D 3 E 4 F 5));
