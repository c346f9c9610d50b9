//! Saving while a training runs.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::Checkpoint;
use super::checkpoint::{saved_loss, write};
use crate::Differentiable;
use crate::optimizers::{Rule, Stepper};
use crate::training::{Callback, EpochReport};

/// Writes a checkpoint after each epoch, or after each epoch with a new least loss. Keras: `ModelCheckpoint`.
///
/// The loss is that of the validation data, or the training loss if there is none. If a file cannot be written, the
/// training ends with that error. It saves when all other callbacks have seen the epoch, in whichever order they are given, so
/// that what they have changed and counted is resumed as well.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// # let value_and_grad = |w: &f64, x: &Array1<f64>, y: &Array1<f64>| {
/// #     let error = x * *w - y;
/// #     ((&error * &error).mean().unwrap(), 2.0 * (&error * x).mean().unwrap())
/// # };
/// # let x = Array1::linspace(-1.0, 1.0, 50);
/// # let y = &x * 3.0;
/// # let last = std::env::temp_dir().join(format!("last-{}.safetensors", std::process::id()));
/// # let best = std::env::temp_dir().join(format!("best-{}.safetensors", std::process::id()));
/// let fit = || Fit::new(value_and_grad).callback(SaveCheckpoint::last(&last)).callback(SaveCheckpoint::best(&best));
/// fit().epochs(3).run(&mut 0.0, &mut Adam::new(0.1), &x, &y)?;
///
/// // Later, perhaps in another process:
/// let (mut w, mut optimizer) = (0.0, Adam::new(0.1));
/// let checkpoint = load_checkpoint(&mut w, &last)?;
/// optimizer.set_state(checkpoint.optimizer);
/// let history = fit().epochs(5).initial_epoch(checkpoint.epoch).run(&mut w, &mut optimizer, &x, &y)?;
/// assert_eq!((checkpoint.epoch, history.loss.len()), (3, 2));
/// # std::fs::remove_file(&last)?;
/// # std::fs::remove_file(&best)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SaveCheckpoint {
    path: PathBuf,
    every: usize,
    /// The least loss so far, if only new least losses are saved.
    best: Option<f64>,
    failure: Option<String>,
}

impl SaveCheckpoint {
    /// Saves after each epoch, over what was saved before.
    pub fn last(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), every: 1, best: None, failure: None }
    }

    /// Saves after each epoch with a new least loss. In a training that is resumed, that is one below the loss of the file.
    pub fn best(path: impl Into<PathBuf>) -> Self {
        Self { best: Some(f64::INFINITY), ..Self::last(path) }
    }

    /// Saves only losses below this one: the least of a training that is resumed.
    pub fn below(mut self, loss: f64) -> Self {
        self.best = Some(loss);
        self
    }

    /// Looks only at each `epochs`-th epoch, and at the last.
    ///
    /// # Panics
    ///
    /// Panics if it is 0.
    #[track_caller]
    pub fn every(mut self, epochs: usize) -> Self {
        assert!(epochs > 0, "a checkpoint is saved after at least one epoch; received 0");
        self.every = epochs;
        self
    }
}

impl<M: Differentiable, R: Rule> Callback<M, Stepper<R>> for SaveCheckpoint {
    fn train_begin(&mut self, epochs: usize, _: &M, _: &mut Stepper<R>) -> ControlFlow<()> {
        if epochs > 0 && self.best == Some(f64::INFINITY) {
            self.best = Some(saved_loss(&self.path).unwrap_or(f64::INFINITY));
        }
        ControlFlow::Continue(())
    }

    fn epoch_end(&mut self, _: &EpochReport, _: &M, _: &mut Stepper<R>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn epoch_complete(&mut self, report: &EpochReport, model: &M, optimizer: &mut Stepper<R>) {
        let due = report.epoch.is_multiple_of(self.every) || report.epoch == report.epochs;
        if due && self.best.is_none_or(|best| report.watched() < best) {
            if let Some(best) = &mut self.best {
                *best = report.watched();
            }
            let checkpoint = Checkpoint { epoch: report.epoch, optimizer: optimizer.state().clone() };
            let written = write(model, &checkpoint, Some(report.watched()), &self.path);
            self.failure = written.err().map(|error| error.to_string());
        }
    }

    fn failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}
