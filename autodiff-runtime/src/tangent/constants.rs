//! Types whose values cannot vary smoothly: their tangent is `()`, and they have no leaves.

use core::marker::PhantomData;

use super::{Differentiable, Tangent, Update, Visit};

/// The three methods of a type without leaves.
macro_rules! no_leaves {
    () => {
        type Tangent = ();

        #[inline]
        fn __zero(&self) {}

        #[inline]
        fn __update(&mut self, (): &(), _: &mut dyn Update) {}

        #[inline]
        fn __visit(&self, _: &mut dyn Visit) {}
    };
}

/// What keeps a slice of constants from being walked.
macro_rules! no_leaves_in_slices {
    () => {
        #[inline]
        fn __update_slice(_: &mut [Self], _: &[()], _: &mut dyn Update) {}

        #[inline]
        fn __update_iter(
            _: &mut dyn ExactSizeIterator<Item = &mut Self>,
            _: &mut dyn ExactSizeIterator<Item = &()>,
            _: &mut dyn Update,
        ) {
        }

        #[inline]
        fn __visit_slice(_: &[usize], _: &[Self], _: &mut dyn Visit) {}

        #[inline]
        fn __visit_iter(_: &[usize], _: &mut dyn Iterator<Item = &Self>, _: &mut dyn Visit) {}
    };
}

macro_rules! constants {
    ($($constant:ty),* $(,)?) => {$(
        impl Differentiable for $constant {
            no_leaves!();
            no_leaves_in_slices!();
        }
    )*};
}

#[cfg(feature = "std")]
constants!(String);
constants!((), bool, char, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize,);

impl Differentiable for str {
    no_leaves!();
}

impl<T: ?Sized> Differentiable for PhantomData<T> {
    no_leaves!();
    no_leaves_in_slices!();
}

macro_rules! functions {
    ($($argument:ident)*) => {
        impl<$($argument,)* Output> Differentiable for fn($($argument),*) -> Output {
            no_leaves!();
            no_leaves_in_slices!();
        }
    };
}

functions!();
functions!(A);
functions!(A B);
functions!(A B C);
functions!(A B C D);
functions!(A B C D E);
functions!(A B C D E F);
functions!(A B C D E F G);
functions!(A B C D E F G H);

impl Tangent for () {
    #[inline]
    fn __add(&mut self, (): &()) {}

    #[inline]
    fn __map(&mut self, _: &mut dyn FnMut(f64) -> f64) {}
}
