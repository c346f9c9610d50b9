//! Collections of samples that can be taken apart into batches and put together again.

use std::any::Any;

use ndarray::{Array, Axis, RemoveAxis};

/// Samples one after the other: the rows of an array, the items of a `Vec`, or a tuple of such
/// collections of equal length (several inputs for each sample).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no collection of samples that can be divided into batches",
    note = "inputs and targets are arrays, `Vec`s, or tuples of these, which the loss takes by reference: `y: &Vec<usize>`, not `y: &[usize]`"
)]
pub trait Batch: Sized {
    /// How many samples there are.
    ///
    /// # Panics
    ///
    /// Panics if the parts of a tuple do not have equally many.
    fn sample_count(&self) -> usize;

    /// The samples with these indices, in this order.
    ///
    /// # Panics
    ///
    /// Panics if an index is out of range.
    fn select_samples(&self, indices: &[usize]) -> Self;

    /// The samples of all parts, one part after the other. `None` if there are no parts.
    ///
    /// # Panics
    ///
    /// Panics if samples differ in shape between parts.
    fn concatenate_samples(parts: Vec<Self>) -> Option<Self>;

    /// The first sample that holds a number which is not finite; `None` if there is none, or if that is not known.
    fn first_not_finite(&self) -> Option<usize> {
        None
    }
}

/// Whether a number is infinite or NaN; other things are not.
fn not_finite<A: 'static>(item: &A) -> bool {
    let item: &dyn Any = item;
    item.downcast_ref::<f32>().is_some_and(|x| !x.is_finite())
        || item.downcast_ref::<f64>().is_some_and(|x| !x.is_finite())
}

impl<A: Clone + 'static, D: RemoveAxis> Batch for Array<A, D> {
    fn sample_count(&self) -> usize {
        self.len_of(Axis(0))
    }

    fn select_samples(&self, indices: &[usize]) -> Self {
        let mut shape = self.raw_dim();
        let width = self.len().checked_div(shape[0]).unwrap_or(0);
        let Some(items) = self.as_slice() else {
            return self.select(Axis(0), indices);
        };
        let mut selected = Vec::with_capacity(indices.len() * width);
        for &index in indices {
            selected.extend_from_slice(&items[index * width..(index + 1) * width]);
        }
        shape[0] = indices.len();
        Array::from_shape_vec(shape, selected).expect("as many items as the shape says")
    }

    #[track_caller]
    fn concatenate_samples(parts: Vec<Self>) -> Option<Self> {
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        if views.is_empty() {
            return None;
        }
        match ndarray::concatenate(Axis(0), &views) {
            Ok(whole) => Some(whole),
            Err(error) => panic!("the batches of a value do not fit together: {error}"),
        }
    }

    fn first_not_finite(&self) -> Option<usize> {
        self.axis_iter(Axis(0)).position(|sample| sample.iter().any(not_finite))
    }
}

impl<T: Clone + 'static> Batch for Vec<T> {
    fn sample_count(&self) -> usize {
        self.len()
    }

    fn select_samples(&self, indices: &[usize]) -> Self {
        indices.iter().map(|&index| self[index].clone()).collect()
    }

    fn concatenate_samples(parts: Vec<Self>) -> Option<Self> {
        (!parts.is_empty()).then(|| parts.concat())
    }

    fn first_not_finite(&self) -> Option<usize> {
        self.iter().position(not_finite)
    }
}

macro_rules! tuple {
    ($($part:ident $index:tt)*) => {
        impl<$($part: Batch),*> Batch for ($($part,)*) {
            #[track_caller]
            fn sample_count(&self) -> usize {
                let counts = [$(self.$index.sample_count()),*];
                assert!(
                    counts.iter().all(|count| *count == counts[0]),
                    "the parts of a batch have different numbers of samples: {counts:?}"
                );
                counts[0]
            }

            fn select_samples(&self, indices: &[usize]) -> Self {
                ($(self.$index.select_samples(indices),)*)
            }

            fn concatenate_samples(parts: Vec<Self>) -> Option<Self> {
                let mut separate = ($(Vec::<$part>::new(),)*);
                for part in parts {
                    $(separate.$index.push(part.$index);)*
                }
                Some(($($part::concatenate_samples(separate.$index)?,)*))
            }

            fn first_not_finite(&self) -> Option<usize> {
                [$(self.$index.first_not_finite()),*].into_iter().flatten().min()
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, Array3, array};

    use super::*;

    #[test]
    fn arrays_of_any_dimension_are_taken_apart_and_put_together() {
        let x = Array3::from_shape_fn((5, 2, 3), |(i, j, k)| 100 * i + 10 * j + k);
        let columns = x.view().permuted_axes([0, 2, 1]).to_owned();
        for x in [x, columns] {
            assert_eq!(x.select_samples(&[3, 0]), x.select(Axis(0), &[3, 0]));
            let parts = vec![x.select_samples(&[0, 1]), x.select_samples(&[2, 3, 4])];
            assert_eq!(Array3::concatenate_samples(parts), Some(x.clone()));
        }
        let empty = Array2::<f32>::zeros((0, 3));
        assert_eq!(empty.select_samples(&[]).dim(), (0, 3));
        assert_eq!(Array1::<f32>::concatenate_samples(vec![]), None);
    }

    #[test]
    fn tuples_are_batches_of_several_inputs() {
        let batch = (array![1.0, 2.0, 3.0], vec!['a', 'b', 'c']);
        assert_eq!(batch.sample_count(), 3);
        let selected = batch.select_samples(&[2, 0]);
        assert_eq!(selected, (array![3.0, 1.0], vec!['c', 'a']));
        let whole = Batch::concatenate_samples(vec![batch.select_samples(&[0, 1]), selected]);
        assert_eq!(whole, Some((array![1.0, 2.0, 3.0, 1.0], vec!['a', 'b', 'c', 'a'])));
    }

    #[test]
    fn numbers_that_are_not_finite_are_found() {
        let x = array![[1.0_f32, 2.0], [f32::NAN, 1.0]];
        assert_eq!(x.first_not_finite(), Some(1));
        assert_eq!((x, vec![f64::INFINITY, 1.0]).first_not_finite(), Some(0));
        assert_eq!(vec!['a'].first_not_finite(), None);
    }

    #[test]
    #[should_panic(expected = "different numbers of samples: [1, 2]")]
    fn parts_of_different_length_are_refused() {
        (vec![1], vec![1, 2]).sample_count();
    }
}
