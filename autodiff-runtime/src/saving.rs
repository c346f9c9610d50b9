//! Saving and loading, as safetensors: a format that Python reads, and that holds nothing but numbers.
//!
//! A parameter array is named after the fields that lead to it, joined by dots. The arrays of layers are named and laid out
//! as those of `PyTorch`: a `Dense` in the field `fc1` has `fc1.weight` of shape (outputs, inputs) and `fc1.bias`, a `BatchNorm`
//! also `running_mean` and `running_var`, an [`LSTM`](crate::layers::LSTM) `weight_ih_l0` and `weight_hh_l0`; and `Sequential`
//! numbers its layers: `0.weight`, `2.bias`. So a file that is made of a `state_dict` can be loaded. What differs is:
//!
//! - images have their channels last here, so a `Dense` after a `Flatten` has its inputs in another order;
//! - a recurrent layer has one bias, `bias_ih_l0`, where `PyTorch` adds two, and the gates of a `GRU` are in the order of Keras,
//!   with both biases in one array, `bias_l0`;
//! - the ε of normalisations and their variance are those of Keras;
//! - attention has a projection each for queries, keys and values: `q_proj.weight`, `k_proj.weight`, `v_proj.weight`.
//!
//! On a field of your own, `#[saved(name = "weight", axes = [1, 0])]` says what it is called in files, and in which order the axes
//! of its array lie there; with an empty name, what is in the field takes its place. An array without elements, such as
//! the bias of a layer without one, is in no file.
//!
//! Files are written beside their place and then moved there, so that a crash leaves the old file or the new one.
//!
//! ```
//! use autodiff_runtime::prelude::*;
//!
//! let path = std::env::temp_dir().join(format!("saving-{}.safetensors", std::process::id()));
//! let saved = Dense::<f32>::new(2, 3, &mut seeded(1));
//! save_weights(&saved, &path)?;
//!
//! let mut loaded = Dense::new(2, 3, &mut seeded(2));
//! load_weights(&mut loaded, &path)?;
//! assert_eq!(loaded, saved);
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), SavingError>(())
//! ```

mod callback;
mod checkpoint;
mod error;
mod file;
mod tensors;

use std::path::Path;

use crate::Differentiable;

pub use callback::SaveCheckpoint;
pub use checkpoint::{Checkpoint, load_checkpoint, save_checkpoint};
pub use error::{SavingError, SavingErrorKind};

/// Writes all parameters of a model to a file.
///
/// # Errors
///
/// Says which file could not be written, and why.
pub fn save_weights<M: Differentiable>(model: &M, path: impl AsRef<Path>) -> Result<(), SavingError> {
    file::write(path.as_ref(), &tensors::collect(model), None)
}

/// Reads all parameters of a model from a file.
///
/// The model stays as it was unless names, shapes and types of all parameters agree with the file.
///
/// # Errors
///
/// Says which file could not be read, and why; or everything in which file and model differ.
pub fn load_weights<M: Differentiable>(model: &mut M, path: impl AsRef<Path>) -> Result<(), SavingError> {
    let path = path.as_ref();
    let (stored, _) = file::read(path)?;
    let expected = tensors::collect(model);
    let ordered =
        tensors::match_up(&expected, stored).map_err(|differences| SavingError::mismatch(path, &differences))?;
    tensors::assign(model, &ordered);
    Ok(())
}
