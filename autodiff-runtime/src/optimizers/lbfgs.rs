//! L-BFGS, by the crate `argmin`, over the parameters of a model.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use crate::check::{Flat, displace, flatten};
use crate::{Differentiable, Real};

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno, with the line search of Moré and Thuente, for
/// losses over all data at once: small models, physics-informed networks, fits of curves.
///
/// It is deterministic and needs a smooth loss that is a function of the model alone, so dropout and batch normalisation
/// must predict ([`Model::set_mode`](crate::training::Model::set_mode)). Steps are computed in double precision.
///
/// Source: Liu, Nocedal, *On the limited memory BFGS method for large scale optimization*, 1989. Needs the feature
/// `argmin`.
///
/// ```
/// use autodiff_runtime::optimizers::Lbfgs;
///
/// // Rosenbrock's valley, with its minimum at (1, 1).
/// let value_and_grad = |p: &(f64, f64)| {
///     let (slope, valley) = (1.0 - p.0, p.1 - p.0 * p.0);
///     let gradient = (-2.0 * slope - 400.0 * p.0 * valley, 200.0 * valley);
///     (slope * slope + 100.0 * valley * valley, gradient)
/// };
/// let mut point = (-1.2, 1.0);
/// let minimum = Lbfgs::new().minimize(&mut point, value_and_grad)?;
/// assert!(minimum.loss < 1e-12 && (point.0 - 1.0).abs() < 1e-6);
/// # Ok::<(), autodiff_runtime::optimizers::LbfgsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lbfgs {
    /// How many steps the estimate of the curvature remembers; 10 unless set.
    pub memory: usize,
    /// The most iterations; 1000 unless set.
    pub max_iterations: u64,
    /// It ends where the norm of the gradient is below this; 10⁻⁸ unless set.
    pub gradient_tolerance: f64,
    /// It ends where the loss falls by less than this; 10⁻¹⁶ unless set.
    pub loss_tolerance: f64,
}

/// Where [`Lbfgs`] ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The least loss found, which is that of the model.
    pub loss: f64,
    /// How many iterations were made.
    pub iterations: u64,
    /// How often the loss and its gradient were computed.
    pub evaluations: u64,
    /// Why it ended, in words.
    pub reason: String,
}

/// Why [`Lbfgs`] could not go on; the model is then as it was.
#[derive(Debug)]
pub struct LbfgsError(String);

impl fmt::Display for LbfgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L-BFGS could not go on: {}", self.0)
    }
}

impl Error for LbfgsError {}

impl Default for Lbfgs {
    fn default() -> Self {
        Self { memory: 10, max_iterations: 1000, gradient_tolerance: 1e-8, loss_tolerance: 1e-16 }
    }
}

impl Lbfgs {
    /// The method with its usual settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves a model to a minimum of a loss, given its value and gradient; for
    /// `#[differentiable(wrt(model))] fn loss(model, x, y)` that is `|model| loss::value_and_grad(model, &x, &y)`.
    ///
    /// # Errors
    ///
    /// Says why, if the loss or its gradient is not finite where it begins, if settings are out of range, or if the line
    /// search fails. The model is then as it was.
    pub fn minimize<M, L>(
        &self,
        model: &mut M,
        value_and_grad: impl Fn(&M) -> (L, M::Tangent),
    ) -> Result<Minimum, LbfgsError>
    where
        M: Differentiable + Clone,
        L: Real,
    {
        let start = numbers(model);
        let problem = Problem {
            model: RefCell::new(model.clone()),
            value_and_grad,
            last: RefCell::new(None),
            evaluations: RefCell::new(0),
        };
        let (loss, gradient) = problem.evaluate(&start);
        if !loss.is_finite() || gradient.iter().any(|g| !g.is_finite()) {
            return Err(LbfgsError(format!("the loss is {loss} where it begins, or its gradient is not finite")));
        }
        let refused = |error: argmin::core::Error| LbfgsError(error.to_string());
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), self.memory)
            .with_tolerance_grad(self.gradient_tolerance)
            .and_then(|solver| solver.with_tolerance_cost(self.loss_tolerance))
            .map_err(refused)?;
        let executor = Executor::new(&problem, solver).timer(false);
        let result = executor.configure(|state| state.param(start.clone()).max_iters(self.max_iterations)).run();
        let state = result.map_err(refused)?.state;
        let best = state.get_best_param().cloned().unwrap_or(start);
        let reason = match state.get_termination_reason() {
            Some(reason) => reason.text().to_owned(),
            None => "no reason given".to_owned(),
        };
        move_to(model, &best);
        let evaluations = *problem.evaluations.borrow();
        Ok(Minimum { loss: state.get_best_cost(), iterations: state.get_iter(), evaluations, reason })
    }
}

/// The numbers of a model.
fn numbers<M: Differentiable>(model: &M) -> Vec<f64> {
    let mut flat = Flat::default();
    flat.push(model);
    flat.values
}

/// Sets the numbers of a model.
fn move_to<M: Differentiable>(model: &mut M, to: &[f64]) {
    let by: Vec<f64> = numbers(model).iter().zip(to).map(|(from, to)| to - from).collect();
    displace(model, &mut &by[..]);
}

