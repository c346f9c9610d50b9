//! The loop over epochs and batches.

mod finite;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use self::finite::{check_finite, check_gradient, culprit};
use super::callbacks::{Callback, EpochReport, OnEpochEnd};
use super::error::{FitError, FitErrorKind};
use super::metric::{Metric, MetricNames, Metrics};
use super::progress::Progress;
use super::{Batch, Evaluation, History};
use crate::kernels::losses::of_samples;
use crate::layers::{advance, begin_epoch, predicting};
use crate::optimizers::{GradientAccumulator, Optimizer};
use crate::{Differentiable, Real};

/// Trains a model: epochs, batches, shuffling, validation.
///
/// It is made of a function from the model, the inputs and the targets of a batch to the loss and
/// its gradient with respect to the model. For `#[differentiable(wrt(model))] fn loss(model, x, y)`
/// that is `loss::value_and_grad`.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// // y = w·x, fitted to y = 3·x
/// let value_and_grad = |w: &f64, x: &Array1<f64>, y: &Array1<f64>| {
///     let error = x * *w - y;
///     ((&error * &error).mean().unwrap(), 2.0 * (&error * x).mean().unwrap())
/// };
/// let x = Array1::linspace(-1.0, 1.0, 50);
/// let y = &x * 3.0;
///
/// let mut w = 0.0;
/// let history = Fit::new(value_and_grad)
///     .epochs(100)
///     .batch_size(8)
///     .run(&mut w, &mut Adam::new(0.1), &x, &y)?;
/// assert!((w - 3.0).abs() < 1e-3);
/// assert!(history.loss[99] < 1e-6 * history.loss[0]);
/// # Ok::<(), FitError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fit<F, V = (), C = (), E = ()> {
    value_and_grad: F,
    settings: Settings,
    validation: V,
    callbacks: C,
    metrics: E,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    epochs: usize,
    initial_epoch: usize,
    batch_size: usize,
    accumulate: usize,
    shuffle: bool,
    seed: u64,
    verbose: usize,
    validation_split: f64,
}

/// Where validation data comes from: `()` for none, or a pair of references.
pub trait Validation<X, Y> {
    /// Inputs and targets.
    fn data(&self) -> Option<(&X, &Y)>;
}

impl<X, Y> Validation<X, Y> for () {
    fn data(&self) -> Option<(&X, &Y)> {
        None
    }
}

impl<X, Y> Validation<X, Y> for (&X, &Y) {
    fn data(&self) -> Option<(&X, &Y)> {
        Some(*self)
    }
}

impl<F> Fit<F> {
    /// One epoch in shuffled batches of 32, silently, unless told otherwise.
    pub fn new(value_and_grad: F) -> Self {
        let settings = Settings {
            epochs: 1,
            initial_epoch: 0,
            batch_size: 32,
            accumulate: 1,
            shuffle: true,
            seed: 0,
            verbose: 0,
            validation_split: 0.0,
        };
        Self { value_and_grad, settings, validation: (), callbacks: (), metrics: () }
    }
}

impl<F, V, C, E> Fit<F, V, C, E> {
    /// The number of the last epoch.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// How many epochs have been trained before. Together with the optimiser's state, training goes
    /// on as if never interrupted.
    pub fn initial_epoch(mut self, epochs: usize) -> Self {
        self.settings.initial_epoch = epochs;
        self
    }

