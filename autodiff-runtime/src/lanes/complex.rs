//! Several tangents of a complex number.

use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use num_complex::Complex;
use num_traits::Num;

use super::{Lanes, Number, Wide};
use crate::__private::AddFrom;
use crate::Real;
use crate::parts::Space;

/// The tangents of a complex number along `W` directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComplexLanes<T, const W: usize> {
    /// Those of the real part.
    pub re: Lanes<T, W>,
    /// Those of the imaginary part.
    pub im: Lanes<T, W>,
}

impl<T, const W: usize> ComplexLanes<T, W> {
    /// Of a real and an imaginary part.
    #[inline]
    #[must_use]
    pub fn new(re: Lanes<T, W>, im: Lanes<T, W>) -> Self {
        Self { re, im }
    }
}

impl<T: Number<W>, const W: usize> ComplexLanes<T, W> {
    /// All of them zero.
    pub const ZERO: Self = Self { re: Lanes::ZERO, im: Lanes::ZERO };
}

impl<T: Copy + Neg<Output = T>, const W: usize> ComplexLanes<T, W> {
    /// Those of the conjugate.
    #[inline]
    #[must_use]
    pub fn conj(&self) -> Self {
        Self { re: self.re, im: -self.im }
    }
}

impl<T: Real> Wide for Complex<T> {
    type Lanes<const W: usize> = ComplexLanes<T, W>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> ComplexLanes<T, W> {
        ComplexLanes { re: Lanes([T::zero(); W]), im: Lanes([T::zero(); W]) }
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut ComplexLanes<T, W>, lane: usize, tangent: &Complex<T>) {
        lanes.re.0[lane] = tangent.re;
        lanes.im.0[lane] = tangent.im;
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &ComplexLanes<T, W>, lane: usize) -> Complex<T> {
        Complex::new(lanes.re.0[lane], lanes.im.0[lane])
    }
}

impl<T, const W: usize> Space for ComplexLanes<T, W> {}

impl<T: Copy + Add<Output = T>, const W: usize> AddFrom<Self> for ComplexLanes<T, W> {
    #[inline]
    fn add_from(&mut self, value: &Self) {
        *self += *value;
    }
}

macro_rules! sums {
    ($($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<T: Copy + $name<Output = T>, const W: usize> $name for ComplexLanes<T, W> {
            type Output = Self;
            #[inline]
            fn $method(self, other: Self) -> Self {
                Self { re: self.re $op other.re, im: self.im $op other.im }
            }
        }

        impl<T: Copy + $name<Output = T>, const W: usize> $assign for ComplexLanes<T, W> {
            #[inline]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    )*};
}

sums!(Add add AddAssign add_assign +, Sub sub SubAssign sub_assign -);

impl<T: Copy + Neg<Output = T>, const W: usize> Neg for ComplexLanes<T, W> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im }
    }
}

macro_rules! scaled {
    ($($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<T: Copy + $name<Output = T>, const W: usize> $name<T> for ComplexLanes<T, W> {
            type Output = Self;
            #[inline]
            fn $method(self, factor: T) -> Self {
                Self { re: self.re $op factor, im: self.im $op factor }
            }
        }

        impl<T: Copy + Num + Neg<Output = T>, const W: usize> $assign<Complex<T>> for ComplexLanes<T, W> {
            #[inline]
            fn $assign_method(&mut self, factor: Complex<T>) {
                *self = *self $op factor;
            }
        }

        impl<T: Copy + $name<Output = T>, const W: usize> $assign<T> for ComplexLanes<T, W> {
            #[inline]
            fn $assign_method(&mut self, factor: T) {
                *self = *self $op factor;
            }
        }
    )*};
}

scaled!(Mul mul MulAssign mul_assign *, Div div DivAssign div_assign /);

impl<T: Copy + Num, const W: usize> Mul<Complex<T>> for ComplexLanes<T, W> {
    type Output = Self;
    #[inline]
    fn mul(self, p: Complex<T>) -> Self {
        Self { re: self.re * p.re - self.im * p.im, im: self.re * p.im + self.im * p.re }
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "a quotient is a product with the inverse")]
impl<T: Copy + Num + Neg<Output = T>, const W: usize> Div<Complex<T>> for ComplexLanes<T, W> {
    type Output = Self;
    #[inline]
    fn div(self, divisor: Complex<T>) -> Self {
        self * divisor.inv()
    }
}

/// A real tangent times a complex partial derivative.
impl<T: Copy + Num, const W: usize> Mul<Complex<T>> for Lanes<T, W> {
    type Output = ComplexLanes<T, W>;
    #[inline]
    fn mul(self, p: Complex<T>) -> ComplexLanes<T, W> {
        ComplexLanes { re: self * p.re, im: self * p.im }
    }
}