/// Numbers, and the loss and its gradient there.
type Evaluation = (Vec<f64>, f64, Vec<f64>);

/// A model and its loss, for `argmin`, which asks for loss and gradient apart from each other.
struct Problem<M, F> {
    model: RefCell<M>,
    value_and_grad: F,
    last: RefCell<Option<Evaluation>>,
    evaluations: RefCell<u64>,
}

impl<M: Differentiable, L: Real, F: Fn(&M) -> (L, M::Tangent)> Problem<M, F> {
    fn evaluate(&self, at: &[f64]) -> (f64, Vec<f64>) {
        if let Some((place, loss, gradient)) = &*self.last.borrow()
            && place == at
        {
            return (*loss, gradient.clone());
        }
        let mut model = self.model.borrow_mut();
        move_to(&mut *model, at);
        let (loss, mut tangent) = (self.value_and_grad)(&model);
        let mut gradient = Vec::new();
        flatten(&mut tangent, &mut gradient);
        *self.evaluations.borrow_mut() += 1;
        *self.last.borrow_mut() = Some((at.to_vec(), loss.__f64(), gradient.clone()));
        (loss.__f64(), gradient)
    }
}

impl<M: Differentiable, L: Real, F: Fn(&M) -> (L, M::Tangent)> CostFunction for &Problem<M, F> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.evaluate(at).0)
    }
}

impl<M: Differentiable, L: Real, F: Fn(&M) -> (L, M::Tangent)> Gradient for &Problem<M, F> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.evaluate(at).1)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use autodiff_macros::differentiable;

    use super::*;
    use crate::arrays::ArraySums as _;
    use crate::kernels::{Activation, binary_cross_entropy_from_logits, mse_loss, mse_loss_adjoint};
    use crate::layers::{Dense, DenseTangent};
    use crate::random::seeded;
    use crate::training::Model;

    /// The gradient of a linear layer, by hand.
    fn linear(layer: &Dense<f64>, x: &Array2<f64>, y: &Array2<f64>) -> (f64, DenseTangent<f64>) {
        let p = layer.call(x);
        let mut ct = Array2::zeros(p.raw_dim());
        mse_loss_adjoint(y, &p, (), 1.0, None, Some(&mut ct));
        let mut gradient = layer.__zero();
        gradient.weights = x.t().dot(&ct);
        gradient.bias = ct.sum_axis(ndarray::Axis(0));
        (mse_loss(y, &p), gradient)
    }

    #[test]
    fn a_linear_layer_is_fitted_exactly() {
        let mut layer = Dense::new(2, 1, &mut seeded(1)).with_activation(Activation::Linear);
        let x = array![[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, -1.0]];
        let y = x.dot(&array![[3.0], [-2.0]]) + 0.5;
        let minimum = Lbfgs::new().minimize(&mut layer, |layer| linear(layer, &x, &y)).unwrap();
        assert!(minimum.loss < 1e-14, "{minimum:?}");
        assert!((layer.weights[(0, 0)] - 3.0).abs() < 1e-6 && (layer.bias[0] - 0.5).abs() < 1e-6);
        assert!(minimum.evaluations < 40);
    }

    #[differentiable(wrt(layer))]
    fn regression(layer: &Dense<f64>, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
        let decay = layer.weights.mapv(|w| w * w).sum() + layer.bias.mapv(|b| b * b).sum();
        binary_cross_entropy_from_logits(y, &layer.call(x)) + 0.1 * decay
    }

    /// Another line search takes another way to the same minimum.
    #[test]
    fn it_finds_the_minimum_that_pytorch_finds() {
        let fixture = include_str!("../../../tests/fixtures/pytorch_training.json");
        let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
        let wave = |shape: (usize, usize), seed: usize| {
            Array2::from_shape_fn(shape, |(i, j)| (1.0 + 0.37 * (i * shape.1 + j) as f64 + seed as f64).sin())
        };
        let (x, y) = (wave((12, 3), 10), wave((12, 1), 20).mapv(|y| if y > 0.0 { 1.0 } else { 0.0 }));
        let mut layer = Dense::new(3, 1, &mut seeded(1));
        layer.weights = wave((3, 1), 1);
        layer.bias = wave((1, 1), 2).row(0).to_owned();
        let minimum = Lbfgs::new().minimize(&mut layer, |layer| regression::value_and_grad(layer, &x, &y)).unwrap();
        let expected = &fixture["lbfgs"];
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        assert!((minimum.loss - number(&expected["loss"])).abs() < 1e-12, "{minimum:?}");
        for (found, expected) in layer.weights.iter().zip(expected["weights"].as_array().unwrap()) {
            assert!((found - number(expected)).abs() < 1e-7, "{layer:?} is not {expected}");
        }
        assert!((layer.bias[0] - number(&expected["bias"][0])).abs() < 1e-7);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_refused_and_the_model_kept() {
        let mut x = 2.0_f64;
        let error = Lbfgs::new().minimize(&mut x, |_| (f64::NAN, 1.0)).unwrap_err();
        assert!(error.to_string().contains("the loss is NaN where it begins"));
        assert_eq!(x, 2.0);
    }
}
