//! Training: models, batches, the loop over epochs, and what it reports.

mod batch;
mod callbacks;
mod error;
mod evaluation;
mod fit;
mod history;
mod metric;
mod model;
mod progress;
mod snapshot;
mod summary;

pub use batch::Batch;
pub use callbacks::{Callback, EarlyStopping, EpochReport, OnEpochEnd, SaveBest};
pub use error::{FitError, FitErrorKind};
pub use evaluation::Evaluation;
pub use fit::{Fit, Validation};
pub use history::History;
pub use metric::{Metric, MetricNames, Metrics};
pub use model::Model;
pub use snapshot::Snapshot;
#[cfg(feature = "saving")]
pub(crate) use snapshot::Values;
pub use summary::{Summary, SummaryRow, summary};
