//! Trainings that can be resumed.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::error::SavingError;
use super::file;
use super::tensors::{self, Tensor, Values};
use crate::Differentiable;
use crate::optimizers::{LeafState, OptimizerState, Plateau, Stopping};
use crate::tangent::{Update, Visit};
use crate::training::{EpochReport, Snapshot, summary};

/// What is needed, beside the model, to go on with a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// How many epochs have been trained: for
    /// [`Fit::initial_epoch`](crate::training::Fit::initial_epoch).
    pub epoch: usize,
    /// For [`Stepper::set_state`](crate::optimizers::Stepper::set_state).
    pub optimizer: OptimizerState,
}

/// Prefix of the names of the optimiser's arrays. No path of fields has a colon.
const OPTIMIZER: &str = "optimizer:";

/// Prefix of the names of the arrays of the best model so far.
const BEST: &str = "best:";

/// Writes a model, the state of its optimiser and the number of epochs trained to one file, and how far the random
/// numbers of its layers have come.
///
/// # Errors
///
/// Says which file could not be written, and why.
pub fn save_checkpoint<M: Differentiable>(
    model: &M,
    checkpoint: &Checkpoint,
    path: impl AsRef<Path>,
) -> Result<(), SavingError> {
    write(model, checkpoint, None, path.as_ref())
}

/// [`save_checkpoint`] with the loss for which it is saved, if there is one.
pub(super) fn write<M: Differentiable>(
    model: &M,
    checkpoint: &Checkpoint,
    loss: Option<f64>,
    path: &Path,
) -> Result<(), SavingError> {
    let mut stored = tensors::collect(model);
    for (leaf, state) in checkpoint.optimizer.leaves.iter().enumerate() {
        let mut push = |slot: usize, len: usize, values| {
            let name = format!("{OPTIMIZER}{leaf}.{slot}");
            stored.push(Tensor::new(name, vec![len], values));
        };
        match state {
            LeafState::F32(slots) => {
                for (slot, values) in slots.iter().enumerate() {
                    push(slot, values.len(), Values::F32(values.clone()));
                }
            }
            LeafState::F64(slots) => {
                for (slot, values) in slots.iter().enumerate() {
                    push(slot, values.len(), Values::F64(values.clone()));
                }
            }
        }
    }
    let mut note = format!("epoch {} step {}", checkpoint.epoch, checkpoint.optimizer.steps);
    if let Some(rate) = checkpoint.optimizer.learning_rate {
        // As many digits as it needs to be read as the same number.
        note.push_str(&format!(" rate {rate:?}"));
    }
    if let Some(Plateau { best, waited }) = checkpoint.optimizer.plateau {
        note.push_str(&format!(" plateau {best:?} {waited}"));
    }
    if let Some(loss) = loss {
        note.push_str(&format!(" loss {loss:?}"));
    }
    let mut push_counters = |name: &str, counters: &[u64]| {
        if !counters.is_empty() {
            note.push_str(&format!(" {name} {}", counters.len()));
            counters.iter().for_each(|count| note.push_str(&format!(" {count}")));
        }
    };
    push_counters("counters", &counters(model));
    if let Some(Stopping { best, waited, model }) = &checkpoint.optimizer.stopping {
        push_counters("best-counters", &model.counters);
        let EpochReport { epoch, loss, val_loss, learning_rate, .. } = best;
        note.push_str(&format!(" best {epoch} {loss:?} {learning_rate:?} {waited}"));
        if let Some(loss) = val_loss {
            note.push_str(&format!(" validation {loss:?}"));
        }
        stored.extend(
            model
                .arrays
                .iter()
                .enumerate()
                .map(|(index, values)| Tensor::new(format!("{BEST}{index}"), vec![values.len()], values.clone())),
        );
    }
    file::write(path, &stored, Some(note))
}

/// The loss for which the checkpoint in a file was saved, if it can be read.
pub(super) fn saved_loss(path: &Path) -> Option<f64> {
    let (_, note) = file::read(path).ok()?;
    Note::parse(&note?)?.loss
}

