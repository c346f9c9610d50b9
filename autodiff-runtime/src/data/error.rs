//! Why data could not be read.

use std::fmt;
use std::path::Path;

/// Why data could not be read. The message names the file and the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    kind: DataErrorKind,
    message: String,
}

/// The kinds of [`DataError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataErrorKind {
    /// The operating system refused.
    Io,
    /// The file is damaged, cut off, or of another format or type.
    Format,
    /// The file has no samples.
    Empty,
}

impl DataError {
    pub(super) fn new(kind: DataErrorKind, path: &Path, what: impl fmt::Display) -> Self {
        Self { kind, message: format!("cannot read {}: {what}", path.display()) }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> DataErrorKind {
        self.kind
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DataError {}
