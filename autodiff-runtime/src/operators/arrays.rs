//! Operators of `ndarray` arrays, with broadcasting and with scalars.
//!
//! Operands are read through views of the shape of the result; a cotangent is summed over the axes
//! along which its operand was repeated. A scalar is an array without axes.

mod mixed;
mod sweeps;

use ndarray::{Array, ArrayBase, ArrayRef, ArrayViewMut, Axis, Data, DimMax, Dimension, aview0};

use num_complex::Complex;

use self::mixed::Over;
use self::sweeps::{
    Common, Difference, Product, Quotient, Remainder, Sum, Swapped, adjoint, adjoints, bend, present, shaped, tangent,
    tangent2, tangents,
};
use super::{Add, Div, Mul, Neg, Rem, Sub, Whole};
use crate::Real;
use crate::arrays::number::Number;
use crate::tangent::Differentiable;

/// How an operand of the operator is read, differentiated and accumulated.
macro_rules! operand {
    (@view array $a:expr) => {
        $a
    };
    (@view scalar $a:expr) => {
        &aview0($a)
    };
    (@tangent array $t:ident) => {
        $t.map(|t| -> &ArrayRef<_, _> { t })
    };
    (@tangent scalar $t:ident) => {
        $t.map(aview0).as_deref()
    };
    (@slot array $slot:ident $a:ident) => {
        shaped($slot, $a)
    };
    // What stands beside an array of other elements, which are named by their type.
    (@view (array over $of:ty) $a:expr) => {
        &<$of as Over<_>>::read($a)
    };
    (@view (scalar over $of:ty) $a:expr) => {
        &<$of as Over<_>>::read(&aview0($a))
    };
    (@tangent (array over $of:ty) $t:ident) => {
        $t.map(|t| <$of as Over<_>>::read(t)).as_deref()
    };
    (@tangent (scalar over $of:ty) $t:ident) => {
        $t.map(aview0).as_ref().map(|t| <$of as Over<_>>::read(t)).as_deref()
    };
    (@slot (array over $of:ty) $slot:ident $a:ident) => {
        shaped($slot, $a).map(|s| <$of as Over<_>>::slot(s)).as_deref_mut()
    };
    (@slot (scalar over $of:ty) $slot:ident $a:ident) => {
        operand!(@slot scalar $slot $a).map(|s| <$of as Over<_>>::slot(s)).as_deref_mut()
    };
    (@slot scalar $slot:ident $a:ident) => {
        $slot.map(|s| ArrayViewMut::from(core::slice::from_mut(s)).remove_axis(Axis(0))).as_deref_mut()
    };
}

