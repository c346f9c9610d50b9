//! Several tangents of arrays of `ndarray`: an array of the tangents of its elements.

use ndarray::{Array, ArrayBase, ArrayRef, CowRepr, Dimension, OwnedArcRepr, OwnedRepr, ViewRepr};

use super::Wide;

fn zeros<A: Wide, D: Dimension, const W: usize>(array: &ArrayRef<A, D>) -> Array<A::Lanes<W>, D> {
    array.map(A::__lanes)
}

/// A tangent without elements counts as zero.
fn put<A: Wide, D: Dimension, const W: usize>(
    lanes: &mut Array<A::Lanes<W>, D>,
    lane: usize,
    tangent: &Array<A::Tangent, D>,
) {
    assert!(
        tangent.is_empty() || tangent.shape() == lanes.shape(),
        "a tangent has shape {:?}, but what it belongs to has shape {:?}",
        tangent.shape(),
        lanes.shape()
    );
    lanes.iter_mut().zip(tangent).for_each(|(lanes, tangent)| A::__put(lanes, lane, tangent));
}

fn take<A: Wide, D: Dimension, const W: usize>(
    array: &ArrayRef<A, D>,
    lanes: &Array<A::Lanes<W>, D>,
    lane: usize,
) -> Array<A::Tangent, D> {
    ndarray::Zip::from(array).and(lanes).map_collect(|value, lanes| value.__take(lanes, lane))
}

macro_rules! storages {
    ($([$($generics:tt)*] $array:ty;)*) => {$(
        impl<$($generics)*, D: Dimension> Wide for $array {
            type Lanes<const W: usize> = Array<A::Lanes<W>, D>;

            #[inline]
            fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
                zeros::<A, D, W>(self)
            }

            #[inline]
            fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
                put::<A, D, W>(lanes, lane, tangent);
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
                take::<A, D, W>(self, lanes, lane)
            }
        }
    )*};
}

storages! {
    [A: Wide] ArrayRef<A, D>;
    [A: Wide] ArrayBase<OwnedRepr<A>, D>;
    [A: Wide + Clone] ArrayBase<OwnedArcRepr<A>, D>;
    [A: Wide + Clone] ArrayBase<CowRepr<'_, A>, D>;
    [A: Wide] ArrayBase<ViewRepr<&A>, D>;
    [A: Wide] ArrayBase<ViewRepr<&mut A>, D>;
}
