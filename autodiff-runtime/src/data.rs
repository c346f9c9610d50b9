//! Data from files: CSV, NPY and NPZ, and IDX (the format of MNIST, plain or gzipped).

mod csv;
mod error;
mod idx;
mod npy;

pub use csv::read_csv;
pub use error::{DataError, DataErrorKind};
pub use idx::read_idx;
pub use npy::{read_npy, read_npz};