/// One operator of one pair of types. Scalars come second in the calls of the generic functions.
macro_rules! operator {
    ($name:ident, $rule:ty, [$($generics:tt)*] ($a:ty, $da:ty, $ka:tt) ($b:ty, $db:ty, $kb:tt) -> ($out:ty) [$($bounds:tt)*] $order:ident) => {
        impl<$($generics)*> $name<$b> for $a
        where
            $a: Differentiable<Tangent = $da>,
            $b: Differentiable<Tangent = $db>,
            $($bounds)*
        {
            type Output = $out;
            #[allow(dead_code, reason = "an array of unknown size is lent")]
            type Left
                = Whole<$a>
            where
                $a: Sized;
            type Right
                = Whole<$b>
            where
                $b: Sized;

            #[track_caller]
            fn tangent(a: &$a, b: &$b, da: Option<&$da>, db: Option<&$db>) -> ($out, $out) {
                operator!(@call $order tangent $rule,
                    (operand!(@view $ka a)), (operand!(@view $kb b)),
                    (operand!(@tangent $ka da)), (operand!(@tangent $kb db)); ;)
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
                operator!(@twice $order $rule,
                    (operand!(@view $ka a)), (operand!(@view $kb b)),
                    (operand!(@tangent $ka da)), (operand!(@tangent $kb db)),
                    (operand!(@tangent $ka ea)), (operand!(@tangent $kb eb)),
                    (operand!(@tangent $ka dda)), (operand!(@tangent $kb ddb)))
            }

            #[track_caller]
            fn adjoint(a: &$a, b: &$b, ct: &$out, da: Option<&mut $da>, db: Option<&mut $db>) {
                operator!(@call $order adjoint $rule,
                    (operand!(@view $ka a)), (operand!(@view $kb b)); ct;
                    (operand!(@slot $ka da a)), (operand!(@slot $kb db b)));
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
                mut ea: Option<&mut $da>,
                mut eb: Option<&mut $db>,
            ) {
                <$a as $name<$b>>::adjoint(a, b, ct, da, db);
                <$a as $name<$b>>::adjoint(a, b, tct, ea.as_deref_mut(), eb.as_deref_mut());
                operator!(@call $order bend $rule,
                    (operand!(@view $ka a)), (operand!(@view $kb b)),
                    (operand!(@tangent $ka ta)), (operand!(@tangent $kb tb)); ct;
                    (operand!(@slot $ka ea a)), (operand!(@slot $kb eb b)));
            }

            operator!(@tangent3 $order $rule, ($a, $da, $ka), ($b, $db, $kb), $out;
                a1 b1 y0 a2 b2 y1 a3 b3 y2 a4 b4 y3 a5 b5 y4 a6 b6 y5 a7 b7 y6);
            operator!(@adjoint2 $order $rule, ($a, $da, $ka), ($b, $db, $kb), $out;
                a1 b1 a2 b2 a3 b3; c0 d0 e0 c1 d1 e1 c2 d2 e2 c3 d3 e3);
        }
    };
    (@tangent3 $order:ident $rule:ty, ($a:ty, $da:ty, $ka:tt), ($b:ty, $db:ty, $kb:tt), $out:ty; $($ta:ident $tb:ident $y:ident)*) => {
        #[track_caller]
        fn tangent3(a: &$a, b: &$b, $($ta: Option<&$da>, $tb: Option<&$db>),*) -> ($out, $(operator!(@first $out, $y)),*) {
            operator!(@at_level $order tangents $rule, (operand!(@view $ka a)), (operand!(@view $kb b)),
                ([$(operand!(@tangent $ka $ta)),*]), ([$(operand!(@tangent $kb $tb)),*]);;).into()
        }
    };
    (@adjoint2 $order:ident $rule:ty, ($a:ty, $da:ty, $ka:tt), ($b:ty, $db:ty, $kb:tt), $out:ty;
        $($ta:ident $tb:ident)*; $($ct:ident $sa:ident $sb:ident)*) => {
        #[track_caller]
        fn adjoint2(
            a: &$a,
            b: &$b,
            $($ta: Option<&$da>, $tb: Option<&$db>,)*
            $($ct: &$out,)*
            $($sa: Option<&mut $da>, $sb: Option<&mut $db>),*
        ) {
            operator!(@at_level $order adjoints $rule, (operand!(@view $ka a)), (operand!(@view $kb b)),
                ([$(operand!(@tangent $ka $ta)),*]), ([$(operand!(@tangent $kb $tb)),*]);
                ([$(&**$ct),*]);
                ([$(operand!(@slot $ka $sa a)),*]), ([$(operand!(@slot $kb $sb b)),*]));
        }
    };
    (@first $first:ty, $second:ident) => { $first };
    (@at_level straight $f:ident $rule:ty, $(($x:expr)),*; $(($ct:expr))?; $(($slot:expr)),*) => {
        $f::<$rule, _, _, _, _, _>($($x,)* $($ct,)? $($slot),*)
    };
    (@at_level swapped $f:ident $rule:ty, ($a:expr), ($b:expr), ($ta:expr), ($tb:expr); $(($ct:expr))?; $(($sa:expr), ($sb:expr))?) => {
        $f::<Swapped<$rule>, _, _, _, _, _>($b, $a, $tb, $ta, $($ct,)? $($sb, $sa)?)
    };
    (@twice straight $rule:ty, $(($x:expr)),*) => {
        tangent2::<$rule, _, _, _>($($x),*)
    };
    (@twice swapped $rule:ty, $(($a:expr), ($b:expr)),*) => {
        tangent2::<Swapped<$rule>, _, _, _>($($b, $a),*)
    };
    (@call straight $f:ident $rule:ty, $(($x:expr)),*; $($ct:expr)?; $(($slot:expr)),*) => {
        $f::<$rule, _, _, _>($($x,)* $($ct,)? $($slot),*)
    };
    (@call swapped $f:ident $rule:ty, ($a:expr), ($b:expr) $(, ($ta:expr), ($tb:expr))?; $($ct:expr)?; $(($sa:expr), ($sb:expr))?) => {
        $f::<Swapped<$rule>, _, _, _>($b, $a, $($tb, $ta,)? $($ct,)? $($sb, $sa)?)
    };
}

