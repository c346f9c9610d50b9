//! The sweeps of an operator of two arrays, over views of the shape of the result.

use std::ops::Neg;

use ndarray::{Array, ArrayRef, ArrayView, ArrayViewMut, Axis, DimMax, Dimension, LinalgScalar, Zip, arr0};

use crate::arrays::jets::{Jet, Whole, components, cotangents, jets};
use crate::arrays::number::Number;

/// Numbers and jets.
pub(super) trait Field: LinalgScalar + Neg<Output = Self> {}

impl<T: LinalgScalar + Neg<Output = T>> Field for T {}

pub(super) type Common<D, E> = <D as DimMax<E>>::Output;

/// An operator of scalars, with its partial derivatives and their derivatives along `(ta, tb)`.
pub(super) trait Rule<T> {
    fn value(a: T, b: T) -> T;
    fn by_a(a: T, b: T) -> T;
    fn by_b(a: T, b: T) -> T;
    fn along_by_a(a: T, b: T, ta: T, tb: T) -> T;
    fn along_by_b(a: T, b: T, ta: T, tb: T) -> T;
}

/// The operator with its operands exchanged.
pub(super) struct Swapped<R>(R);

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
    ($($rule:ident<$bound:ident>: |$a:ident, $b:ident| $value:expr; $by_a:expr, $by_b:expr; |$ta:ident, $tb:ident| $along_a:expr, $along_b:expr;)*) => {$(
        pub(super) struct $rule;

        #[allow(unused_variables)]
        impl<T: $bound> Rule<T> for $rule {
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
    Sum<Field>: |a, b| a + b; T::one(), T::one(); |ta, tb| T::zero(), T::zero();
    Difference<Field>: |a, b| a - b; T::one(), -T::one(); |ta, tb| T::zero(), T::zero();
    Product<Field>: |a, b| a * b; b, a; |ta, tb| tb, ta;
    Quotient<Field>: |a, b| a / b; T::one() / b, -a / (b * b); |ta, tb| -tb / (b * b), -ta / (b * b) + (a + a) * tb / (b * b * b);
    Remainder<Whole>: |a, b| a % b; T::one(), -(a / b).whole(); |ta, tb| T::zero(), T::zero();
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
pub(super) fn present<'a, T, D: Dimension>(
    tangent: Option<&'a ArrayRef<T, D>>,
    of: &ArrayRef<T, D>,
) -> Option<&'a ArrayRef<T, D>> {
    tangent.filter(|t| !t.is_empty() || of.is_empty())
}

/// Adds to a slot what `add` adds to an array of the broadcast shape.
fn accumulate<T: Number, D: Dimension, O: Dimension>(
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
pub(super) fn tangent<R: Rule<T>, T: Number, D: DimMax<E> + Dimension, E: Dimension>(
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
pub(super) fn tangent2<R: Rule<T>, T: Number, D: DimMax<E> + Dimension, E: Dimension>(
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
pub(super) fn adjoint<R: Rule<T>, T: Number, D: DimMax<E> + Dimension, E: Dimension>(
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
            Zip::from(slot).and(&a).and(&b).and(&ct).for_each(|s, &a, &b, &ct| *s += R::by_a(a, b).conjugate() * ct);
        });
    }
    if let Some(db) = db {
        accumulate(db, &dim, |slot| {
            Zip::from(slot).and(&a).and(&b).and(&ct).for_each(|s, &a, &b, &ct| *s += R::by_b(a, b).conjugate() * ct);
        });
    }
}

/// What [`adjoint`] adds to the tangents of the slots because the operands move.
#[allow(clippy::too_many_arguments)]
#[track_caller]
pub(super) fn bend<R: Rule<T>, T: Number, D: DimMax<E> + Dimension, E: Dimension>(
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
            .for_each(|s, &a, &b, &ta, &tb, &ct| *s += partial(a, b, ta, tb).conjugate() * ct);
    };
    if let Some(ea) = ea {
        accumulate(ea, &dim, |slot| add(slot, R::along_by_a));
    }
    if let Some(eb) = eb {
        accumulate(eb, &dim, |slot| add(slot, R::along_by_b));
    }
}

/// The components of the value, at any level: the operator of jets.
#[track_caller]
pub(super) fn tangents<R, T, D, E, const N: usize, const M: usize>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    da: [Option<&ArrayRef<T, D>>; M],
    db: [Option<&ArrayRef<T, E>>; M],
) -> [Array<T, Common<D, E>>; N]
where
    R: Rule<Jet<T, N>>,
    T: Number,
    D: DimMax<E> + Dimension,
    E: Dimension,
{
    let dim = common(a, b);
    let (a, b) = (jets(a, &da), jets(b, &db));
    components(&Zip::from(&spread(&a, &dim)).and(&spread(&b, &dim)).map_collect(|a, b| R::value(*a, *b)))
}

/// [`adjoint`] at any level: its partial derivatives and cotangents are jets.
#[track_caller]
pub(super) fn adjoints<R, T, D, E, const N: usize, const M: usize>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    ta: [Option<&ArrayRef<T, D>>; M],
    tb: [Option<&ArrayRef<T, E>>; M],
    cts: [&ArrayRef<T, Common<D, E>>; N],
    da: [Option<&mut ArrayRef<T, D>>; N],
    db: [Option<&mut ArrayRef<T, E>>; N],
) where
    R: Rule<Jet<T, N>>,
    T: Number,
    D: DimMax<E> + Dimension,
    E: Dimension,
{
    let Some(cts) = cotangents(cts) else { return };
    let dim = common(a, b);
    let (a, b) = (jets(a, &ta), jets(b, &tb));
    let (a, b, cts) = (spread(&a, &dim), spread(&b, &dim), spread(&cts, &dim));
    let pulled = |partial: fn(Jet<T, N>, Jet<T, N>) -> Jet<T, N>| {
        Zip::from(&a).and(&b).and(&cts).map_collect(|a, b, ct| partial(*a, *b).conjugate() * *ct)
    };
    add_components(da, &dim, || pulled(R::by_a));
    add_components(db, &dim, || pulled(R::by_b));
}

/// Adds the components to the slots that are there.
fn add_components<T: Number, D: Dimension, O: Dimension, const N: usize>(
    slots: [Option<&mut ArrayRef<T, D>>; N],
    dim: &O,
    pulled: impl FnOnce() -> Array<Jet<T, N>, O>,
) {
    if slots.iter().all(Option::is_none) {
        return;
    }
    let pulled = pulled();
    for (c, slot) in slots.into_iter().enumerate() {
        if let Some(slot) = slot {
            accumulate(slot, dim, |slot| Zip::from(slot).and(&pulled).for_each(|s, g| *s += g.0[c]));
        }
    }
}

/// A slot of the shape of its operand: an empty one counts as zero.
pub(super) fn shaped<'a, T: Number, D: Dimension>(
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
