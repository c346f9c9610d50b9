//! The numbers of a model, to go back to.

use crate::Differentiable;
use crate::tangent::{Update, Visit};

/// Numbers of one precision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Everything that training changes in a model: its parameters, its statistics, and how far the random numbers of its
/// layers have come.
///
/// ```
/// use autodiff_runtime::prelude::*;
/// use autodiff_runtime::training::Snapshot;
///
/// let mut model = array![1.0, 2.0];
/// let snapshot = Snapshot::of(&model);
/// model[1] = 7.0;
/// snapshot.restore(&mut model);
/// assert_eq!(model, array![1.0, 2.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// One for each array, in the order and the layout of the model.
    pub(crate) arrays: Vec<Values>,
    pub(crate) counters: Vec<u64>,
}

impl Snapshot {
    /// What the model holds now.
    pub fn of<M: Differentiable + ?Sized>(model: &M) -> Self {
        let mut snapshot = Self::default();
        model.__visit(&mut snapshot);
        snapshot
    }

    /// Gives all of it back to the model that it was taken of, or to one of the same shape.
    ///
    /// # Panics
    ///
    /// Panics if the model has another shape.
    #[track_caller]
    pub fn restore<M: Differentiable + ?Sized>(&self, model: &mut M) {
        let same = self.shape() == Self::of(model).shape();
        assert!(same, "the numbers of a model cannot be given to a model of another shape");
        let zero = model.__zero();
        model.__update(&zero, &mut Restore { arrays: self.arrays.iter(), counters: self.counters.iter() });
    }

    /// The lengths of the arrays and their precisions, and the number of counters.
    fn shape(&self) -> (Vec<(usize, bool)>, usize) {
        let arrays = self.arrays.iter().map(|values| match values {
            Values::F32(values) => (values.len(), false),
            Values::F64(values) => (values.len(), true),
        });
        (arrays.collect(), self.counters.len())
    }
}

impl Visit for Snapshot {
    fn leaf_f32(&mut self, _: &[usize], values: &[f32]) {
        self.arrays.push(Values::F32(values.to_vec()));
    }

    fn leaf_f64(&mut self, _: &[usize], values: &[f64]) {
        self.arrays.push(Values::F64(values.to_vec()));
    }

    fn begin_state(&mut self) -> bool {
        true
    }

    fn counter(&mut self, counter: u64) {
        self.counters.push(counter);
    }
}

struct Restore<'a> {
    arrays: std::slice::Iter<'a, Values>,
    counters: std::slice::Iter<'a, u64>,
}

impl Update for Restore<'_> {
    fn leaf_f32(&mut self, parameters: &mut [f32], _: &[f32]) {
        if let Some(Values::F32(values)) = self.arrays.next() {
            parameters.copy_from_slice(values);
        }
    }

    fn leaf_f64(&mut self, parameters: &mut [f64], _: &[f64]) {
        if let Some(Values::F64(values)) = self.arrays.next() {
            parameters.copy_from_slice(values);
        }
    }

    fn includes_state(&self) -> bool {
        true
    }

    fn counter(&mut self, counter: &mut u64) {
        if let Some(count) = self.counters.next() {
            *counter = *count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a model of another shape")]
    fn a_model_of_another_shape_is_refused() {
        Snapshot::of(&vec![1.0, 2.0]).restore(&mut vec![1.0_f32, 2.0]);
    }
}
