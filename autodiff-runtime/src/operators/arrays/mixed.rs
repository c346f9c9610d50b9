//! The elements of the right operand of an operator, beside those of the left one: the same type, or real numbers beside
//! complex ones, as `ndarray` has them.
//!
//! Real operands are read as complex numbers, and what belongs to them of a cotangent is its real part. That both are one trait
//! lets the compiler know the type of `Array2::eye(n) * x` before it knows that of the elements.

use core::ops::{Deref, DerefMut};

use ndarray::{Array, ArrayRef, Dimension, Zip};
use num_complex::Complex;

use crate::Real;
use crate::arrays::number::Number;

/// Elements to the left of others.
pub trait Over<B>: Number {
    /// The right operand with the elements of the left one.
    type Read<'a, D: Dimension>: Deref<Target = ArrayRef<Self, D>>
    where
        B: 'a,
        D: 'a;
    /// A slot for it.
    type Slot<'a, D: Dimension>: DerefMut<Target = ArrayRef<Self, D>>
    where
        B: 'a,
        D: 'a;
    /// The right operand with the elements of the left one.
    fn read<D: Dimension>(array: &ArrayRef<B, D>) -> Self::Read<'_, D>;
    /// A slot for it.
    fn slot<D: Dimension>(slot: &mut ArrayRef<B, D>) -> Self::Slot<'_, D>;
}

impl<T: Number> Over<T> for T {
    type Read<'a, D: Dimension + 'a> = &'a ArrayRef<T, D>;
    type Slot<'a, D: Dimension + 'a> = &'a mut ArrayRef<T, D>;

    #[inline]
    fn read<D: Dimension>(array: &ArrayRef<T, D>) -> &ArrayRef<T, D> {
        array
    }
    #[inline]
    fn slot<D: Dimension>(slot: &mut ArrayRef<T, D>) -> &mut ArrayRef<T, D> {
        slot
    }
}

impl<T: Real> Over<T> for Complex<T> {
    type Read<'a, D: Dimension + 'a> = AsComplex<T, D>;
    type Slot<'a, D: Dimension + 'a> = RealPart<'a, T, D>;

    fn read<D: Dimension>(array: &ArrayRef<T, D>) -> AsComplex<T, D> {
        AsComplex(array.mapv(Complex::from))
    }
    fn slot<D: Dimension>(slot: &mut ArrayRef<T, D>) -> RealPart<'_, T, D> {
        let complex = Array::from_elem(slot.raw_dim(), Complex::from(T::zero()));
        RealPart { slot, complex }
    }
}

/// Real numbers as complex ones.
pub struct AsComplex<T, D>(Array<Complex<T>, D>);

impl<T, D> Deref for AsComplex<T, D> {
    type Target = ArrayRef<Complex<T>, D>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A complex slot whose real part is added to the real one in the end.
pub struct RealPart<'a, T: Real, D: Dimension> {
    slot: &'a mut ArrayRef<T, D>,
    complex: Array<Complex<T>, D>,
}

impl<T: Real, D: Dimension> Deref for RealPart<'_, T, D> {
    type Target = ArrayRef<Complex<T>, D>;

    fn deref(&self) -> &Self::Target {
        &self.complex
    }
}

impl<T: Real, D: Dimension> DerefMut for RealPart<'_, T, D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.complex
    }
}

impl<T: Real, D: Dimension> Drop for RealPart<'_, T, D> {
    fn drop(&mut self) {
        Zip::from(&mut *self.slot).and(&self.complex).for_each(|s, c| *s += c.re);
    }
}
