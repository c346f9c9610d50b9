//! Optimisers: from a model and its gradient to the next model.
//!
//! Update equations, defaults and order of operations are those of Keras 3 on TensorFlow, in the
//! precision of each parameter. An optimiser works on any type that is
//! [`Differentiable`], however nested, and keeps its state leaf by leaf.
//!
//! ```
//! use autodiff_runtime::prelude::*;
//!
//! // f(x, y) = x² + 10·y², with gradient (2·x, 20·y)
//! let mut point = (3.0_f64, 1.0_f64);
//! let mut optimizer = Adam::new(0.1);
//! for _ in 0..300 {
//!     let gradient = (2.0 * point.0, 20.0 * point.1);
//!     optimizer.apply_gradients(&mut point, &gradient);
//! }
//! assert!(point.0.abs() < 1e-3 && point.1.abs() < 1e-3);
//! ```

/// The two methods of a [`Rule`] with a field `learning_rate`.
macro_rules! learning_rate_field {
    () => {
        fn learning_rate(&self) -> f64 {
            self.learning_rate
        }

        fn set_learning_rate(&mut self, learning_rate: f64) {
            self.learning_rate = learning_rate;
        }
    };
}

mod accumulate;
mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod clip;
#[cfg(feature = "argmin")]
mod lbfgs;
mod lion;
mod nadam;
mod rmsprop;
pub mod schedules;
mod sgd;
mod state;
mod stepper;

use crate::Differentiable;

pub use accumulate::GradientAccumulator;
pub use adadelta::{Adadelta, AdadeltaConfig};
pub use adagrad::{Adagrad, AdagradConfig};
pub use adam::{Adam, AdamConfig};
pub use adamax::{Adamax, AdamaxConfig};
pub use adamw::{AdamW, AdamWConfig};
pub use clip::{Clip, global_norm};
#[cfg(feature = "argmin")]
pub use lbfgs::{Lbfgs, LbfgsError, Minimum};
pub use lion::{Lion, LionConfig};
pub use nadam::{Nadam, NadamConfig};
pub use rmsprop::{RmsProp, RmsPropConfig};
pub use sgd::{Sgd, SgdConfig};
pub use state::{LeafState, OptimizerState, Plateau, Stopping};
pub use stepper::{Leaf, Rule, Stepper};

/// What takes a step against a gradient.
pub trait Optimizer {
    /// Changes the model by one step against its gradient.
    ///
    /// # Panics
    ///
    /// Panics if the gradient has other shapes than the model, if the model has changed its shape since the last step, or if
    /// a setting cannot work, such as a rate of NaN.
    fn apply_gradients<M: Differentiable>(&mut self, model: &mut M, gradients: &M::Tangent);

    /// The learning rate that the next step uses.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the steps to come. A schedule, if there is one, is dropped.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// How many steps have been taken.
    fn steps(&self) -> u64;

    /// What a [`ReduceOnPlateau`](schedules::ReduceOnPlateau) had seen of the training whose state was set: for the first
    /// one that asks.
    fn resumed_plateau(&mut self) -> Option<Plateau> {
        None
    }

    /// Remembers what a [`ReduceOnPlateau`](schedules::ReduceOnPlateau) has seen, for the state that is saved.
    fn remember_plateau(&mut self, _plateau: Plateau) {}

    /// What an [`EarlyStopping`](crate::training::EarlyStopping) had seen of the training whose state was set: for the first
    /// one that asks.
    fn resumed_stopping(&mut self) -> Option<Stopping> {
        None
    }

    /// Remembers what an [`EarlyStopping`](crate::training::EarlyStopping) has seen, for the state that is saved.
    fn remember_stopping(&mut self, _stopping: Stopping) {}
}
