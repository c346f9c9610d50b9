//! References to copies: what a call is handed where generated code holds copies of what references refer to.

/// A reference, or a tuple with references in it, that is made of its copy.
pub trait Referred<'a, C: ?Sized> {
    /// What refers to the copy.
    fn referred(copy: &'a C) -> Self;
}

impl<'a, T> Referred<'a, T> for &'a T {
    #[inline]
    fn referred(copy: &'a T) -> Self {
        copy
    }
}

impl<'a, T> Referred<'a, Vec<T>> for &'a [T] {
    #[inline]
    fn referred(copy: &'a Vec<T>) -> Self {
        copy
    }
}

impl<'a, T, const N: usize> Referred<'a, [T; N]> for &'a [T] {
    #[inline]
    fn referred(copy: &'a [T; N]) -> Self {
        copy
    }
}

impl<'a> Referred<'a, String> for &'a str {
    #[inline]
    fn referred(copy: &'a String) -> Self {
        copy
    }
}

macro_rules! by_value {
    ($($t:ty)*) => {$(
        impl Referred<'_, $t> for $t {
            #[inline]
            fn referred(copy: &Self) -> Self {
                *copy
            }
        }
    )*};
}

by_value!(f32 f64 bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl<'a, A: Referred<'a, C>, B: Referred<'a, D>, C, D> Referred<'a, (C, D)> for (A, B) {
    #[inline]
    fn referred((c, d): &'a (C, D)) -> Self {
        (A::referred(c), B::referred(d))
    }
}

/// References to the copies.
pub fn referred<'a, C, R: Referred<'a, C>>(copies: &'a [C]) -> Vec<R> {
    copies.iter().map(R::referred).collect()
}
