//! Arrays of `NumPy`.

use std::fs::File;
use std::path::Path;

use ndarray::{Array, Dimension, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyError, ReadNpyExt, ReadableElement};

use super::{DataError, DataErrorKind};

/// Reads an array that `numpy.save` wrote. Element type and number of dimensions must be those of the
/// file.
///
/// # Errors
///
/// Says which file could not be read, and why.
pub fn read_npy<A: ReadableElement, D: Dimension>(path: impl AsRef<Path>) -> Result<Array<A, D>, DataError> {
    let path = path.as_ref();
    let file = open(path)?;
    Array::read_npy(file).map_err(|error| {
        let io = matches!(error, ReadNpyError::Io(_));
        let kind = if io { DataErrorKind::Io } else { DataErrorKind::Format };
        DataError::new(kind, path, error)
    })
}

/// Reads the array `name` from a file that `numpy.savez` wrote.
///
/// # Errors
///
/// Says which file could not be read, and why; if there is no such array, which there are.
pub fn read_npz<A: ReadableElement, D: Dimension>(
    path: impl AsRef<Path>,
    name: &str,
) -> Result<Array<A, D>, DataError> {
    let path = path.as_ref();
    let format = |what: &dyn std::fmt::Display| DataError::new(DataErrorKind::Format, path, what);
    let mut archive = NpzReader::new(open(path)?).map_err(|error| format(&error))?;
    // `numpy.savez` adds the ending, and `numpy.load` hides it.
    let names = archive.names().map_err(|error| format(&error))?;
    let bare = |entry: &str| entry.strip_suffix(".npy").unwrap_or(entry).to_owned();
    let Some(entry) = names.iter().find(|entry| bare(entry) == bare(name)) else {
        let there: Vec<_> = names.iter().map(|entry| bare(entry)).collect();
        return Err(format(&format_args!("it has no array `{name}`; it has {there:?}")));
    };
    archive.by_name::<OwnedRepr<A>, D>(entry).map_err(|error| format(&format_args!("`{name}`: {error}")))
}

fn open(path: &Path) -> Result<File, DataError> {
    File::open(path).map_err(|error| DataError::new(DataErrorKind::Io, path, error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ndarray::{Array1, Array2, array};
    use ndarray_npy::{NpzWriter, write_npy};

    use super::*;

    #[test]
    fn arrays_are_read_by_type_and_name() {
        let place = std::env::temp_dir().join(format!("npy-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let (x, y) = (array![[1.0_f32, 2.0], [3.0, 4.0]], array![1_i64, 2]);
        let (one, many) = (place.join("x.npy"), place.join("both.npz"));
        write_npy(&one, &x).unwrap();
        let mut archive = NpzWriter::new(File::create(&many).unwrap());
        archive.add_array("x", &x).unwrap();
        archive.add_array("y", &y).unwrap();
        archive.finish().unwrap();

        let found: Array2<f32> = read_npy(&one).unwrap();
        assert_eq!(found, x);
        let found: Array1<i64> = read_npz(&many, "y").unwrap();
        assert_eq!(found, y);
        let kind = |result: Result<Array1<f64>, DataError>| result.unwrap_err().kind();
        assert_eq!(kind(read_npy(&one)), DataErrorKind::Format);
        assert_eq!(kind(read_npy(place.join("none.npy"))), DataErrorKind::Io);
        let error = read_npz::<f64, ndarray::Ix1>(&many, "z").unwrap_err().to_string();
        assert!(error.contains("it has no array `z`; it has [\"x\", \"y\"]"), "{error}");
        fs::remove_dir_all(&place).unwrap();
    }
}
