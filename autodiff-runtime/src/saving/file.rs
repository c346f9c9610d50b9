//! Files of named tensors.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use safetensors::tensor::{Dtype, SafeTensors, View};

use super::error::SavingError;
use super::tensors::{Tensor, Values};

/// The one entry of the file's metadata that is ours. There is only one, since their order would differ
/// from run to run.
const NOTE: &str = "differentiable";

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::F32(_) => Dtype::F32,
            Values::F64(_) => Dtype::F64,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match &self.values {
            Values::F32(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Values::F64(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }

    fn data_len(&self) -> usize {
        match &self.values {
            Values::F32(values) => size_of_val(&values[..]),
            Values::F64(values) => size_of_val(&values[..]),
        }
    }
}

/// Writes tensors and a note, all or nothing.
pub(super) fn write(path: &Path, tensors: &[Tensor], note: Option<String>) -> Result<(), SavingError> {
    let mut names = HashSet::new();
    if let Some(twice) = tensors.iter().find(|tensor| !names.insert(&tensor.name)) {
        return Err(SavingError::names(path, &twice.name));
    }
    let note = note.map(|note| HashMap::from([(NOTE.to_owned(), note)]));
    let named = tensors.iter().filter(|tensor| !tensor.is_empty()).map(|tensor| (&tensor.name, tensor));
    let bytes = safetensors::serialize(named, note).map_err(|e| SavingError::format(path, e))?;

    // Beside its place, since a file can be moved in one step only within a file system.
    let temporary = beside(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, path)).map_err(|error| {
        // What is left over is of no use, and the error that matters is the first.
        let _ = fs::remove_file(&temporary);
        SavingError::io("write", path, error)
    })
}

/// A name of its own for each file that is being written, in any thread of any process.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.partial", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

