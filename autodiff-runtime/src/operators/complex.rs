//! Operators of complex numbers, among themselves and with real ones.
//!
//! A row gives the value, the partial derivatives by both operands, and what those change by along
//! `(ta, tb)`. Products are written with the complex factor first: for a type parameter there is no
//! other.

use num_complex::Complex;
use num_traits::Zero;

use super::higher::{higher, higher_negation};
use super::{Add, Div, Mul, Neg, Sub, Whole};
use crate::Real;
use crate::complex::Conjugate;

/// A real or complex partial derivative.
trait Factor<T>: Conjugate {
    /// `self * z`.
    fn times(self, z: Complex<T>) -> Complex<T>;
    /// `self * x`.
    fn times_real(self, x: T) -> Complex<T>;
}

impl<T: Real> Factor<T> for T {
    #[inline]
    fn times(self, z: Complex<T>) -> Complex<T> {
        z * self
    }
    #[inline]
    fn times_real(self, x: T) -> Complex<T> {
        Complex::from(self * x)
    }
}

impl<T: Real> Factor<T> for Complex<T> {
    #[inline]
    fn times(self, z: Complex<T>) -> Complex<T> {
        self * z
    }
    #[inline]
    fn times_real(self, x: T) -> Complex<T> {
        self * x
    }
}

/// A real or complex operand.
trait Operand<T>: Copy {
    /// `p * self`.
    fn push<P: Factor<T>>(self, p: P) -> Complex<T>;
    /// The part of a cotangent that belongs to this operand.
    fn part(ct: Complex<T>) -> Self;
}

impl<T: Real> Operand<T> for T {
    #[inline]
    fn push<P: Factor<T>>(self, p: P) -> Complex<T> {
        p.times_real(self)
    }
    #[inline]
    fn part(ct: Complex<T>) -> T {
        ct.re
    }
}

impl<T: Real> Operand<T> for Complex<T> {
    #[inline]
    fn push<P: Factor<T>>(self, p: P) -> Complex<T> {
        p.times(self)
    }
    #[inline]
    fn part(ct: Complex<T>) -> Complex<T> {
        ct
    }
}

macro_rules! operators {
    ($generics:tt $float:ty: $left:ty, $right:ty; $($name:ident $function:ident $row:tt)*) => {
        $(operators!(@row $name $function $generics $float, $left, $right, $row);)*
    };
    (@row $name:ident $function:ident [$($generics:tt)*] $float:ty, $left:ty, $right:ty,
        {|$a:ident, $b:ident| $value:expr; $pa:expr, $pb:expr; |$ta:ident, $tb:ident| $ppa:expr, $ppb:expr}) => {
        #[allow(unused_variables)]
        impl $($generics)* $name<$right> for $left {
            type Output = Complex<$float>;
            type Left = Whole<$left>;
            type Right = Whole<$right>;

            #[inline]
            fn tangent(
                $a: &$left,
                $b: &$right,
                da: Option<&$left>,
                db: Option<&$right>,
            ) -> (Complex<$float>, Complex<$float>) {
                let ($a, $b) = (*$a, *$b);
                let mut t = Complex::zero();
                if let Some(da) = da {
                    t += Operand::<$float>::push(*da, $pa);
                }
                if let Some(db) = db {
                    t += Operand::<$float>::push(*db, $pb);
                }
                ($value, t)
            }

            #[inline]
            fn tangent2(
                $a: &$left,
                $b: &$right,
                da: Option<&$left>,
                db: Option<&$right>,
                ea: Option<&$left>,
                eb: Option<&$right>,
                dda: Option<&$left>,
                ddb: Option<&$right>,
            ) -> (Complex<$float>, Complex<$float>, Complex<$float>, Complex<$float>) {
                let (value, d) = <$left as $name<$right>>::tangent($a, $b, da, db);
                let (_, e) = <$left as $name<$right>>::tangent($a, $b, ea, eb);
                let (_, mut dd) = <$left as $name<$right>>::tangent($a, $b, dda, ddb);
                let ($a, $b) = (*$a, *$b);
                let $ta = da.map_or_else(<$left>::zero, |t| *t);
                let $tb = db.map_or_else(<$right>::zero, |t| *t);
                if let Some(ea) = ea {
                    dd += Operand::<$float>::push(*ea, $ppa);
                }
                if let Some(eb) = eb {
                    dd += Operand::<$float>::push(*eb, $ppb);
                }
                (value, d, e, dd)
            }

            #[inline]
            fn adjoint(
                $a: &$left,
                $b: &$right,
                ct: &Complex<$float>,
                da: Option<&mut $left>,
                db: Option<&mut $right>,
            ) {
                let ($a, $b) = (*$a, *$b);
                if let Some(da) = da {
                    *da += <$left as Operand<$float>>::part($pa.conjugate().times(*ct));
                }
                if let Some(db) = db {
                    *db += <$right as Operand<$float>>::part($pb.conjugate().times(*ct));
                }
            }

            #[inline]
            fn adjoint1(
                $a: &$left,
                $b: &$right,
                ta: Option<&$left>,
                tb: Option<&$right>,
                ct: &Complex<$float>,
                tct: &Complex<$float>,
                da: Option<&mut $left>,
                db: Option<&mut $right>,
                ea: Option<&mut $left>,
                eb: Option<&mut $right>,
            ) {
                <$left as $name<$right>>::adjoint($a, $b, ct, da, db);
                let ($a, $b) = (*$a, *$b);
                let $ta = ta.map_or_else(<$left>::zero, |t| *t);
                let $tb = tb.map_or_else(<$right>::zero, |t| *t);
                if let Some(ea) = ea {
                    let bent = $pa.conjugate().times(*tct) + $ppa.conjugate().times(*ct);
                    *ea += <$left as Operand<$float>>::part(bent);
                }
                if let Some(eb) = eb {
                    let bent = $pb.conjugate().times(*tct) + $ppb.conjugate().times(*ct);
                    *eb += <$right as Operand<$float>>::part(bent);
                }
            }

            higher!($function: $left, $right => Complex<$float>);
        }
    };
}

