//! Trainings that can be resumed.

use std::path::Path;

use super::error::SavingError;
use super::file;
use super::tensors::{self, Tensor, Values};
use crate::Differentiable;
use crate::optimizers::{LeafState, OptimizerState, Plateau};
use crate::tangent::{Update, Visit};
use crate::training::summary;

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
    let counters = counters(model);
    if !counters.is_empty() {
        note.push_str(" counters");
        counters.iter().for_each(|count| note.push_str(&format!(" {count}")));
    }
    file::write(path.as_ref(), &stored, Some(note))
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
    let Some(Note { epoch, steps, learning_rate, plateau, counters }) = note.as_deref().and_then(Note::parse) else {
        return Err(SavingError::format(path, "it has weights, but is no checkpoint of a training"));
    };
    let (mut state, weights): (Vec<_>, Vec<_>) =
        stored.into_iter().partition(|tensor| tensor.name.starts_with(OPTIMIZER));
    let expected = tensors::collect(model);
    let ordered =
        tensors::match_up(&expected, weights).map_err(|differences| SavingError::mismatch(path, &differences))?;
    let mut leaves = Vec::new();
    if steps > 0 {
        // An optimiser knows nothing of arrays that it does not change, such as running statistics.
        let summary = summary(model);
        let trained = expected.iter().zip(summary.rows()).filter(|(_, row)| row.trainable);
        for (leaf, (tensor, _)) in trained.enumerate() {
            leaves.push(leaf_state(&mut state, leaf, tensor).map_err(|what| SavingError::format(path, what))?);
        }
        fill_empty(&mut leaves);
    }
    if let Some(tensor) = state.first() {
        return Err(SavingError::format(path, format_args!("`{}` belongs to no array of the model", tensor.name)));
    }
    tensors::assign(model, &ordered);
    set_counters(model, &counters);
    Ok(Checkpoint { epoch, optimizer: OptimizerState { steps, learning_rate, plateau, leaves } })
}

/// `epoch 3 step 40 rate 0.01 plateau 1.5 2 counters 7 7`, as numbers; what follows the step may be missing.
struct Note {
    epoch: usize,
    steps: u64,
    learning_rate: Option<f64>,
    plateau: Option<Plateau>,
    counters: Vec<u64>,
}

impl Note {
    fn parse(note: &str) -> Option<Self> {
        let mut words = note.split(' ').peekable();
        words.next_if_eq(&"epoch")?;
        let epoch = words.next()?.parse().ok()?;
        words.next_if_eq(&"step")?;
        let steps = words.next()?.parse().ok()?;
        let learning_rate = match words.next_if_eq(&"rate") {
            Some(_) => Some(words.next()?.parse().ok()?),
            None => None,
        };
        let plateau = match words.next_if_eq(&"plateau") {
            Some(_) => Some(Plateau { best: words.next()?.parse().ok()?, waited: words.next()?.parse().ok()? }),
            None => None,
        };
        let counters = match words.next_if_eq(&"counters") {
            Some(_) => words.by_ref().map(|count| count.parse().ok()).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        words.next().is_none().then_some(Self { epoch, steps, learning_rate, plateau, counters })
    }
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
