//! Derivatives of the functions of complex numbers.
//!
//! Generated code calls `z.__fwd_exp()` where the program says `z.exp()`, without knowing the type of
//! `z`. A `__fwd` gives the value and a pullback of `((arguments again), cotangent, (slots))`; a
//! `__jvp` gives the value and its tangent. Both are made from the table of rules of the compiler.

#![allow(missing_docs, unused_variables, clippy::all, clippy::pedantic)]

use num_complex::Complex;
use num_traits::Zero;

use crate::Real;

/// The conjugate, under which cotangents of products pass: a real number is its own.
pub trait Conjugate {
    fn conjugate(self) -> Self;
}

impl<T: Real> Conjugate for T {
    #[inline]
    fn conjugate(self) -> T {
        self
    }
}

impl<T: Real> Conjugate for Complex<T> {
    #[inline]
    fn conjugate(self) -> Complex<T> {
        self.conj()
    }
}

fn conjugate<Z: Conjugate>(z: Z) -> Z {
    z.conjugate()
}

fn complex<T: Real>(re: T, im: T) -> Complex<T> {
    Complex::new(re, im)
}

fn re<T: Real>(z: Complex<T>) -> T {
    z.re
}

fn im<T: Real>(z: Complex<T>) -> T {
    z.im
}

fn cis<T: Real>(t: T) -> Complex<T> {
    Complex::cis(t)
}

fn ln<T: Real>(x: T) -> T {
    x.ln()
}

fn l1_norm<T: Real>(z: Complex<T>) -> T {
    z.re.abs() + z.im.abs()
}

fn float<T: Real>(n: impl num_traits::ToPrimitive) -> T {
    super::__private::from_integer(n)
}

autodiff_macros::__complex_methods!();

/// `z.to_polar()`.
pub trait ComplexPolar<T: Real> {
    fn __fwd_to_polar(
        &self,
    ) -> ((T, T), impl for<'r> FnOnce(((&'r Complex<T>,), (T, T), (Option<&'r mut Complex<T>>,))) -> ((),) + use<Self, T>);
    fn __jvp_to_polar(&self, d: Option<&Complex<T>>) -> ((T, T), (T, T));
}

impl<T: Real> ComplexPolar<T> for Complex<T> {
    #[inline]
    fn __fwd_to_polar(
        &self,
    ) -> ((T, T), impl for<'r> FnOnce(((&'r Complex<T>,), (T, T), (Option<&'r mut Complex<T>>,))) -> ((),) + use<T>)
    {
        (self.to_polar(), |((z,), (d_r, d_t), (mut slot,)): ((&Complex<T>,), (T, T), (Option<&mut Complex<T>>,))| {
            let (_, norm) = z.__fwd_norm();
            let (_, arg) = z.__fwd_arg();
            norm(((z,), d_r, (slot.as_deref_mut(),)));
            arg(((z,), d_t, (slot,)))
        })
    }

    #[inline]
    fn __jvp_to_polar(&self, d: Option<&Complex<T>>) -> ((T, T), (T, T)) {
        let ((r, d_r), (t, d_t)) = (self.__jvp_norm(d), self.__jvp_arg(d));
        ((r, t), (d_r, d_t))
    }
}
