//! Why a file could not be written or read.

use std::error::Error;
use std::fmt;
use std::path::Path;

/// Why a file could not be written or read.
#[derive(Debug)]
pub struct SavingError {
    kind: SavingErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of [`SavingError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SavingErrorKind {
    /// The operating system refused.
    Io,
    /// The file is damaged, cut off, or of another format.
    Format,
    /// The file fits another model.
    Mismatch,
    /// Two arrays of the model would have the same name in the file.
    Names,
}

impl SavingError {
    pub(super) fn io(action: &str, path: &Path, error: std::io::Error) -> Self {
        Self {
            kind: SavingErrorKind::Io,
            message: format!("cannot {action} {}: {error}", path.display()),
            source: Some(Box::new(error)),
        }
    }

    pub(super) fn format(path: &Path, what: impl fmt::Display) -> Self {
        Self {
            kind: SavingErrorKind::Format,
            message: format!("{} cannot be read as safetensors: {what}", path.display()),
            source: None,
        }
    }

    pub(super) fn mismatch(path: &Path, differences: &[String]) -> Self {
        Self {
            kind: SavingErrorKind::Mismatch,
            message: format!("{} does not fit the model:\n  {}", path.display(), differences.join("\n  ")),
            source: None,
        }
    }

    pub(super) fn names(path: &Path, name: &str) -> Self {
        Self {
            kind: SavingErrorKind::Names,
            message: format!("cannot write {}: two arrays of the model are called `{name}`", path.display()),
            source: None,
        }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> SavingErrorKind {
        self.kind
    }
}

impl fmt::Display for SavingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for SavingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| &**error as &(dyn Error + 'static))
    }
}
