//! Data from files: CSV, NPY and NPZ, and IDX (the format of MNIST, plain or gzipped).

mod csv;
mod error;
mod idx;
mod npy;

use std::fs::File;
use std::path::Path;

pub use csv::read_csv;
pub use error::{DataError, DataErrorKind};
pub use idx::read_idx;
pub use npy::{read_npy, read_npz};

/// Opens a file to read it. A directory can be opened on Unix, and only fails when it is read.
fn open(path: &Path) -> Result<File, DataError> {
    let file = File::open(path).map_err(|error| DataError::new(DataErrorKind::Io, path, error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(DataError::new(DataErrorKind::Io, path, "it is a directory"));
    }
    Ok(file)
}
