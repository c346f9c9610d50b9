//! Arrays and views of `ndarray`: an owned array of tangents with the same dimension.
//!
//! An array is one leaf, whatever its memory layout: leaves come in logical (row-major) order.

use ndarray::{Array, ArrayBase, ArrayRef, CowRepr, Dimension, OwnedArcRepr, OwnedRepr, ViewRepr};

use super::{Differentiable, Tangent, Update, Visit};

fn zero<A: Differentiable, D: Dimension>(array: &ArrayRef<A, D>) -> Array<A::Tangent, D> {
    array.map(A::__zero)
}

#[track_caller]
fn update<A: Differentiable, D: Dimension>(
    array: &mut ArrayRef<A, D>,
    tangent: &Array<A::Tangent, D>,
    update: &mut dyn Update,
) {
    assert!(
        tangent.is_empty() || array.shape() == tangent.shape(),
        "a gradient has shape {:?}, but the array that it belongs to has shape {:?}",
        tangent.shape(),
        array.shape()
    );
    match (array.as_slice_mut(), tangent.as_slice()) {
        (Some(items), Some(tangents)) => A::__update_slice(items, tangents, update),
        _ => A::__update_iter(&mut array.iter_mut(), &mut tangent.iter(), update),
    }
}

fn visit<A: Differentiable, D: Dimension>(array: &ArrayRef<A, D>, visitor: &mut dyn Visit) {
    match array.as_slice() {
        Some(items) => A::__visit_slice(array.shape(), items, visitor),
        None => A::__visit_iter(array.shape(), &mut array.iter(), visitor),
    }
}

impl<A: Differentiable, D: Dimension> Differentiable for ArrayRef<A, D> {
    type Tangent = Array<A::Tangent, D>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        zero(self)
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, visitor: &mut dyn Update) {
        update(self, tangent, visitor);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        visit(self, visitor);
    }
}

macro_rules! storage {
    ([$($generics:tt)*] $storage:ty) => {
        impl<$($generics)*, D: Dimension> Differentiable for ArrayBase<$storage, D> {
            type Tangent = Array<A::Tangent, D>;

            #[inline]
            fn __zero(&self) -> Self::Tangent {
                zero(self)
            }

            #[track_caller]
            fn __update(&mut self, tangent: &Self::Tangent, visitor: &mut dyn Update) {
                update(self, tangent, visitor);
            }

            fn __visit(&self, visitor: &mut dyn Visit) {
                visit(self, visitor);
            }
        }
    };
}

storage!([A: Differentiable] OwnedRepr<A>);
storage!([A: Differentiable + Clone] OwnedArcRepr<A>);
storage!([A: Differentiable + Clone] CowRepr<'_, A>);
storage!([A: Differentiable] ViewRepr<&mut A>);

impl<A: Differentiable, D: Dimension> Differentiable for ArrayBase<ViewRepr<&A>, D> {
    type Tangent = Array<A::Tangent, D>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        zero(self)
    }

    /// # Panics
    ///
    /// Always: what is behind a read-only view cannot be trained. Own it, or take a mutable view.
    #[track_caller]
    fn __update(&mut self, _: &Self::Tangent, _: &mut dyn Update) {
        panic!(
            "an `ArrayView` cannot be updated: own the array, or take an `ArrayViewMut`; to `check` a function of what \
             holds a view, check one that takes the array and views it itself"
        );
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        visit(self, visitor);
    }
}

impl<A: Tangent, D: Dimension> Tangent for Array<A, D> {
    #[inline]
    #[track_caller]
    fn __add(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        assert!(
            self.shape() == other.shape(),
            "tangents of shapes {:?} and {:?} cannot be added",
            self.shape(),
            other.shape()
        );
        self.zip_mut_with(other, A::__add);
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        for item in self {
            item.__map(f);
        }
    }

    #[inline]
    fn __scale(&mut self, factor: f64) {
        for item in self {
            item.__scale(factor);
        }
    }
}
