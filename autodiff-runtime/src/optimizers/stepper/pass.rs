//! One step of an optimiser: the walk over the leaves of a model, their state, weight decay and clipping.

use super::super::LeafState;
use super::super::clip::Clip;
use super::{Leaf, Rule};
use crate::Real;
use crate::tangent::rows::{gather, scatter};
use crate::tangent::{Rows, Update};

/// One walk over the leaves of a model.
pub(super) struct Pass<'a, R> {
    pub(super) rule: &'a R,
    pub(super) learning_rate: f64,
    pub(super) decay: f64,
    pub(super) undecayed: &'a [String],
    pub(super) rates: &'a [(String, f64)],
    pub(super) clip: Option<Clip>,
    pub(super) scratch: (Vec<f32>, Vec<f64>),
    /// The paths with rates of their own that have led to no part of the model yet, in the first step.
    pub(super) unused: Vec<&'a str>,
    /// The names of fields to be spared from weight decay that no field has had yet, in the first step.
    pub(super) unseen: Vec<&'a str>,
    /// The names of the fields that were entered; kept only if something depends on them.
    pub(super) path: Vec<String>,
    pub(super) step: u64,
    /// Whether this is the first step, in which the state is made.
    pub(super) first: bool,
    pub(super) lazy: bool,
    pub(super) index: usize,
    pub(super) leaves: &'a mut Vec<LeafState>,
    /// The first array for which there is no fitting state: its number, its length and the type of its elements.
    pub(super) misfit: Option<(usize, usize, &'static str)>,
}

/// Whether fields with these names are those of a path, or within them.
fn leads_to(path: &str, names: &[String]) -> bool {
    let mut names = names.iter();
    path.split('.').all(|name| names.next().is_some_and(|other| other == name))
}

/// What the learning rate of a leaf is multiplied by, to which fields with these names lead.
pub(super) fn rate_factor(rates: &[(String, f64)], names: &[String]) -> f64 {
    let chosen = rates.iter().rev().find(|(path, _)| leads_to(path, names));
    chosen.map_or(1.0, |(_, factor)| *factor)
}

impl<R: Rule> Pass<'_, R> {
    /// The state of the next leaf, which is made in the first step, and how it changes; `None` if the state does not fit.
    fn next<T: Real>(&mut self, len: usize) -> Option<(Change<'_, R>, &mut Vec<Vec<T>>)> {
        let (index, rule) = (self.index, self.rule);
        self.index += 1;
        if self.first {
            self.leaves.push(LeafState::new::<T>(rule.slots(), len, rule.initial()));
        }
        let factor = rate_factor(self.rates, &self.path);
        let spared = self.path.iter().any(|name| self.undecayed.contains(name));
        let change = Change {
            rule,
            step: self.step,
            learning_rate: self.learning_rate * factor,
            frozen: factor == 0.0,
            decay: if spared { 0.0 } else { self.decay },
            clip: self.clip,
        };
        let state = self.leaves.get_mut(index).and_then(LeafState::arrays::<T>);
        let state = state.filter(|state| state.len() == rule.slots() && state.iter().all(|s| s.len() == len));
        if state.is_none() {
            self.misfit.get_or_insert((index, len, std::any::type_name::<T>()));
        }
        Some((change, state?))
    }

    fn leaf<T: Real>(&mut self, parameters: &mut [T], gradients: &[T], scratch: &mut Vec<T>) {
        if let Some((change, state)) = self.next(parameters.len()) {
            change.apply(Leaf { parameters, gradients, state }, scratch);
        }
    }

    /// All of a leaf, or only the rows that have a gradient, if the others stay as they are.
    fn rows<T: Real>(&mut self, parameters: &mut [T], gradients: &Rows<T>, scratch: &mut Vec<T>) {
        let lazy = self.lazy;
        let Some((change, state)) = self.next(parameters.len()) else { return };
        if !lazy && (change.decay != 0.0 || !change.rule.rests()) {
            let gradients = gradients.to_array().into_raw_vec_and_offset().0;
            return change.apply(Leaf { parameters, gradients: &gradients, state }, scratch);
        }
        let ((_, width), indices) = (gradients.dim(), gradients.indices());
        let mut chosen = gather(parameters, width, indices);
        let mut states: Vec<Vec<T>> = state.iter().map(|state| gather(state, width, indices)).collect();
        let leaf = Leaf { parameters: &mut chosen, gradients: gradients.values(), state: &mut states };
        change.apply(leaf, scratch);
        scatter(&chosen, width, indices, parameters);
        for (rows, state) in states.iter().zip(state) {
            scatter(rows, width, indices, state);
        }
    }
}

/// How one leaf changes.
struct Change<'a, R> {
    rule: &'a R,
    step: u64,
    learning_rate: f64,
    frozen: bool,
    decay: f64,
    clip: Option<Clip>,
}

impl<R: Rule> Change<'_, R> {
    fn apply<T: Real>(&self, leaf: Leaf<'_, T>, scratch: &mut Vec<T>) {
        let Leaf { parameters, gradients, state } = leaf;
        if self.frozen {
            return;
        }
        if self.decay != 0.0 {
            let factor = T::__lit(self.decay * self.learning_rate);
            for parameter in &mut *parameters {
                *parameter -= *parameter * factor;
            }
        }
        let gradients = match &self.clip {
            Some(clip) => {
                clip.apply(gradients, scratch);
                scratch
            }
            None => gradients,
        };
        self.rule.update(self.step, self.learning_rate, Leaf { parameters, gradients, state });
    }
}

impl<R: Rule> Update for Pass<'_, R> {
    fn leaf_f32(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        let mut scratch = std::mem::take(&mut self.scratch.0);
        self.leaf(parameters, gradients, &mut scratch);
        self.scratch.0 = scratch;
    }

    fn leaf_f64(&mut self, parameters: &mut [f64], gradients: &[f64]) {
        let mut scratch = std::mem::take(&mut self.scratch.1);
        self.leaf(parameters, gradients, &mut scratch);
        self.scratch.1 = scratch;
    }

    fn rows_f32(&mut self, parameters: &mut [f32], gradients: &Rows<f32>) {
        let mut scratch = std::mem::take(&mut self.scratch.0);
        self.rows(parameters, gradients, &mut scratch);
        self.scratch.0 = scratch;
    }

    fn rows_f64(&mut self, parameters: &mut [f64], gradients: &Rows<f64>) {
        let mut scratch = std::mem::take(&mut self.scratch.1);
        self.rows(parameters, gradients, &mut scratch);
        self.scratch.1 = scratch;
    }

    fn enter(&mut self, name: &str) {
        if !(self.undecayed.is_empty() && self.rates.is_empty()) {
            self.path.push(name.to_owned());
            let Self { unused, path: names, .. } = self;
            unused.retain(|path| !leads_to(path, names));
            self.unseen.retain(|other| *other != name);
        }
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    fn is_step(&self) -> bool {
        true
    }

    fn observes(&self) -> bool {
        rate_factor(self.rates, &self.path) != 0.0
    }
}
