//! Operators of floats and integers.

use super::higher::{higher, higher_negation};
use super::{Add, Div, Mul, Neg, Nothing, Rem, Sub, Whole};

/// One operator of one field: the partial derivatives by both operands, and by a direction.
macro_rules! field {
    ($name:ident $function:ident, $t:ty, $kept:ident, |$a:ident, $b:ident| $value:expr, $pa:expr, $pb:expr; |$ta:ident, $tb:ident| $ppa:expr, $ppb:expr) => {
        impl $name<$t> for $t {
            type Output = $t;
            type Left = $kept<$t>;
            type Right = $kept<$t>;

            #[inline]
            fn tangent($a: &$t, $b: &$t, da: Option<&$t>, db: Option<&$t>) -> ($t, $t) {
                let ($a, $b) = (*$a, *$b);
                let _ = ($a, $b);
                let mut t = <$t>::default();
                if let Some(da) = da {
                    t += $pa * *da;
                }
                if let Some(db) = db {
                    t += $pb * *db;
                }
                ($value, t)
            }

            #[inline]
            fn tangent2(
                $a: &$t,
                $b: &$t,
                da: Option<&$t>,
                db: Option<&$t>,
                ea: Option<&$t>,
                eb: Option<&$t>,
                dda: Option<&$t>,
                ddb: Option<&$t>,
            ) -> ($t, $t, $t, $t) {
                let (value, d) = <Self as $name<$t>>::tangent($a, $b, da, db);
                let (_, e) = <Self as $name<$t>>::tangent($a, $b, ea, eb);
                let (_, dd) = <Self as $name<$t>>::tangent($a, $b, dda, ddb);
                let ($a, $b) = (*$a, *$b);
                let _ = ($a, $b);
                let ($ta, $tb) = (da.copied().unwrap_or_default(), db.copied().unwrap_or_default());
                let (ea, eb) = (ea.copied().unwrap_or_default(), eb.copied().unwrap_or_default());
                (value, d, e, dd + $ppa * ea + $ppb * eb)
            }

            #[inline]
            fn adjoint($a: &$t, $b: &$t, ct: &$t, da: Option<&mut $t>, db: Option<&mut $t>) {
                let ($a, $b) = (*$a, *$b);
                let _ = ($a, $b);
                if let Some(da) = da {
                    *da += $pa * *ct;
                }
                if let Some(db) = db {
                    *db += $pb * *ct;
                }
            }

            #[inline]
            fn adjoint1(
                $a: &$t,
                $b: &$t,
                ta: Option<&$t>,
                tb: Option<&$t>,
                ct: &$t,
                tct: &$t,
                da: Option<&mut $t>,
                db: Option<&mut $t>,
                ea: Option<&mut $t>,
                eb: Option<&mut $t>,
            ) {
                <Self as $name<$t>>::adjoint($a, $b, ct, da, db);
                let ($a, $b) = (*$a, *$b);
                let _ = ($a, $b);
                let $ta = ta.copied().unwrap_or_default();
                let $tb = tb.copied().unwrap_or_default();
                if let Some(ea) = ea {
                    *ea += $pa * *tct + $ppa * *ct;
                }
                if let Some(eb) = eb {
                    *eb += $pb * *tct + $ppb * *ct;
                }
            }

            higher!($function: $t, $t => $t);
        }
    };
}

