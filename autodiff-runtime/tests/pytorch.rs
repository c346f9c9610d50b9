//! The same numbers as `PyTorch`: dropout with the mask that the layer draws, Nadam in double precision, and schedules. The fixture
//! carries the script that made it, `tests/fixtures/pytorch_training.py`.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::optimizers::schedules::{
    Constant, CosineRestarts, ExponentialDecay, OneCycle, StepDecay, WarmUp,
};
use autodiff_runtime::prelude::*;
use serde_json::Value;

const STEPS: usize = 10;
const SEED: u64 = 7;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/pytorch_training.json")).unwrap()
}

/// The formula of the same name in the script.
fn wave<T: Real>(shape: (usize, usize), seed: usize) -> Array2<T> {
    Array2::from_shape_fn(shape, |(i, j)| {
        let index = i * shape.1 + j;
        T::from_f64((1.0 + 0.37 * index as f64 + seed as f64).sin()).unwrap()
    })
}

#[derive(Clone, Differentiable)]
struct Net<T: Real> {
    first: Dense<T>,
    dropout: Dropout<T>,
    second: Dense<T>,
}

#[differentiable]
impl<T: Real> Model for Net<T> {
    type Input = Array2<T>;
    type Output = Array2<T>;

    fn call(&self, x: &Array2<T>) -> Array2<T> {
        self.second.call(&self.dropout.call(&self.first.call(x)))
    }
}

#[differentiable(wrt(model))]
fn loss<T: Real>(model: &Net<T>, x: &Array2<T>, y: &Array2<T>) -> T {
    mse_loss(y, &model.call(x))
}

fn net<T: Real>(rate: f64) -> Net<T> {
    let mut rng = seeded(1);
    let mut net = Net {
        first: Dense::new(3, 4, &mut rng).with_activation(Activation::Tanh),
        dropout: Dropout::new(rate, &mut rng).with_seed(SEED),
        second: Dense::new(4, 2, &mut rng),
    };
    for (layer, seed) in [(&mut net.first, 1), (&mut net.second, 3)] {
        layer.weights = wave(layer.weights.dim(), seed);
        layer.bias = wave((1, layer.bias.len()), seed + 1).row(0).to_owned();
    }
    net
}

#[track_caller]
fn compare<T: Real>(what: &str, found: impl IntoIterator<Item = T>, expected: &Value, tolerance: f64) {
    let expected = expected.as_array().unwrap();
    let found: Vec<f64> = found.into_iter().map(|x| x.to_f64().unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let expected = expected.as_f64().unwrap();
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1.0),
            "number {index} of {what} is {found} here and {expected} in PyTorch"
        );
    }
}

fn train<T: Real>(rate: f64, optimizer: &mut impl Optimizer, case: &Value, masks: &Value, tolerance: f64) {
    let mut model = net::<T>(rate);
    let mut losses = Vec::new();
    for step in 0..STEPS {
        if rate > 0.0 {
            let kept = model.dropout.call(&Array2::ones((4, 4))).mapv(|x| if x > T::zero() { '1' } else { '0' });
            let rows: Vec<String> = kept.outer_iter().map(|row| row.iter().collect()).collect();
            assert_eq!(masks[step], serde_json::json!(rows), "the mask of step {step}");
        }
        let (value, gradient) = loss::value_and_grad(&model, &wave((4, 3), 10 + step), &wave((4, 2), 40 + step));
        losses.push(value);
        optimizer.apply_gradients(&mut model, &gradient);
    }
    compare("the losses", losses, &case["losses"], tolerance);
    let Net { first, second, .. } = model;
    let weights = first.weights.into_iter().chain(first.bias).chain(second.weights).chain(second.bias);
    compare("the weights", weights, &case["weights"], tolerance);
}

fn networks<T: Real>(precision: &str, tolerance: f64) {
    let fixture = fixture();
    let (cases, masks) = (&fixture[precision], &fixture["masks"]);
    let mut sgd = Sgd::with_config(SgdConfig { learning_rate: 0.05, momentum: 0.9, nesterov: false });
    train::<T>(0.25, &mut sgd, &cases["dropout"], masks, tolerance);
    train::<T>(0.0, &mut Nadam::new(0.01), &cases["nadam"], masks, tolerance);
}

#[test]
fn networks_in_single_precision() {
    networks::<f32>("float32", 1e-5);
}

#[test]
fn networks_in_double_precision() {
    networks::<f64>("float64", 1e-9);
}

#[test]
fn schedules() {
    let cases = &fixture()["schedules"];
    let check = |name: &str, schedule: &dyn Schedule| {
        let rates = (0..cases[name].as_array().unwrap().len()).map(|step| schedule.learning_rate(step as u64));
        compare(name, rates, &cases[name], 1e-12);
    };
    let cosine = CosineRestarts { initial: 0.1, period: 8.0, growth: 1.0, shrink: 1.0, floor: 0.1 };
    let stairs = StepDecay { initial: 0.1, factor: 0.5, every: 7 };
    check("constant", &Constant(0.1));
    check("step", &stairs);
    check("exponential", &ExponentialDecay { initial: 0.1, factor: 0.9, over: 1.0 });
    check("cosine", &cosine);
    check("cosine_growing", &CosineRestarts { period: 5.0, growth: 2.0, ..cosine });
    check("warm_up", &WarmUp { steps: 4, then: StepDecay { every: 5, ..stairs } });
    check("one_cycle", &OneCycle::new(0.1, 40));
}

#[test]
fn a_plateau_lowers_the_rate() {
    let cases = &fixture()["schedules"];
    let mut plateau = ReduceOnPlateau { factor: 0.5, patience: 3, min_rate: 0.03, ..ReduceOnPlateau::default() };
    let mut optimizer = Sgd::new(0.1);
    let rates = cases["plateau_losses"].as_array().unwrap().iter().map(|loss| {
        plateau.observe(loss.as_f64().unwrap(), &mut optimizer);
        optimizer.learning_rate()
    });
    compare("the rates", rates, &cases["plateau"], 1e-12);
}
