//! What happens between epochs: stopping early, saving, changing the learning rate.

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Snapshot;
use crate::Differentiable;
use crate::optimizers::schedules::ReduceOnPlateau;
use crate::optimizers::{Optimizer, Stopping};

/// How an epoch went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// The number of the epoch, from 1.
    pub epoch: usize,
    /// The number of the last epoch.
    pub epochs: usize,
    /// The training loss.
    pub loss: f64,
    /// The validation loss, if there is validation data.
    pub val_loss: Option<f64>,
    /// The learning rate that the next step would have used.
    pub learning_rate: f64,
}

impl EpochReport {
    /// The validation loss, or the training loss if there is none: what callbacks watch.
    pub fn watched(&self) -> f64 {
        self.val_loss.unwrap_or(self.loss)
    }
}

/// Something to do after each epoch. Several are given to [`Fit`](super::Fit) one after the other; to
/// look at one after training, give it as `&mut`.
pub trait Callback<M, O> {
    /// The training begins, after this many epochs that were trained before. `Break` ends it at once.
    fn train_begin(&mut self, _epochs: usize, _model: &M, _optimizer: &mut O) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// An epoch has ended. `Break` ends the training.
    fn epoch_end(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) -> ControlFlow<()>;

    /// All callbacks have seen the end of the epoch, whose state is complete: the time to save it.
    fn epoch_complete(&mut self, _report: &EpochReport, _model: &M, _optimizer: &mut O) {}

    /// The training has ended.
    fn train_end(&mut self, _model: &mut M) {}

    /// What went wrong, if the callback could not do its work. It is asked after each epoch; the training then ends, with
    /// this as its error.
    fn failure(&mut self) -> Option<String> {
        None
    }
}

impl<M, O> Callback<M, O> for () {
    fn epoch_end(&mut self, _: &EpochReport, _: &M, _: &mut O) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<M, O, A: Callback<M, O>, B: Callback<M, O>> Callback<M, O> for (A, B) {
    fn train_begin(&mut self, epochs: usize, model: &M, optimizer: &mut O) -> ControlFlow<()> {
        let first = self.0.train_begin(epochs, model, optimizer);
        let second = self.1.train_begin(epochs, model, optimizer);
        if first.is_break() { first } else { second }
    }

    fn epoch_end(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) -> ControlFlow<()> {
        let first = self.0.epoch_end(report, model, optimizer);
        let second = self.1.epoch_end(report, model, optimizer);
        if first.is_break() { first } else { second }
    }

    fn epoch_complete(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) {
        self.0.epoch_complete(report, model, optimizer);
        self.1.epoch_complete(report, model, optimizer);
    }

    fn train_end(&mut self, model: &mut M) {
        self.0.train_end(model);
        self.1.train_end(model);
    }

    fn failure(&mut self) -> Option<String> {
        self.0.failure().or_else(|| self.1.failure())
    }
}

impl<M, O, C: Callback<M, O>> Callback<M, O> for &mut C {
    fn train_begin(&mut self, epochs: usize, model: &M, optimizer: &mut O) -> ControlFlow<()> {
        (**self).train_begin(epochs, model, optimizer)
    }

    fn epoch_end(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) -> ControlFlow<()> {
        (**self).epoch_end(report, model, optimizer)
    }

    fn epoch_complete(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) {
        (**self).epoch_complete(report, model, optimizer);
    }

    fn train_end(&mut self, model: &mut M) {
        (**self).train_end(model);
    }