operators! {
    [<T: Real>] T: Complex<T>, Complex<T>;
    Add add_cc {|a, b| a + b; T::one(), T::one(); |ta, tb| T::zero(), T::zero()}
    Sub sub_cc {|a, b| a - b; T::one(), -T::one(); |ta, tb| T::zero(), T::zero()}
    Mul mul_cc {|a, b| a * b; b, a; |ta, tb| tb, ta}
    Div div_cc {|a, b| a / b; b.inv(), (-a / (b * b)); |ta, tb| (-tb / (b * b)), (-ta / (b * b) + (a + a) * tb / (b * b * b))}
}

operators! {
    [<T: Real>] T: Complex<T>, T;
    Add add_cr {|a, b| a + b; T::one(), T::one(); |ta, tb| T::zero(), T::zero()}
    Sub sub_cr {|a, b| a - b; T::one(), -T::one(); |ta, tb| T::zero(), T::zero()}
    Mul mul_cr {|a, b| a * b; b, a; |ta, tb| tb, ta}
    Div div_cr {|a, b| a / b; b.recip(), (-a / (b * b)); |ta, tb| (-tb / (b * b)), (-ta / (b * b) + (a + a) * tb / (b * b * b))}
}

macro_rules! real_left {
    ($($float:ty),*) => {$(operators! {
        [] $float: $float, Complex<$float>;
        Add add_rc {|a, b| a + b; <$float>::from(1.0), <$float>::from(1.0); |ta, tb| <$float>::zero(), <$float>::zero()}
        Sub sub_rc {|a, b| a - b; <$float>::from(1.0), <$float>::from(-1.0); |ta, tb| <$float>::zero(), <$float>::zero()}
        Mul mul_rc {|a, b| a * b; b, a; |ta, tb| tb, ta}
        Div div_rc {|a, b| a / b; b.inv(), (-a / (b * b)); |ta, tb| (-tb / (b * b)), (-ta / (b * b) + (a + a) * tb / (b * b * b))}
    })*};
}

real_left!(f32, f64);

impl<T: Real> Neg for Complex<T> {
    type Output = Complex<T>;

    #[inline]
    fn tangent(a: &Complex<T>, da: Option<&Complex<T>>) -> (Complex<T>, Complex<T>) {
        (-*a, da.map_or_else(Complex::zero, |d| -*d))
    }

    #[inline]
    fn tangent2(
        a: &Complex<T>,
        da: Option<&Complex<T>>,
        ea: Option<&Complex<T>>,
        dda: Option<&Complex<T>>,
    ) -> (Complex<T>, Complex<T>, Complex<T>, Complex<T>) {
        let d = |t: Option<&Complex<T>>| t.map_or_else(Complex::zero, |t| -*t);
        (-*a, d(da), d(ea), d(dda))
    }

    #[inline]
    fn adjoint(_: &Complex<T>, ct: &Complex<T>, da: Option<&mut Complex<T>>) {
        if let Some(da) = da {
            *da -= *ct;
        }
    }

    #[inline]
    fn adjoint1(
        a: &Complex<T>,
        _: Option<&Complex<T>>,
        ct: &Complex<T>,
        tct: &Complex<T>,
        da: Option<&mut Complex<T>>,
        ea: Option<&mut Complex<T>>,
    ) {
        <Self as Neg>::adjoint(a, ct, da);
        <Self as Neg>::adjoint(a, tct, ea);
    }

    higher_negation!(Complex<T>);
}
