//! What holds a value or none: `Option` and `Result`, for generated code that does not know which of
//! the two it deals with.

/// An `Option` or a `Result`.
#[diagnostic::on_unimplemented(
    message = "a method of `Option` or `Result` is called on `{Self}` in a differentiated function",
    label = "this is neither an `Option` nor a `Result`",
    note = "a method of a type of your own needs a receiver whose type is written out: `let x: {Self} = …;`"
)]
pub trait Fallible {
    /// What it holds.
    type Content;
    /// The same with another content.
    type With<U>;
    /// The tangent of that, where `U` is a tangent.
    type Tangent<U>;
    /// Whether there is a value.
    fn is_good(&self) -> bool;
    /// The value, which must be there.
    fn content(&self) -> &Self::Content;
    /// The value, which must be there.
    fn content_mut(&mut self) -> &mut Self::Content;
    /// Another value in the same container.
    fn wrap<U>(value: U) -> Self::With<U>;
    /// A tangent in the container's tangent.
    fn wrap_tangent<U>(value: U) -> Self::Tangent<U>;
    /// The container without a value.
    fn failed<U>(self) -> Self::With<U>;
}

impl<T> Fallible for Option<T> {
    type Content = T;
    type With<U> = Option<U>;
    type Tangent<U> = Option<U>;
    #[inline]
    fn is_good(&self) -> bool {
        self.is_some()
    }
    #[inline]
    fn content(&self) -> &T {
        self.as_ref().expect("the forward sweep has found a value")
    }
    #[inline]
    fn content_mut(&mut self) -> &mut T {
        self.as_mut().expect("the forward sweep has found a value")
    }
    #[inline]
    fn wrap<U>(value: U) -> Option<U> {
        Some(value)
    }
    #[inline]
    fn wrap_tangent<U>(value: U) -> Option<U> {
        Some(value)
    }
    #[inline]
    fn failed<U>(self) -> Option<U> {
        None
    }
}

impl<T, E> Fallible for Result<T, E> {
    type Content = T;
    type With<U> = Result<U, E>;
    type Tangent<U> = Result<U, ()>;
    #[inline]
    fn is_good(&self) -> bool {
        self.is_ok()
    }
    #[inline]
    fn content(&self) -> &T {
        self.as_ref().ok().expect("the forward sweep has found a value")
    }
    #[inline]
    fn content_mut(&mut self) -> &mut T {
        self.as_mut().ok().expect("the forward sweep has found a value")
    }
    #[inline]
    fn wrap<U>(value: U) -> Result<U, E> {
        Ok(value)
    }
    #[inline]
    fn wrap_tangent<U>(value: U) -> Result<U, ()> {
        Ok(value)
    }
    #[inline]
    fn failed<U>(self) -> Result<U, E> {
        match self {
            Ok(_) => unreachable!("the forward sweep has found no value"),
            Err(error) => Err(error),
        }
    }
}

/// Whether there is a value.
#[inline]
pub fn is_good<F: Fallible>(container: &F) -> bool {
    container.is_good()
}

/// The value, which must be there.
#[inline]
pub fn content<F: Fallible>(container: &F) -> &F::Content {
    container.content()
}

/// The value, which must be there.
#[inline]
pub fn content_mut<F: Fallible>(container: &mut F) -> &mut F::Content {
    container.content_mut()
}

/// A value in a container like another.
#[inline]
pub fn wrap<F: Fallible, U>(_: &F, value: U) -> F::With<U> {
    F::wrap(value)
}

/// A tangent in the tangent of a container like another.
#[inline]
pub fn wrap_tangent<F: Fallible, U>(_: &F, tangent: U) -> F::Tangent<U> {
    F::wrap_tangent(tangent)
}

/// A container without a value.
#[inline]
pub fn failed<F: Fallible, U>(container: F) -> F::With<U> {
    container.failed()
}

/// The default of what a container holds.
#[inline]
pub fn default_content<F: Fallible<Content: Default>>(_: &F) -> F::Content {
    F::Content::default()
}
