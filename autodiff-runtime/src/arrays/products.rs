//! `dot`.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array, Array1, Array2, ArrayBase, ArrayRef, Axis, Data, Dimension, Ix1, Ix2};

use crate::Real;

/// `self.dot(&rhs)`.
pub trait ArrayDot<Rhs: ?Sized, T, D, E> {
    type Output;

    fn __fwd_dot(&self, rhs: &Rhs) -> (Self::Output, Pullback<Self, Rhs, T, D, E, Self::Output>);

    fn __jvp_dot(
        &self,
        rhs: &Rhs,
        d: Option<&ArrayRef<T, D>>,
        d_rhs: Option<&ArrayRef<T, E>>,
    ) -> (Self::Output, Self::Output);

    #[allow(clippy::type_complexity)]
    fn __fwd1_dot(
        &self,
        rhs: &Rhs,
        d: Option<&ArrayRef<T, D>>,
        d_rhs: Option<&ArrayRef<T, E>>,
    ) -> ((Self::Output, Self::Output), Pullback1<Self, Rhs, T, D, E, Self::Output>);

    #[allow(clippy::too_many_arguments)]
    fn __jvp2_dot(
        &self,
        rhs: &Rhs,
        d1: Option<&ArrayRef<T, D>>,
        d1_rhs: Option<&ArrayRef<T, E>>,
        d2: Option<&ArrayRef<T, D>>,
        d2_rhs: Option<&ArrayRef<T, E>>,
        d12: Option<&ArrayRef<T, D>>,
        d12_rhs: Option<&ArrayRef<T, E>>,
    ) -> (Self::Output, Self::Output, Self::Output, Self::Output);
}

/// The pullback of [`ArrayDot::__fwd1_dot`].
type Pullback1<A, B, T, D, E, C> = for<'r> fn(
    (
        (&'r A, &'r B, Option<&'r ArrayRef<T, D>>, Option<&'r ArrayRef<T, E>>),
        (C, C),
        (
            Option<&'r mut ArrayRef<T, D>>,
            Option<&'r mut ArrayRef<T, E>>,
            Option<&'r mut ArrayRef<T, D>>,
            Option<&'r mut ArrayRef<T, E>>,
        ),
    ),
) -> ((), (), (), ());

type Pullback<A, B, T, D, E, C> =
    for<'r> fn(((&'r A, &'r B), C, (Option<&'r mut ArrayRef<T, D>>, Option<&'r mut ArrayRef<T, E>>))) -> ((), ());

/// A product of arrays of these dimensions, with its cotangents.
trait Product<T, E: Dimension>: Dimension {
    type Value;
    fn zero(a: &ArrayRef<T, Self>, b: &ArrayRef<T, E>) -> Self::Value;
    fn product(a: &ArrayRef<T, Self>, b: &ArrayRef<T, E>) -> Self::Value;
    fn plus(a: Self::Value, b: Self::Value) -> Self::Value;
    /// An empty array of cotangents counts as zero.
    fn is_absent(ct: &Self::Value) -> bool;
    fn pull_a(slot: &mut ArrayRef<T, Self>, b: &ArrayRef<T, E>, ct: &Self::Value);
    fn pull_b(slot: &mut ArrayRef<T, E>, a: &ArrayRef<T, Self>, ct: &Self::Value);
}

/// `slot += a bᵀ`.
fn add_outer<T: Real>(slot: &mut ArrayRef<T, Ix2>, a: &ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix1>) {
    for (mut row, &a) in slot.rows_mut().into_iter().zip(a) {
        row.scaled_add(a, b);
    }
}

impl<T: Real> Product<T, Ix1> for Ix1 {
    type Value = T;

    fn zero(_: &ArrayRef<T, Ix1>, _: &ArrayRef<T, Ix1>) -> T {
        T::zero()
    }
    fn product(a: &ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix1>) -> T {
        a.dot(b)
    }
    fn plus(a: T, b: T) -> T {
        a + b
    }
    fn is_absent(_: &T) -> bool {
        false
    }
    fn pull_a(slot: &mut ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix1>, ct: &T) {
        slot.scaled_add(*ct, b);
    }
    fn pull_b(slot: &mut ArrayRef<T, Ix1>, a: &ArrayRef<T, Ix1>, ct: &T) {
        slot.scaled_add(*ct, a);
    }
}

