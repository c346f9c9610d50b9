//! Containers by the numbers of their elements, where generated code does not know what kind of container it has.

/// A container whose elements have an order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no elements that differentiated code can take one by one",
    note = "of a `Table`, such as the weights of an `Embedding`, `array()` is the whole matrix, `row(i)` one row and `lookup(&indices)` several",
    note = "an iterator of your own is advanced by `while let Some(item) = it.next()`, where `#[differentiable]` stands on its `impl Iterator`; a map or a set without derivative gets a name that is declared with its type"
)]
pub trait Items {
    /// An element.
    type Item;

    /// The element with a number.
    fn item(&self, number: usize) -> &Self::Item;

    /// How many elements there are: an option has one or none.
    fn how_many(&self) -> usize;
}

/// How many elements a container holds.
#[inline]
pub fn how_many<C: Items + ?Sized>(container: &C) -> usize {
    container.how_many()
}

/// Changes what a call lends.
#[inline]
pub fn change<T>(lent: T, by: impl FnOnce(T)) {
    by(lent);
}

/// An item of an iterator without any.
pub fn no_item<T>(_: core::iter::Empty<T>) -> T {
    unreachable!("there are no items")
}

/// What a map or a set holds, of which differentiated code takes copies.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be copied, as differentiated code does with what a map or a set holds: no tape can hold a reference into one",
    label = "a copy of what the map or the set holds is taken here",
    note = "derive `Clone` for it; or keep the values in a `Vec`, and their indices in the map"
)]
pub trait Copied: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Copied for T {}

/// A copy of what a map gives for a key.
pub fn copied<T: Copied>(of: Option<&T>) -> Option<T> {
    of.cloned()
}

/// A copy of an entry that a map gives.
pub fn copied_entry<K: Copied, V: Copied>(of: Option<(&K, &V)>) -> Option<(K, V)> {
    of.map(|(k, v)| (k.clone(), v.clone()))
}

/// Copies of the entries of a map.
#[cfg(feature = "std")]
pub fn entries<'a, K: Copied + 'a, V: Copied + 'a>(of: impl Iterator<Item = (&'a K, &'a V)>) -> Vec<(K, V)> {
    of.map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Copies of the keys or the values of a map, or of the elements of a set.
#[cfg(feature = "std")]
pub fn copies<'a, T: Copied + 'a>(of: impl Iterator<Item = &'a T>) -> Vec<T> {
    of.cloned().collect()
}

/// Where the parts begin and end that a slice is cut into, with so many elements left out after each.
#[cfg(feature = "std")]
pub fn bounds<'a, T: 'a>(parts: impl Iterator<Item = &'a [T]>, between: usize) -> Vec<(usize, usize)> {
    parts
        .scan(0, |next, part| {
            let begin = *next;
            *next = begin + part.len() + between;
            Some((begin, begin + part.len()))
        })
        .collect()
}

impl<T> Items for Option<T> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn item(&self, _: usize) -> &T {
        self.as_ref().expect("an option without a value has no elements")
    }

    #[inline]
    fn how_many(&self) -> usize {
        usize::from(self.is_some())
    }
}

impl<T, E> Items for Result<T, E> {
    type Item = T;

    #[inline]
    #[track_caller]
    fn item(&self, _: usize) -> &T {
        self.as_ref().ok().expect("an error has no elements")
    }

    #[inline]
    fn how_many(&self) -> usize {
        usize::from(self.is_ok())
    }
}

impl<T, E> ItemsMut for Result<T, E> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, _: usize) -> &mut T {
        self.as_mut().ok().expect("an error has no elements")
    }
}

/// A container whose items are replaced one by one, as `map` does it.
#[diagnostic::on_unimplemented(
    message = "`map` is called on `{Self}` in a differentiated function, which takes it for a method of an array or an `Option`",
    label = "this is neither an array nor an `Option`",
    note = "a method of a type of your own needs a receiver whose type is written out: `let x: {Self} = …;`"
)]
pub trait Mapped {
    /// What makes such a container of its items.
    type Shape;

    /// That of this container.
    fn shape(&self) -> Self::Shape;
}

/// What makes a container like another one of its items.
#[inline]
pub fn shape_of<C: Mapped>(container: &C) -> C::Shape {
    container.shape()
}

impl<T, const N: usize> Mapped for [T; N] {
    type Shape = crate::__private::Shape<N>;

    #[inline]
    fn shape(&self) -> Self::Shape {
        Self::Shape::new()
    }
}

impl<T> Mapped for Option<T> {
    type Shape = Optional;

    #[inline]
    fn shape(&self) -> Optional {
        Optional
    }
}

/// What makes an option of one item or none.
#[derive(Clone, Copy, Debug)]
pub struct Optional;

impl Optional {
    /// The option.
    #[inline]
    pub fn array<T: Clone>(self, items: &[T]) -> Option<T> {
        items.first().cloned()
    }
}

/// The sum of no items.
#[inline]
pub fn empty_sum<T: core::iter::Sum>() -> T {
    core::iter::empty::<T>().sum()
}

/// The product of no items.
#[inline]
pub fn empty_product<T: core::iter::Product>() -> T {
    core::iter::empty::<T>().product()
}

impl<T> ItemsMut for Option<T> {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, _: usize) -> &mut T {
        self.as_mut().expect("an option without a value has no elements")
    }
}

/// A container whose elements have an order and can be changed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no elements that differentiated code can take one by one",
    note = "of a `Table`, such as the weights of an `Embedding`, `array()` is the whole matrix, `row(i)` one row and `lookup(&indices)` several",
    note = "an iterator of your own is advanced by `while let Some(item) = it.next()`, where `#[differentiable]` stands on its `impl Iterator`; a map or a set without derivative gets a name that is declared with its type"
)]
pub trait ItemsMut: Items {
    /// The element with a number.
    fn item_mut(&mut self, number: usize) -> &mut Self::Item;
}

/// The tangent of a constant has no elements; each stands for the tangent of one.
impl Items for () {
    type Item = ();

    #[inline]
    fn item(&self, _: usize) -> &() {
        self
    }

    #[inline]
    fn how_many(&self) -> usize {
        0
    }
}

impl ItemsMut for () {
    #[inline]
    fn item_mut(&mut self, _: usize) -> &mut () {
        self
    }
}

impl<T> Items for [T] {
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

impl<T> ItemsMut for [T] {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut T {
        &mut self[number]
    }
}

impl<T, const N: usize> Items for [T; N] {
    type Item = T;

    #[inline]
    #[track_caller]
    fn item(&self, number: usize) -> &T {
        &self[number]
    }

    #[inline]
    fn how_many(&self) -> usize {
        N
    }
}

impl<T, const N: usize> ItemsMut for [T; N] {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut T {
        &mut self[number]
    }
}

impl<C: Items + ?Sized> Items for &C {
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

impl<C: Items + ?Sized> Items for &mut C {
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

impl<C: ItemsMut + ?Sized> ItemsMut for &mut C {
    #[inline]
    #[track_caller]
    fn item_mut(&mut self, number: usize) -> &mut C::Item {
        (**self).item_mut(number)
    }
}

/// The element of a container with a number.
#[inline]
#[track_caller]
pub fn item<C: Items + ?Sized>(container: &C, number: usize) -> &C::Item {
    container.item(number)
}

/// The element of a container with a number, to be changed.
#[inline]
#[track_caller]
pub fn item_mut<C: ItemsMut + ?Sized>(container: &mut C, number: usize) -> &mut C::Item {
    container.item_mut(number)
}
