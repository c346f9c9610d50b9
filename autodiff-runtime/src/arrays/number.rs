//! What elements of arrays are: real and complex numbers.

use ndarray::LinalgScalar;
use num_complex::Complex;
use num_traits::FromPrimitive;

use crate::Real;
use crate::tangent::Tangent;

/// A real or complex number, as an element of an array.
pub trait Number:
    LinalgScalar
    + core::ops::Neg<Output = Self>
    + core::ops::AddAssign
    + core::ops::SubAssign
    + FromPrimitive
    + Tangent
    + Default
    + Send
    + Sync
{
    /// Whether the number is its own conjugate.
    const REAL: bool;

    /// The complex conjugate, by which cotangents are multiplied where tangents are multiplied by the number.
    fn conjugate(self) -> Self;
}

impl<T: Real> Number for T {
    const REAL: bool = true;

    #[inline]
    fn conjugate(self) -> Self {
        self
    }
}

impl<T: Real> Number for Complex<T> {
    const REAL: bool = false;

    #[inline]
    fn conjugate(self) -> Self {
        self.conj()
    }
}
