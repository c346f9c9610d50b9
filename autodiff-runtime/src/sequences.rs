//! What generated code does with vectors and slices: additions to them, copies of them, matrices of their columns.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use crate::__private::{AddFrom, Items, ItemsMut, Snapshot, add_slices};
use crate::check::{flatten, scalars};
use crate::tangent::Tangent;

macro_rules! items {
    ($($container:ty),*) => {$(
        impl<T> Items for $container {
            type Item = T;

            #[inline]
            #[track_caller]
            fn item(&self, number: usize) -> &T {
                &self[number]
            }

            #[inline]
            fn how_many(&self) -> usize {
                self.len()
            }
        }

        impl<T> ItemsMut for $container {
            #[inline]
            #[track_caller]
            fn item_mut(&mut self, number: usize) -> &mut T {
                &mut self[number]
            }
        }
    )*};
}

items!(Vec<T>, std::collections::VecDeque<T>);

macro_rules! behind_pointers {
    ($($pointer:ident $(: ?$sized:ident)?),*) => {$(
        impl<C: Items $(+ ?$sized)?> Items for $pointer<C> {
            type Item = C::Item;

            #[inline]
            #[track_caller]
            fn item(&self, number: usize) -> &C::Item {
                (**self).item(number)
            }

            #[inline]
            fn how_many(&self) -> usize {
                (**self).how_many()
            }
        }
    )*};
}

behind_pointers!(Box: ?Sized, Rc: ?Sized, Arc: ?Sized, LazyLock);

impl<C: ItemsMut + ?Sized> ItemsMut for Box<C> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut C::Item {
        (**self).item_mut(number)
    }
}

impl<T: Tangent> AddFrom<Vec<T>> for [T] {
    #[inline]
    fn add_from(&mut self, value: &Vec<T>) {
        if !value.is_empty() {
            add_slices(self, value);
        }
    }
}

impl<T: Tangent> AddFrom<[T]> for Vec<T> {
    #[inline]
    fn add_from(&mut self, value: &[T]) {
        add_slices(self, value);
    }
}

impl<T: Tangent, const N: usize> AddFrom<[T; N]> for Vec<T> {
    #[inline]
    fn add_from(&mut self, value: &[T; N]) {
        add_slices(self, value);
    }
}

impl<T: Tangent, const N: usize> AddFrom<Vec<T>> for [T; N] {
    #[inline]
    fn add_from(&mut self, value: &Vec<T>) {
        if !value.is_empty() {
            add_slices(self, value);
        }
    }
}

impl<T: Tangent> AddFrom<Option<T>> for Vec<T> {
    #[inline]
    fn add_from(&mut self, value: &Option<T>) {
        if let Some(value) = value {
            add_slices(self, core::slice::from_ref(value));
        }
    }
}

impl<T: Clone> Snapshot for [T] {
    type Saved = Vec<T>;
    #[inline]
    fn snapshot(&self) -> Vec<T> {
        self.to_vec()
    }
    #[inline]
    fn restore(&mut self, saved: Vec<T>) {
        for (to, from) in self.iter_mut().zip(saved) {
            *to = from;
        }
    }
}

/// The tangents along the axes, in order.
#[must_use]
pub fn axes<T: Tangent + Clone>(zero: T) -> Vec<T> {
    let n = scalars(zero.clone());
    (0..n)
        .map(|axis| {
            let mut at = 0;
            let mut tangent = zero.clone();
            tangent.__map(&mut |_| {
                at += 1;
                f64::from(u8::from(at == axis + 1))
            });
            tangent
        })
        .collect()
}

/// The scalars of a tangent.
#[must_use]
pub fn flattened<T: Tangent>(mut tangent: T) -> Vec<f64> {
    let mut scalars = Vec::new();
    flatten(&mut tangent, &mut scalars);
    scalars
}

/// The matrix with the given columns.
#[must_use]
pub fn from_columns(columns: &[Vec<f64>]) -> ndarray::Array2<f64> {
    let rows = columns.first().map_or(0, Vec::len);
    ndarray::Array2::from_shape_fn((rows, columns.len()), |(i, j)| columns[j][i])
}