/// Reads tensors, and the note if there is one.
pub(super) fn read(path: &Path) -> Result<(Vec<Tensor>, Option<String>), SavingError> {
    let bytes = fs::read(path).map_err(|error| SavingError::io("read", path, error))?;
    let format = |what: &dyn std::fmt::Display| SavingError::format(path, what);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| format(&e))?;
    let note = metadata.metadata().as_ref().and_then(|entries| entries.get(NOTE).cloned());
    let mut tensors = Vec::new();
    for (name, view) in SafeTensors::deserialize(&bytes).map_err(|e| format(&e))?.iter() {
        // A count that `PyTorch` keeps beside the statistics of a normalisation.
        if name.rsplit('.').next() == Some("num_batches_tracked") {
            continue;
        }
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => {
                let (numbers, _) = data.as_chunks::<4>();
                Values::F32(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
            Dtype::F64 => {
                let (numbers, _) = data.as_chunks::<8>();
                Values::F64(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
            }
            other => {
                return Err(format(&format_args!("`{name}` is of type {other:?}; f32 and f64 are read")));
            }
        };
        tensors.push(Tensor::new(name.to_owned(), view.shape().to_vec(), values));
    }
    Ok((tensors, note))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::super::{SavingErrorKind, load_weights, save_weights};
    use super::*;
    use crate::layers::Dense;
    use crate::random::seeded;

    /// A place for the files of one test, removed in the end.
    struct Place(PathBuf);

    impl Place {
        fn new(test: &str) -> Self {
            let place = std::env::temp_dir().join(format!("{test}-{}", std::process::id()));
            fs::create_dir_all(&place).unwrap();
            Place(place)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn net(seed: u64) -> (Dense<f32>, Vec<Dense<f64>>) {
        let mut rng = seeded(seed);
        (Dense::new(3, 2, &mut rng), vec![Dense::new(2, 2, &mut rng), Dense::new(2, 1, &mut rng)])
    }

    #[test]
    fn what_was_saved_is_loaded_and_nothing_is_left_behind() {
        let place = Place::new("roundtrip");
        let path = place.0.join("net.safetensors");
        let saved = net(1);
        save_weights(&saved, &path).unwrap();
        let first = fs::read(&path).unwrap();
        save_weights(&saved, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first, "the same model makes the same file");
        let mut loaded = net(2);
        load_weights(&mut loaded, &path).unwrap();
        assert_eq!(loaded, saved);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1);
        let (tensors, _) = read(&path).unwrap();
        let mut names: Vec<_> = tensors.iter().map(|tensor| &tensor.name[..]).collect();
        names.sort_unstable();
        let expected = ["0.bias", "0.weight", "1.0.bias", "1.0.weight", "1.1.bias", "1.1.weight"];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_layout_in_memory_does_not_matter() {
        let place = Place::new("layout");
        let path = place.0.join("x.safetensors");
        let x: Array2<f64> = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        save_weights(&x.t().to_owned(), &path).unwrap();
        let mut loaded = Array2::<f64>::zeros((2, 3));
        load_weights(&mut loaded, &path).unwrap();
        assert_eq!(loaded, x.t());
    }

    #[test]
    fn every_difference_is_named_and_nothing_is_changed() {
        let place = Place::new("differences");
        let path = place.0.join("net.safetensors");
        let mut rng = seeded(1);
        let saved = (Dense::<f32>::new(3, 2, &mut rng), 1.0_f64, 2.0_f64, 3.0_f64);
        save_weights(&saved, &path).unwrap();
        let mut other = (Dense::<f32>::new(3, 4, &mut rng), 5.0_f64, 6.0_f32, ((), 7.0_f64));
        let before = other.clone();
        let error = load_weights(&mut other, &path).unwrap_err();
        assert_eq!(error.kind(), SavingErrorKind::Mismatch);
        let message = error.to_string();
        for part in [
            "`0.weight` has shape [2, 3] in the file, but [4, 3] in the model",
            "`2` is of type f64 in the file, but f32 in the model",
            "`3.1` is missing from the file",
            "the model has no `3`",
        ] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(other, before);
    }

    #[test]
    fn what_a_layer_does_not_have_is_not_in_the_file() {
        let place = Place::new("without-bias");
        let path = place.0.join("net.safetensors");
        let layer = |seed| Dense::<f32>::new(3, 2, &mut seeded(seed));
        save_weights(&layer(1).without_bias(), &path).unwrap();
        let (tensors, _) = read(&path).unwrap();
        assert_eq!(tensors.iter().map(|tensor| &tensor.name[..]).collect::<Vec<_>>(), ["weight"]);
        let mut loaded = layer(2).without_bias();
        load_weights(&mut loaded, &path).unwrap();
        assert_eq!(loaded, layer(1).without_bias());
        let message = load_weights(&mut layer(2), &path).unwrap_err().to_string();
        assert!(message.contains("`bias` is missing from the file"), "{message}");
        save_weights(&layer(1), &path).unwrap();
        let message = load_weights(&mut loaded, &path).unwrap_err().to_string();
        assert!(message.contains("`bias` has shape [2] in the file, but [0] in the model"), "{message}");
    }

    #[test]
    fn two_arrays_of_one_name_are_refused() {
        #[derive(autodiff_macros::Differentiable)]
        struct Twins {
            #[saved(name = "w")]
            v: f64,
            w: f64,
        }
        let path = Place::new("twins").0.join("net.safetensors");
        let message = save_weights(&Twins { v: 1.0, w: 2.0 }, &path).unwrap_err().to_string();
        assert!(message.contains("two arrays of the model are called `w`"), "{message}");
    }

    #[test]
    fn damaged_and_missing_files_are_refused() {
        let place = Place::new("damaged");
        let path = place.0.join("net.safetensors");
        let mut model = net(1);
        assert_eq!(load_weights(&mut model, &path).unwrap_err().kind(), SavingErrorKind::Io);
        save_weights(&model, &path).unwrap();
        let bytes = fs::read(&path).unwrap();
        for end in [0, 4, 20, bytes.len() - 1] {
            fs::write(&path, &bytes[..end]).unwrap();
            let error = load_weights(&mut model, &path).unwrap_err();
            assert_eq!(error.kind(), SavingErrorKind::Format, "{error}");
        }
        let nowhere = place.0.join("missing/net.safetensors");
        assert_eq!(save_weights(&model, nowhere).unwrap_err().kind(), SavingErrorKind::Io);
    }

    #[test]
    fn a_hostile_file_is_refused_and_changes_nothing() {
        let place = Place::new("hostile");
        let path = place.0.join("net.safetensors");
        let model = net(1);
        save_weights(&model, &path).unwrap();
        let good = fs::read(&path).unwrap();
        let load = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let mut loaded = net(2);
            let result = load_weights(&mut loaded, &path);
            if result.is_err() {
                assert_eq!(loaded, net(2));
            }
            result
        };
        assert!(load(&good).is_ok());
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] ^= flip;
                // A changed weight is a weight; anything else is refused. Nothing panics.
                let header = at < good.len() - numbers_of(&model);
                assert!(load(&bytes).is_err() || !header || flip == 0x20, "byte {at} with {flip:#x}");
            }
        }
        let file = |header: &str, data: usize| {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.bytes());
            bytes.resize(bytes.len() + data, 0);
            bytes
        };
        let mut endless = file("{}", 0);
        endless[..8].fill(0xff);
        for bytes in [
            endless,
            file("{}", 8),
            file("[[[[[[[[", 0),
            file(&"[".repeat(100_000), 0),
            file(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}"#, 4),
            file(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
            file(
                r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4,
            ),
            file(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#, 4),
            file(r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
        ] {
            assert_eq!(load(&bytes).unwrap_err().kind(), SavingErrorKind::Format);
        }
        // Whole, but of another model.
        assert!(load(&file(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4)).is_err());
    }

    /// The number of bytes of all weights.
    fn numbers_of(model: &(Dense<f32>, Vec<Dense<f64>>)) -> usize {
        let sizes = |weights: usize, bias: usize, size: usize| (weights + bias) * size;
        let rest: usize = model.1.iter().map(|layer| sizes(layer.weights.len(), layer.bias.len(), 8)).sum();
        sizes(model.0.weights.len(), model.0.bias.len(), 4) + rest
    }
}
