//! What all optimisers share: settings, state, schedules; `pass` has the walk over the leaves.

mod norm;
mod pass;

use std::sync::Arc;

use self::norm::moving_norm;
use self::pass::Pass;
use super::clip::Clip;
use super::schedules::Schedule;
use super::{Optimizer, OptimizerState, Plateau, Stopping};
use crate::memory::keep_freed;
use crate::training::summary;
use crate::{Differentiable, Real};

/// One parameter array with its gradient and the optimiser's state for it, all equally long.
#[derive(Debug)]
pub struct Leaf<'a, T> {
    /// What is to be changed.
    pub parameters: &'a mut [T],
    /// The gradient.
    pub gradients: &'a [T],
    /// As many arrays as [`Rule::slots`] says.
    pub state: &'a mut [Vec<T>],
}

/// The equations of an optimiser: its settings, and how they change one leaf.
pub trait Rule {
    /// The learning rate among the settings.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate among the settings.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// How many arrays of state a leaf needs.
    fn slots(&self) -> usize;

    /// The initial value of the state.
    fn initial(&self) -> f64 {
        0.0
    }

    /// The settings that must be at least 0 and below 1, with their names.
    fn shares(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// What keeps divisors away from 0, if the rule has it: a number of at least 0.
    fn epsilon(&self) -> Option<f64> {
        None
    }

    /// The weight decay that the settings bring with them, if any.
    fn weight_decay(&self) -> Option<f64> {
        None
    }

    /// Whether a parameter whose gradient is zero stays as it is, and its state too.
    fn rests(&self) -> bool {
        false
    }

    /// Changes one leaf. `step` counts from 1.
    fn update<T: Real>(&self, step: u64, learning_rate: f64, leaf: Leaf<'_, T>);
}

/// An optimiser with the equations of `R`. Use it through the names [`Adam`](super::Adam),
/// [`Sgd`](super::Sgd) and so on.
#[derive(Clone, Debug)]
pub struct Stepper<R> {
    rule: R,
    state: OptimizerState,
    /// Of the state that was set, until they are asked for.
    resumed: (Option<Plateau>, Option<Stopping>),
    clip: Option<Clip>,
    weight_decay: Option<f64>,
    undecayed: Vec<String>,
    rates: Vec<(String, f64)>,
    schedule: Option<Arc<dyn Schedule>>,
    lazy: bool,
}

impl<R: Rule + Default> Stepper<R> {
    /// An optimiser with this learning rate, and Keras' defaults for everything else.
    pub fn new(learning_rate: f64) -> Self {
        let mut rule = R::default();
        rule.set_learning_rate(learning_rate);
        Self::with_config(rule)
    }
}

impl<R: Rule + Default> Default for Stepper<R> {
    fn default() -> Self {
        Self::with_config(R::default())
    }
}

impl<R: Rule> Stepper<R> {
    /// An optimiser with these settings.
    pub fn with_config(config: R) -> Self {
        Self {
            weight_decay: config.weight_decay(),
            rule: config,
            state: OptimizerState::default(),
            resumed: (None, None),
            clip: None,
            undecayed: Vec::new(),
            rates: Vec::new(),
            schedule: None,
            lazy: false,
        }
    }

    /// Clips gradients before they are used.
    pub fn with_clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }

    /// Takes the learning rate from a schedule.
    ///
    /// # Panics
    ///
    /// Panics if its settings are no schedule; the message names the one that is out of its range.
    #[track_caller]
    pub fn with_schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        if let Some(problem) = schedule.problem() {
            panic!("{problem}");
        }
        self.schedule = Some(Arc::new(schedule));
        self
    }