/// Reads a model, the state of its optimiser and the number of epochs trained.
///
/// The model stays as it was unless names, shapes and types of all parameters agree with the file.
/// Training that goes on from here gives bit for bit what an uninterrupted one gives, with [`Fit`](crate::training::Fit)
/// and in a loop of one's own, also from the middle of an epoch. Settings, such as the seed of a
/// [`Dropout`](crate::layers::Dropout), are those of the model, and if it has more or fewer such layers than the one
/// that was saved, they draw as new ones.
///
/// # Errors
///
/// Says which file could not be read, and why; or everything in which file and model differ.
pub fn load_checkpoint<M: Differentiable>(model: &mut M, path: impl AsRef<Path>) -> Result<Checkpoint, SavingError> {
    let path = path.as_ref();
    let (stored, note) = file::read(path)?;
    let Some(note) = note.as_deref().and_then(Note::parse) else {
        return Err(SavingError::format(path, "it has weights, but is no checkpoint of a training"));
    };
    let (mut state, weights): (Vec<_>, Vec<_>) =
        stored.into_iter().partition(|tensor| tensor.name.starts_with(OPTIMIZER) || tensor.name.starts_with(BEST));
    let expected = tensors::collect(model);
    let ordered =
        tensors::match_up(&expected, weights).map_err(|differences| SavingError::mismatch(path, &differences))?;
    let mut leaves = Vec::new();
    if note.steps > 0 {
        // An optimiser knows nothing of arrays that it does not change, such as running statistics.
        let summary = summary(model);
        let trained = expected.iter().zip(summary.rows()).filter(|(_, row)| row.trainable);
        for (leaf, (tensor, _)) in trained.enumerate() {
            leaves.push(leaf_state(&mut state, leaf, tensor).map_err(|what| SavingError::format(path, what))?);
        }
        fill_empty(&mut leaves);
    }
    let stopping = match note.best {
        Some((best, waited)) => {
            let arrays = best_arrays(&mut state, &expected).map_err(|what| SavingError::format(path, what))?;
            Some(Stopping { best, waited, model: Arc::new(Snapshot { arrays, counters: note.best_counters }) })
        }
        None => None,
    };
    if let Some(tensor) = state.first() {
        return Err(SavingError::format(path, format_args!("`{}` belongs to no array of the model", tensor.name)));
    }
    tensors::assign(model, &ordered);
    set_counters(model, &note.counters);
    let Note { steps, learning_rate, plateau, .. } = note;
    Ok(Checkpoint { epoch: note.epoch, optimizer: OptimizerState { steps, learning_rate, plateau, stopping, leaves } })
}

/// What a file says beside its arrays: `epoch 3 step 40`, and then any of `rate 0.01`, `plateau 1.5 2` (the best loss, the
/// epochs waited), `loss 1.5`, `counters 2 7 7` (their number first), `best-counters 2 7 7` and
/// `best 2 1.5 0.01 1 validation 1.7` (a report, the epochs waited, and the rest of the report).
#[derive(Default)]
struct Note {
    epoch: usize,
    steps: u64,
    learning_rate: Option<f64>,
    plateau: Option<Plateau>,
    loss: Option<f64>,
    counters: Vec<u64>,
    best: Option<(EpochReport, usize)>,
    best_counters: Vec<u64>,
}

impl Note {
    fn parse(note: &str) -> Option<Self> {
        let mut words = note.split(' ').peekable();
        let (mut note, mut begun) = (Self::default(), (false, false));
        while let Some(word) = words.next() {
            match word {
                "epoch" => (note.epoch, begun.0) = (next(&mut words)?, true),
                "step" => (note.steps, begun.1) = (next(&mut words)?, true),
                "rate" => note.learning_rate = Some(next(&mut words)?),
                "plateau" => note.plateau = Some(Plateau { best: next(&mut words)?, waited: next(&mut words)? }),
                "loss" => note.loss = Some(next(&mut words)?),
                "counters" => note.counters = list(&mut words)?,
                "best-counters" => note.best_counters = list(&mut words)?,
                "best" => {
                    let (epoch, epochs) = (next(&mut words)?, note.epoch);
                    let (loss, learning_rate, waited) = (next(&mut words)?, next(&mut words)?, next(&mut words)?);
                    let val_loss = match words.next_if_eq(&"validation") {
                        Some(_) => Some(next(&mut words)?),
                        None => None,
                    };
                    note.best = Some((EpochReport { epoch, epochs, loss, val_loss, learning_rate }, waited));
                }
                _ => return None,
            }
        }
        (begun.0 && begun.1).then_some(note)
    }
}

/// The next word, as a number.
fn next<'a, T: FromStr>(words: &mut impl Iterator<Item = &'a str>) -> Option<T> {
    words.next()?.parse().ok()
}

/// A count, and as many numbers.
fn list<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Vec<u64>> {
    let count: usize = next(words)?;
    (0..count).map(|_| next(words)).collect()
}

/// The counters of the layers that draw random numbers.
fn counters<M: Differentiable>(model: &M) -> Vec<u64> {
    struct Counters(Vec<u64>);

    impl Visit for Counters {
        fn leaf_f32(&mut self, _: &[usize], _: &[f32]) {}

        fn leaf_f64(&mut self, _: &[usize], _: &[f64]) {}

        fn counter(&mut self, counter: u64) {
            self.0.push(counter);
        }
    }

    let mut counters = Counters(Vec::new());
    model.__visit(&mut counters);
    counters.0
}

/// Sets the counters of the layers that draw random numbers, if there are as many.
fn set_counters<M: Differentiable>(model: &mut M, to: &[u64]) {
    struct Set<'a>(std::slice::Iter<'a, u64>);

    impl Update for Set<'_> {
        fn leaf_f32(&mut self, _: &mut [f32], _: &[f32]) {}

        fn leaf_f64(&mut self, _: &mut [f64], _: &[f64]) {}

        fn counter(&mut self, counter: &mut u64) {
            if let Some(count) = self.0.next() {
                *counter = *count;
            }
        }
    }

    let fits = counters(model).len() == to.len();
    let zero = model.__zero();
    model.__update(&zero, &mut Set(if fits { to.iter() } else { [].iter() }));
}

