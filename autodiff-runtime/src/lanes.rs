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

#[cfg(feature = "std")]
mod arrays;
mod complex;
mod containers;
mod number;

pub use complex::ComplexLanes;
pub use number::{Given, Lanes, NoTangent, cast};

use crate::parts::Part;
use crate::tangent::{Differentiable, Tangent};

/// A type whose tangents along several directions lie side by side.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tangents along several directions at once",
    note = "`lanes` is for numbers, arrays, tuples, options, `Vec`s, and structs and enums marked `#[lanes]` beside `#[derive(Differentiable)]`: mark the type, or take `lanes` off the function"
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

    /// What a function of `self` gives, with its tangents: `derivative` is that along a tangent of `self`.
    #[doc(hidden)]
    #[inline]
    fn __chain<O: Wide, const W: usize>(
        &self,
        lanes: &Self::Lanes<W>,
        mut derivative: impl FnMut(&Self::Tangent) -> (O, O::Tangent),
    ) -> (O, O::Lanes<W>) {
        let (value, first) = derivative(&self.__take(lanes, 0));
        let mut out = value.__lanes();
        O::__put(&mut out, 0, &first);
        for lane in 1..W {
            O::__put(&mut out, lane, &derivative(&self.__take(lanes, lane)).1);
        }
        (value, out)
    }

    /// One tangent times a number for each direction.
    #[doc(hidden)]
    #[inline]
    fn __scaled<const W: usize>(&self, tangent: &Self::Tangent, factors: [f64; W]) -> Self::Lanes<W> {
        let mut out = self.__lanes();
        for (lane, factor) in factors.into_iter().enumerate() {
            let mut scaled = tangent.clone();
            scaled.__map(&mut |x| x * factor);
            Self::__put(&mut out, lane, &scaled);
        }
        out
    }

    /// Adds other tangents.
    #[doc(hidden)]
    #[inline]
    fn __sum<const W: usize>(&self, lanes: &mut Self::Lanes<W>, other: &Self::Lanes<W>) {
        for lane in 0..W {
            let mut sum = self.__take(lanes, lane);
            sum.__add(&self.__take(other, lane));
            Self::__put(lanes, lane, &sum);
        }
    }
}

/// A number whose tangents along `W` directions are [`Lanes`], in code that is generic over it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "`{Self}` is no float with derivatives along several directions at once")]
pub trait Number<const W: usize>: Wide<Lanes<W> = Lanes<Self, W>> + Copy {
    /// Zero.
    const ZERO: Self;
}

/// What a function of `of` gives, with its tangents.
#[doc(hidden)]
#[inline]
pub fn chain<A: Wide + ?Sized, O: Wide, const W: usize>(
    of: &A,
    lanes: &A::Lanes<W>,
    derivative: impl FnMut(&A::Tangent) -> (O, O::Tangent),
) -> (O, O::Lanes<W>) {
    of.__chain(lanes, derivative)
}

/// The sum of tangents of a value.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn sum<T: Wide, const W: usize>(of: &T, mut lanes: T::Lanes<W>, other: &T::Lanes<W>) -> T::Lanes<W> {
    of.__sum(&mut lanes, other);
    lanes
}

/// How many tangents a companion is asked for.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Width<const W: usize>;

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
