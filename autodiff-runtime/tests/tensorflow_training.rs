//! The same numbers as TensorFlow: predictions, gradients, losses and weights of ten steps of models of all layers, and
//! of all activations and losses. The fixtures carry the script that made them, `tests/fixtures/tensorflow_training.py`.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::prelude::*;
use autodiff_runtime::tangent::{Update, Visit};
use ndarray::{Dimension, ShapeBuilder};
use serde_json::Value;

const FLOAT32: &str = include_str!("../../tests/fixtures/tensorflow_training_float32.json");
const FLOAT64: &str = include_str!("../../tests/fixtures/tensorflow_training_float64.json");
const STEPS: usize = 10;

/// Numbers smaller than this are compared absolutely: they are sums of numbers near 1.
const FLOOR: f64 = 1.0;

/// The formula of the same name in the script.
fn wave<T: Real, D: Dimension>(shape: impl ShapeBuilder<Dim = D>, seed: usize) -> Array<T, D> {
    let mut index = 0_usize;
    Array::from_shape_simple_fn(shape, || {
        index += 1;
        T::from_f64((1.0 + 0.37 * (index - 1) as f64 + seed as f64).sin()).unwrap()
    })
}

/// Fills the weights and statistics of a model as the script does.
#[derive(Default)]
struct Fill {
    names: Vec<String>,
    index: usize,
}

impl Fill {
    fn values(&mut self, count: usize) -> Vec<f64> {
        // A bias that is left out is an empty leaf, of which the script has none.
        self.index += usize::from(count > 0);
        let offset = match self.names.last().map(String::as_str) {
            Some("running_var" | "gamma") => 1.5,
            _ => 0.0,
        };
        wave::<f64, _>(count, self.index).iter().map(|x| offset + 0.4 * x).collect()
    }
}

impl Update for Fill {
    fn leaf_f32(&mut self, parameters: &mut [f32], _: &[f32]) {
        let values = self.values(parameters.len());
        parameters.iter_mut().zip(values).for_each(|(p, value)| *p = value as f32);
    }

    fn leaf_f64(&mut self, parameters: &mut [f64], _: &[f64]) {
        let values = self.values(parameters.len());
        parameters.copy_from_slice(&values);
    }

    fn enter(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    fn leave(&mut self) {
        self.names.pop();
    }

    fn includes_state(&self) -> bool {
        true
    }
}

/// All numbers of a model or a gradient.
struct Numbers(Vec<f64>);

impl Visit for Numbers {
    fn leaf_f32(&mut self, _: &[usize], values: &[f32]) {
        self.0.extend(values.iter().map(|&x| f64::from(x)));
    }

    fn leaf_f64(&mut self, _: &[usize], values: &[f64]) {
        self.0.extend(values);
    }

    fn begin_state(&mut self) -> bool {
        true
    }
}

fn numbers<M: Differentiable>(value: &M) -> Vec<f64> {
    let mut numbers = Numbers(Vec::new());
    value.__visit(&mut numbers);
    numbers.0
}

/// The cases of a fixture, each of which must be asked for.
struct Fixture {
    cases: Value,
    asked: usize,
    tolerance: f64,
}

impl Fixture {
    fn compare(&self, name: &str, what: &str, found: &[f64]) {
        let expected = self.cases[name][what].as_array().unwrap_or_else(|| panic!("no {what} of {name}"));
        assert_eq!(found.len(), expected.len(), "{name}: the number of {what}");
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            let expected = expected.as_f64().unwrap();
            assert!(
                (found - expected).abs() <= self.tolerance * expected.abs().max(FLOOR),
                "{name}: number {index} of the {what} is {found} here and {expected} in TensorFlow"
            );
        }
    }

    /// Ten steps; `predict` and `value_and_grad` are functions of the model and the step.
    fn train<T: Real, M: Differentiable, Y: Differentiable>(
        &mut self,
        name: &str,
        mut model: M,
        predict: impl Fn(&M, usize) -> Y,
        value_and_grad: impl Fn(&M, usize) -> (T, M::Tangent),
    ) {
        self.asked += 1;
        let zero = model.__zero();
        model.__update(&zero, &mut Fill::default());
        let config = SgdConfig { learning_rate: 0.05, momentum: 0.9, nesterov: false };
        let mut optimizer = Sgd::with_config(config);
        let mut losses = Vec::new();
        self.compare(name, "prediction", &numbers(&predict(&model, 0)));
        for step in 0..STEPS {
            let (loss, gradients) = value_and_grad(&model, step);
            if step == 0 {
                self.compare(name, "gradients", &numbers(&gradients));
            }
            optimizer.apply_gradients(&mut model, &gradients);
            losses.push(loss.to_f64().unwrap());
        }
        self.compare(name, "losses", &losses);
        self.compare(name, "weights", &numbers(&model));
    }