impl<T: Real> Product<T, Ix1> for Ix2 {
    type Value = Array1<T>;

    fn zero(a: &ArrayRef<T, Ix2>, _: &ArrayRef<T, Ix1>) -> Array1<T> {
        Array::zeros(a.nrows())
    }
    fn product(a: &ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix1>) -> Array1<T> {
        a.dot(b)
    }
    fn plus(a: Array1<T>, b: Array1<T>) -> Array1<T> {
        a + b
    }
    fn is_absent(ct: &Array1<T>) -> bool {
        ct.is_empty()
    }
    fn pull_a(slot: &mut ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix1>, ct: &Array1<T>) {
        add_outer(slot, ct, b);
    }
    fn pull_b(slot: &mut ArrayRef<T, Ix1>, a: &ArrayRef<T, Ix2>, ct: &Array1<T>) {
        for (row, &ct) in a.axis_iter(Axis(0)).zip(ct) {
            slot.scaled_add(ct, &row);
        }
    }
}

impl<T: Real> Product<T, Ix2> for Ix1 {
    type Value = Array1<T>;

    fn zero(_: &ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix2>) -> Array1<T> {
        Array::zeros(b.ncols())
    }
    fn product(a: &ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix2>) -> Array1<T> {
        a.dot(b)
    }
    fn plus(a: Array1<T>, b: Array1<T>) -> Array1<T> {
        a + b
    }
    fn is_absent(ct: &Array1<T>) -> bool {
        ct.is_empty()
    }
    fn pull_a(slot: &mut ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix2>, ct: &Array1<T>) {
        *slot += &*b.dot(ct);
    }
    fn pull_b(slot: &mut ArrayRef<T, Ix2>, a: &ArrayRef<T, Ix1>, ct: &Array1<T>) {
        add_outer(slot, a, ct);
    }
}

impl<T: Real> Product<T, Ix2> for Ix2 {
    type Value = Array2<T>;

    fn zero(a: &ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix2>) -> Array2<T> {
        Array::zeros((a.nrows(), b.ncols()))
    }
    fn product(a: &ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix2>) -> Array2<T> {
        a.dot(b)
    }
    fn plus(a: Array2<T>, b: Array2<T>) -> Array2<T> {
        a + b
    }
    fn is_absent(ct: &Array2<T>) -> bool {
        ct.is_empty()
    }
    fn pull_a(slot: &mut ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix2>, ct: &Array2<T>) {
        general_mat_mul(T::one(), ct, &b.t(), T::one(), slot);
    }
    fn pull_b(slot: &mut ArrayRef<T, Ix2>, a: &ArrayRef<T, Ix2>, ct: &Array2<T>) {
        general_mat_mul(T::one(), &a.t(), ct, T::one(), slot);
    }
}

fn jvp<T: Real, D: Product<T, E>, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    da: Option<&ArrayRef<T, D>>,
    db: Option<&ArrayRef<T, E>>,
) -> (D::Value, D::Value) {
    let da = da.filter(|d| d.shape() == a.shape());
    let db = db.filter(|d| d.shape() == b.shape());
    let tangent = match (da, db) {
        (None, None) => D::zero(a, b),
        (Some(da), None) => D::product(da, b),
        (None, Some(db)) => D::product(a, db),
        (Some(da), Some(db)) => D::plus(D::product(da, b), D::product(a, db)),
    };
    (D::product(a, b), tangent)
}

fn pull<T: Real, D: Product<T, E>, E: Dimension>(
    a: &ArrayRef<T, D>,
    b: &ArrayRef<T, E>,
    ct: &D::Value,
    da: Option<&mut ArrayRef<T, D>>,
    db: Option<&mut ArrayRef<T, E>>,
) {
    if D::is_absent(ct) {
        return;
    }
    if let Some(slot) = da {
        D::pull_a(slot, b, ct);
    }
    if let Some(slot) = db {
        D::pull_b(slot, a, ct);
    }
}