/// The operators of one field.
macro_rules! operators {
    ($($t:ty, $one:expr, $zero:expr;)*) => {$(
        field!(Add add, $t, Nothing, |a, b| a + b, $one, $one; |_ta, _tb| $zero, $zero);
        field!(Sub sub, $t, Nothing, |a, b| a - b, $one, -$one; |_ta, _tb| $zero, $zero);
        field!(Mul mul, $t, Whole, |a, b| a * b, b, a; |ta, tb| tb, ta);
        field!(Div div, $t, Whole, |a, b| a / b, $one / b, -a / (b * b); |ta, tb| -tb / (b * b), -ta / (b * b) + (a + a) * tb / (b * b * b));

        impl Neg for $t {
            type Output = $t;

            #[inline]
            fn tangent(a: &$t, da: Option<&$t>) -> ($t, $t) {
                (-*a, da.map_or($zero, |d| -*d))
            }

            #[inline]
            fn tangent2(a: &$t, da: Option<&$t>, ea: Option<&$t>, dda: Option<&$t>) -> ($t, $t, $t, $t) {
                let d = |t: Option<&$t>| t.map_or($zero, |t| -*t);
                (-*a, d(da), d(ea), d(dda))
            }

            #[inline]
            fn adjoint(_: &$t, ct: &$t, da: Option<&mut $t>) {
                if let Some(da) = da {
                    *da -= *ct;
                }
            }

            #[inline]
            fn adjoint1(a: &$t, _: Option<&$t>, ct: &$t, tct: &$t, da: Option<&mut $t>, ea: Option<&mut $t>) {
                <Self as Neg>::adjoint(a, ct, da);
                <Self as Neg>::adjoint(a, tct, ea);
            }

            higher_negation!($t);
        }
    )*};
}

operators! {
    f32, 1.0_f32, 0.0_f32;
    f64, 1.0_f64, 0.0_f64;
}

field!(Rem rem, f32, Whole, |a, b| a % b, 1.0_f32, -num_traits::Float::trunc(a / b); |_ta, _tb| 0.0_f32, 0.0_f32);
field!(Rem rem, f64, Whole, |a, b| a % b, 1.0_f64, -num_traits::Float::trunc(a / b); |_ta, _tb| 0.0_f64, 0.0_f64);

/// Operators of integers, which have values and no derivatives.
macro_rules! integers {
    ($($t:ty),*; $($name:ident $op:tt),*) => { integers!(@each [$($t),*] $($name $op),*); };
    (@each $types:tt $($name:ident $op:tt),*) => { $(integers!(@one $types $name $op);)* };
    (@one [$($t:ty),*] $name:ident $op:tt) => {$(
        impl $name<$t> for $t {
            type Output = $t;
            type Left = Nothing<$t>;
            type Right = Nothing<$t>;

            #[inline]
            fn tangent(a: &$t, b: &$t, _: Option<&()>, _: Option<&()>) -> ($t, ()) {
                (*a $op *b, ())
            }

            #[inline]
            fn tangent2(
                a: &$t,
                b: &$t,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
            ) -> ($t, (), (), ()) {
                (*a $op *b, (), (), ())
            }

            #[inline]
            fn adjoint(_: &$t, _: &$t, (): &(), _: Option<&mut ()>, _: Option<&mut ()>) {}

            #[inline]
            fn adjoint1(
                _: &$t,
                _: &$t,
                _: Option<&()>,
                _: Option<&()>,
                (): &(),
                (): &(),
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
            ) {
            }

            integers!(@tangent tangent3 $t, $op: a1 b1, a2 b2, a3 b3, a4 b4, a5 b5, a6 b6, a7 b7 => o o o o o o o);

            #[inline]
            fn adjoint2(
                _: &$t,
                _: &$t,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                _: Option<&()>,
                (): &(),
                (): &(),
                (): &(),
                (): &(),
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
                _: Option<&mut ()>,
            ) {
            }
        }
    )*};
    (@tangent $name:ident $t:ty, $op:tt: $($a:ident $b:ident),* => $($unit:ident)*) => {
        #[inline]
        fn $name(a: &$t, b: &$t, $($a: Option<&()>, $b: Option<&()>),*) -> ($t, $(integers!(@unit $unit)),*) {
            let _ = ($($a, $b),*);
            (*a $op *b, $({
                let $unit = ();
                $unit
            }),*)
        }
    };
    (@unit $unit:ident) => { () };
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize; Add +, Sub -, Mul *, Div /, Rem %);