/// Takes the state of one leaf out of what was stored: its slots in order, in the precision of the parameters, and as
/// long as they are.
fn leaf_state(stored: &mut Vec<Tensor>, leaf: usize, parameters: &Tensor) -> Result<LeafState, String> {
    let (mut f32, mut f64) = (Vec::new(), Vec::new());
    let len: usize = parameters.shape.iter().product();
    for slot in 0.. {
        let name = format!("{OPTIMIZER}{leaf}.{slot}");
        let Some(at) = stored.iter().position(|tensor| tensor.name == name) else {
            break;
        };
        let found = stored.swap_remove(at);
        match (found.values, &parameters.values) {
            (Values::F32(values), Values::F32(_)) if values.len() == len => f32.push(values),
            (Values::F64(values), Values::F64(_)) if values.len() == len => f64.push(values),
            _ => return Err(format!("`{name}` has not the type and the length of `{}`", parameters.name)),
        }
    }
    Ok(match parameters.values {
        Values::F32(_) => LeafState::F32(f32),
        Values::F64(_) => LeafState::F64(f64),
    })
}

/// Takes the arrays of the best model out of what was stored: those that are expected, as they lie in the model.
fn best_arrays(stored: &mut Vec<Tensor>, expected: &[Tensor]) -> Result<Vec<Values>, String> {
    let arrays = expected.iter().enumerate().map(|(index, expected)| {
        let name = format!("{BEST}{index}");
        let found = match stored.iter().position(|tensor| tensor.name == name) {
            Some(at) => stored.swap_remove(at).values,
            None if expected.is_empty() => return Ok(expected.values.clone()),
            None => return Err(format!("`{name}`, of the best model so far, is missing")),
        };
        match (&found, &expected.values) {
            (Values::F32(a), Values::F32(b)) if a.len() == b.len() => Ok(found),
            (Values::F64(a), Values::F64(b)) if a.len() == b.len() => Ok(found),
            _ => Err(format!("`{name}` has not the type and the length of `{}`", expected.name)),
        }
    });
    arrays.collect()
}

/// Gives leaves without numbers, which are in no file, as many slots as the others have.
fn fill_empty(leaves: &mut [LeafState]) {
    let count = |leaf: &LeafState| match leaf {
        LeafState::F32(slots) => slots.len(),
        LeafState::F64(slots) => slots.len(),
    };
    let most = leaves.iter().map(count).max().unwrap_or(0);
    for leaf in leaves.iter_mut().filter(|leaf| count(leaf) == 0) {
        match leaf {
            LeafState::F32(slots) => slots.resize(most, Vec::new()),
            LeafState::F64(slots) => slots.resize(most, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;

    use super::*;
    use crate::optimizers::Adam;
    use crate::saving::save_weights;
    use crate::training::Fit;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that `Fit` asks for")]
    fn value_and_grad(w: &(f64, f32), x: &Array1<f64>, y: &Array1<f64>) -> (f64, (f64, f32)) {
        let error = x * w.0 + f64::from(w.1) - y;
        let by_offset = 2.0 * error.mean().unwrap();
        ((&error * &error).mean().unwrap(), (2.0 * (&error * x).mean().unwrap(), by_offset as f32))
    }

    #[test]
    fn a_resumed_training_gives_the_same_bits() {
        let x = Array1::linspace(-1.0, 1.0, 20);
        let y = x.mapv(f64::exp);
        let fit = || Fit::new(value_and_grad).batch_size(3).seed(5);
        let path = std::env::temp_dir().join(format!("resume-{}.safetensors", std::process::id()));

        let (mut whole, mut optimizer) = ((0.0, 0.0), Adam::new(0.05));
        fit().epochs(6).run(&mut whole, &mut optimizer, &x, &y).unwrap();

        let (mut model, mut first) = ((0.0, 0.0), Adam::new(0.05));
        fit().epochs(4).run(&mut model, &mut first, &x, &y).unwrap();
        let checkpoint = Checkpoint { epoch: 4, optimizer: first.state().clone() };
        save_checkpoint(&model, &checkpoint, &path).unwrap();

        let (mut resumed, mut second) = ((9.0, 9.0), Adam::new(0.05));
        let loaded = load_checkpoint(&mut resumed, &path).unwrap();
        assert_eq!(loaded, checkpoint);
        second.set_state(loaded.optimizer);
        fit().epochs(6).initial_epoch(loaded.epoch).run(&mut resumed, &mut second, &x, &y).unwrap();
        assert_eq!(resumed, whole);

        save_weights(&model, &path).unwrap();
        assert!(load_checkpoint(&mut resumed, &path).unwrap_err().to_string().contains("no checkpoint"));
        std::fs::remove_file(&path).unwrap();
    }
}