    /// [`Fixture::train`] with the mean squared error to a wave.
    fn squares<T: Real, D: Dimension, L>(&mut self, name: &str, model: L, input: impl Fn(usize) -> Array<T, D>)
    where
        L: Model<Input = Array<T, D>, Output = Array2<T>> + Differentiable,
    {
        let value_and_grad = |model: &L, step| {
            let x = input(step);
            let y = wave(model.call(&x).dim(), 40 + step);
            squares::value_and_grad(model, &x, &y)
        };
        self.train(name, model, |model, step| model.call(&input(step)), value_and_grad);
    }

    /// [`Fixture::train`] with the cross-entropy of labels of three classes.
    fn labels<T: Real, X: Differentiable, L>(&mut self, name: &str, model: L, input: impl Fn(usize) -> X)
    where
        L: Model<Input = X, Output = Array2<T>> + Differentiable,
    {
        let value_and_grad = |model: &L, step| cross_entropy::value_and_grad(model, &input(step), &labels(step));
        self.train(name, model, |model, step| model.call(&input(step)), value_and_grad);
    }
}

fn labels(step: usize) -> Vec<usize> {
    (0..4).map(|row| (7 * row + 3 * step) % 3).collect()
}

#[differentiable(wrt(model))]
fn squares<T: Real, L: Model<Output = Array2<T>> + Differentiable>(
    model: &L,
    #[constant] x: &L::Input,
    y: &Array2<T>,
) -> T
where
    L::Input: Differentiable,
{
    mse_loss(y, &model.call(x))
}

#[differentiable(wrt(model))]
fn cross_entropy<T: Real, L: Model<Output = Array2<T>> + Differentiable>(
    model: &L,
    #[constant] x: &L::Input,
    #[constant] y: &Vec<usize>,
) -> T
where
    L::Input: Differentiable,
{
    sparse_softmax_cross_entropy(y, &model.call(x))
}

#[differentiable(wrt(model))]
fn weighted<T: Real>(
    model: &Dense<T>,
    x: &Array2<T>,
    y: &Array2<T>,
    #[constant] loss: Loss,
    #[constant] reduction: Reduction,
    #[constant] weights: &Array1<T>,
) -> T {
    weighted_loss(y, &model.call(x), loss, reduction, weights)
}

#[differentiable(wrt(model))]
fn weighted_labels<T: Real>(
    model: &Dense<T>,
    x: &Array2<T>,
    #[constant] y: &Vec<usize>,
    logits: bool,
    #[constant] reduction: Reduction,
    #[constant] weights: &Array1<T>,
) -> T {
    if logits {
        sparse_softmax_cross_entropy_with(y, &model.call(x), reduction, weights)
    } else {
        sparse_categorical_cross_entropy_with(y, &model.call(x), reduction, weights)
    }
}

/// A block with a mask, and one series that attends to another.
#[derive(Clone, Differentiable)]
struct Masked<T: Real> {
    block: TransformerEncoder<T>,
    crossed: MultiHeadAttention<T>,
    head: Dense<T>,
    #[constant]
    mask: Array3<bool>,
}

#[differentiable]
impl<T: Real> Model for Masked<T> {
    type Input = Array3<T>;
    type Output = Array2<T>;

    fn call(&self, x: &Array3<T>) -> Array2<T> {
        let h: Array3<T> = self.crossed.attend(&self.block.call_masked(x, stop_gradient(&self.mask)), x);
        let last: Array2<T> = h.index_axis(Axis(1), 4).to_owned();
        self.head.call(&last)
    }
}

/// Recurrent layers that begin with the states of others.
#[derive(Clone, Differentiable)]
struct States<T: Real> {
    lstm: LSTM<T>,
    gru: GRU<T>,
    rnn: SimpleRNN<T>,
    head: Dense<T>,
}

#[differentiable]
impl<T: Real> Model for States<T> {
    type Input = Array3<T>;
    type Output = Array2<T>;

    fn call(&self, x: &Array3<T>) -> Array2<T> {
        let (hidden, h, c) = self.lstm.run(x, &wave((2, 3), 60), &wave((2, 3), 61));
        let (hidden, state) = self.gru.run(&hidden, &h);
        let (_, last) = self.rnn.run(&hidden, &state);
        self.head.call(&(last + c))
    }
}

