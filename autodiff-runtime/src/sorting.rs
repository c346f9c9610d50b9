//! Orders: how generated code sorts and rotates values together with their tangents.
//!
//! In: the elements of a slice, or only their number. Out: an order, whose k-th entry is the index of the
//! element that goes to k. Applied to values and tangents alike it is what `sort_by` does to the values;
//! applied inversely it undoes that.

use core::cmp::Ordering;

/// The order that sorts a slice by a comparison; equal elements stay as they are.
pub fn order_by<T>(values: &[T], mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| compare(&values[i], &values[j]));
    order
}

/// References to items that are copies of what was referred to, for code that is written for references.
pub fn referring<'a, T, R>(copies: &'a [T], again: impl FnMut(&'a T) -> R) -> Vec<R> {
    copies.iter().map(again).collect()
}

/// The order that sorts a slice by a key.
pub fn order_by_key<T, K: Ord>(values: &[T], mut key: impl FnMut(&T) -> K) -> Vec<usize> {
    order_by(values, |a, b| key(a).cmp(&key(b)))
}

/// The order that sorts a slice.
pub fn order<T: Ord>(values: &[T]) -> Vec<usize> {
    order_by(values, Ord::cmp)
}

/// The order in which the element that sorting would bring to `at` stands there, behind those that are not greater and before
/// those that are not less: what `select_nth_unstable_by` does.
///
/// # Panics
///
/// If there is no such element.
pub fn order_around_by<T>(values: &[T], at: usize, mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.select_nth_unstable_by(at, |&i, &j| compare(&values[i], &values[j]));
    order
}

/// The same by a key.
///
/// # Panics
///
/// If there is no such element.
pub fn order_around_by_key<T, K: Ord>(values: &[T], at: usize, mut key: impl FnMut(&T) -> K) -> Vec<usize> {
    order_around_by(values, at, |a, b| key(a).cmp(&key(b)))
}

/// The same of elements that have an order.
///
/// # Panics
///
/// If there is no such element.
pub fn order_around<T: Ord>(values: &[T], at: usize) -> Vec<usize> {
    order_around_by(values, at, Ord::cmp)
}

/// The order that moves the first `k` of `n` elements to the end.
///
/// # Panics
///
/// If there are fewer than `k`.
pub fn order_rotated_left(n: usize, k: usize) -> Vec<usize> {
    assert!(k <= n, "a rotation of {n} elements by {k}");
    (k..n).chain(0..k).collect()
}

/// The order that moves the last `k` of `n` elements to the beginning.
///
/// # Panics
///
/// If there are fewer than `k`.
pub fn order_rotated_right(n: usize, k: usize) -> Vec<usize> {
    assert!(k <= n, "a rotation of {n} elements by {k}");
    order_rotated_left(n, n - k)
}

/// Brings element `order[k]` to k, for every k. An empty slice, which is a zero tangent, stays empty.
pub fn permute<T>(values: &mut [T], order: &[usize]) {
    if values.is_empty() {
        return;
    }
    let mut place: Vec<usize> = vec![0; order.len()];
    for (k, &from) in order.iter().enumerate() {
        place[from] = k;
    }
    exchange(values, &mut place);
}

/// Undoes [`permute`].
pub fn unpermute<T>(values: &mut [T], order: &[usize]) {
    if values.is_empty() {
        return;
    }
    exchange(values, &mut order.to_vec());
}

/// Brings element i to `place[i]`, by swaps along the cycles.
fn exchange<T>(values: &mut [T], place: &mut [usize]) {
    for i in 0..place.len() {
        while place[i] != i {
            let target = place[i];
            values.swap(i, target);
            place.swap(i, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_sort_and_undo() {
        let before = vec![3, 1, 2, 1, 5, 0];
        let order = order(&before);
        let mut after = before.clone();
        permute(&mut after, &order);
        assert_eq!(after, [0, 1, 1, 2, 3, 5]);
        unpermute(&mut after, &order);
        assert_eq!(after, before);
    }

    #[test]
    fn rotations_are_those_of_slices() {
        for k in 0..=4 {
            let mut left = [1, 2, 3, 4];
            let mut expected = left;
            permute(&mut left, &order_rotated_left(4, k));
            expected.rotate_left(k);
            assert_eq!(left, expected);
            permute(&mut left, &order_rotated_right(4, k));
            expected.rotate_right(k);
            assert_eq!(left, expected);
        }
    }
}
