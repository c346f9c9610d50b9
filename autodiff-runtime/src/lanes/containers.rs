//! Several tangents of constants and of containers: in the shape of what they belong to.

use super::Wide;

macro_rules! constants {
    ($($t:ty)*) => {$(
        impl Wide for $t {
            type Lanes<const W: usize> = ();
            #[inline]
            fn __lanes<const W: usize>(&self) {}
            #[inline]
            fn __put<const W: usize>((): &mut (), _: usize, (): &()) {}
            #[inline]
            fn __take<const W: usize>(&self, (): &(), _: usize) {}
        }
    )*};
}

constants!(() bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl<T: Wide, const N: usize> Wide for [T; N] {
    type Lanes<const W: usize> = [T::Lanes<W>; N];

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        core::array::from_fn(|i| self[i].__lanes())
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        lanes.iter_mut().zip(tangent).for_each(|(lanes, tangent)| T::__put(lanes, lane, tangent));
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        core::array::from_fn(|i| self[i].__take(&lanes[i], lane))
    }
}

impl<T: Wide> Wide for Option<T> {
    type Lanes<const W: usize> = Option<T::Lanes<W>>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        self.as_ref().map(T::__lanes)
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        if let (Some(lanes), Some(tangent)) = (lanes, tangent) {
            T::__put(lanes, lane, tangent);
        }
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        self.as_ref().zip(lanes.as_ref()).map(|(value, lanes)| value.__take(lanes, lane))
    }
}

impl<T: Wide, E> Wide for Result<T, E> {
    type Lanes<const W: usize> = Result<T::Lanes<W>, ()>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        self.as_ref().map(T::__lanes).map_err(|_| ())
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        if let (Ok(lanes), Ok(tangent)) = (lanes, tangent) {
            T::__put(lanes, lane, tangent);
        }
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        match (self, lanes) {
            (Ok(value), Ok(lanes)) => Ok(value.__take(lanes, lane)),
            _ => Err(()),
        }
    }
}

impl<T: Wide + ?Sized> Wide for &T {
    type Lanes<const W: usize> = T::Lanes<W>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        (**self).__lanes()
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        T::__put(lanes, lane, tangent);
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        (**self).__take(lanes, lane)
    }
}

#[cfg(feature = "std")]
impl<T: Wide> Wide for Box<T> {
    type Lanes<const W: usize> = Box<T::Lanes<W>>;

    #[inline]
    fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
        Box::new((**self).__lanes())
    }

    #[inline]
    fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
        T::__put(lanes, lane, tangent);
    }

    #[inline]
    fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
        Box::new((**self).__take(lanes, lane))
    }
}

#[cfg(feature = "std")]
macro_rules! sequences {
    ($($t:ty)*) => {$(
        impl<T: Wide> Wide for $t {
            type Lanes<const W: usize> = Vec<T::Lanes<W>>;

            #[inline]
            fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
                self.iter().map(T::__lanes).collect()
            }

            /// An empty tangent counts as zero.
            #[inline]
            fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
                assert!(
                    tangent.is_empty() || tangent.len() == lanes.len(),
                    "a tangent has {} elements, but what it belongs to has {}",
                    tangent.len(),
                    lanes.len()
                );
                lanes.iter_mut().zip(tangent).for_each(|(lanes, tangent)| T::__put(lanes, lane, tangent));
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
                self.iter().zip(lanes).map(|(value, lanes)| value.__take(lanes, lane)).collect()
            }
        }
    )*};
}

#[cfg(feature = "std")]
sequences!([T] Vec<T> Box<[T]>);

macro_rules! tuples {
    ($(($($item:ident $index:tt)*))*) => {$(
        impl<$($item: Wide),*> Wide for ($($item,)*) {
            type Lanes<const W: usize> = ($($item::Lanes<W>,)*);

            #[inline]
            fn __lanes<const W: usize>(&self) -> Self::Lanes<W> {
                ($(self.$index.__lanes(),)*)
            }

            #[inline]
            fn __put<const W: usize>(lanes: &mut Self::Lanes<W>, lane: usize, tangent: &Self::Tangent) {
                $($item::__put(&mut lanes.$index, lane, &tangent.$index);)*
            }

            #[inline]
            fn __take<const W: usize>(&self, lanes: &Self::Lanes<W>, lane: usize) -> Self::Tangent {
                ($(self.$index.__take(&lanes.$index, lane),)*)
            }
        }
    )*};
}

tuples!((A 0)(A 0 B 1)(A 0 B 1 C 2)(A 0 B 1 C 2 D 3)(A 0 B 1 C 2 D 3 E 4)(A 0 B 1 C 2 D 3 E 4 F 5));
