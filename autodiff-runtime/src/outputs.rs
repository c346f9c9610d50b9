//! The last contents of `&mut` arguments that callers do not give back on the way back.

/// What can be kept and put back later.
pub trait Contents {
    /// A copy.
    type Last: PutBack<Self>;

    /// Copies the contents.
    fn last(&self) -> Self::Last;
}

/// A copy that can be put back.
pub trait PutBack<T: ?Sized> {
    /// Makes `target` what it was.
    fn put_back(self, target: &mut T);
}

impl<T: Clone> Contents for T {
    type Last = T;

    #[inline]
    fn last(&self) -> T {
        self.clone()
    }
}

impl<T: Clone> PutBack<T> for T {
    #[inline]
    fn put_back(self, target: &mut T) {
        *target = self;
    }
}

impl<T: Clone> Contents for [T] {
    type Last = std::vec::Vec<T>;

    #[inline]
    fn last(&self) -> std::vec::Vec<T> {
        self.to_vec()
    }
}

impl<T: Clone> PutBack<[T]> for std::vec::Vec<T> {
    #[inline]
    fn put_back(self, target: &mut [T]) {
        target.clone_from_slice(&self);
    }
}

/// An argument whose contents are kept if they can be.
pub struct Held<'a, T: ?Sized>(pub &'a T);

impl<T: Contents + ?Sized> Held<'_, T> {
    /// A copy of the contents.
    #[inline]
    pub fn last(&self) -> T::Last {
        self.0.last()
    }
}

/// Stands for the copy of what cannot be copied. Nobody needs it: callers make outputs of floats and vectors of floats.
pub struct Untold;

/// Found where [`Held::last`] is not.
pub trait HeldOtherwise {
    /// No copy.
    fn last(&self) -> Untold;
}

impl<T: ?Sized> HeldOtherwise for Held<'_, T> {
    #[inline]
    fn last(&self) -> Untold {
        Untold
    }
}

impl<T: ?Sized> PutBack<T> for Untold {
    fn put_back(self, _: &mut T) {
        unreachable!("an argument that cannot be copied is an output of floats");
    }
}

/// `Clone`, as a bound that is checked where a function is called.
pub trait Cloned<'a>: Clone {}

impl<T: Clone> Cloned<'_> for T {}

#[cfg(test)]
mod tests {
    use super::{Held, HeldOtherwise as _, PutBack as _};

    #[test]
    fn slices_and_values_are_put_back() {
        let mut v = vec![1.0, 2.0];
        let last = Held(&v[..]).last();
        v[1] = 5.0;
        last.put_back(&mut v[..]);
        assert_eq!(v, [1.0, 2.0]);
        let last = Held(&v).last();
        v.push(3.0);
        last.put_back(&mut v);
        assert_eq!(v, [1.0, 2.0]);
    }

    #[test]
    fn what_cannot_be_copied_is_left() {
        struct Unique;
        let _untold: super::Untold = Held(&Unique).last();
    }
}
