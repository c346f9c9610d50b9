//! Items of tangents of sequences that come, go and change places: a field marked `#[constant]`, or one of integers, has the
//! tangent `()`, in which there are none.

/// A tangent whose items can be exchanged.
pub trait SwapItems<I> {
    /// Exchanges two items.
    fn swap_items(&mut self, i: I, j: I);
}

impl<I> SwapItems<I> for () {
    #[inline]
    fn swap_items(&mut self, _: I, _: I) {}
}

/// A tangent with items in a row.
pub trait Row {
    /// The tangent of an item.
    type Item;
    /// The items.
    fn row(&mut self) -> &mut [Self::Item];
}

impl Row for () {
    type Item = ();
    #[inline]
    fn row(&mut self) -> &mut [()] {
        &mut []
    }
}

macro_rules! in_a_row {
    ($([$($generics:tt)*] $t:ty;)*) => {$(
        impl<$($generics)*> SwapItems<usize> for $t {
            #[inline]
            #[track_caller]
            fn swap_items(&mut self, i: usize, j: usize) {
                self.swap(i, j);
            }
        }

        impl<$($generics)*> Row for $t {
            type Item = T;
            #[inline]
            fn row(&mut self) -> &mut [T] {
                self
            }
        }
    )*};
}

in_a_row!([T] [T]; [T, const N: usize] [T; N];);
#[cfg(feature = "std")]
in_a_row!([T] Vec<T>; [T] Box<[T]>;);

#[cfg(feature = "std")]
impl<T, D: ndarray::Dimension, I: ndarray::NdIndex<D>> SwapItems<I> for ndarray::Array<T, D> {
    #[inline]
    #[track_caller]
    fn swap_items(&mut self, i: I, j: I) {
        self.swap(i, j);
    }
}

#[cfg(feature = "std")]
impl<T, D: ndarray::Dimension, I: ndarray::NdIndex<D>> SwapItems<I> for ndarray::ArrayRef<T, D> {
    #[inline]
    #[track_caller]
    fn swap_items(&mut self, i: I, j: I) {
        self.swap(i, j);
    }
}

/// A tangent to whose items one with the tangent `V` is added.
pub trait PushItem<V> {
    /// Adds the item.
    fn push_item(&mut self, item: V);
}

/// A tangent whose last item is taken away.
pub trait PopItem {
    /// The tangent of an item.
    type Item;
    /// Takes the item away.
    fn pop_item(&mut self) -> Option<Self::Item>;
}

impl<V> PushItem<V> for () {
    #[inline]
    fn push_item(&mut self, _: V) {}
}

impl PopItem for () {
    type Item = ();
    #[inline]
    fn pop_item(&mut self) -> Option<()> {
        Some(())
    }
}

#[cfg(feature = "std")]
impl<T> PushItem<T> for Vec<T> {
    #[inline]
    fn push_item(&mut self, item: T) {
        self.push(item);
    }
}

#[cfg(feature = "std")]
impl<T> PopItem for Vec<T> {
    type Item = T;
    #[inline]
    fn pop_item(&mut self) -> Option<T> {
        self.pop()
    }
}

/// Two tangents that can be exchanged: those of a type.
#[diagnostic::on_unimplemented(
    message = "`mem::swap` exchanges what has a derivative with a field marked `#[constant]`, which has none",
    label = "write `let old = std::mem::replace(&mut self.field, value); value = old;`"
)]
pub trait Exchange {
    /// Exchanges them.
    fn exchange(self);
}

impl<U> Exchange for (&mut U, &mut U) {
    #[inline]
    fn exchange(self) {
        core::mem::swap(self.0, self.1);
    }
}

/// Exchanges two tangents.
#[inline]
pub fn exchange<T: Exchange>(both: T) {
    both.exchange();
}

/// Exchanges two items of a tangent.
#[inline]
#[track_caller]
pub fn swap_items<P: SwapItems<I> + ?Sized, I>(of: &mut P, i: I, j: I) {
    of.swap_items(i, j);
}

/// The items of a tangent.
#[inline]
pub fn row<P: Row + ?Sized>(of: &mut P) -> &mut [P::Item] {
    of.row()
}

/// Adds an item to a tangent.
#[inline]
pub fn push_item<P: PushItem<V>, V>(to: &mut P, item: V) {
    to.push_item(item);
}

/// Takes the last item away from a tangent.
#[inline]
pub fn pop_item<P: PopItem>(from: &mut P) -> Option<P::Item> {
    from.pop_item()
}
