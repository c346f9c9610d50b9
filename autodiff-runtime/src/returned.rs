//! What stands in derivatives for a reference that a function returns.
//!
//! A tape holds no reference, so the companions of a function that returns one give a copy of what it refers to. The copy is
//! used as the reference is: it dereferences to the value. Its tangents dereference to those of the value.

use core::ops::{Deref, DerefMut};

use crate::__private::{Items, ItemsMut, Space};
use crate::tangent::{Differentiable, Tangent, Update, Visit};

/// A copy in the place of a reference to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnedRef<T>(pub T);

impl<T> Deref for ReturnedRef<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for ReturnedRef<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Differentiable> Differentiable for ReturnedRef<T> {
    type Tangent = ReturnedRef<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        ReturnedRef(self.0.__zero())
    }

    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        self.0.__update(&tangent.0, update);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        self.0.__visit(visitor);
    }
}

impl<T: Tangent> Tangent for ReturnedRef<T> {
    #[inline]
    fn __add(&mut self, other: &Self) {
        self.0.__add(&other.0);
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        self.0.__map(f);
    }
}

impl<T> Space for ReturnedRef<T> {}

impl<T: Items> Items for ReturnedRef<T> {
    type Item = T::Item;

    #[inline]
    #[track_caller]
    fn item(&self, number: usize) -> &T::Item {
        self.0.item(number)
    }

    #[inline]
    fn how_many(&self) -> usize {
        self.0.how_many()
    }
}

impl<T: ItemsMut> ItemsMut for ReturnedRef<T> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut T::Item {
        self.0.item_mut(number)
    }
}
