//! Elements together with their tangents.
//!
//! A jet of level k holds 2ᵏ numbers: component `c + 2ʲ` is the derivative of component `c` in direction j. It is a
//! polynomial in k infinitesimal quantities whose squares are zero, so what is written for numbers gives the
//! derivatives of any level when it is given jets.

#![allow(clippy::suspicious_arithmetic_impl, reason = "the rules of quotients and remainders have products in them")]

use std::array::from_fn;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use ndarray::{Array, ArrayRef, Dimension, LinalgScalar, Zip};
use num_traits::{One, Zero};

use super::number::Number;
use crate::Real;

/// A number with its tangents.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Jet<T, const N: usize>(pub(crate) [T; N]);

/// The parts of a set of directions: pairs of a subset and what remains.
pub(super) fn parts(c: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=c).filter(move |s| s & c == *s).map(move |s| (s, c ^ s))
}

impl<T: LinalgScalar, const N: usize> Jet<T, N> {
    fn constant(x: T) -> Self {
        Self(from_fn(|c| if c == 0 { x } else { T::zero() }))
    }
}

impl<T: Number, const N: usize> Jet<T, N> {
    /// The complex conjugate.
    pub(crate) fn conjugate(self) -> Self {
        Self(self.0.map(T::conjugate))
    }
}

impl<T: LinalgScalar, const N: usize> Add for Jet<T, N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(from_fn(|c| self.0[c] + other.0[c]))
    }
}

impl<T: LinalgScalar, const N: usize> Sub for Jet<T, N> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(from_fn(|c| self.0[c] - other.0[c]))
    }
}

impl<T: LinalgScalar + Neg<Output = T>, const N: usize> Neg for Jet<T, N> {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.map(|x| -x))
    }
}

impl<T: LinalgScalar, const N: usize> Mul for Jet<T, N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(from_fn(|c| parts(c).map(|(s, r)| self.0[s] * other.0[r]).reduce(T::add).unwrap_or_else(T::zero)))
    }
}

/// What the quotient must be for its product with the divisor to be the dividend.
impl<T: LinalgScalar, const N: usize> Div for Jet<T, N> {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let mut out = [T::zero(); N];
        for c in 0..N {
            let known = parts(c).filter(|(s, _)| *s != 0).map(|(s, r)| other.0[s] * out[r]);
            out[c] = known.fold(self.0[c], T::sub) / other.0[0];
        }
        Self(out)
    }
}

impl<T: Real, const N: usize> Rem for Jet<T, N> {
    type Output = Self;

    fn rem(self, other: Self) -> Self {
        let whole = (self.0[0] / other.0[0]).trunc();
        Self(from_fn(|c| if c == 0 { self.0[0] % other.0[0] } else { self.0[c] - whole * other.0[c] }))
    }
}

impl<T: LinalgScalar, const N: usize> Zero for Jet<T, N> {
    fn zero() -> Self {
        Self([T::zero(); N])
    }

    fn is_zero(&self) -> bool {
        self.0.iter().all(T::is_zero)
    }
}

impl<T: LinalgScalar, const N: usize> One for Jet<T, N> {
    fn one() -> Self {
        Self::constant(T::one())
    }
}

impl<T: Real, const N: usize> Jet<T, N> {
    /// What must be multiplied by itself to be the number.
    pub(crate) fn sqrt(self) -> Self {
        let mut out = [T::zero(); N];
        out[0] = self.0[0].sqrt();
        for c in 1..N {
            let known = parts(c).filter(|(s, r)| *s != 0 && *r != 0).map(|(s, r)| out[s] * out[r]);
            out[c] = known.fold(self.0[c], T::sub) / (out[0] + out[0]);
        }
        Self(out)
    }
}

/// A number that has a whole part, whose derivative is zero.
pub(crate) trait Whole: LinalgScalar + Neg<Output = Self> + Rem<Output = Self> {
    /// The number without its fraction.
    fn whole(self) -> Self;
}

impl<T: Real> Whole for T {
    fn whole(self) -> Self {
        self.trunc()
    }
}