    /// Shrinks parameters by the factor 1 − learning rate · `weight_decay` in each step, apart from
    /// the gradient ("decoupled").
    ///
    /// Source: Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2017.
    pub fn with_weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = Some(weight_decay);
        self
    }

    /// Excludes fields with this name from weight decay, for example `"bias"`. The first step panics if there is none.
    pub fn exclude_from_weight_decay(mut self, field: impl Into<String>) -> Self {
        self.undecayed.push(field.into());
        self
    }

    /// Multiplies the learning rate of one part of the model by `factor`: of everything in the field
    /// with this path, for example `"encoder"` or `"encoder.fc1.bias"`. Where several paths lead to a
    /// parameter, the one given last counts. The first step panics if there is no such part.
    pub fn with_rate_factor(mut self, path: impl Into<String>, factor: f64) -> Self {
        self.rates.push((path.into(), factor));
        self
    }

    /// Leaves one part of the model as it is, with its statistics: everything in the field with this path.
    ///
    /// Its layers compute as before: a [`BatchNorm`](crate::layers::BatchNorm) in it goes on normalising by the batch, and a
    /// [`Dropout`](crate::layers::Dropout) drops. In Keras a frozen layer predicts; for that, set the
    /// [mode](crate::training::Model::set_mode) of the part, as in `model.base.set_mode(Mode::Predict)`.
    pub fn freeze(self, path: impl Into<String>) -> Self {
        self.with_rate_factor(path, 0.0)
    }

    /// Leaves the rows of a [`Table`](crate::layers::Table) that a step does not use as they are, with their momentum
    /// and without weight decay: `PyTorch`'s `SparseAdam`, for every optimiser.
    ///
    /// A step then costs as much as the rows that it uses. Otherwise they are moved as by a gradient of zeros, as in
    /// Keras; for plain [`Sgd`](super::Sgd) and [`Adagrad`](super::Adagrad) without weight decay that is the same, and
    /// costs nothing either.
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    /// use autodiff_runtime::tangent::Rows;
    ///
    /// let mut table = Table::from(Array2::<f64>::ones((1000, 2)));
    /// let mut gradient = Rows::zeros((1000, 2));
    /// gradient.add_rows(&[7], &array![[1.0, -1.0]]);
    /// let mut optimizer = Adam::new(0.1).lazy();
    /// optimizer.apply_gradients(&mut table, &gradient);
    /// assert!((table[[7, 0]] - 0.9).abs() < 1e-6 && table[[6, 0]] == 1.0);
    /// ```
    pub fn lazy(mut self) -> Self {
        self.lazy = true;
        self
    }

    /// The settings.
    pub fn config(&self) -> &R {
        &self.rule
    }

    #[track_caller]
    fn check_settings(&self) {
        for (name, value) in self.rule.shares() {
            assert!((0.0..1.0).contains(&value), "`{name}` must be at least 0 and below 1; received {value}");
        }
        let epsilon = self.rule.epsilon().unwrap_or(0.0);
        assert!(epsilon >= 0.0 && epsilon.is_finite(), "`epsilon` must be a number of at least 0; received {epsilon}");
        if let Some(Clip::Value(limit) | Clip::Norm(limit) | Clip::GlobalNorm(limit)) = self.clip {
            assert!(limit > 0.0, "the limit of `with_clip` must be above 0; received {limit}");
        }
        for (path, factor) in &self.rates {
            assert!(
                *factor >= 0.0 && factor.is_finite(),
                "the rate factor of `{path}` must be a number of at least 0; received {factor}"
            );
        }
        let decay = self.weight_decay.unwrap_or(0.0);
        assert!(decay >= 0.0, "the weight decay must be at least 0; received {decay}");
    }

    /// What the optimiser remembers, to be saved.
    pub fn state(&self) -> &OptimizerState {
        &self.state
    }

    /// Goes on from a state that was saved. Settings, clipping and schedules are no part of it: they are those of this
    /// optimiser.
    pub fn set_state(&mut self, state: OptimizerState) {
        if let Some(learning_rate) = state.learning_rate {
            self.set_learning_rate(learning_rate);
        }
        self.resumed = (state.plateau, state.stopping.clone());
        self.state = state;
    }
}

