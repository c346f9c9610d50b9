//! Gradient clipping.

use crate::tangent::{Rows, Visit};
use crate::{Differentiable, Real};

/// How gradients are kept from growing too large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// Every element is kept within ± this value. Keras: `clipvalue`.
    Value(f64),
    /// The gradient of every parameter array is scaled to at most this Euclidean norm. Keras:
    /// `clipnorm`.
    Norm(f64),
    /// The gradients of all parameters that are not frozen are scaled together to at most this Euclidean norm. Keras:
    /// `global_clipnorm`.
    GlobalNorm(f64),
    /// Every element is multiplied by this factor.
    #[doc(hidden)]
    Scale(f64),
}

impl Clip {
    /// The same, with a global norm turned into the factor that a gradient of this norm needs.
    pub(super) fn with_norm(self, norm: impl FnOnce() -> f64) -> Self {
        match self {
            Clip::GlobalNorm(limit) => {
                let norm = norm();
                // A norm that is not finite makes the gradient NaN, which `Fit` reports.
                Clip::Scale(if norm <= limit {
                    1.0
                } else if norm.is_finite() {
                    limit / norm
                } else {
                    f64::NAN
                })
            }
            other => other,
        }
    }

    /// Puts the clipped gradients of one leaf into `out`.
    pub(super) fn apply<T: Real>(self, gradients: &[T], out: &mut Vec<T>) {
        out.clear();
        let factor = match self {
            Clip::Value(limit) => {
                let limit = T::__lit(limit);
                out.extend(gradients.iter().map(|&g| {
                    if g > limit {
                        limit
                    } else if g < -limit {
                        -limit
                    } else {
                        g
                    }
                }));
                return;
            }
            Clip::Norm(limit) => {
                let norm = gradients.iter().map(|&g| g * g).sum::<T>().sqrt();
                if norm <= T::__lit(limit) { T::one() } else { T::__lit(limit) / norm }
            }
            Clip::GlobalNorm(_) => unreachable!("the global norm was turned into a factor"),
            Clip::Scale(factor) => T::__lit(factor),
        };
        out.extend(gradients.iter().map(|&g| g * factor));
    }
}

/// The Euclidean norm of everything that varies in a value: of a gradient, or of all parameters.
///
/// ```
/// use autodiff_runtime::prelude::*;
///
/// assert_eq!(global_norm(&(array![3.0_f32], 4.0_f64)), 5.0);
/// ```
pub fn global_norm<M: Differentiable + ?Sized>(value: &M) -> f64 {
    struct Squares(f64);

    impl Visit for Squares {
        fn leaf_f32(&mut self, _: &[usize], values: &[f32]) {
            self.0 += values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
        }

        fn leaf_f64(&mut self, _: &[usize], values: &[f64]) {
            self.0 += values.iter().map(|x| x * x).sum::<f64>();
        }

        fn rows_f32(&mut self, rows: &Rows<f32>) {
            self.leaf_f32(&[], rows.values());
        }

        fn rows_f64(&mut self, rows: &Rows<f64>) {
            self.leaf_f64(&[], rows.values());
        }
    }

    let mut squares = Squares(0.0);
    value.__visit(&mut squares);
    squares.0.sqrt()
}

#[cfg(test)]
mod tests {
    use crate::optimizers::{Clip, Optimizer, Sgd};

    fn step(clip: Clip) -> ([f64; 2], f64) {
        let mut x = ([0.0, 0.0], 0.0);
        Sgd::new(1.0).with_clip(clip).apply_gradients(&mut x, &([-3.0, 4.0], 12.0));
        x
    }

    #[test]
    fn gradients_are_clipped_by_value_by_norm_and_by_global_norm() {
        assert_eq!(step(Clip::Value(3.5)), ([3.0, -3.5], -3.5));
        assert_eq!(step(Clip::Norm(2.5)), ([1.5, -2.0], -2.5));
        assert_eq!(step(Clip::GlobalNorm(6.5)), ([1.5, -2.0], -6.0));
        assert_eq!(step(Clip::GlobalNorm(20.0)), ([3.0, -4.0], -12.0));
    }

    #[test]
    fn frozen_parts_do_not_count_in_the_global_norm() {
        let mut x = ([0.0, 0.0], 0.0);
        let mut optimizer = Sgd::new(1.0).with_clip(Clip::GlobalNorm(2.5)).freeze("1");
        optimizer.apply_gradients(&mut x, &([-3.0, 4.0], 1e9));
        assert_eq!(x, ([1.5, -2.0], 0.0));
    }

    #[test]
    fn a_gradient_that_is_not_finite_stays_so() {
        let mut x = 0.0_f64;
        let mut optimizer = Sgd::new(1.0).with_clip(Clip::GlobalNorm(1.0));
        optimizer.apply_gradients(&mut x, &f64::INFINITY);
        assert!(x.is_nan());
    }
}
