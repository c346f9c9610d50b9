//! Tapes and slices, as generated code uses them: a tape is a `Vec` that the forward sweep writes and the backward sweep
//! reads from the end.

#[cfg(feature = "std")]
use core::ops::Range;

/// How many elements a range has.
#[inline]
pub fn iterations<I: Iterator>(range: I) -> usize {
    range.size_hint().0
}

/// The elements of `range.step_by(step)` from the last to the first, whatever integers they are.
#[inline]
pub fn backward<I: DoubleEndedIterator + Clone>(mut range: I, step: usize) -> core::iter::StepBy<core::iter::Rev<I>> {
    let beyond = range.clone().count().saturating_sub(1) % step;
    if beyond > 0 {
        range.nth_back(beyond - 1);
    }
    range.rev().step_by(step)
}

/// The size in bytes from which a tape is worth keeping the memory of for the next one.
#[cfg(feature = "std")]
const LONG: usize = 64 << 10;

/// An empty tape with room for so many entries.
#[cfg(feature = "std")]
#[inline]
#[must_use]
pub fn room<T>(entries: usize) -> Vec<T> {
    if entries.saturating_mul(size_of::<T>()) > LONG {
        crate::memory::keep_freed();
    }
    Vec::with_capacity(entries)
}

/// The last entries of a tape, one for each element of a range.
///
/// # Panics
///
/// If the tape has fewer.
#[cfg(feature = "std")]
#[inline]
pub fn last<T, I: Iterator>(tape: &mut Vec<T>, range: I) -> std::vec::Drain<'_, T> {
    let start = tape.len() - range.size_hint().0;
    tape.drain(start..)
}

/// Makes a vector one of `len` equal elements, in the memory that it has.
#[cfg(feature = "std")]
#[inline]
pub fn refill<T: Clone>(vector: &mut Vec<T>, value: T, len: usize) {
    vector.clear();
    vector.resize(len, value);
}

/// Makes a vector hold at least `len` elements: `value` where it has none.
#[cfg(feature = "std")]
#[inline]
pub fn at_least<T: Clone>(vector: &mut Vec<T>, value: T, len: usize) {
    if vector.len() < len {
        vector.resize(len, value);
    }
}

/// A condition that holds seldom: what happens then is a branch, not a choice of values in each iteration.
#[inline]
#[must_use]
pub fn seldom(condition: bool) -> bool {
    #[cold]
    #[inline]
    fn cold() {}
    if condition {
        cold();
    }
    condition
}

/// Puts a part of a slice on a tape.
///
/// # Panics
///
/// If the range is out of bounds, unless it is empty.
#[cfg(feature = "std")]
#[inline]
pub fn save_slice<T: Copy>(tape: &mut Vec<T>, values: &[T], range: Range<usize>) {
    if range.start < range.end {
        if tape.capacity() - tape.len() < range.len() && tape.len() * size_of::<T>() > LONG {
            crate::memory::keep_freed();
        }
        tape.extend_from_slice(&values[range]);
    }
}

/// Takes a part of a slice from the end of a tape, where [`save_slice`] has put it.
///
/// # Panics
///
/// If the range is out of bounds, unless it is empty.
#[cfg(feature = "std")]
#[inline]
pub fn restore_slice<T: Copy>(tape: &mut Vec<T>, values: &mut [T], range: Range<usize>) {
    if range.start < range.end {
        let start = tape.len() - range.len();
        values[range].copy_from_slice(&tape[start..]);
        tape.truncate(start);
    }
}

/// The last elements of what is left of a tape, where [`save_slice`] has put them.
///
/// # Panics
///
/// If there are fewer.
#[inline]
#[must_use]
pub fn taken<'a, T>(rest: &mut &'a [T], len: usize) -> &'a [T] {
    let (before, taken) = rest.split_at(rest.len() - len);
    *rest = before;
    taken
}

/// A reference to elements that lie on a tape, as a function takes it.
#[cfg(feature = "std")]
pub trait Lent<'a, T> {
    /// The elements, or a copy in an empty vector.
    fn lent(taken: &'a [T], vector: &'a mut Vec<T>) -> Self;
}

#[cfg(feature = "std")]
impl<'a, T> Lent<'a, T> for &'a [T] {
    #[inline]
    fn lent(taken: &'a [T], _: &'a mut Vec<T>) -> Self {
        taken
    }
}

#[cfg(feature = "std")]
impl<'a, T: Copy> Lent<'a, T> for &'a Vec<T> {
    #[inline]
    fn lent(taken: &'a [T], vector: &'a mut Vec<T>) -> Self {
        vector.extend_from_slice(taken);
        vector
    }
}

/// Elements that lie on a tape: as the slice that they are, for what takes a slice; in an empty vector, for what takes a vector.
#[cfg(feature = "std")]
#[inline]
pub fn lend<'a, T, L: Lent<'a, T>>(taken: &'a [T], vector: &'a mut Vec<T>) -> L {
    L::lent(taken, vector)
}

/// `len` elements of a slice from `start` on, for a loop with as many iterations: if there are none, neither need `start` be there.
///
/// # Panics
///
/// If one of them is not there.
#[inline]
#[must_use]
pub fn window<T>(slice: &[T], start: usize, len: usize) -> &[T] {
    if len > 0 { &slice[start..][..len] } else { &[] }
}

/// [`window`], to be written to.
///
/// # Panics
///
/// If one of the elements is not there.
#[inline]
pub fn window_mut<T>(slice: &mut [T], start: usize, len: usize) -> &mut [T] {
    if len > 0 { &mut slice[start..][..len] } else { &mut [] }
}

/// The elements of a slice by fours, and those that are left.
#[inline]
#[must_use]
pub fn quads<T>(slice: &[T]) -> (&[[T; 4]], &[T]) {
    slice.as_chunks()
}

/// [`quads`], to be written to.
#[inline]
pub fn quads_mut<T>(slice: &mut [T]) -> (&mut [[T; 4]], &mut [T]) {
    slice.as_chunks_mut()
}