macro_rules! operators {
    ($($name:ident $rule:ty, $bound:ident [$($left:ty),*];)*) => {$(
        operators!(@right $name, $rule, [A: $bound + Over<B>, S: Data<Elem = A>,] ArrayBase<S, D>);
        operators!(@right $name, $rule, [A: $bound + Over<B>,] ArrayRef<A, D>);
        operators!(@lefts $name, $rule, $($left),*);
    )*};
    (@right $name:ident, $rule:ty, [$($generics:tt)*] $left:ty) => {
        operator!($name, $rule,
            [B: Number, $($generics)* D: Dimension + DimMax<E>, S2: Data<Elem = B>, E: Dimension]
            ($left, Array<A, D>, array) (ArrayBase<S2, E>, Array<B, E>, (array over A))
            -> (Array<A, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [B: Number, $($generics)* D: Dimension + DimMax<E>, E: Dimension]
            ($left, Array<A, D>, array) (ArrayRef<B, E>, Array<B, E>, (array over A))
            -> (Array<A, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [B: Number, $($generics)* D: Dimension]
            ($left, Array<A, D>, array) (B, B, (scalar over A)) -> (Array<A, D>) [] straight);
    };
    (@lefts $name:ident, $rule:ty, $($t:ty),*) => {
        $(operators!(@left $name, $rule, $t);)*
    };
    (@left $name:ident, $rule:ty, $t:ty) => {
        operator!($name, $rule,
            [S: Data<Elem = $t>, D: Dimension]
            ($t, $t, scalar) (ArrayBase<S, D>, Array<$t, D>, array) -> (Array<$t, D>) [] swapped);
        operator!($name, $rule,
            [D: Dimension]
            ($t, $t, scalar) (ArrayRef<$t, D>, Array<$t, D>, array) -> (Array<$t, D>) [] swapped);
    };
}

operators! {
    Add Sum, Number [f32, f64, Complex<f32>, Complex<f64>];
    Sub Difference, Number [f32, f64, Complex<f32>, Complex<f64>];
    Mul Product, Number [f32, f64, Complex<f32>, Complex<f64>];
    Div Quotient, Number [f32, f64, Complex<f32>, Complex<f64>];
    Rem Remainder, Real [f32, f64];
}

macro_rules! negation {
    ([$($generics:tt)*] $a:ty) => {
        impl<T: Number, $($generics)* D: Dimension> Neg for $a
        where
            $a: Differentiable<Tangent = Array<T, D>>,
        {
            type Output = Array<T, D>;

            fn tangent(a: &$a, da: Option<&Array<T, D>>) -> (Array<T, D>, Array<T, D>) {
                let t = present(da.map(|t| -> &ArrayRef<T, D> { t }), a);
                (
                    a.mapv(|x| -x),
                    t.map_or_else(|| Array::zeros(a.raw_dim()), |t| t.mapv(|x| -x)),
                )
            }

            fn tangent2(
                a: &$a,
                da: Option<&Array<T, D>>,
                ea: Option<&Array<T, D>>,
                dda: Option<&Array<T, D>>,
            ) -> (Array<T, D>, Array<T, D>, Array<T, D>, Array<T, D>) {
                let (value, along_d) = <$a as Neg>::tangent(a, da);
                (value, along_d, <$a as Neg>::tangent(a, ea).1, <$a as Neg>::tangent(a, dda).1)
            }

            #[track_caller]
            fn adjoint(a: &$a, ct: &Array<T, D>, da: Option<&mut Array<T, D>>) {
                if ct.is_empty() {
                    return;
                }
                if let Some(slot) = shaped(da, a) {
                    slot.zip_mut_with(ct, |s, c| *s -= *c);
                }
            }

            #[track_caller]
            fn adjoint1(
                a: &$a,
                _: Option<&Array<T, D>>,
                ct: &Array<T, D>,
                tct: &Array<T, D>,
                da: Option<&mut Array<T, D>>,
                ea: Option<&mut Array<T, D>>,
            ) {
                <$a as Neg>::adjoint(a, ct, da);
                <$a as Neg>::adjoint(a, tct, ea);
            }

            negation!(@third $a; d1 d2 d3 d4 d5 d6 d7; d1 d2 d3; c0 s0 c1 s1 c2 s2 c3 s3);
        }
    };
    (@third $a:ty; $($d:ident)*; $($t:ident)*; $($ct:ident $slot:ident)*) => {
        fn tangent3(
            a: &$a,
            $($d: Option<&Array<T, D>>),*
        ) -> (Array<T, D>, $(negation!(@first Array<T, D>, $d)),*) {
            (a.mapv(|x| -x), $(<$a as Neg>::tangent(a, $d).1),*)
        }

        #[track_caller]
        fn adjoint2(
            a: &$a,
            $(_: negation!(@first Option<&Array<T, D>>, $t),)*
            $($ct: &Array<T, D>,)*
            $($slot: Option<&mut Array<T, D>>),*
        ) {
            $(<$a as Neg>::adjoint(a, $ct, $slot);)*
        }
    };
    (@first $first:ty, $second:ident) => { $first };
}

negation!([S: Data<Elem = T>,] ArrayBase<S, D>);
negation!([] ArrayRef<T, D>);

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::*;

    fn close<D: Dimension>(found: &Array<f64, D>, expected: &Array<f64, D>) {
        assert_eq!(found.shape(), expected.shape());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    macro_rules! second {
        ($($name:ident $test:ident;)*) => {$(
            /// The tangent of the adjoint is the difference of adjoints at displaced points.
            #[test]
            fn $test() {
                let (a, b) = (array![[1.3, -0.7, 0.4], [0.9, 1.1, -1.6]], array![0.8, 1.7, -1.2]);
                let (ta, tb) = (array![[0.3, 0.5, -0.2], [0.1, -0.9, 0.6]], array![-0.4, 0.2, 0.7]);
                let (ct, tct) = (&a * 0.5 + 0.1, &a * -0.2 + 0.3);
                let at = |h: f64| -> (Array2<f64>, Array1<f64>) {
                    let (mut da, mut db) = (Array::zeros((2, 3)), Array::zeros(3));
                    let ct = &ct + &tct * h;
                    $name::adjoint(&(&a + &ta * h), &(&b + &tb * h), &ct, Some(&mut da), Some(&mut db));
                    (da, db)
                };
                let h = 1e-5;
                let ((a1, b1), (a0, b0)) = (at(h), at(-h));
                let (mut da, mut db) = (Array::zeros((2, 3)), Array::zeros(3));
                let (mut ea, mut eb) = (Array::zeros((0, 0)), Array::zeros(0));
                $name::adjoint1(
                    &a, &b, Some(&ta), Some(&tb), &ct, &tct,
                    Some(&mut da), Some(&mut db), Some(&mut ea), Some(&mut eb),
                );
                close(&da, &at(0.0).0);
                close(&db, &at(0.0).1);
                close(&ea, &((a1 - a0) / (2.0 * h)));
                close(&eb, &((b1 - b0) / (2.0 * h)));
            }
        )*};
    }

    second! {
        Add sums;
        Sub differences;
        Mul products;
        Div quotients;
    }

    #[test]
    fn scalars_on_the_left_are_swapped() {
        let b = array![2.0, 4.0];
        let (mut ds, mut db) = (0.0, Array::zeros(2));
        Div::adjoint(&3.0, &b, &array![1.0, 1.0], Some(&mut ds), Some(&mut db));
        assert_eq!(ds, 0.75);
        assert_eq!(db, array![-0.75, -0.1875]);
    }

    #[test]
    #[should_panic(expected = "cannot be broadcast")]
    fn shapes_must_agree() {
        let _ = Add::tangent(&array![1.0, 2.0], &array![1.0, 2.0, 3.0], None, None);
    }
}
