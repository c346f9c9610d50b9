//! Operators of `ndarray` arrays, with broadcasting and with scalars.
//!
//! Operands are read through views of the shape of the result; a cotangent is summed over the axes
//! along which its operand was repeated. A scalar is an array without axes.

use ndarray::{Array, ArrayBase, ArrayRef, ArrayView, ArrayViewMut, Axis, Data, DimMax, Dimension, Zip, arr0, aview0};

use super::{Add, Div, Mul, Neg, Rem, Sub};
use crate::Real;
use crate::tangent::Differentiable;

type Common<D, E> = <D as DimMax<E>>::Output;

/// An operator of scalars, with its partial derivatives and their derivatives along `(ta, tb)`.
trait Rule<T> {
    fn value(a: T, b: T) -> T;
    fn by_a(a: T, b: T) -> T;
    fn by_b(a: T, b: T) -> T;
    fn along_by_a(a: T, b: T, ta: T, tb: T) -> T;
    fn along_by_b(a: T, b: T, ta: T, tb: T) -> T;
}

/// The operator with its operands exchanged.
struct Swapped<R>(R);

impl<T, R: Rule<T>> Rule<T> for Swapped<R> {
    #[inline]
    fn value(a: T, b: T) -> T {
        R::value(b, a)
    }
    #[inline]
    fn by_a(a: T, b: T) -> T {
        R::by_b(b, a)
    }
    #[inline]
    fn by_b(a: T, b: T) -> T {
        R::by_a(b, a)
    }
    #[inline]
    fn along_by_a(a: T, b: T, ta: T, tb: T) -> T {
        R::along_by_b(b, a, tb, ta)
    }
    #[inline]
    fn along_by_b(a: T, b: T, ta: T, tb: T) -> T {
        R::along_by_a(b, a, tb, ta)
    }
}

macro_rules! rules {
    ($($rule:ident: |$a:ident, $b:ident| $value:expr; $by_a:expr, $by_b:expr; |$ta:ident, $tb:ident| $along_a:expr, $along_b:expr;)*) => {$(
        struct $rule;

        #[allow(unused_variables)]
        impl<T: Real> Rule<T> for $rule {
            #[inline]
            fn value($a: T, $b: T) -> T {
                $value
            }
            #[inline]
            fn by_a($a: T, $b: T) -> T {
                $by_a
            }
            #[inline]
            fn by_b($a: T, $b: T) -> T {
                $by_b
            }
            #[inline]
            fn along_by_a($a: T, $b: T, $ta: T, $tb: T) -> T {
                $along_a
            }
            #[inline]
            fn along_by_b($a: T, $b: T, $ta: T, $tb: T) -> T {
                $along_b
            }
        }
    )*};
}

rules! {
    Sum: |a, b| a + b; T::one(), T::one(); |ta, tb| T::zero(), T::zero();
    Difference: |a, b| a - b; T::one(), -T::one(); |ta, tb| T::zero(), T::zero();
    Product: |a, b| a * b; b, a; |ta, tb| tb, ta;
    Quotient: |a, b| a / b; b.recip(), -a / (b * b); |ta, tb| -tb / (b * b), -ta / (b * b) + (a + a) * tb / (b * b * b);
    Remainder: |a, b| a % b; T::one(), -(a / b).trunc(); |ta, tb| T::zero(), T::zero();
}

/// The shape to which both operands are broadcast.
#[track_caller]
fn common<T, D: DimMax<E> + Dimension, E: Dimension>(a: &ArrayRef<T, D>, b: &ArrayRef<T, E>) -> Common<D, E> {
    let n = a.ndim().max(b.ndim());
    let mut dim = <Common<D, E> as Dimension>::zeros(n);
    for i in 0..n {
        // Axes are matched from the last one.
        let length = |shape: &[usize]| (i + shape.len()).checked_sub(n).map_or(1, |i| shape[i]);
        dim[i] = match (length(a.shape()), length(b.shape())) {
            (1, n) | (n, 1) => n,
            (m, n) if m == n => n,
            _ => panic!("arrays of shapes {:?} and {:?} cannot be broadcast", a.shape(), b.shape()),
        };
    }
    dim
}

#[track_caller]
fn spread<'a, T, D: Dimension, O: Dimension>(array: &'a ArrayRef<T, D>, dim: &O) -> ArrayView<'a, T, O> {
    array.broadcast(dim.clone()).expect("a derivative has the shape of what it belongs to")
}

/// A tangent of the shape of its operand: an empty one counts as zero.
fn present<'a, T, D: Dimension>(
    tangent: Option<&'a ArrayRef<T, D>>,
    of: &ArrayRef<T, D>,
) -> Option<&'a ArrayRef<T, D>> {
    tangent.filter(|t| !t.is_empty() || of.is_empty())
}