/// Causal attention, and one with a mask to a series of another length.
#[derive(Clone, Differentiable)]
struct Crossed<T: Real> {
    attention: MultiHeadAttention<T>,
    to_others: MultiHeadAttention<T>,
    head: Dense<T>,
    #[constant]
    mask: Array3<bool>,
}

#[differentiable]
impl<T: Real> Model for Crossed<T> {
    type Input = Array3<T>;
    type Output = Array2<T>;

    fn call(&self, x: &Array3<T>) -> Array2<T> {
        let h: Array3<T> = x + &self.attention.call(x);
        let others: Array3<T> = x.slice(s![.., 1.., ..]).to_owned();
        let seen: Array3<T> = self.to_others.attend_masked(&h, &others, stop_gradient(&self.mask));
        let last: Array2<T> = seen.index_axis(Axis(1), 3).to_owned();
        self.head.call(&last)
    }
}

fn models<T: Real>(fixture: &mut Fixture) {
    let rng = &mut seeded(1);
    let images = Sequential((
        Conv2D::<T>::new(2, 4, (3, 3), rng).padding(Padding::Same).with_activation(Activation::Relu),
        BatchNorm::new(4).momentum(0.9),
        MaxPool2D::new((2, 2)),
        Conv2D::grouped(4, 6, (2, 2), 2, rng).with_activation(Activation::Silu),
        GlobalAveragePool2D::new(),
        Dense::new(6, 3, rng),
    ));
    fixture.labels("images", images, |step| wave::<T, _>((4, 8, 8, 2), 10 + step));

    let decoder = Sequential((
        Conv2DTranspose::<T>::new(2, 4, (3, 3), rng).strides((2, 2)).padding(Padding::Same),
        GroupNorm::new(2, 4),
        Activate::new(Activation::Elu { alpha: 1.0 }),
        Conv2D::new(4, 3, (2, 2), rng).dilation((2, 2)).with_activation(Activation::Softplus),
        AveragePool2D::new((2, 2)).strides((1, 1)).padding(Padding::Same),
        Flatten::new(),
        Dense::new(48, 2, rng),
    ));
    fixture.squares("decoder", decoder, |step| wave::<T, _>((3, 3, 3, 2), 10 + step));

    let maxima = Sequential((
        Conv2D::<T>::new(2, 3, (2, 2), rng).strides((2, 1)),
        GlobalMaxPool2D::new(),
        Dense::new(3, 2, rng),
    ));
    fixture.squares("maxima", maxima, |step| wave::<T, _>((3, 6, 5, 2), 10 + step));

    let series = Sequential((
        Conv1D::<T>::new(2, 4, 3, rng).stride(2).padding(Padding::Same).with_activation(Activation::Tanh),
        LayerNorm::new(4),
        LSTM::new(4, 5, rng),
        GRU::new(5, 4, rng),
        SimpleRNN::new(4, 3, rng),
        LastStep::new(),
        Dense::new(3, 2, rng),
    ));
    fixture.squares("series", series, |step| wave::<T, _>((3, 9, 2), 10 + step));

    let language = Sequential((
        Embedding::<T>::new(7, 8, rng),
        TransformerEncoder::new(8, 2, 16, 0.0, rng).causal(true).with_activation(Activation::Gelu),
        LastStep::new(),
        Dense::new(8, 3, rng),
    ));
    let text = |step| Array2::from_shape_fn((4, 6), |(i, j)| (5 * i + 3 * j + step) % 7);
    fixture.labels("language", language, text);

    let windows = Sequential((
        Conv2D::<T>::new(2, 4, (3, 2), rng).strides((2, 1)).padding(Padding::Same).without_bias(),
        Conv2D::grouped(4, 6, (2, 2), 2, rng).dilation((2, 1)).padding(Padding::Same).with_activation(Activation::Tanh),
        MaxPool2D::new((3, 2)).strides((2, 1)).padding(Padding::Same),
        Conv2DTranspose::new(6, 3, (2, 3), rng).strides((2, 3)).without_bias(),
        AveragePool2D::new((2, 3)),
        Flatten::new(),
        Dense::new(24, 2, rng).without_bias(),
    ));
    fixture.squares("windows", windows, |step| wave::<T, _>((3, 7, 4, 2), 10 + step));

    let steps = Sequential((
        Conv1D::<T>::new(2, 4, 2, rng).dilation(2).without_bias().with_activation(Activation::Silu),
        TimeDistributed(Dense::new(4, 3, rng).with_activation(Activation::Tanh)),
        GRU::new(3, 4, rng),
        LastStep::new(),
        BatchNorm::new(4).momentum(0.8),
        LayerNorm::new(4),
        Dense::new(4, 3, rng),
    ));
    fixture.labels("steps", steps, |step| wave::<T, _>((4, 8, 2), 10 + step));

    let mut fine_tuning = Sequential((Dense::<T>::new(3, 4, rng), BatchNorm::new(4), Dense::new(4, 2, rng)));
    fine_tuning.set_mode(Mode::Predict);
    fixture.squares("fine_tuning", fine_tuning, |step| wave::<T, _>((4, 3), 10 + step));

    let masked = Masked {
        block: TransformerEncoder::new(8, 2, 16, 0.0, rng).norm_first(true),
        crossed: MultiHeadAttention::new(8, 2, 4, rng),
        head: Dense::new(8, 2, rng),
        mask: Array3::from_shape_fn((3, 5, 5), |(n, i, j)| i == j || (n + 2 * i + j) % 3 != 0),
    };
    fixture.squares("masked", masked, |step| wave::<T, _>((3, 5, 8), 10 + step));

    let states = States {
        lstm: LSTM::new(2, 3, rng),
        gru: GRU::new(3, 3, rng),
        rnn: SimpleRNN::new(3, 3, rng),
        head: Dense::new(3, 2, rng),
    };
    fixture.squares("states", states, |step| wave::<T, _>((2, 4, 2), 10 + step));

    let groups = Sequential((
        Conv1D::<T>::grouped(4, 6, 3, 2, rng).padding(Padding::Same).with_activation(Activation::Gelu),
        GroupNorm::new(3, 6).epsilon(0.05),
        Conv1D::new(6, 4, 2, rng).stride(2).without_bias(),
        BatchNorm::new(4).momentum(0.7).epsilon(0.05),
        LayerNorm::new(4).epsilon(0.05),
        Flatten::new(),
        Dense::new(16, 3, rng),
    ));
    fixture.labels("groups", groups, |step| wave::<T, _>((4, 8, 4), 10 + step));

    let transposed = Sequential((
        Conv2DTranspose::<T>::new(2, 3, (2, 3), rng).dilation((2, 1)).with_activation(Activation::Tanh),
        Conv2DTranspose::new(3, 2, (3, 2), rng).strides((1, 2)).padding(Padding::Same).without_bias(),
        MaxPool2D::new((2, 3)).strides((1, 1)),
        GlobalAveragePool2D::new(),
        Dense::new(2, 2, rng),
    ));
    fixture.squares("transposed", transposed, |step| wave::<T, _>((2, 3, 4, 2), 10 + step));

    let crossed = Crossed {
        attention: MultiHeadAttention::new(5, 2, 3, rng).causal(true),
        to_others: MultiHeadAttention::new(5, 3, 2, rng),
        head: Dense::new(5, 2, rng),
        mask: Array3::from_shape_fn((2, 4, 3), |(n, i, j)| j == 0 || (n + i + j) % 2 == 0),
    };
    fixture.squares("crossed", crossed, |step| wave::<T, _>((2, 4, 5), 10 + step));

    let inner = Dense::<T>::new(3, 3, rng).with_activation(Activation::Tanh);
    let residual = Sequential((Residual(inner), Dense::new(3, 2, rng)));
    fixture.squares("residual", residual, |step| wave::<T, _>((4, 3), 10 + step));
}