impl<T: Real, const N: usize> Whole for Jet<T, N> {
    fn whole(self) -> Self {
        Self::constant(self.0[0].trunc())
    }
}

/// The elements of an array with those of its tangents, of which there is one for each component after the first.
/// A missing or empty tangent is zero.
pub(crate) fn jets<T: Number, D: Dimension, const N: usize>(
    array: &ArrayRef<T, D>,
    tangents: &[Option<&ArrayRef<T, D>>],
) -> Array<Jet<T, N>, D> {
    let mut jets = array.mapv(Jet::constant);
    for (c, tangent) in (1..).zip(tangents) {
        if let Some(tangent) = tangent.filter(|t| t.shape() == array.shape()) {
            Zip::from(&mut jets).and(tangent).for_each(|jet, t| jet.0[c] = *t);
        }
    }
    jets
}

/// The arrays of the components.
pub(crate) fn components<T: Copy, D: Dimension, const N: usize>(jets: &ArrayRef<Jet<T, N>, D>) -> [Array<T, D>; N] {
    from_fn(|c| jets.map(|jet| jet.0[c]))
}

/// Cotangents of a shape; empty ones are zero, and `None` if all of them are.
pub(crate) fn cotangents<T: Number, D: Dimension, const N: usize>(
    cotangents: [&ArrayRef<T, D>; N],
) -> Option<Array<Jet<T, N>, D>> {
    let first = cotangents.iter().find(|ct| !ct.is_empty())?;
    let mut jets = Array::from_elem(first.raw_dim(), Jet::zero());
    for (c, ct) in cotangents.into_iter().enumerate().filter(|(_, ct)| !ct.is_empty()) {
        Zip::from(&mut jets).and(ct).for_each(|jet, ct| jet.0[c] = *ct);
    }
    Some(jets)
}

/// What a function makes of each element and its tangents.
pub(crate) fn map_jets<T: Number, D: Dimension, const N: usize, const M: usize>(
    array: &ArrayRef<T, D>,
    tangents: [Option<&ArrayRef<T, D>>; M],
    mut map: impl FnMut([T; N]) -> [T; N],
) -> [Array<T, D>; N] {
    components(&jets(array, &tangents).mapv(|jet| Jet(map(jet.0))))
}

/// Adds to the slots what a function makes of each element with its tangents, and of their cotangents.
pub(crate) fn pull_jets<T: Number, D: Dimension, const N: usize, const M: usize>(
    array: &ArrayRef<T, D>,
    tangents: [Option<&ArrayRef<T, D>>; M],
    cts: [&ArrayRef<T, D>; N],
    slots: [Option<&mut ArrayRef<T, D>>; N],
    mut pull: impl FnMut([T; N], [T; N]) -> [T; N],
) {
    let Some(cts) = cotangents(cts) else { return };
    let pulled = Zip::from(&jets(array, &tangents)).and(&cts).map_collect(|x, ct| Jet(pull(x.0, ct.0)));
    for (c, slot) in slots.into_iter().enumerate() {
        if let Some(slot) = slot {
            slot.zip_mut_with(&pulled, |s, g| *s += g.0[c]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At level 3 along one direction, the last component is the third derivative.
    #[test]
    fn products_and_quotients_have_their_derivatives() {
        let x = Jet([0.7, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let cube = (x * x * x).0;
        assert!(
            cube.iter()
                .zip([0.343, 1.47, 1.47, 4.2, 1.47, 4.2, 4.2, 6.0])
                .all(|(a, b): (&f64, _)| (a - b).abs() < 1e-14)
        );
        let inverse = (Jet::one() / x).0;
        assert!((inverse[3] - 2.0 / 0.343).abs() < 1e-12 && (inverse[7] + 6.0 / 0.2401).abs() < 1e-12);
        let root = x.sqrt().0;
        let x = 0.7_f64;
        assert!((root[3] + 0.25 * x.powf(-1.5)).abs() < 1e-14 && (root[7] - 0.375 * x.powf(-2.5)).abs() < 1e-14);
    }
}