/// Adds to a slot what `add` adds to an array of the broadcast shape.
fn accumulate<T: Real, D: Dimension, O: Dimension>(
    slot: &mut ArrayRef<T, D>,
    dim: &O,
    add: impl FnOnce(ArrayViewMut<'_, T, O>),
) {
    if slot.shape() == dim.slice() {
        let slot = slot.view_mut().into_dimensionality::<O>();
        return add(slot.expect("equal shapes have equal numbers of axes"));
    }
    let mut total = Array::zeros(dim.clone());
    add(total.view_mut());
    if slot.ndim() == 0 {
        let total = total.sum();
        slot.map_inplace(|s| *s += total);
        return;
    }
    let mut total = total.into_dyn();
    while total.ndim() > slot.ndim() {
        total = total.sum_axis(Axis(0));
    }
    for axis in 0..slot.ndim() {
        if total.shape()[axis] != slot.shape()[axis] {
            total = total.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
    }
    slot.zip_mut_with(&total, |s, t| *s += *t);
}

#[track_caller]
fn tangent<R: Rule<T>, T: Real, D: DimMax<E> + Dimension, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    da: Option<&ArrayRef<T, D>>,
    db: Option<&ArrayRef<T, E>>,
) -> (Array<T, Common<D, E>>, Array<T, Common<D, E>>) {
    let dim = common(a, b);
    let (da, db) = (present(da, a), present(db, b));
    let (a, b) = (spread(a, &dim), spread(b, &dim));
    let value = Zip::from(&a).and(&b).map_collect(|&a, &b| R::value(a, b));
    let mut t = Array::zeros(dim.clone());
    if let Some(da) = da {
        Zip::from(&mut t).and(&a).and(&b).and(&spread(da, &dim)).for_each(|t, &a, &b, &d| *t += R::by_a(a, b) * d);
    }
    if let Some(db) = db {
        Zip::from(&mut t).and(&a).and(&b).and(&spread(db, &dim)).for_each(|t, &a, &b, &d| *t += R::by_b(a, b) * d);
    }
    (value, t)
}

/// [`tangent`] along two directions, and of the first along the second.
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
#[track_caller]
fn tangent2<R: Rule<T>, T: Real, D: DimMax<E> + Dimension, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    da: Option<&ArrayRef<T, D>>,
    db: Option<&ArrayRef<T, E>>,
    ea: Option<&ArrayRef<T, D>>,
    eb: Option<&ArrayRef<T, E>>,
    dda: Option<&ArrayRef<T, D>>,
    ddb: Option<&ArrayRef<T, E>>,
) -> (Array<T, Common<D, E>>, Array<T, Common<D, E>>, Array<T, Common<D, E>>, Array<T, Common<D, E>>) {
    let (value, along_d) = tangent::<R, T, D, E>(a, b, da, db);
    let (_, along_e) = tangent::<R, T, D, E>(a, b, ea, eb);
    let (_, mut both) = tangent::<R, T, D, E>(a, b, dda, ddb);
    let dim = common(a, b);
    let zero = arr0(T::zero());
    let (da, db, ea, eb) = (present(da, a), present(db, b), present(ea, a), present(eb, b));
    let (a, b) = (spread(a, &dim), spread(b, &dim));
    let ea = ea.map_or_else(|| spread(&zero, &dim), |t| spread(t, &dim));
    let eb = eb.map_or_else(|| spread(&zero, &dim), |t| spread(t, &dim));
    let mut add = |d: ArrayView<'_, T, Common<D, E>>, partial: fn(T, T, T, T) -> T| {
        Zip::from(&mut both)
            .and(&a)
            .and(&b)
            .and(&ea)
            .and(&eb)
            .and(&d)
            .for_each(|t, &a, &b, &ea, &eb, &d| *t += partial(a, b, ea, eb) * d);
    };
    if let Some(da) = da {
        add(spread(da, &dim), R::along_by_a);
    }
    if let Some(db) = db {
        add(spread(db, &dim), R::along_by_b);
    }
    (value, along_d, along_e, both)
}

#[track_caller]
fn adjoint<R: Rule<T>, T: Real, D: DimMax<E> + Dimension, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    ct: &ArrayRef<T, Common<D, E>>,
    da: Option<&mut ArrayRef<T, D>>,
    db: Option<&mut ArrayRef<T, E>>,
) {
    if ct.is_empty() {
        return;
    }
    let dim = common(a, b);
    let (a, b, ct) = (spread(a, &dim), spread(b, &dim), spread(ct, &dim));
    if let Some(da) = da {
        accumulate(da, &dim, |slot| {
            Zip::from(slot).and(&a).and(&b).and(&ct).for_each(|s, &a, &b, &ct| *s += R::by_a(a, b) * ct);
        });
    }
    if let Some(db) = db {
        accumulate(db, &dim, |slot| {
            Zip::from(slot).and(&a).and(&b).and(&ct).for_each(|s, &a, &b, &ct| *s += R::by_b(a, b) * ct);
        });
    }
}