fn activations<T: Real>(fixture: &mut Fixture) {
    let rng = &mut seeded(1);
    for (name, activation) in [
        ("relu", Activation::Relu),
        ("leaky_relu", Activation::LeakyRelu { negative_slope: 0.2 }),
        ("elu", Activation::Elu { alpha: 1.0 }),
        ("selu", Activation::Selu),
        ("gelu", Activation::Gelu),
        ("gelu_tanh", Activation::GeluTanh),
        ("silu", Activation::Silu),
        ("softplus", Activation::Softplus),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("softmax", Activation::Softmax),
        ("log_softmax", Activation::LogSoftmax),
    ] {
        let model = Sequential((Dense::<T>::new(3, 5, rng).with_activation(activation), Dense::new(5, 2, rng)));
        fixture.squares(&format!("activation_{name}"), model, |step| wave::<T, _>((4, 3), 10 + step));
    }
}

/// What a loss compares with, made of any numbers.
#[derive(Clone, Copy)]
enum Targets {
    Reals,
    Distributions,
    Signs,
}

impl Targets {
    fn of<T: Real, D: ndarray::RemoveAxis>(self, reals: Array<T, D>) -> Array<T, D> {
        match self {
            Self::Reals => reals,
            Self::Distributions => softmax(&reals),
            Self::Signs => reals.mapv(T::signum),
        }
    }
}

