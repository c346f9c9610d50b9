//! The cotangent of what a call has given and a field has taken whole: of a field marked `#[constant]` it is `()`, and the way
//! back through the call needs a zero.
//!
//! The zero has the shape of what the call gave, which the forward sweep alone can see. There the type of the field's tangent,
//! which inference finds on the way back, decides whether one is made at all.

use super::Space;
use crate::tangent::Differentiable;

/// A part of a tangent that is handed to a pullback which takes a tangent of type `U`.
pub trait Whole<U> {
    /// What is kept of the value: a zero in its shape, where the part may be missing.
    type Zero;
    /// Keeps it.
    fn zero(of: impl FnOnce() -> U) -> Self::Zero;
    /// The part, or a zero.
    fn whole(self, zero: &Self::Zero) -> U;
}

impl<U> Whole<U> for U {
    type Zero = ();
    #[inline]
    fn zero(_: impl FnOnce() -> U) {}
    #[inline]
    fn whole(self, (): &()) -> U {
        self
    }
}

impl<U: Space + Clone> Whole<U> for () {
    type Zero = U;
    #[inline]
    fn zero(of: impl FnOnce() -> U) -> U {
        of()
    }
    #[inline]
    fn whole(self, zero: &U) -> U {
        zero.clone()
    }
}

/// What is kept for cotangents of type `P` in the place of ones of type `U`.
pub struct Kept<P: Whole<U>, U>(P::Zero);

/// A pullback with what is kept for its cotangent.
pub struct Keeping<P: Whole<U>, U, F> {
    /// What is kept.
    pub zero: Kept<P, U>,
    /// The pullback.
    pub pullback: F,
}

/// Keeps what the cotangent of a value needs beside the pullback of the call that gave it.
#[inline]
pub fn keeping<P: Whole<V::Tangent>, V: Differentiable, F>(value: &V, pullback: F) -> Keeping<P, V::Tangent, F> {
    Keeping { zero: Kept(P::zero(|| value.__zero())), pullback }
}

/// The cotangent of what a call gave, of what its place has.
#[inline]
pub fn whole<P: Whole<U>, U>(kept: &Kept<P, U>, part: P) -> U {
    part.whole(&kept.0)
}
