//! The runtime of `differentiable`: tangent spaces, the kernels that networks are made of, layers,
//! optimisers and training.
//!
//! Use it through the facade crate `differentiable`, which adds the compiler to it.

#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate self as differentiable;

/// Expands to its first argument with the feature `std`, to its second without.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_std {
    ({$($std:tt)*} {$($core:tt)*}) => { $($std)* };
}

/// Expands to its first argument with the feature `std`, to its second without.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_std {
    ({$($std:tt)*} {$($core:tt)*}) => { $($core)* };
}

#[doc(hidden)]
#[path = "support.rs"]
pub mod __private;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod arrays;
#[cfg(feature = "std")]
pub mod check;
mod claims;
#[doc(hidden)]
pub mod complex;
#[cfg(feature = "std")]
mod containers;
#[cfg(feature = "std")]
mod conversions;
#[cfg(feature = "data")]
pub mod data;
mod fallible;
#[cfg(feature = "std")]
pub mod graph;
#[cfg(feature = "std")]
pub mod implicit;
#[cfg(feature = "std")]
pub mod initializers;
mod items;
#[cfg(feature = "std")]
pub mod jacobian;
#[cfg(feature = "std")]
pub mod kernels;
pub mod lanes;
#[cfg(feature = "std")]
pub mod layers;
#[cfg(feature = "std")]
mod memory;
#[cfg(feature = "std")]
pub mod metrics;
mod modes;
pub mod operators;
#[cfg(feature = "std")]
pub mod optimizers;
pub mod parts;
mod promises;
#[cfg(feature = "std")]
pub mod random;
mod real;
#[cfg(feature = "std")]
mod referred;
mod returned;
#[cfg(feature = "saving")]
pub mod saving;
mod scalars;
#[cfg(feature = "std")]
mod schedule;
#[cfg(feature = "std")]
mod sequences;
#[cfg(feature = "std")]
mod sorting;
pub mod tangent;
mod tapes;
#[cfg(feature = "std")]
pub mod training;

#[cfg(feature = "std")]
pub use ndarray;
pub use num_complex;
pub use num_traits;
#[cfg(feature = "std")]
pub use rand;

#[cfg(feature = "std")]
pub use check::{Disagreement, GradientCheckError, Tolerance};
#[cfg(feature = "std")]
pub use graph::Graph;
#[cfg(feature = "std")]
pub use jacobian::{Pattern, SparseJacobian};
pub use real::{Real, stop_gradient};
pub use tangent::{Differentiable, Tangent};

/// What a program that trains a model needs, in one `use`.
pub mod prelude {
    #[cfg(feature = "std")]
    #[doc(hidden)]
    pub use crate::arrays::{
        ArrayDot as _, ArrayElementwise as _, ArrayFunctions as _, ArrayLines as _, ArrayReductions as _,
        ArrayShapes as _, ArraySums as _, ArrayViews as _, HigherReductions as _,
    };
    #[cfg(feature = "std")]
    pub use crate::assert_gradient;
    #[cfg(feature = "std")]
    pub use crate::check::{GradientCheckError, Tolerance};
    #[cfg(feature = "std")]
    pub use crate::initializers::Initializer;
    #[cfg(feature = "std")]
    pub use crate::kernels::activations::{
        Activation, elu, gelu, gelu_tanh, leaky_relu, log_softmax, relu, selu, sigmoid, silu, softmax, softplus, tanh,
    };
    #[cfg(feature = "std")]
    pub use crate::kernels::losses::{
        Labels, Loss, Reduction, binary_cross_entropy, binary_cross_entropy_from_logits, categorical_cross_entropy,
        class_weights, cosine_similarity_loss, hinge_loss, huber_loss, kl_divergence, loss_each, mae_loss, mse_loss,
        one_hot, softmax_cross_entropy, sparse_categorical_cross_entropy, sparse_softmax_cross_entropy,
        squared_hinge_loss, weighted_loss,
    };
    #[cfg(feature = "std")]
    pub use crate::kernels::losses::{
        binary_cross_entropy_each, binary_cross_entropy_from_logits_each, binary_cross_entropy_from_logits_with,
        binary_cross_entropy_with, categorical_cross_entropy_each, categorical_cross_entropy_with,
        cosine_similarity_loss_each, cosine_similarity_loss_with, hinge_loss_each, hinge_loss_with, huber_loss_each,
        huber_loss_with, kl_divergence_each, kl_divergence_with, mae_loss_each, mae_loss_with, mse_loss_each,
        mse_loss_with, softmax_cross_entropy_each, softmax_cross_entropy_with, sparse_categorical_cross_entropy_each,
        sparse_categorical_cross_entropy_with, sparse_softmax_cross_entropy_each, sparse_softmax_cross_entropy_with,
        squared_hinge_loss_each, squared_hinge_loss_with,
    };
    #[cfg(feature = "std")]
    pub use crate::kernels::{Padding, batch_dot, dense};
    #[cfg(feature = "std")]
    pub use crate::layers::*;
    #[cfg(feature = "std")]
    pub use crate::metrics::{
        ConfusionMatrix, accuracy, argmax, auc, binary_accuracy, f1_score, mean_absolute_error, precision, r_squared,
        recall, root_mean_squared_error, top_k_accuracy,
    };
    #[cfg(feature = "std")]
    pub use crate::optimizers::schedules::{self, ReduceOnPlateau, Schedule};
    #[cfg(feature = "std")]
    pub use crate::optimizers::{
        Adadelta, AdadeltaConfig, Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Adamax, AdamaxConfig,
        Clip, GradientAccumulator, Lion, LionConfig, Nadam, NadamConfig, Optimizer, RmsProp, RmsPropConfig, Sgd,
        SgdConfig, global_norm,
    };
    #[cfg(feature = "std")]
    pub use crate::random::seeded;
    pub use crate::real::{Real, stop_gradient};
    #[cfg(feature = "saving")]
    pub use crate::saving::{
        Checkpoint, SaveCheckpoint, SavingError, load_checkpoint, load_weights, save_checkpoint, save_weights,
    };
    pub use crate::tangent::{Differentiable, Tangent};
    #[cfg(feature = "std")]
    pub use crate::training::{
        Batch, Callback, EarlyStopping, EpochReport, Evaluation, Fit, FitError, FitErrorKind, History, Model, SaveBest,
        Summary, summary,
    };
    #[cfg(feature = "std")]
    pub use ndarray::{
        Array, Array0, Array1, Array2, Array3, Array4, ArrayD, ArrayRef, ArrayView, ArrayView1, ArrayView2,
        ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn, array, s,
    };
    pub use num_complex::{Complex, Complex32, Complex64};
}
