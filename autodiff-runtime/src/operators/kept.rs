//! What tapes keep of operands whose shape is all that the way back asks for.
//!
//! The derivatives of `a + b` are the same wherever `a` and `b` are. Of a number nothing is kept then; anything else is kept
//! whole, since an array has a shape, and what an operator of the user's own asks for is not known.

use core::marker::PhantomData;

/// What is kept of a value.
pub trait Kept {
    /// The value.
    type Of;

    /// Takes of the value what is kept.
    fn keep(value: Self::Of) -> Self;

    /// A value of the same shape.
    fn restored(self) -> Self::Of;
}

/// The value itself.
pub struct Whole<T>(T);

impl<T> Kept for Whole<T> {
    type Of = T;

    #[inline]
    fn keep(value: T) -> Self {
        Self(value)
    }

    #[inline]
    fn restored(self) -> T {
        self.0
    }
}

/// Nothing of a number, for which zero stands.
pub struct Nothing<T>(PhantomData<T>);

impl<T: Default> Kept for Nothing<T> {
    type Of = T;

    #[inline]
    fn keep(_: T) -> Self {
        Self(PhantomData)
    }

    #[inline]
    fn restored(self) -> T {
        T::default()
    }
}
