//! Why training could not begin, or had to stop.

use std::fmt;

/// Why [`Fit`](super::Fit) could not begin, or had to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct FitError {
    kind: FitErrorKind,
    message: String,
}

/// The kinds of [`FitError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FitErrorKind {
    /// There are no samples to train on.
    EmptyData,
    /// The batch size is 0.
    BatchSizeZero,
    /// There are not as many targets as inputs.
    LengthMismatch,
    /// The validation split is not a fraction that leaves samples on both sides, or validation data
    /// was given in two ways.
    InvalidValidation,
    /// A callback could not do its work, such as saving.
    Callback {
        /// The epoch, from 1.
        epoch: usize,
    },
    /// A sample of the data to be evaluated holds NaN or infinity.
    NonFiniteData,
    /// The gradient of a finite loss was NaN or infinite.
    NonFiniteGradient {
        /// The epoch, from 1.
        epoch: usize,
        /// The batch in the epoch, from 1.
        batch: usize,
    },
    /// A loss was NaN or infinite.
    NonFiniteLoss {
        /// The epoch, from 1.
        epoch: usize,
        /// The batch in the epoch, from 1; `None` if the loss is that of the validation data.
        batch: Option<usize>,
    },
}

impl FitError {
    pub(super) fn new(kind: FitErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> FitErrorKind {
        self.kind
    }
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FitError {}
