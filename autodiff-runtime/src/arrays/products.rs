//! `dot`.

use std::array::from_fn;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array, Array1, Array2, ArrayBase, ArrayRef, Axis, CowArray, Data, Dimension, Ix1, Ix2};

use super::jets::parts;
use super::number::Number;

/// The companions of a level of the backward sweep, and of forward mode one level above: the components of both factors'
/// tangents, those that the higher level has besides, and the slots and cotangents.
macro_rules! higher {
    ($fwd:ident $jvp:ident; $($a:ident $b:ident)*; $($c:ident $d:ident)*; $($da:ident $db:ident $ct:ident)*) => {
        #[allow(clippy::type_complexity, clippy::too_many_arguments)]
        #[track_caller]
        fn $fwd(
            &self,
            rhs: &Rhs,
            $($a: Option<&ArrayRef<T, D>>, $b: Option<&ArrayRef<T, E>>),*
        ) -> (
            ($(higher!(@output $ct)),*),
            for<'r> fn((
                (&'r Self, &'r Rhs, $(higher!(@lent 'r D $a), higher!(@lent 'r E $b)),*),
                ($(higher!(@output $ct)),*),
                ($(higher!(@slot 'r D $da), higher!(@slot 'r E $db)),*),
            )) -> ($(higher!(@unit $da), higher!(@unit $db)),*),
        ) {
            let values = Self::__along([None, $($a),*], [None, $($b),*], (self, rhs));
            (values.into(), |((a, b, $($a, $b),*), ($($ct),*), ($($da, $db),*))| {
                Self::__pull([None, $($a),*], [None, $($b),*], (a, b), [$($ct),*], ([$($da),*], [$($db),*]));
                ($(higher!(@unit $da), higher!(@unit $db)),*)
            })
        }

        #[allow(clippy::type_complexity, clippy::too_many_arguments)]
        #[track_caller]
        fn $jvp(
            &self,
            rhs: &Rhs,
            $($a: Option<&ArrayRef<T, D>>, $b: Option<&ArrayRef<T, E>>,)*
            $($c: Option<&ArrayRef<T, D>>, $d: Option<&ArrayRef<T, E>>),*
        ) -> (Self::Output, $(higher!(@output $a),)* $(higher!(@output $c)),*) {
            Self::__along([None, $($a,)* $($c),*], [None, $($b,)* $($d),*], (self, rhs)).into()
        }
    };
    (@output $for:ident) => { Self::Output };
    (@lent $r:lifetime $dim:ident $for:ident) => { Option<&$r ArrayRef<T, $dim>> };
    (@slot $r:lifetime $dim:ident $for:ident) => { Option<&$r mut ArrayRef<T, $dim>> };
    (@unit $for:ident) => { () };
}

/// `self.dot(&rhs)`. The derivatives of every level are [`Self::__along`] and [`Self::__pull`].
pub trait ArrayDot<Rhs: ?Sized, T, D, E> {
    type Output;

    /// The products of the components of two factors, of which the first are the factors themselves.
    fn __along<const N: usize>(
        a: [Option<&ArrayRef<T, D>>; N],
        b: [Option<&ArrayRef<T, E>>; N],
        of: (&Self, &Rhs),
    ) -> [Self::Output; N];

    /// Adds to the slots of the components.
    fn __pull<const N: usize>(
        a: [Option<&ArrayRef<T, D>>; N],
        b: [Option<&ArrayRef<T, E>>; N],
        of: (&Self, &Rhs),
        cts: [Self::Output; N],
        slots: ([Option<&mut ArrayRef<T, D>>; N], [Option<&mut ArrayRef<T, E>>; N]),
    );

    #[track_caller]
    fn __fwd_dot(&self, rhs: &Rhs) -> (Self::Output, Pullback<Self, Rhs, T, D, E, Self::Output>) {
        let [value] = Self::__along([None], [None], (self, rhs));
        (value, |((a, b), ct, (da, db))| {
            Self::__pull([None], [None], (a, b), [ct], ([da], [db]));
            ((), ())
        })
    }

    #[track_caller]
    fn __jvp_dot(
        &self,
        rhs: &Rhs,
        d: Option<&ArrayRef<T, D>>,
        d_rhs: Option<&ArrayRef<T, E>>,
    ) -> (Self::Output, Self::Output) {
        Self::__along([None, d], [None, d_rhs], (self, rhs)).into()
    }