/// What [`adjoint`] adds to the tangents of the slots because the operands move.
#[allow(clippy::too_many_arguments)]
#[track_caller]
fn bend<R: Rule<T>, T: Real, D: DimMax<E> + Dimension, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    ta: Option<&ArrayRef<T, D>>,
    tb: Option<&ArrayRef<T, E>>,
    ct: &ArrayRef<T, Common<D, E>>,
    ea: Option<&mut ArrayRef<T, D>>,
    eb: Option<&mut ArrayRef<T, E>>,
) {
    let (ta, tb) = (present(ta, a), present(tb, b));
    if ct.is_empty() || (ta.is_none() && tb.is_none()) {
        return;
    }
    let dim = common(a, b);
    let zero = arr0(T::zero());
    let (a, b, ct) = (spread(a, &dim), spread(b, &dim), spread(ct, &dim));
    let ta = ta.map_or_else(|| spread(&zero, &dim), |t| spread(t, &dim));
    let tb = tb.map_or_else(|| spread(&zero, &dim), |t| spread(t, &dim));
    let add = |slot: ArrayViewMut<'_, T, Common<D, E>>, partial: fn(T, T, T, T) -> T| {
        Zip::from(slot)
            .and(&a)
            .and(&b)
            .and(&ta)
            .and(&tb)
            .and(&ct)
            .for_each(|s, &a, &b, &ta, &tb, &ct| *s += partial(a, b, ta, tb) * ct);
    };
    if let Some(ea) = ea {
        accumulate(ea, &dim, |slot| add(slot, R::along_by_a));
    }
    if let Some(eb) = eb {
        accumulate(eb, &dim, |slot| add(slot, R::along_by_b));
    }
}

/// A slot of the shape of its operand: an empty one counts as zero.
fn shaped<'a, T: Real, D: Dimension>(
    slot: Option<&'a mut Array<T, D>>,
    of: &ArrayRef<T, D>,
) -> Option<&'a mut ArrayRef<T, D>> {
    slot.map(|slot| {
        if slot.is_empty() && !of.is_empty() {
            *slot = Array::zeros(of.raw_dim());
        }
        &mut **slot
    })
}

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
    (@slot scalar $slot:ident $a:ident) => {
        $slot.map(|s| ArrayViewMut::from(core::slice::from_mut(s)).remove_axis(Axis(0))).as_deref_mut()
    };
}

/// One operator of one pair of types. Scalars come second in the calls of the generic functions.
macro_rules! operator {
    ($name:ident, $rule:ty, [$($generics:tt)*] ($a:ty, $da:ty, $ka:ident) ($b:ty, $db:ty, $kb:ident) -> ($out:ty) [$($bounds:tt)*] $order:ident) => {
        impl<$($generics)*> $name<$b> for $a
        where
            $a: Differentiable<Tangent = $da>,
            $b: Differentiable<Tangent = $db>,
            $($bounds)*
        {
            type Output = $out;

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
        }
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
    ($($name:ident $rule:ty;)*) => {$(
        operator!($name, $rule,
            [T: Real, S: Data<Elem = T>, D: Dimension + DimMax<E>, S2: Data<Elem = T>, E: Dimension]
            (ArrayBase<S, D>, Array<T, D>, array) (ArrayBase<S2, E>, Array<T, E>, array)
            -> (Array<T, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [T: Real, D: Dimension + DimMax<E>, S2: Data<Elem = T>, E: Dimension]
            (ArrayRef<T, D>, Array<T, D>, array) (ArrayBase<S2, E>, Array<T, E>, array)
            -> (Array<T, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [T: Real, S: Data<Elem = T>, D: Dimension + DimMax<E>, E: Dimension]
            (ArrayBase<S, D>, Array<T, D>, array) (ArrayRef<T, E>, Array<T, E>, array)
            -> (Array<T, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [T: Real, D: Dimension + DimMax<E>, E: Dimension]
            (ArrayRef<T, D>, Array<T, D>, array) (ArrayRef<T, E>, Array<T, E>, array)
            -> (Array<T, Common<D, E>>) [] straight);
        operator!($name, $rule,
            [T: Real, S: Data<Elem = T>, D: Dimension]
            (ArrayBase<S, D>, Array<T, D>, array) (T, T, scalar) -> (Array<T, D>) [] straight);
        operator!($name, $rule,
            [T: Real, D: Dimension]
            (ArrayRef<T, D>, Array<T, D>, array) (T, T, scalar) -> (Array<T, D>) [] straight);
        operators!(@left $name, $rule, f32);
        operators!(@left $name, $rule, f64);
    )*};
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
    Add Sum;
    Sub Difference;
    Mul Product;
    Div Quotient;
    Rem Remainder;
}

macro_rules! negation {
    ([$($generics:tt)*] $a:ty) => {
        impl<T: Real, $($generics)* D: Dimension> Neg for $a
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
        }
    };
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