macro_rules! dot {
    ($($d:ty, $e:ty => $c:ty;)*) => {$(
        dot!(@one [S: Data<Elem = T>] ArrayBase<S, $e>, $d, $e, $c);
        dot!(@one [] ArrayRef<T, $e>, $d, $e, $c);
    )*};
    (@one [$($generics:tt)*] $rhs:ty, $d:ty, $e:ty, $c:ty) => {
        impl<T: Real, $($generics)*> ArrayDot<$rhs, T, $d, $e> for ArrayRef<T, $d>
        {
            type Output = $c;

            #[track_caller]
            fn __fwd_dot(&self, rhs: &$rhs) -> (Self::Output, Pullback<Self, $rhs, T, $d, $e, Self::Output>) {
                (
                    <$d as Product<T, $e>>::product(self, rhs),
                    |((a, b), ct, (da, db))| {
                        pull(a, b, &ct, da, db);
                        ((), ())
                    },
                )
            }

            #[track_caller]
            fn __jvp_dot(
                &self,
                rhs: &$rhs,
                d: Option<&ArrayRef<T, $d>>,
                d_rhs: Option<&ArrayRef<T, $e>>,
            ) -> (Self::Output, Self::Output) {
                jvp(self, rhs, d, d_rhs)
            }

            #[track_caller]
            fn __fwd1_dot(
                &self,
                rhs: &$rhs,
                d: Option<&ArrayRef<T, $d>>,
                d_rhs: Option<&ArrayRef<T, $e>>,
            ) -> ((Self::Output, Self::Output), Pullback1<Self, $rhs, T, $d, $e, Self::Output>) {
                (
                    jvp(self, rhs, d, d_rhs),
                    |((a, b, ta, tb), (ct, tct), (da, db, mut ea, mut eb))| {
                        pull(a, b, &ct, da, db);
                        pull(a, b, &tct, ea.as_deref_mut(), eb.as_deref_mut());
                        // What moves with the operands.
                        if let (Some(tb), Some(ea)) = (tb.filter(|t| t.shape() == b.shape()), ea) {
                            pull(a, tb, &ct, Some(ea), None);
                        }
                        if let (Some(ta), Some(eb)) = (ta.filter(|t| t.shape() == a.shape()), eb) {
                            pull(ta, b, &ct, None, Some(eb));
                        }
                        ((), (), (), ())
                    },
                )
            }

            #[track_caller]
            fn __jvp2_dot(
                &self,
                rhs: &$rhs,
                d1: Option<&ArrayRef<T, $d>>,
                d1_rhs: Option<&ArrayRef<T, $e>>,
                d2: Option<&ArrayRef<T, $d>>,
                d2_rhs: Option<&ArrayRef<T, $e>>,
                d12: Option<&ArrayRef<T, $d>>,
                d12_rhs: Option<&ArrayRef<T, $e>>,
            ) -> (Self::Output, Self::Output, Self::Output, Self::Output) {
                let (value, t1) = jvp(self, rhs, d1, d1_rhs);
                let (_, t2) = jvp(self, rhs, d2, d2_rhs);
                let (_, mut t12) = jvp(self, rhs, d12, d12_rhs);
                if let (Some(d1), Some(d2_rhs)) = (d1, d2_rhs) {
                    t12 = <$d as Product<T, $e>>::plus(t12, <$d as Product<T, $e>>::product(d1, d2_rhs));
                }
                if let (Some(d2), Some(d1_rhs)) = (d2, d1_rhs) {
                    t12 = <$d as Product<T, $e>>::plus(t12, <$d as Product<T, $e>>::product(d2, d1_rhs));
                }
                (value, t1, t2, t12)
            }
        }
    };
}

dot! {
    Ix1, Ix1 => T;
    Ix1, Ix2 => Array1<T>;
    Ix2, Ix1 => Array1<T>;
    Ix2, Ix2 => Array2<T>;
}