    fn failure(&mut self) -> Option<String> {
        (**self).failure()
    }
}

/// Calls a closure after each epoch, with the report and the model.
#[derive(Clone, Debug)]
pub struct OnEpochEnd<F>(
    /// The closure; `Break` ends the training.
    pub F,
);

impl<M, O, F: FnMut(&EpochReport, &M) -> ControlFlow<()>> Callback<M, O> for OnEpochEnd<F> {
    fn epoch_end(&mut self, report: &EpochReport, model: &M, _: &mut O) -> ControlFlow<()> {
        (self.0)(report, model)
    }
}

/// Ends training when the watched loss has stopped falling, and gives back the best model.
///
/// The optimiser's state has what it has seen, so that a training that is resumed from a checkpoint, with
/// [`initial_epoch`](super::Fit::initial_epoch), ends at the epoch at which it would have ended, and gives back the best model of
/// all its epochs.
///
/// Keras: `EarlyStopping(restore_best_weights=True)`.
#[derive(Clone, Debug)]
pub struct EarlyStopping<M> {
    patience: usize,
    min_delta: f64,
    seen: Option<Stopping>,
    model: PhantomData<fn(M)>,
}

impl<M> EarlyStopping<M> {
    /// Ends training after `patience` epochs in a row without a new least loss.
    pub fn new(patience: usize) -> Self {
        Self { patience, min_delta: 0.0, seen: None, model: PhantomData }
    }

    /// Counts a loss as a new least one only if it is smaller by more than this.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// The report of the best epoch.
    pub fn best(&self) -> Option<&EpochReport> {
        self.seen.as_ref().map(|seen| &seen.best)
    }

    /// Whether these epochs without a new least loss are enough.
    fn has_waited(&self, epochs: usize) -> bool {
        epochs > 0 && epochs >= self.patience
    }
}

impl<M: Differentiable, O: Optimizer> Callback<M, O> for EarlyStopping<M> {
    fn train_begin(&mut self, epochs: usize, _: &M, optimizer: &mut O) -> ControlFlow<()> {
        // A training that begins anew with the state of another does not go on with its losses.
        let seen = optimizer.resumed_stopping().filter(|_| epochs > 0);
        let Some(seen) = seen else { return ControlFlow::Continue(()) };
        let ended = self.has_waited(seen.waited);
        self.seen = Some(seen);
        if ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch_end(&mut self, report: &EpochReport, model: &M, optimizer: &mut O) -> ControlFlow<()> {
        let improves = |seen: &Stopping| report.watched() < seen.best.watched() - self.min_delta;
        let seen = match self.seen.take().filter(|seen| !improves(seen)) {
            Some(seen) => {
                let best = EpochReport { epochs: report.epochs, ..seen.best };
                Stopping { best, waited: seen.waited + 1, ..seen }
            }
            None => Stopping { best: *report, waited: 0, model: Arc::new(Snapshot::of(model)) },
        };
        optimizer.remember_stopping(seen.clone());
        let ended = self.has_waited(seen.waited);
        self.seen = Some(seen);
        if ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn train_end(&mut self, model: &mut M) {
        if let Some(seen) = &self.seen {
            seen.model.restore(model);
        }
    }
}

/// Calls a closure with the model after each epoch that has a new least loss, for example to save it.
#[derive(Clone, Debug)]
pub struct SaveBest<F> {
    save: F,
    best: f64,
}

impl<F> SaveBest<F> {
    /// Saves by calling `save` with the report and the model.
    pub fn new(save: F) -> Self {
        Self { save, best: f64::INFINITY }
    }
}

impl<M, O, F: FnMut(&EpochReport, &M)> Callback<M, O> for SaveBest<F> {
    fn epoch_end(&mut self, report: &EpochReport, model: &M, _: &mut O) -> ControlFlow<()> {
        if report.watched() < self.best {
            self.best = report.watched();
            (self.save)(report, model);
        }
        ControlFlow::Continue(())
    }
}

impl<M, O: Optimizer> Callback<M, O> for ReduceOnPlateau {
    fn train_begin(&mut self, epochs: usize, _: &M, optimizer: &mut O) -> ControlFlow<()> {
        if epochs == 0 {
            let _of_another_training = optimizer.resumed_plateau();
        }
        ControlFlow::Continue(())
    }

    fn epoch_end(&mut self, report: &EpochReport, _: &M, optimizer: &mut O) -> ControlFlow<()> {
        self.observe(report.watched(), optimizer);
        ControlFlow::Continue(())
    }
}
