//! Containers on the heap: the same container of tangents, a `Vec` for slices.
//!
//! A `Vec` without elements counts as zero of any length.

use super::{Differentiable, Tangent, Update, Visit};

impl<T: Differentiable> Differentiable for [T] {
    type Tangent = Vec<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        self.iter().map(T::__zero).collect()
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        T::__update_slice(self, tangent, update);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        T::__visit_slice(&[self.len()], self, visitor);
    }
}

impl<T: Differentiable> Differentiable for Vec<T> {
    type Tangent = Vec<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        self.as_slice().__zero()
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        self.as_mut_slice().__update(tangent, update);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        self.as_slice().__visit(visitor);
    }
}

impl<T: Tangent> Tangent for Vec<T> {
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
            self.len() == other.len(),
            "tangents of {} and of {} elements cannot be added",
            self.len(),
            other.len()
        );
        for (mine, theirs) in self.iter_mut().zip(other) {
            mine.__add(theirs);
        }
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

impl<T: Differentiable> Differentiable for Box<T> {
    type Tangent = Box<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        Box::new((**self).__zero())
    }

    #[inline]
    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        (**self).__update(tangent, update);
    }

    #[inline]
    fn __visit(&self, visitor: &mut dyn Visit) {
        (**self).__visit(visitor);
    }
}

impl<T: Differentiable> Differentiable for Box<[T]> {
    type Tangent = Vec<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        (**self).__zero()
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        (**self).__update(tangent, update);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        (**self).__visit(visitor);
    }
}

impl<T: Tangent> Tangent for Box<T> {
    #[inline]
    fn __add(&mut self, other: &Self) {
        (**self).__add(other);
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        (**self).__map(f);
    }

    #[inline]
    fn __scale(&mut self, factor: f64) {
        (**self).__scale(factor);
    }
}