impl<R: Rule> Optimizer for Stepper<R> {
    #[track_caller]
    fn apply_gradients<M: Differentiable>(&mut self, model: &mut M, gradients: &M::Tangent) {
        let learning_rate = self.learning_rate();
        assert!(
            learning_rate >= 0.0 && learning_rate.is_finite(),
            "the learning rate must be a number of at least 0; received {learning_rate} for step {}",
            self.state.steps + 1
        );
        let first = self.state.steps == 0 && self.state.leaves.is_empty();
        self.state.steps += 1;
        if first {
            self.check_settings();
            keep_freed();
        }
        let mut pass = Pass {
            rule: &self.rule,
            learning_rate,
            decay: self.weight_decay.unwrap_or(0.0),
            undecayed: &self.undecayed,
            rates: &self.rates,
            clip: self.clip.map(|clip| clip.with_norm(|| moving_norm(model, gradients, &self.rates))),
            scratch: (Vec::new(), Vec::new()),
            path: Vec::new(),
            unused: if first { self.rates.iter().map(|(path, _)| &path[..]).collect() } else { Vec::new() },
            unseen: if first { self.undecayed.iter().map(|name| &name[..]).collect() } else { Vec::new() },
            step: self.state.steps,
            first,
            lazy: self.lazy,
            index: 0,
            leaves: &mut self.state.leaves,
            misfit: None,
        };
        model.__update(gradients, &mut pass);
        let given = [(&pass.unused, "for which a rate was given"), (&pass.unseen, "which weight decay was to spare")];
        for (names, what) in given {
            if let Some(name) = names.first() {
                let arrays: Vec<String> = summary(model).rows().iter().map(|row| row.name.clone()).collect();
                panic!("no part of the model is called `{name}`, {what}; its arrays are {}", arrays.join(", "));
            }
        }
        let (seen, known, misfit) = (pass.index, pass.leaves.len(), pass.misfit);
        if let Some((index, len, kind)) = misfit {
            let summary = summary(model);
            let mut arrays = summary.rows().iter().filter(|row| row.trainable);
            let named = arrays.nth(index).filter(|row| !row.name.is_empty());
            let name = named.map_or_else(String::new, |row| format!(", `{}`,", row.name));
            panic!(
                "parameter array {index}{name} has {len} elements of type {kind}, which is not what the optimiser has state for: \
                 use a new optimiser for a model of another shape"
            );
        }
        assert!(
            seen == known,
            "the model has {seen} parameter arrays, but the optimiser has state for {known}: \
             use a new optimiser for a model of another shape"
        );
    }