    /// How many samples a step is made from. The last batch of an epoch may be smaller.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.settings.batch_size = batch_size;
        self
    }

    /// Makes one step from the mean gradient of this many batches, weighted by their samples; the last
    /// step of an epoch may be made from fewer. For batches that memory does not hold at once.
    ///
    /// # Panics
    ///
    /// Panics if it is 0.
    #[track_caller]
    pub fn accumulate(mut self, batches: usize) -> Self {
        assert!(batches > 0, "a step must be made from at least one batch; received 0");
        self.settings.accumulate = batches;
        self
    }

    /// Whether the samples are put in a new order for each epoch.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.settings.shuffle = shuffle;
        self
    }

    /// What the orders depend on; the same on every machine.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Prints a line after each `every`-th epoch, `Epoch 10/100: Loss=0.1234`; 0 is silent.
    ///
    /// With the feature `progress` (on by default), a training of more than a second also draws a bar with the time
    /// that is left, on standard error, and only if that is a terminal.
    pub fn verbose(mut self, every: usize) -> Self {
        self.settings.verbose = every;
        self
    }

    /// Keeps the last part of the samples, as given, for validation; 0.2 is a fifth.
    pub fn validation_split(mut self, fraction: f64) -> Self {
        self.settings.validation_split = fraction;
        self
    }

    /// Computes the loss of these samples after each epoch.
    pub fn validation_data<'a, X, Y>(self, x: &'a X, y: &'a Y) -> Fit<F, (&'a X, &'a Y), C, E> {
        let Self { value_and_grad, settings, callbacks, metrics, .. } = self;
        Fit { value_and_grad, settings, validation: (x, y), callbacks, metrics }
    }

    /// Computes a number after each epoch, for the [`History`] and the printed lines: `compute` is given
    /// the model, and inputs and targets of the validation data, or of all data if there is none.
    ///
    /// # Panics
    ///
    /// Panics if there is a metric of this name already, or if it is that of another column of the history.
    #[track_caller]
    pub fn metric<G>(self, name: impl Into<String>, compute: G) -> Fit<F, V, C, (E, Metric<G>)>
    where
        E: MetricNames,
    {
        let Self { value_and_grad, settings, validation, callbacks, metrics } = self;
        let name = name.into();
        let taken = metrics.has(&name) || matches!(&name[..], "epoch" | "loss" | "val_loss" | "learning_rate");
        assert!(!taken, "the history has a column `{name}` already: give the metric another name");
        let metrics = (metrics, Metric { name, compute });
        Fit { value_and_grad, settings, validation, callbacks, metrics }
    }

    /// Adds something to do after each epoch.
    pub fn callback<D>(self, callback: D) -> Fit<F, V, (C, D), E> {
        let Self { value_and_grad, settings, validation, callbacks, metrics } = self;
        Fit { value_and_grad, settings, validation, callbacks: (callbacks, callback), metrics }
    }

    /// Calls a closure after each epoch with the [`EpochReport`] and the model; it may end the
    /// training by returning `Break`.
    pub fn on_epoch_end<D>(self, closure: D) -> Fit<F, V, (C, OnEpochEnd<D>), E> {
        self.callback(OnEpochEnd(closure))
    }

    /// Trains.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the data or the settings, or in which batch the loss or its gradient was not finite;
    /// the model is then as that batch found it.
    ///
    /// # Panics
    ///
    /// Panics where the model or the optimiser does.
    pub fn run<M, X, Y, L, O>(mut self, model: &mut M, optimizer: &mut O, x: &X, y: &Y) -> Result<History, FitError>
    where
        M: Differentiable,
        X: Batch,
        Y: Batch,
        L: Real,
        O: Optimizer,
        F: Fn(&M, &X, &Y) -> (L, M::Tangent),
        V: Validation<X, Y>,
        C: Callback<M, O>,
        E: Metrics<M, X, Y>,
    {
        let trained = self.split(x, y)?;
        let held_out: Vec<usize> = (trained..x.sample_count()).collect();
        let held_out = (!held_out.is_empty()).then(|| (x.select_samples(&held_out), y.select_samples(&held_out)));
        let held_out = held_out.as_ref().map(|(x, y)| (x, y));
        let mut history = History { initial_epoch: self.settings.initial_epoch, ..History::default() };
        let mut order: Vec<usize> = (0..trained).collect();
        let mut progress = Progress::new(self.settings.verbose > 0, self.steps(trained));
        if self.callbacks.train_begin(self.settings.initial_epoch, model, optimizer).is_break() {
            self.callbacks.train_end(model);
            return Ok(history);
        }
        for epoch in self.settings.initial_epoch + 1..=self.settings.epochs {
            self.put_in_order(&mut order, epoch);
            begin_epoch(model, epoch);
            let (mut sum, mut accumulated) = (0.0, GradientAccumulator::new());
            let batches = order.len().div_ceil(self.settings.batch_size);
            for (batch, indices) in order.chunks(self.settings.batch_size).enumerate() {
                let (x, y) = (x.select_samples(indices), y.select_samples(indices));
                let (loss, gradients) = of_samples("the data", indices, || (self.value_and_grad)(model, &x, &y));
                let culprit = || culprit(&x, &y, |at| indices[at]);
                check_finite(loss, epoch, Some(batch + 1), culprit)?;
                check_gradient(&gradients, epoch, batch + 1, culprit)?;
                if self.settings.accumulate == 1 {
                    optimizer.apply_gradients(model, &gradients);
                } else {
                    accumulated.add_weighted(gradients, indices.len() as f64);
                    advance(model);
                    if (batch + 1).is_multiple_of(self.settings.accumulate) || batch + 1 == batches {
                        let mean = accumulated.take_mean();
                        optimizer.apply_gradients(model, &mean.expect("a gradient was added"));
                    }
                }
                sum += loss.__f64() * indices.len() as f64;
                progress.step(epoch, self.settings.epochs, loss.__f64());
            }
            let validation = self.validation.data().or(held_out);
            let val_loss = validation.map(|(x, y)| self.mean_loss("the validation data", model, x, y));
            if let (Some(loss), Some((x, y))) = (val_loss, validation) {
                check_finite(loss, epoch, None, || culprit(x, y, |at| at))?;
            }
            let loss = sum / trained as f64;
            let learning_rate = optimizer.learning_rate();
            let report = EpochReport { epoch, epochs: self.settings.epochs, loss, val_loss, learning_rate };
            history.loss.push(loss);
            history.val_loss.extend(val_loss);
            let (x_metric, y_metric) = validation.unwrap_or((x, y));
            let metrics = self.metrics_of(model, x_metric, y_metric);
            if self.settings.verbose > 0 && epoch.is_multiple_of(self.settings.verbose) {
                progress.print(&line(&report, &metrics));
            }
            history.push_metrics(metrics);
            let flow = self.callbacks.epoch_end(&report, model, optimizer);
            self.callbacks.epoch_complete(&report, model, optimizer);
            history.learning_rate.push(optimizer.learning_rate());
            if let Some(failure) = self.callbacks.failure() {
                let message = format!("a callback failed after epoch {epoch}: {failure}");
                return Err(FitError::new(FitErrorKind::Callback { epoch }, message));
            }
            if flow.is_break() {
                break;
            }
        }
        self.callbacks.train_end(model);
        Ok(history)
    }

    /// The mean loss of these samples, in batches, and the metrics, without training. Keras: `evaluate`.
    ///
    /// ```
    /// # use autodiff_runtime::prelude::*;
    /// # let value_and_grad = |w: &f64, x: &Array1<f64>, y: &Array1<f64>| {
    /// #     let error = x * *w - y;
    /// #     ((&error * &error).mean().unwrap(), 2.0 * (&error * x).mean().unwrap())
    /// # };
    /// let (x, y) = (array![1.0, 2.0], array![3.0, 5.0]);
    /// let fit = Fit::new(value_and_grad).metric("mae", |w: &f64, x: &Array1<f64>, y: &Array1<f64>| {
    ///     mean_absolute_error(y, &(x * *w))
    /// });
    /// let found = fit.evaluate(&2.0, &x, &y)?;
    /// assert_eq!((found.loss, found.metric("mae")), (1.0, Some(1.0)));
    /// assert_eq!(found.to_string(), "Loss=1.0000, mae=1.0000");
    /// # Ok::<(), FitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Fit::run`], and if a sample holds NaN or infinity; a loss of finite data that is not finite is returned as it is.
    pub fn evaluate<M, X, Y, L>(&self, model: &M, x: &X, y: &Y) -> Result<Evaluation, FitError>
    where
        M: Differentiable,
        X: Batch,
        Y: Batch,
        L: Real,
        F: Fn(&M, &X, &Y) -> (L, M::Tangent),
        E: Metrics<M, X, Y>,
    {
        self.check(x, y, "")?;
        if let Some(message) = culprit(x, y, |at| at) {
            return Err(FitError::new(FitErrorKind::NonFiniteData, message));
        }
        Ok(Evaluation { loss: self.mean_loss("the data", model, x, y), metrics: self.metrics_of(model, x, y) })
    }

    fn metrics_of<M, X, Y>(&self, model: &M, x: &X, y: &Y) -> Vec<(String, f64)>
    where
        E: Metrics<M, X, Y>,
    {
        let mut metrics = Vec::new();
        predicting(|| self.metrics.compute(model, x, y, &mut metrics));
        metrics
    }

    /// Refuses data and settings that cannot be trained with; says how many samples are trained on.
    fn split<X: Batch, Y: Batch>(&self, x: &X, y: &Y) -> Result<usize, FitError>
    where
        V: Validation<X, Y>,
    {
        self.check(x, y, "")?;
        let invalid = |message| Err(FitError::new(FitErrorKind::InvalidValidation, message));
        if let Some((x, y)) = self.validation.data() {
            if self.settings.validation_split != 0.0 {
                return invalid("give either `validation_data` or `validation_split`; received both".to_owned());
            }
            self.check(x, y, "validation ")?;
        }
        if self.settings.validation_split == 0.0 {
            return Ok(x.sample_count());
        }
        let (count, fraction) = (x.sample_count(), self.settings.validation_split);
        let trained = (count as f64 * (1.0 - fraction)).floor();
        if !(trained >= 1.0 && trained < count as f64) {
            return invalid(format!(
                "the validation split must leave samples on both sides; received {fraction} of {count} \
                 samples"
            ));
        }
        Ok(trained as usize)
    }

    fn check<X: Batch, Y: Batch>(&self, x: &X, y: &Y, what: &str) -> Result<(), FitError> {
        let (inputs, targets) = (x.sample_count(), y.sample_count());
        if self.settings.batch_size == 0 {
            let message = "the batch size must be at least 1; received 0";
            return Err(FitError::new(FitErrorKind::BatchSizeZero, message));
        }
        if inputs != targets {
            return Err(FitError::new(
                FitErrorKind::LengthMismatch,
                format!(
                    "there must be as many {what}targets as inputs; received {inputs} inputs and \
                     {targets} targets"
                ),
            ));
        }
        if inputs == 0 {
            let message = format!("the {what}data is empty: there must be at least one sample");
            return Err(FitError::new(FitErrorKind::EmptyData, message));
        }
        Ok(())
    }

    /// How many batches there are in all epochs together.
    fn steps(&self, samples: usize) -> usize {
        let epochs = self.settings.epochs.saturating_sub(self.settings.initial_epoch);
        samples.div_ceil(self.settings.batch_size).saturating_mul(epochs)
    }

    /// The order of an epoch depends on nothing but the seed and the epoch's number.
    fn put_in_order(&self, order: &mut [usize], epoch: usize) {
        if self.settings.shuffle {
            for (place, index) in order.iter_mut().enumerate() {
                *index = place;
            }
            let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
            rng.set_stream(epoch as u64);
            order.shuffle(&mut rng);
        }
    }

    fn mean_loss<M, X, Y, L>(&self, data: &'static str, model: &M, x: &X, y: &Y) -> f64
    where
        M: Differentiable,
        X: Batch,
        Y: Batch,
        L: Real,
        F: Fn(&M, &X, &Y) -> (L, M::Tangent),
    {
        let indices: Vec<usize> = (0..x.sample_count()).collect();
        let mut sum = 0.0;
        for batch in indices.chunks(self.settings.batch_size) {
            let (x, y) = (x.select_samples(batch), y.select_samples(batch));
            let (loss, _) = predicting(|| of_samples(data, batch, || (self.value_and_grad)(model, &x, &y)));
            sum += loss.__f64() * batch.len() as f64;
        }
        sum / indices.len() as f64
    }
}

/// What is printed about an epoch.
fn line(report: &EpochReport, metrics: &[(String, f64)]) -> String {
    let EpochReport { epoch, epochs, loss, val_loss, .. } = report;
    let mut parts = vec![format!("Loss={loss:.4}")];
    parts.extend(val_loss.map(|loss| format!("Validation={loss:.4}")));
    parts.extend(metrics.iter().map(|(name, value)| format!("{name}={value:.4}")));
    format!("Epoch {epoch}/{epochs}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests;
