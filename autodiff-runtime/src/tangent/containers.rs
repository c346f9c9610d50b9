//! Containers of fixed size: the same container of tangents.
//!
//! Where a container may lack its content (`Option`, `Result`), the tangent without it counts as zero.

use super::{Differentiable, Tangent, Update, Visit};

impl<T: Differentiable, const N: usize> Differentiable for [T; N] {
    type Tangent = [T::Tangent; N];

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        core::array::from_fn(|index| self[index].__zero())
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        T::__update_slice(self, tangent, update);
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        T::__visit_slice(&[N], self, visitor);
    }
}

impl<T: Tangent, const N: usize> Tangent for [T; N] {
    #[inline]
    fn __add(&mut self, other: &Self) {
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

impl<T: Differentiable> Differentiable for Option<T> {
    type Tangent = Option<T::Tangent>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        self.as_ref().map(T::__zero)
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        match (self, tangent) {
            (Some(value), Some(tangent)) => value.__update(tangent, update),
            (Some(value), None) => value.__update(&value.__zero(), update),
            (None, None) => {}
            (None, Some(_)) => panic!("the gradient is `Some`, but what it belongs to is `None`"),
        }
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        if let Some(value) = self {
            value.__visit(visitor);
        }
    }
}

impl<T: Tangent> Tangent for Option<T> {
    #[inline]
    fn __add(&mut self, other: &Self) {
        match (self, other) {
            (_, None) => {}
            (Some(mine), Some(theirs)) => mine.__add(theirs),
            (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
        }
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        if let Some(value) = self {
            value.__map(f);
        }
    }

    #[inline]
    fn __scale(&mut self, factor: f64) {
        if let Some(value) = self {
            value.__scale(factor);
        }
    }
}

impl<T: Differentiable, E> Differentiable for Result<T, E> {
    type Tangent = Result<T::Tangent, ()>;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        self.as_ref().map(T::__zero).map_err(|_| ())
    }

    #[track_caller]
    fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
        match (self, tangent) {
            (Ok(value), Ok(tangent)) => value.__update(tangent, update),
            (Ok(value), Err(())) => value.__update(&value.__zero(), update),
            (Err(_), Err(())) => {}
            (Err(_), Ok(_)) => panic!("the gradient is `Ok`, but what it belongs to is `Err`"),
        }
    }

    fn __visit(&self, visitor: &mut dyn Visit) {
        if let Ok(value) = self {
            value.__visit(visitor);
        }
    }
}

impl<T: Tangent> Tangent for Result<T, ()> {
    #[inline]
    fn __add(&mut self, other: &Self) {
        match (self, other) {
            (_, Err(())) => {}
            (Ok(mine), Ok(theirs)) => mine.__add(theirs),
            (mine @ Err(()), Ok(theirs)) => *mine = Ok(theirs.clone()),
        }
    }

    #[inline]
    fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
        if let Ok(value) = self {
            value.__map(f);
        }
    }

    #[inline]
    fn __scale(&mut self, factor: f64) {
        if let Ok(value) = self {
            value.__scale(factor);
        }
    }
}

impl<T: Differentiable + ?Sized> Differentiable for &T {
    type Tangent = T::Tangent;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        (**self).__zero()
    }

    /// # Panics
    ///
    /// Always: what is behind a shared reference cannot be trained. Own it, or borrow it with `&mut`.
    #[track_caller]
    fn __update(&mut self, _: &Self::Tangent, _: &mut dyn Update) {
        panic!(
            "`&{}` cannot be updated through a shared reference: own the value, or borrow it with `&mut`; to `check` \
             a function of what borrows, check one that takes the value and borrows it itself",
            core::any::type_name::<T>()
        );
    }

    #[inline]
    fn __visit(&self, visitor: &mut dyn Visit) {
        (**self).__visit(visitor);
    }
}

impl<T: Differentiable + ?Sized> Differentiable for &mut T {
    type Tangent = T::Tangent;

    #[inline]
    fn __zero(&self) -> Self::Tangent {
        (**self).__zero()
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

macro_rules! tuple {
    ($($item:ident $index:tt)*) => {
        impl<$($item: Differentiable),*> Differentiable for ($($item,)*) {
            type Tangent = ($($item::Tangent,)*);

            #[inline]
            fn __zero(&self) -> Self::Tangent {
                ($(self.$index.__zero(),)*)
            }

            #[track_caller]
            fn __update(&mut self, tangent: &Self::Tangent, update: &mut dyn Update) {
                $(
                    update.enter(stringify!($index));
                    self.$index.__update(&tangent.$index, update);
                    update.leave();
                )*
            }

            fn __visit(&self, visitor: &mut dyn Visit) {
                $(
                    visitor.enter(stringify!($index));
                    self.$index.__visit(visitor);
                    visitor.leave();
                )*
            }
        }

        impl<$($item: Tangent),*> Tangent for ($($item,)*) {
            #[inline]
            fn __add(&mut self, other: &Self) {
                $(self.$index.__add(&other.$index);)*
            }

            #[inline]
            fn __map(&mut self, f: &mut dyn FnMut(f64) -> f64) {
                $(self.$index.__map(f);)*
            }

            #[inline]
            fn __scale(&mut self, factor: f64) {
                $(self.$index.__scale(factor);)*
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