    higher!(__fwd1_dot __jvp2_dot; a1 b1; a2 b2 a3 b3; da0 db0 ct0 da1 db1 ct1);
    higher!(__fwd2_dot __jvp3_dot; a1 b1 a2 b2 a3 b3; a4 b4 a5 b5 a6 b6 a7 b7;
        da0 db0 ct0 da1 db1 ct1 da2 db2 ct2 da3 db3 ct3);
}

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
fn add_outer<T: Number>(slot: &mut ArrayRef<T, Ix2>, a: &ArrayRef<T, Ix1>, b: &ArrayRef<T, Ix1>) {
    for (mut row, &a) in slot.rows_mut().into_iter().zip(a) {
        row.scaled_add(a, b);
    }
}

impl<T: Number> Product<T, Ix1> for Ix1 {
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

impl<T: Number> Product<T, Ix1> for Ix2 {
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

impl<T: Number> Product<T, Ix2> for Ix1 {
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

impl<T: Number> Product<T, Ix2> for Ix2 {
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

/// The pairs of components of two factors that make a component of their product, as far as they are not zero.
fn pairs<'p, A: Copy, B: Copy, const N: usize>(
    c: usize,
    a: &'p [Option<A>; N],
    b: &'p [Option<B>; N],
) -> impl Iterator<Item = (A, B)> + use<'p, A, B, N> {
    parts(c).filter_map(|(s, r)| Some((a[s]?, b[r]?)))
}

fn along<T: Number, D: Product<T, E>, E: Dimension, const N: usize>(
    a: [Option<&ArrayRef<T, D>>; N],
    b: [Option<&ArrayRef<T, E>>; N],
) -> [D::Value; N] {
    let (Some(whole_a), Some(whole_b)) = (a[0], b[0]) else { unreachable!("the factors are there") };
    from_fn(|c| {
        let products = pairs(c, &a, &b).map(|(a, b)| D::product(a, b));
        products.reduce(D::plus).unwrap_or_else(|| D::zero(whole_a, whole_b))
    })
}

fn pull<T: Number, D: Product<T, E>, E: Dimension, const N: usize>(
    a: [Option<&ArrayRef<T, D>>; N],
    b: [Option<&ArrayRef<T, E>>; N],
    cts: &[D::Value; N],
    (mut da, mut db): ([Option<&mut ArrayRef<T, D>>; N], [Option<&mut ArrayRef<T, E>>; N]),
) {
    let cts = cts.each_ref().map(|ct| Some(ct).filter(|ct| !D::is_absent(ct)));
    for c in 0..N {
        if let Some(slot) = &mut da[c] {
            pairs(c, &b, &cts).for_each(|(b, ct)| D::pull_a(slot, &conjugated(b), ct));
        }
        if let Some(slot) = &mut db[c] {
            pairs(c, &a, &cts).for_each(|(a, ct)| D::pull_b(slot, &conjugated(a), ct));
        }
    }
}

/// The components of a factor: itself, and those of its tangents that have its shape.
fn factor<'a, T, D: Dimension, const N: usize>(
    of: &'a ArrayRef<T, D>,
    tangents: [Option<&'a ArrayRef<T, D>>; N],
) -> [Option<&'a ArrayRef<T, D>>; N] {
    let mut all = tangents.map(|t| t.filter(|t| t.shape() == of.shape()));
    all[0] = Some(of);
    all
}

/// The complex conjugates; real numbers are their own.
fn conjugated<T: Number, D: Dimension>(array: &ArrayRef<T, D>) -> CowArray<'_, T, D> {
    if T::REAL { CowArray::from(array.view()) } else { CowArray::from(array.mapv(T::conjugate)) }
}

macro_rules! dot {
    ($($d:ty, $e:ty => $c:ty;)*) => {$(
        dot!(@one [S: Data<Elem = T>] ArrayBase<S, $e>, $d, $e, $c);
        dot!(@one [] ArrayRef<T, $e>, $d, $e, $c);
    )*};
    (@one [$($generics:tt)*] $rhs:ty, $d:ty, $e:ty, $c:ty) => {
        impl<T: Number, $($generics)*> ArrayDot<$rhs, T, $d, $e> for ArrayRef<T, $d>
        {
            type Output = $c;

            #[track_caller]
            fn __along<const N: usize>(
                a: [Option<&ArrayRef<T, $d>>; N],
                b: [Option<&ArrayRef<T, $e>>; N],
                (of_a, of_b): (&Self, &$rhs),
            ) -> [Self::Output; N] {
                along(factor(of_a, a), factor(of_b, b))
            }

            #[track_caller]
            fn __pull<const N: usize>(
                a: [Option<&ArrayRef<T, $d>>; N],
                b: [Option<&ArrayRef<T, $e>>; N],
                (of_a, of_b): (&Self, &$rhs),
                cts: [Self::Output; N],
                slots: ([Option<&mut ArrayRef<T, $d>>; N], [Option<&mut ArrayRef<T, $e>>; N]),
            ) {
                pull(factor(of_a, a), factor(of_b, b), &cts, slots);
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