    fn learning_rate(&self) -> f64 {
        match &self.schedule {
            Some(schedule) => schedule.learning_rate(self.state.steps),
            None => self.rule.learning_rate(),
        }
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.schedule = None;
        self.rule.set_learning_rate(learning_rate);
        self.state.learning_rate = Some(learning_rate);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn resumed_plateau(&mut self) -> Option<Plateau> {
        self.resumed.0.take()
    }

    fn remember_plateau(&mut self, plateau: Plateau) {
        self.state.plateau = Some(plateau);
    }

    fn resumed_stopping(&mut self) -> Option<Stopping> {
        self.resumed.1.take()
    }

    fn remember_stopping(&mut self, stopping: Stopping) {
        self.state.stopping = Some(stopping);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::super::{Adam, AdamW, LeafState, Sgd, SgdConfig, schedules};
    use super::*;
    use crate::layers::{Dense, DenseTangent};
    use crate::random::seeded;

    #[test]
    fn state_is_kept_leaf_by_leaf_in_its_own_precision() {
        let mut model = (array![1.0_f32, 2.0], vec![3.0_f64]);
        let mut optimizer = Adam::new(0.1);
        optimizer.apply_gradients(&mut model, &(array![1.0, -1.0], vec![0.0]));
        assert!((model.0[0] - 0.9).abs() < 1e-5 && (model.0[1] - 2.1).abs() < 1e-5);
        assert_eq!(model.1, [3.0]);
        assert!(matches!(optimizer.state().leaves[..], [LeafState::F32(_), LeafState::F64(_)]));
    }

    #[test]
    fn a_saved_state_goes_on_bit_for_bit() {
        let steps = |optimizer: &mut Adam, x: &mut [f64; 2], count| {
            for _ in 0..count {
                let gradient = [2.0 * x[0], x[1].cos()];
                optimizer.apply_gradients(x, &gradient);
            }
        };
        let (mut whole, mut x) = (Adam::new(0.1), [1.0, 2.0]);
        steps(&mut whole, &mut x, 10);
        let (mut first, mut y) = (Adam::new(0.1), [1.0, 2.0]);
        steps(&mut first, &mut y, 4);
        let mut second = Adam::new(0.1);
        second.set_state(first.state().clone());
        steps(&mut second, &mut y, 6);
        assert_eq!(x, y);
    }

    #[test]
    #[should_panic(expected = "parameter array 0 has 3 elements")]
    fn a_model_of_another_shape_is_refused() {
        let mut optimizer = Adam::new(0.1);
        optimizer.apply_gradients(&mut vec![1.0, 2.0], &vec![1.0, 1.0]);
        optimizer.apply_gradients(&mut vec![1.0, 2.0, 3.0], &vec![1.0, 1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "parameter array 1, `1`, has 2 elements of type f64")]
    fn an_array_of_another_shape_is_named() {
        let mut optimizer = Adam::new(0.1);
        optimizer.apply_gradients(&mut (1.0, vec![1.0]), &(1.0, vec![1.0]));
        optimizer.apply_gradients(&mut (1.0, vec![1.0, 2.0]), &(1.0, vec![1.0, 1.0]));
    }

    #[test]
    #[should_panic(expected = "the model has 1 parameter arrays, but the optimiser has state for 2")]
    fn a_model_with_fewer_arrays_is_refused() {
        let mut optimizer = Sgd::new(0.1);
        optimizer.apply_gradients(&mut (1.0, 2.0), &(1.0, 1.0));
        optimizer.apply_gradients(&mut (1.0,), &(1.0,));
    }

    #[test]
    fn weight_decay_spares_what_is_excluded() {
        let mut layer: Dense<f64> = Dense::new(2, 2, &mut seeded(1));
        layer.bias.fill(1.0);
        let (weights, zero) = (layer.weights.clone(), layer.__zero());
        let zero: DenseTangent<f64> = zero;
        let config = super::super::AdamWConfig { weight_decay: 0.5, ..Default::default() };
        let mut optimizer = AdamW::with_config(config).exclude_from_weight_decay("bias");
        optimizer.set_learning_rate(0.1);
        optimizer.apply_gradients(&mut layer, &zero);
        assert_eq!(layer.weights, &weights - &(&weights * 0.05));
        assert_eq!(layer.bias, array![1.0, 1.0]);
    }

    #[test]
    fn parts_have_rates_of_their_own_or_are_frozen() {
        let mut model = ((1.0, 2.0), (3.0, 4.0), 5.0);
        let mut optimizer = Sgd::with_config(SgdConfig { learning_rate: 1.0, ..Default::default() })
            .with_weight_decay(0.5)
            .with_rate_factor("0", 0.5)
            .freeze("0.1")
            .freeze("1");
        optimizer.apply_gradients(&mut model, &((1.0, 1.0), (1.0, 1.0), 1.0));
        assert_eq!(model, ((0.25, 2.0), (3.0, 4.0), 1.5));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let message = |mut optimizer: Stepper<super::super::AdamConfig>| {
            let step = std::panic::AssertUnwindSafe(|| {
                optimizer.apply_gradients(&mut (1.0, vec![2.0]), &(1.0, vec![1.0]));
            });
            *std::panic::catch_unwind(step).unwrap_err().downcast::<String>().unwrap()
        };
        let config = super::super::AdamConfig { beta_2: 1.0, ..Default::default() };
        let negative = super::super::AdamConfig { epsilon: -1.0, ..Default::default() };
        for (optimizer, expected) in [
            (Adam::new(f64::NAN), "the learning rate must be a number of at least 0; received NaN for step 1"),
            (Adam::new(-0.1), "received -0.1"),
            (Adam::with_config(config), "`beta_2` must be at least 0 and below 1; received 1"),
            (Adam::with_config(negative), "`epsilon` must be a number of at least 0; received -1"),
            (Adam::new(0.1).with_clip(Clip::Norm(0.0)), "the limit of `with_clip` must be above 0; received 0"),
            (Adam::new(0.1).with_weight_decay(f64::NAN), "the weight decay must be at least 0; received NaN"),
            (Adam::new(0.1).freeze("0").freeze("w"), "no part of the model is called `w`, for which a rate"),
            (
                Adam::new(0.1).with_rate_factor("0", -1.0),
                "the rate factor of `0` must be a number of at least 0; received -1",
            ),
            (
                Adam::new(0.1).exclude_from_weight_decay("bias"),
                "no part of the model is called `bias`, which weight decay",
            ),
        ] {
            let message = message(optimizer);
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_schedule_sets_the_rate_of_each_step() {
        let schedule = schedules::StepDecay { initial: 1.0, factor: 0.5, every: 1 };
        let mut optimizer = Sgd::new(7.0).with_schedule(schedule);
        let mut x = 0.0_f64;
        optimizer.apply_gradients(&mut x, &-1.0);
        optimizer.apply_gradients(&mut x, &-1.0);
        assert_eq!((x, optimizer.learning_rate(), optimizer.steps()), (1.5, 0.25, 2));
        optimizer.set_learning_rate(2.0);
        assert_eq!(optimizer.learning_rate(), 2.0);
    }
}