/// The losses, each behind an activation that gives what it expects.
const LOSSES: [(&str, Loss, Activation, Targets); 11] = [
    ("mse", Loss::MeanSquaredError, Activation::Linear, Targets::Reals),
    ("mae", Loss::MeanAbsoluteError, Activation::Linear, Targets::Reals),
    ("huber", Loss::Huber { delta: 0.3 }, Activation::Linear, Targets::Reals),
    ("binary", Loss::BinaryCrossEntropy, Activation::Sigmoid, Targets::Distributions),
    ("binary_from_logits", Loss::BinaryCrossEntropyFromLogits, Activation::Linear, Targets::Distributions),
    ("categorical", Loss::CategoricalCrossEntropy, Activation::Softmax, Targets::Distributions),
    ("softmax", Loss::SoftmaxCrossEntropy, Activation::Linear, Targets::Distributions),
    ("hinge", Loss::Hinge, Activation::Linear, Targets::Signs),
    ("squared_hinge", Loss::SquaredHinge, Activation::Linear, Targets::Signs),
    ("kl_divergence", Loss::KlDivergence, Activation::Softmax, Targets::Distributions),
    ("cosine", Loss::CosineSimilarity, Activation::Linear, Targets::Reals),
];

fn losses<T: Real>(fixture: &mut Fixture) {
    let reals = |step: usize| wave::<T, _>((4, 3), 40 + step);
    let weights = array![0.5, 2.0, 0.25, 1.0].mapv(|w: f64| T::from_f64(w).unwrap());
    let input = |step: usize| wave::<T, _>((4, 5), 10 + step);
    let model = |activation| Dense::<T>::new(5, 3, &mut seeded(1)).with_activation(activation);
    let reductions = [("mean", Reduction::Mean), ("sum", Reduction::Sum), ("weighted_mean", Reduction::WeightedMean)];
    for (reduction_name, reduction) in reductions {
        for (name, loss, activation, targets) in LOSSES {
            fixture.train(
                &format!("loss_{name}_{reduction_name}"),
                model(activation),
                |model, step| model.call(&input(step)),
                |model, step| {
                    let targets = targets.of(reals(step));
                    weighted::value_and_grad(model, &input(step), &targets, loss, reduction, &weights)
                },
            );
        }
        for (name, logits, activation) in
            [("sparse_categorical", false, Activation::Softmax), ("sparse_softmax", true, Activation::Linear)]
        {
            fixture.train(
                &format!("loss_{name}_{reduction_name}"),
                model(activation),
                |model, step| model.call(&input(step)),
                |model, step| {
                    weighted_labels::value_and_grad(model, &input(step), &labels(step), logits, reduction, &weights)
                },
            );
        }
    }
}

#[differentiable(wrt(model))]
fn weighted_series<T: Real>(
    model: &TimeDistributed<Dense<T>>,
    x: &Array3<T>,
    y: &Array3<T>,
    #[constant] loss: Loss,
    #[constant] weights: &Array1<T>,
) -> T {
    weighted_loss(y, &model.call(x), loss, Reduction::Mean, weights)
}

/// Losses of series with a weight for each sample: the mean over samples and steps.
fn series<T: Real>(fixture: &mut Fixture) {
    let reals = |step: usize| wave::<T, _>((4, 3, 2), 40 + step);
    let weights = array![0.5, 2.0, 0.25, 1.0].mapv(|w: f64| T::from_f64(w).unwrap());
    let input = |step: usize| wave::<T, _>((4, 3, 5), 10 + step);
    for (name, loss, activation, targets) in LOSSES {
        fixture.train(
            &format!("series_{name}"),
            TimeDistributed(Dense::<T>::new(5, 2, &mut seeded(1)).with_activation(activation)),
            |model, step| model.call(&input(step)),
            |model, step| {
                let targets = targets.of(reals(step));
                weighted_series::value_and_grad(model, &input(step), &targets, loss, &weights)
            },
        );
    }
}

fn all<T: Real>(text: &str, tolerance: f64) {
    let mut file: Value = serde_json::from_str(text).expect("the fixture is JSON");
    let mut fixture = Fixture { cases: file["cases"].take(), asked: 0, tolerance };
    models::<T>(&mut fixture);
    activations::<T>(&mut fixture);
    losses::<T>(&mut fixture);
    series::<T>(&mut fixture);
    assert_eq!(fixture.asked, fixture.cases.as_object().unwrap().len(), "every case is compared");
}

#[test]
fn ten_steps_in_single_precision() {
    all::<f32>(FLOAT32, 1e-5);
}

#[test]
fn ten_steps_in_double_precision() {
    all::<f64>(FLOAT64, 1e-9);
}
