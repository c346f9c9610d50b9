//! Operators of arrays of complex numbers with real numbers and with arrays of them.
//!
//! The real operand is taken for a complex one with no imaginary part, and of its cotangent the real part counts.

use ndarray::{Array, ArrayBase, ArrayRef, DimMax, Dimension, OwnedRepr, ViewRepr};
use num_complex::Complex;

use super::{Add, Div, Mul, Sub};
use crate::Real;
use crate::tangent::Differentiable;

/// Real numbers as complex ones.
trait Lift {
    type Lifted;
    type Tangent;

    fn lift(&self) -> Self::Lifted;
    fn lift_tangent(tangent: &Self::Tangent) -> Self::Lifted;
    /// Adds the real parts to a slot.
    fn lower(&self, lifted: &Self::Lifted, slot: &mut Self::Tangent);
}

impl<T: Real> Lift for T {
    type Lifted = Complex<T>;
    type Tangent = T;

    fn lift(&self) -> Complex<T> {
        Complex::new(*self, T::zero())
    }

    fn lift_tangent(tangent: &T) -> Complex<T> {
        tangent.lift()
    }

    fn lower(&self, lifted: &Complex<T>, slot: &mut T) {
        *slot += lifted.re;
    }
}

impl<T: Real, D: Dimension> Lift for ArrayRef<T, D> {
    type Lifted = Array<Complex<T>, D>;
    type Tangent = Array<T, D>;

    fn lift(&self) -> Array<Complex<T>, D> {
        self.mapv(|x| x.lift())
    }

    fn lift_tangent(tangent: &Array<T, D>) -> Array<Complex<T>, D> {
        tangent.lift()
    }

    fn lower(&self, lifted: &Array<Complex<T>, D>, slot: &mut Array<T, D>) {
        // An empty slot counts as zero.
        if slot.is_empty() && !self.is_empty() {
            *slot = Array::zeros(self.raw_dim());
        }
        slot.zip_mut_with(lifted, |slot, z| *slot += z.re);
    }
}

/// A slot for the lifted operand.
fn lifted_slot<C: Differentiable, S>(slot: Option<&S>, lifted: &C) -> Option<C::Tangent> {
    slot.map(|_| lifted.__zero())
}

macro_rules! mixed {
    ($name:ident, [$($generics:tt)*] $a:ty, $da:ty, $b:ty, $lift:ty, $db:ty, $out:ty) => {
        impl<$($generics)*> $name<$b> for $a
        where
            $a: Differentiable<Tangent = $da>,
            $b: Differentiable<Tangent = $db>,
        {
            type Output = $out;

            #[track_caller]
            fn tangent(a: &$a, b: &$b, da: Option<&$da>, db: Option<&$db>) -> ($out, $out) {
                $name::tangent(a, &<$lift>::lift(b), da, db.map(<$lift>::lift_tangent).as_ref())
            }

            #[track_caller]
            fn tangent2(
                a: &$a,
                b: &$b,
                da: Option<&$da>,
                db: Option<&$db>,
                ea: Option<&$da>,
                eb: Option<&$db>,
                dda: Option<&$da>,
                ddb: Option<&$db>,
            ) -> ($out, $out, $out, $out) {
                let lift = |d: Option<&$db>| d.map(<$lift>::lift_tangent);
                let (db, eb, ddb) = (lift(db), lift(eb), lift(ddb));
                $name::tangent2(a, &<$lift>::lift(b), da, db.as_ref(), ea, eb.as_ref(), dda, ddb.as_ref())
            }

            #[track_caller]
            fn adjoint(a: &$a, b: &$b, ct: &$out, da: Option<&mut $da>, db: Option<&mut $db>) {
                let lifted = <$lift>::lift(b);
                let mut sum = lifted_slot(db.as_deref(), &lifted);
                $name::adjoint(a, &lifted, ct, da, sum.as_mut());
                if let (Some(db), Some(sum)) = (db, sum) {
                    <$lift>::lower(b, &sum, db);
                }
            }

            #[track_caller]
            fn adjoint1(
                a: &$a,
                b: &$b,
                ta: Option<&$da>,
                tb: Option<&$db>,
                ct: &$out,
                tct: &$out,
                da: Option<&mut $da>,
                db: Option<&mut $db>,
                ea: Option<&mut $da>,
                eb: Option<&mut $db>,
            ) {
                let lifted = <$lift>::lift(b);
                let tb = tb.map(<$lift>::lift_tangent);
                let mut sum = lifted_slot(db.as_deref(), &lifted);
                let mut bent = lifted_slot(eb.as_deref(), &lifted);
                let slots = (sum.as_mut(), bent.as_mut());
                $name::adjoint1(a, &lifted, ta, tb.as_ref(), ct, tct, da, slots.0, ea, slots.1);
                for (slot, sum) in [(db, sum), (eb, bent)] {
                    if let (Some(slot), Some(sum)) = (slot, sum) {
                        <$lift>::lower(b, &sum, slot);
                    }
                }
            }
        }
    };
}

/// Each operator of each form of an array with each form of a real operand. The storage and the numbers are spelt out,
/// since the compiler cannot tell otherwise that these are none of the operators of equal numbers.
macro_rules! all {
    ($($name:ident)*) => {$(
        all!(@number $name, f32);
        all!(@number $name, f64);
    )*};
    (@number $name:ident, $t:ty) => {
        all!(@left $name, $t, [] ArrayBase<OwnedRepr<Complex<$t>>, D>);
        all!(@left $name, $t, ['a,] ArrayBase<ViewRepr<&'a Complex<$t>>, D>);
        all!(@left $name, $t, [] ArrayRef<Complex<$t>, D>);
    };
    (@left $name:ident, $t:ty, [$($life:tt)*] $a:ty) => {
        mixed!($name, [$($life)* D: Dimension] $a, Array<Complex<$t>, D>, $t, $t, $t, Array<Complex<$t>, D>);
        all!(@arrays $name, $t, [$($life)*] $a, ArrayBase<OwnedRepr<$t>, E>);
        all!(@arrays $name, $t, ['b, $($life)*] $a, ArrayBase<ViewRepr<&'b $t>, E>);
        all!(@arrays $name, $t, [$($life)*] $a, ArrayRef<$t, E>);
    };
    (@arrays $name:ident, $t:ty, [$($life:tt)*] $a:ty, $b:ty) => {
        mixed!($name, [$($life)* D: Dimension + DimMax<E>, E: Dimension]
            $a, Array<Complex<$t>, D>, $b, ArrayRef<$t, E>, Array<$t, E>,
            Array<Complex<$t>, <D as DimMax<E>>::Output>);
    };
}

all! { Add Sub Mul Div }
