//! The runtime of `differentiable`: tangent spaces, the kernels that networks are made of, layers,
//! optimisers and training.
//!
//! Use it through the facade crate `differentiable`, which adds the compiler to it.

extern crate self as differentiable;

#[doc(hidden)]
#[path = "support.rs"]
pub mod __private;
#[doc(hidden)]
pub mod arrays;
pub mod check;
#[doc(hidden)]
pub mod complex;
#[cfg(feature = "data")]
pub mod data;
mod fallible;
pub mod graph;
pub mod initializers;
pub mod kernels;
pub mod layers;
pub mod metrics;
pub mod operators;
pub mod optimizers;
pub mod random;
pub mod real;
#[cfg(feature = "saving")]
pub mod saving;
mod schedule;
mod sorting;
pub mod tangent;
pub mod training;

pub use ndarray;
pub use num_complex;
pub use num_traits;
pub use rand;

pub use check::{Disagreement, GradientCheckError, Tolerance};
pub use graph::Graph;
pub use real::{Real, stop_gradient};
pub use tangent::{Differentiable, Tangent};

/// What a program that trains a model needs, in one `use`.
pub mod prelude {
    #[doc(hidden)]
    pub use crate::arrays::{
        ArrayDot as _, ArrayElementwise as _, ArrayLines as _, ArrayReductions as _, ArrayShapes as _,
    };
    pub use crate::check::{GradientCheckError, Tolerance};
    pub use crate::initializers::Initializer;
    pub use crate::kernels::activations::{
        Activation, elu, gelu, gelu_tanh, leaky_relu, log_softmax, relu, selu, sigmoid, silu, softmax, softplus, tanh,
    };
    pub use crate::kernels::losses::{
        Labels, Loss, Reduction, binary_cross_entropy, binary_cross_entropy_from_logits, categorical_cross_entropy,
        class_weights, cosine_similarity_loss, hinge_loss, huber_loss, kl_divergence, loss_each, mae_loss, mse_loss,
        one_hot, softmax_cross_entropy, sparse_categorical_cross_entropy, sparse_softmax_cross_entropy,
        squared_hinge_loss, weighted_loss,
    };
    pub use crate::kernels::losses::{
        binary_cross_entropy_each, binary_cross_entropy_from_logits_each, binary_cross_entropy_from_logits_with,
        binary_cross_entropy_with, categorical_cross_entropy_each, categorical_cross_entropy_with,
        cosine_similarity_loss_each, cosine_similarity_loss_with, hinge_loss_each, hinge_loss_with, huber_loss_each,
        huber_loss_with, kl_divergence_each, kl_divergence_with, mae_loss_each, mae_loss_with, mse_loss_each,
        mse_loss_with, softmax_cross_entropy_each, softmax_cross_entropy_with, sparse_categorical_cross_entropy_each,
        sparse_categorical_cross_entropy_with, sparse_softmax_cross_entropy_each, sparse_softmax_cross_entropy_with,
        squared_hinge_loss_each, squared_hinge_loss_with,
    };
    pub use crate::kernels::{Padding, dense};
    pub use crate::layers::*;
    pub use crate::metrics::{
        ConfusionMatrix, accuracy, argmax, auc, binary_accuracy, mean_absolute_error, r_squared,
        root_mean_squared_error, top_k_accuracy,
    };
    pub use crate::optimizers::schedules::{self, ReduceOnPlateau, Schedule};
    pub use crate::optimizers::{
        Adadelta, AdadeltaConfig, Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Adamax, AdamaxConfig,
        Clip, GradientAccumulator, Lion, LionConfig, Nadam, NadamConfig, Optimizer, RmsProp, RmsPropConfig, Sgd,
        SgdConfig, global_norm,
    };
    pub use crate::random::seeded;
    pub use crate::real::{Real, stop_gradient};
    #[cfg(feature = "saving")]
    pub use crate::saving::{Checkpoint, SavingError, load_checkpoint, load_weights, save_checkpoint, save_weights};
    pub use crate::tangent::{Differentiable, Tangent};
    pub use crate::training::{
        Batch, Callback, EarlyStopping, EpochReport, Fit, FitError, FitErrorKind, History, Model, SaveBest, Summary,
        summary,
    };
    pub use ndarray::{
        Array, Array0, Array1, Array2, Array3, Array4, ArrayD, ArrayRef, ArrayView, ArrayView1, ArrayView2,
        ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn, array, s,
    };
    pub use num_complex::Complex;
}
