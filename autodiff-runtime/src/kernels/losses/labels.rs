//! Integer labels, in the containers in which programs have them.

use ndarray::{Array1, ArrayRef, Ix1};

/// One class for each row of a batch: a slice, a `Vec` or a one-dimensional array of integers.
///
/// Labels are constants: they have no derivative.
pub trait Labels {
    /// How many labels there are.
    fn count(&self) -> usize;

    /// The class of row `row`; `None` if it is negative.
    fn class(&self, row: usize) -> Option<usize>;
}

macro_rules! labels {
    ($($integer:ty)*) => {$(
        impl Labels for [$integer] {
            fn count(&self) -> usize {
                self.len()
            }

            fn class(&self, row: usize) -> Option<usize> {
                usize::try_from(self[row]).ok()
            }
        }

        impl Labels for ArrayRef<$integer, Ix1> {
            fn count(&self) -> usize {
                self.len()
            }

            fn class(&self, row: usize) -> Option<usize> {
                usize::try_from(self[row]).ok()
            }
        }
    )*};
}

labels!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl<T> Labels for Vec<T>
where
    [T]: Labels,
{
    fn count(&self) -> usize {
        self.as_slice().count()
    }

    fn class(&self, row: usize) -> Option<usize> {
        self.as_slice().class(row)
    }
}

impl<T, const N: usize> Labels for [T; N]
where
    [T]: Labels,
{
    fn count(&self) -> usize {
        self.as_slice().count()
    }

    fn class(&self, row: usize) -> Option<usize> {
        self.as_slice().class(row)
    }
}

impl<A> Labels for Array1<A>
where
    ArrayRef<A, Ix1>: Labels,
{
    fn count(&self) -> usize {
        (**self).count()
    }

    fn class(&self, row: usize) -> Option<usize> {
        (**self).class(row)
    }
}

impl<L: Labels + ?Sized> Labels for &L {
    fn count(&self) -> usize {
        (**self).count()
    }

    fn class(&self, row: usize) -> Option<usize> {
        (**self).class(row)
    }
}
