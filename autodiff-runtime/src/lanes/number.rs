//! Several tangents of a number, with the arithmetic that tangents need: sums, and products with numbers.

use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Number, Wide};
use crate::__private::AddFrom;
use crate::parts::Space;

/// The tangents of a number along `W` directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<T, const W: usize>(pub [T; W]);

impl<T: Number<W>, const W: usize> Lanes<T, W> {
    /// All of them zero.
    pub const ZERO: Self = Self([T::ZERO; W]);
}

impl<T, const W: usize> Space for Lanes<T, W> {}

impl<T: Copy + Add<Output = T>, const W: usize> AddFrom<Self> for Lanes<T, W> {
    #[inline]
    fn add_from(&mut self, value: &Self) {
        *self += *value;
    }
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl<const W: usize> Number<W> for $t {
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

            /// Multiples of the derivative along the unit direction.
            #[inline]
            fn __chain<O: Wide, const W: usize>(
                &self,
                lanes: &Lanes<$t, W>,
                mut derivative: impl FnMut(&$t) -> (O, O::Tangent),
            ) -> (O, O::Lanes<W>) {
                let (value, partial) = derivative(&1.0);
                let out = value.__scaled(&partial, lanes.0.map(f64::from));
                (value, out)
            }

            #[inline]
            fn __scaled<const W: usize>(&self, tangent: &$t, factors: [f64; W]) -> Lanes<$t, W> {
                Lanes(factors.map(|x| x as $t)) * *tangent
            }

            #[inline]
            fn __sum<const W: usize>(&self, lanes: &mut Lanes<$t, W>, other: &Lanes<$t, W>) {
                *lanes += *other;
            }
        }
    )*};
}

floats!(f32 f64);

macro_rules! scaled {
    ($($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<T: Copy + $name<Output = T>, const W: usize> $name<T> for Lanes<T, W> {
            type Output = Self;
            #[inline]
            fn $method(mut self, factor: T) -> Self {
                self.0.iter_mut().for_each(|x| *x = *x $op factor);
                self
            }
        }

        impl<T: Copy + $name<Output = T>, const W: usize> $assign<T> for Lanes<T, W> {
            #[inline]
            fn $assign_method(&mut self, factor: T) {
                *self = *self $op factor;
            }
        }
    )*};
}

scaled!(Mul mul MulAssign mul_assign *, Div div DivAssign div_assign /);

macro_rules! sums {
    ($($name:ident $method:ident $assign:ident $assign_method:ident $op:tt),*) => {$(
        impl<T: Copy + $name<Output = T>, const W: usize> $name for Lanes<T, W> {
            type Output = Self;
            #[inline]
            fn $method(mut self, other: Self) -> Self {
                self.0.iter_mut().zip(&other.0).for_each(|(x, y)| *x = *x $op *y);
                self
            }
        }

        impl<T: Copy + $name<Output = T>, const W: usize> $assign for Lanes<T, W> {
            #[inline]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    )*};
}

sums!(Add add AddAssign add_assign +, Sub sub SubAssign sub_assign -);

impl<T: Copy + Neg<Output = T>, const W: usize> Neg for Lanes<T, W> {
    type Output = Self;
    #[inline]
    fn neg(mut self) -> Self {
        self.0.iter_mut().for_each(|x| *x = -*x);
        self
    }
}

/// Tangents of a number that is cast to the type `U`.
#[doc(hidden)]
pub trait Cast<U, const W: usize> {
    /// Those of `x as U`.
    fn cast(self) -> Lanes<U, W>;
}

impl<T: num_traits::ToPrimitive, U: num_traits::NumCast, const W: usize> Cast<U, W> for Lanes<T, W> {
    #[inline]
    fn cast(self) -> Lanes<U, W> {
        Lanes(self.0.map(|x| U::from(x).expect("floats are cast to floats")))
    }
}

/// An integer has none.
impl<U: Number<W>, const W: usize> Cast<U, W> for () {
    #[inline]
    fn cast(self) -> Lanes<U, W> {
        Lanes::ZERO
    }
}

/// The tangents of `x as U`.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn cast<U, T: Cast<U, W>, const W: usize>(tangents: T) -> Lanes<U, W> {
    tangents.cast()
}

/// What is put into a field of a variant's tangents.
#[doc(hidden)]
pub trait Given<U> {
    /// The tangents.
    fn given(self) -> U;
}

impl<U> Given<U> for U {
    #[inline]
    fn given(self) -> U {
        self
    }
}

/// The tangents of a number that is written out, in a field whose type is not known where it is written.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct NoTangent;

impl<T: Number<W>, const W: usize> Given<Lanes<T, W>> for NoTangent {
    #[inline]
    fn given(self) -> Lanes<T, W> {
        Lanes::ZERO
    }
}
