//! The number of steps that a layer has been trained for: what makes its random numbers new in every step.

use crate::tangent::{Differentiable, Update, Visit};

/// How many steps have been taken since it was set.
///
/// Every [`apply_gradients`](crate::optimizers::Optimizer::apply_gradients) adds one. `Fit` sets it anew for every
/// epoch, and a checkpoint has it, so that a training that is resumed draws what an uninterrupted one draws. It is a
/// constant: its tangent is `()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter(pub u64);

impl Differentiable for Counter {
    type Tangent = ();

    #[inline]
    fn __zero(&self) {}

    #[inline]
    fn __update(&mut self, (): &(), update: &mut dyn Update) {
        if update.is_step() {
            self.0 = self.0.wrapping_add(1);
        }
        update.counter(&mut self.0);
    }

    #[inline]
    fn __visit(&self, visit: &mut dyn Visit) {
        visit.counter(self.0);
    }
}

/// What is done to the counters of a model.
#[derive(Clone, Copy)]
enum Change {
    Set(u64),
    Advance,
}

impl Update for Change {
    fn leaf_f32(&mut self, _: &mut [f32], _: &[f32]) {}

    fn leaf_f64(&mut self, _: &mut [f64], _: &[f64]) {}

    fn counter(&mut self, counter: &mut u64) {
        match *self {
            Change::Set(count) => *counter = count,
            Change::Advance => *counter = counter.wrapping_add(1),
        }
    }
}

/// Sets the counters of all layers at the beginning of an epoch.
pub(crate) fn begin_epoch<M: Differentiable + ?Sized>(model: &mut M, epoch: usize) {
    let zero = model.__zero();
    model.__update(&zero, &mut Change::Set((epoch as u64) << 32));
}

/// Makes the next random numbers new without a step.
pub(crate) fn advance<M: Differentiable + ?Sized>(model: &mut M) {
    let zero = model.__zero();
    model.__update(&zero, &mut Change::Advance);
}
