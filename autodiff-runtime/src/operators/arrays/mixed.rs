//! Real operands of operators of complex arrays: they are read as complex numbers, and what belongs to them of a
//! cotangent is its real part.

use ndarray::{Array, ArrayRef, ArrayViewMut, Dimension, Zip};
use num_complex::Complex;

use crate::Real;

/// Real numbers as complex ones.
pub(super) fn complex<T: Real, D: Dimension>(array: &ArrayRef<T, D>) -> Array<Complex<T>, D> {
    array.mapv(Complex::from)
}

/// A complex slot whose real part is added to the real one in the end.
pub(super) struct RealPart<'a, T: Real, D: Dimension>(Option<(ArrayViewMut<'a, T, D>, Array<Complex<T>, D>)>);

impl<'a, T: Real, D: Dimension> RealPart<'a, T, D> {
    /// Of this slot, if there is one.
    pub(super) fn of(slot: Option<ArrayViewMut<'a, T, D>>) -> Self {
        Self(slot.map(|slot| {
            let zeros = Array::from_elem(slot.raw_dim(), Complex::from(T::zero()));
            (slot, zeros)
        }))
    }

    /// The complex slot.
    pub(super) fn slot(&mut self) -> Option<&mut ArrayRef<Complex<T>, D>> {
        self.0.as_mut().map(|(_, complex)| &mut **complex)
    }
}

impl<T: Real, D: Dimension> Drop for RealPart<'_, T, D> {
    fn drop(&mut self) {
        if let Some((slot, complex)) = &mut self.0 {
            Zip::from(slot).and(complex).for_each(|s, c| *s += c.re);
        }
    }
}
