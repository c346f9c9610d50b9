//! Layers: structs of parameters with a `call` method, for models to be put together from.
//!
//! Names and defaults are those of Keras. A layer is a [`Model`](crate::training::Model), so it can be called in
//! differentiated code, stand in a [`Sequential`], or be trained by itself; methods in builder style change its settings.
//! Samples come first and channels last: rows are (batch, features), series (batch, time, features), images (batch,
//! height, width, channels).
//!
//! A layer's value is a function of the layer and its input and nothing else, also where a layer differs between training
//! and prediction, draws random numbers or gathers statistics: see [`Mode`], [`Counter`] and [`Running`].

mod activate;
mod average_pool2d;
mod batch_norm;
mod conv1d;
mod conv2d;
mod conv2d_transpose;
mod counter;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod global_average_pool2d;
mod global_max_pool2d;
mod group_norm;
mod gru;
mod last_step;
mod layer_norm;
mod lstm;
mod max_pool2d;
mod mode;
mod multi_head_attention;
mod residual;
mod running;
mod sequential;
mod simple_rnn;
mod table;
mod time_distributed;
mod transformer_encoder;

pub use activate::{Activate, ActivateTangent};
pub use average_pool2d::{AveragePool2D, AveragePool2DTangent};
pub use batch_norm::{BatchNorm, BatchNormTangent};
pub use conv1d::{Conv1D, Conv1DTangent};
pub use conv2d::{Conv2D, Conv2DTangent};
pub use conv2d_transpose::{Conv2DTranspose, Conv2DTransposeTangent};
pub use counter::Counter;
pub(crate) use counter::{advance, begin_epoch};
pub use dense::{Dense, DenseTangent};
pub use dropout::{Dropout, DropoutTangent};
pub use embedding::{Embedding, EmbeddingTangent};
pub use flatten::{Flatten, FlattenTangent};
pub use global_average_pool2d::{GlobalAveragePool2D, GlobalAveragePool2DTangent};
pub use global_max_pool2d::{GlobalMaxPool2D, GlobalMaxPool2DTangent};
pub use group_norm::{GroupNorm, GroupNormTangent};
pub use gru::{GRU, GRUTangent};
pub use last_step::{LastStep, LastStepTangent};
pub use layer_norm::{LayerNorm, LayerNormTangent};
pub use lstm::{LSTM, LSTMTangent};
pub use max_pool2d::{MaxPool2D, MaxPool2DTangent};
pub(crate) use mode::Predicting;
pub(crate) use mode::set_mode;
pub use mode::{Mode, predicting};
pub use multi_head_attention::{MultiHeadAttention, MultiHeadAttentionTangent};
pub use residual::{Residual, ResidualTangent};
pub use running::{Observed, Running};
pub use sequential::{Sequential, SequentialTangent};
pub use simple_rnn::{SimpleRNN, SimpleRNNTangent};
pub use table::Table;
pub use time_distributed::{TimeDistributed, TimeDistributedTangent};
pub use transformer_encoder::{TransformerEncoder, TransformerEncoderTangent};

/// Refuses a recurrent layer without features or units.
#[track_caller]
fn check_units(layer: &str, features: usize, units: usize) {
    assert!(
        features > 0 && units > 0,
        "{layer}: there must be at least one feature and one unit; received {features} and {units}"
    );
}

/// Refuses an ε that no variance can be added to.
#[track_caller]
fn check_epsilon(layer: &str, epsilon: f64) {
    assert!(epsilon >= 0.0 && epsilon.is_finite(), "{layer}: ε must be a number of at least 0; received {epsilon}");
}

/// Refuses groups that do not divide what comes in and what goes out.
#[track_caller]
fn check_groups(layer: &str, inputs: usize, outputs: usize, groups: usize) {
    assert!(
        groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
        "{layer}: {inputs} inputs and {outputs} outputs cannot be divided into {groups} groups"
    );
}
