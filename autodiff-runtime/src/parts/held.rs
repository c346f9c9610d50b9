//! What options and results hold, in tangents: a field marked `#[constant]` has the tangent `()`, which holds the same.

/// A tangent that holds another.
pub trait Held {
    /// The type of what is held.
    type Of;
    /// What is held, to be read.
    fn held(&self) -> &Self::Of;
    /// What is held, to be changed.
    fn held_mut(&mut self) -> &mut Self::Of;
}

/// A tangent has the variant of its value.
const ANOTHER: &str = "a tangent has the variant of its value";

impl<T> Held for Option<T> {
    type Of = T;
    #[inline]
    fn held(&self) -> &T {
        self.as_ref().expect(ANOTHER)
    }
    #[inline]
    fn held_mut(&mut self) -> &mut T {
        self.as_mut().expect(ANOTHER)
    }
}

impl<T> Held for Result<T, ()> {
    type Of = T;
    #[inline]
    fn held(&self) -> &T {
        self.as_ref().expect(ANOTHER)
    }
    #[inline]
    fn held_mut(&mut self) -> &mut T {
        self.as_mut().expect(ANOTHER)
    }
}

impl Held for () {
    type Of = ();
    #[inline]
    fn held(&self) -> &() {
        self
    }
    #[inline]
    fn held_mut(&mut self) -> &mut () {
        self
    }
}

/// What a tangent holds.
#[inline]
#[track_caller]
pub fn held<T: Held>(of: &T) -> &T::Of {
    of.held()
}

/// What a tangent holds, to be changed.
#[inline]
#[track_caller]
pub fn held_mut<T: Held>(of: &mut T) -> &mut T::Of {
    of.held_mut()
}
