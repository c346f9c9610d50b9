//! Whether a layer trains or predicts.
//!
//! Layers that differ between the two (`Dropout`, `BatchNorm`) have a field of type [`Mode`], so that a model's value
//! is a function of the model and its input alone: a pullback that is called later, or twice, and `check` see the
//! same function. Predictions are made within [`predicting`], whatever the fields say.

use std::cell::Cell;

use crate::tangent::{Differentiable, Update, Visit};

/// What a layer is used for. It is a constant: its tangent is `()`.
///
/// A new layer trains, as in `PyTorch`. [`Model::predict`](crate::training::Model::predict), `evaluate`, metrics and
/// validation predict always; [`Model::set_mode`](crate::training::Model::set_mode) sets all layers of a model, for
/// `call` by itself, or to keep the statistics of a part that is not to be trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Dropout drops, and batch normalisation uses the statistics of the batch.
    #[default]
    Train,
    /// Dropout does nothing, and batch normalisation uses the statistics it has gathered.
    Predict,
}

thread_local! {
    static PREDICTING: Cell<bool> = const { Cell::new(false) };
}

impl Mode {
    /// Whether a layer in this mode trains: not within [`predicting`].
    pub fn trains(self) -> bool {
        self == Mode::Train && !PREDICTING.get()
    }
}

/// Calls `f`, within which all layers of this thread predict.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// let dropout = Dropout::new(0.5, &mut seeded(1));
/// let x = Array2::<f64>::ones((1, 8));
/// assert_ne!(dropout.call(&x), x);
/// assert_eq!(predicting(|| dropout.call(&x)), x);
/// ```
pub fn predicting<R>(f: impl FnOnce() -> R) -> R {
    let _predicting = Predicting::begin();
    f()
}

/// As long as it lives, layers predict; then it sets back what was, also after a panic.
pub(crate) struct Predicting(bool);

impl Predicting {
    pub(crate) fn begin() -> Self {
        Self(PREDICTING.replace(true))
    }
}

impl Drop for Predicting {
    fn drop(&mut self) {
        PREDICTING.set(self.0);
    }
}

impl Differentiable for Mode {
    type Tangent = ();

    #[inline]
    fn __zero(&self) {}

    #[inline]
    fn __update(&mut self, (): &(), update: &mut dyn Update) {
        update.mode(self);
    }

    #[inline]
    fn __visit(&self, _: &mut dyn Visit) {}
}

/// Sets the mode of every layer of a model.
pub(crate) fn set_mode<M: Differentiable + ?Sized>(model: &mut M, mode: Mode) {
    struct Set(Mode);

    impl Update for Set {
        fn leaf_f32(&mut self, _: &mut [f32], _: &[f32]) {}

        fn leaf_f64(&mut self, _: &mut [f64], _: &[f64]) {}

        fn mode(&mut self, mode: &mut Mode) {
            *mode = self.0;
        }
    }

    let zero = model.__zero();
    model.__update(&zero, &mut Set(mode));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_prediction() {
        let result = std::panic::catch_unwind(|| predicting(|| panic!("within")));
        assert!(result.is_err());
        assert!(Mode::Train.trains());
        assert!(!Mode::Predict.trains());
        let nested = || {
            predicting(|| ());
            Mode::Train.trains()
        };
        assert!(!predicting(nested));
    }
}
