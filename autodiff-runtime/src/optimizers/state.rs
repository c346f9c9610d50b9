//! What an optimiser remembers between steps.

use std::any::Any;
use std::sync::Arc;

use crate::Real;
use crate::training::{EpochReport, Snapshot};

/// The state of one leaf, in the leaf's own precision: some arrays as long as the leaf.
#[derive(Clone, Debug, PartialEq)]
pub enum LeafState {
    /// Of a leaf of single precision.
    F32(Vec<Vec<f32>>),
    /// Of a leaf of double precision.
    F64(Vec<Vec<f64>>),
}

/// Everything that an optimiser remembers: enough to go on bit for bit as if never interrupted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// How many steps have been taken.
    pub steps: u64,
    /// The learning rate, if it was set after the optimiser was made, as
    /// [`ReduceOnPlateau`](super::schedules::ReduceOnPlateau) does.
    pub learning_rate: Option<f64>,
    /// What a [`ReduceOnPlateau`](super::schedules::ReduceOnPlateau) has seen, if there is one.
    pub plateau: Option<Plateau>,
    /// What an [`EarlyStopping`](crate::training::EarlyStopping) has seen, if there is one.
    pub stopping: Option<Stopping>,
    /// One entry for every leaf of the model, in its order.
    pub leaves: Vec<LeafState>,
}

/// What a [`ReduceOnPlateau`](super::schedules::ReduceOnPlateau) has seen of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// The best loss so far.
    pub best: f64,
    /// How many losses in a row have not improved on it.
    pub waited: usize,
}

/// What an [`EarlyStopping`](crate::training::EarlyStopping) has seen of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopping {
    /// The best epoch so far.
    pub best: EpochReport,
    /// How many epochs in a row have not improved on it.
    pub waited: usize,
    /// The model as that epoch left it.
    pub model: Arc<Snapshot>,
}

impl LeafState {
    /// `slots` arrays of `len` elements with the value `initial`.
    pub(super) fn new<T: Real>(slots: usize, len: usize, initial: f64) -> Self {
        let arrays: Box<dyn Any> = Box::new(vec![vec![T::__lit(initial); len]; slots]);
        match arrays.downcast::<Vec<Vec<f32>>>() {
            Ok(arrays) => LeafState::F32(*arrays),
            Err(arrays) => match arrays.downcast::<Vec<Vec<f64>>>() {
                Ok(arrays) => LeafState::F64(*arrays),
                Err(_) => unreachable!("leaves are of single or of double precision"),
            },
        }
    }

    /// The arrays, if they have this precision.
    pub(super) fn arrays<T: Real>(&mut self) -> Option<&mut Vec<Vec<T>>> {
        let arrays: &mut dyn Any = match self {
            LeafState::F32(arrays) => arrays,
            LeafState::F64(arrays) => arrays,
        };
        arrays.downcast_mut()
    }
}
