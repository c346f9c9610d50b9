//! Tables whose gradients hold only the rows that were used: the same numbers as TensorFlow with its `IndexedSlices`
//! (`tests/fixtures/tensorflow_embedding.py`) and as `PyTorch`'s `SparseAdam` (`tests/fixtures/pytorch_sparse_adam.py`),
//! clipping, accumulation, training, saving, and what a step costs.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use std::time::{Duration, Instant};

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::optimizers::{Rule, Stepper};
use autodiff_runtime::prelude::*;
use autodiff_runtime::tangent::Rows;
use serde_json::Value;

const FLOAT32: &str = include_str!("../../tests/fixtures/tensorflow_embedding_float32.json");
const FLOAT64: &str = include_str!("../../tests/fixtures/tensorflow_embedding_float64.json");
const STEPS: usize = 10;

/// The formula of the same name in the script.
fn wave<T: Real>(shape: (usize, usize), seed: usize) -> Array2<T> {
    Array2::from_shape_fn(shape, |(i, j)| {
        let index = i * shape.1 + j;
        T::from_f64((1.0 + 0.37 * index as f64 + seed as f64).sin()).unwrap()
    })
}

fn text(step: usize) -> Array2<usize> {
    Array2::from_shape_fn((3, 4), |(i, j)| (5 * i + 3 * j * j + 2 * step) % 12)
}

#[derive(Clone, Differentiable)]
struct Words<T: Real> {
    words: Embedding<T>,
    weights: Array2<T>,
}

#[differentiable]
impl<T: Real> Model for Words<T> {
    type Input = Array2<usize>;
    type Output = Array2<T>;

    fn call(&self, x: &Array2<usize>) -> Array2<T> {
        let words: Array3<T> = self.words.call(x);
        words.sum_axis(Axis(1)).dot(&self.weights)
    }
}

#[differentiable(wrt(model))]
fn loss<T: Real>(model: &Words<T>, #[constant] x: &Array2<usize>, y: &Array2<T>) -> T {
    mse_loss(y, &model.call(x))
}

fn model<T: Real>() -> Words<T> {
    let mut words = Embedding::new(12, 3, &mut seeded(1));
    words.weights.assign(&wave((12, 3), 1));
    Words { words, weights: wave((3, 2), 2) }
}

fn train<T: Real>(optimizer: &mut impl Optimizer) -> (Vec<T>, Words<T>) {
    let mut model = model();
    let losses = (0..STEPS).map(|step| {
        let (loss, gradient) = loss::value_and_grad(&model, &text(step), &wave((3, 2), 40 + step));
        assert!(gradient.words.weights.indices().len() < 12, "step {step}");
        optimizer.apply_gradients(&mut model, &gradient);
        loss
    });
    (losses.collect(), model)
}

#[track_caller]
fn compare<T: Real>(name: &str, what: &str, found: impl IntoIterator<Item = T>, expected: &Value, tolerance: f64) {
    let expected = expected[what].as_array().unwrap();
    let found: Vec<f64> = found.into_iter().map(|x| x.to_f64().unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{name}: {what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let expected = expected.as_f64().unwrap();
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1.0),
            "{name}: number {index} of {what} is {found} here and {expected} there"
        );
    }
}

fn steps<T: Real>(name: &str, optimizer: &mut impl Optimizer, case: &Value, tolerance: f64) {
    let (losses, model) = train::<T>(optimizer);
    compare(name, "losses", losses, case, tolerance);
    compare(name, "table", model.words.weights.iter().copied(), case, tolerance);
    compare(name, "weights", model.weights, case, tolerance);
}

fn all<T: Real>(fixture: &str, tolerance: f64) {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let cases = fixture["cases"].as_object().unwrap();
    let sgd = |momentum, nesterov| Sgd::with_config(SgdConfig { learning_rate: 0.1, momentum, nesterov });
    let adam = AdamConfig { learning_rate: 0.05, ..AdamConfig::default() };
    macro_rules! check {
        ($($name:literal: $optimizer:expr,)*) => {
            assert_eq!(cases.len(), [$($name),*].len(), "every optimiser is compared");
            $(steps::<T>($name, &mut $optimizer, &cases[$name], tolerance);)*
        };
    }
    check! {
        "sgd": Sgd::new(0.1),
        "sgd_momentum": sgd(0.9, false),
        "sgd_nesterov": sgd(0.9, true),
        "adam": Adam::new(0.05),
        "amsgrad": Adam::with_config(AdamConfig { amsgrad: true, ..adam.clone() }),
        "adamw": AdamW::with_config(AdamWConfig { adam: adam.clone(), weight_decay: 0.05 }),
        "adamax": Adamax::new(0.05),
        "rmsprop": RmsProp::new(0.05),
        "adagrad": Adagrad::new(0.1),
        "adadelta": Adadelta::new(0.1),
        "lion": Lion::new(0.01),
        "sgd_clipvalue": Sgd::new(0.1).with_clip(Clip::Value(0.05)),
        "sgd_clipnorm": Sgd::new(0.1).with_clip(Clip::Norm(0.125)),
        "sgd_global_clipnorm": Sgd::new(0.1).with_clip(Clip::GlobalNorm(0.125)),
    }
}

#[test]
fn every_optimizer_in_single_precision() {
    all::<f32>(FLOAT32, 1e-5);
}

#[test]
fn every_optimizer_in_double_precision() {
    all::<f64>(FLOAT64, 1e-9);
}

fn sparse_adam<T: Real>(precision: &str, tolerance: f64) {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/pytorch_sparse_adam.json")).unwrap();
    let (losses, model) = train::<T>(&mut Adam::new(0.05).lazy().freeze("weights"));
    compare(precision, "losses", losses, &fixture[precision], tolerance);
    compare(precision, "table", model.words.weights.iter().copied(), &fixture[precision], tolerance);
}

#[test]
fn lazy_adam_is_the_sparse_adam_of_pytorch() {
    sparse_adam::<f32>("float32", 1e-5);
    sparse_adam::<f64>("float64", 1e-9);
}

/// A lazy optimiser treats a row as if it were alone, with a gradient in the steps that use it.
#[test]
fn lazy_optimizers_leave_other_rows_alone() {
    fn check<R: Rule>(name: &str, optimizer: impl Fn() -> Stepper<R>) {
        let mut table = Table::from(wave::<f64>((4, 2), 1));
        let mut lazy = optimizer().lazy();
        let mut untouched = table.clone();
        for step in 0..STEPS {
            let rows = [step % 2, 2 * (step % 2)];
            let mut gradient = Rows::zeros((4, 2));
            gradient.add_rows(&rows, &wave((2, 2), 7 + step));
            lazy.apply_gradients(&mut table, &gradient);
            for row in (0..4).filter(|row| !rows.contains(row)) {
                assert_eq!(table.row(row), untouched.row(row), "{name}, step {step}");
            }
            assert!(rows.iter().all(|&row| table.row(row) != untouched.row(row)), "{name}, step {step}");
            untouched = table.clone();
        }
        // With a gradient for every row there is nothing to be lazy about.
        let (mut one, mut other) = (Table::from(wave::<f64>((4, 2), 1)), wave::<f64>((4, 2), 1));
        let (mut lazy, mut usual) = (optimizer().lazy(), optimizer());
        for step in 0..STEPS {
            let mut gradient = Rows::zeros((4, 2));
            gradient.add_array(&wave((4, 2), 7 + step));
            lazy.apply_gradients(&mut one, &gradient);
            usual.apply_gradients(&mut other, &gradient.to_array());
        }
        assert_eq!(*one, other, "{name}");
    }
    check("sgd", || Sgd::with_config(SgdConfig { momentum: 0.9, ..SgdConfig::default() }));
    check("adam", || Adam::new(0.1).with_clip(Clip::Norm(0.5)));
    check("adamw", || AdamW::new(0.1));
    check("rmsprop", || RmsProp::new(0.1));
    check("lion", || Lion::new(0.1));
    check("nadam", || Nadam::new(0.1));
}

/// Accumulated gradients have the rows of all batches, and the norm is that of the whole matrix.
#[test]
fn rows_are_accumulated_and_have_a_norm() {
    let model = model::<f64>();
    let gradient = |step| loss::grad(&model, &text(step), &wave((3, 2), step));
    let mut sum = GradientAccumulator::new();
    sum.add_weighted(gradient(0), 2.0);
    sum.add_weighted(gradient(1), 3.0);
    let mean = sum.take_mean().unwrap();
    let [one, other] = [0, 1].map(|step| gradient(step).words.weights);
    let expected = (one.to_array() * 2.0 + other.to_array() * 3.0) / 5.0;
    assert!((mean.words.weights.to_array() - &expected).iter().all(|d| d.abs() < 1e-15));
    assert!((global_norm(&mean.words) - global_norm(&expected)).abs() < 1e-15);
    let used = |row: &usize| text(0).iter().chain(&text(1)).any(|word| word == row);
    assert!(mean.words.weights.indices().iter().copied().eq((0..12).filter(used)));
}

/// `check` sees every row of the table, and so do files.
#[test]
fn the_table_is_checked_trained_and_saved_as_a_matrix() {
    loss::check(&model::<f64>(), &text(0), &wave((3, 2), 3)).unwrap();
    let summary = summary(&model::<f32>());
    assert_eq!((summary.parameter_count(), &summary.rows()[0].name[..]), (42, "words.weights"));

    let x = Array2::from_shape_fn((40, 4), |(i, j)| (5 * i + 3 * j * j) % 12);
    let y = Array2::from_shape_fn((40, 2), |(i, j)| if (i + j) % 3 == 0 { 1.0 } else { -1.0 });
    let mut trained = model::<f64>();
    let mut optimizer = Adam::new(0.02).lazy();
    let fit = Fit::new(loss::value_and_grad).epochs(40).batch_size(8).accumulate(2);
    let history = fit.run(&mut trained, &mut optimizer, &x, &y).unwrap();
    assert!(history.loss[39] < 0.5 * history.loss[0], "{:?}", history.loss);

    let path = std::env::temp_dir().join(format!("embeddings-{}.safetensors", std::process::id()));
    let checkpoint = Checkpoint { epoch: 40, optimizer: optimizer.state().clone() };
    save_checkpoint(&trained, &checkpoint, &path).unwrap();
    let mut loaded = model::<f64>();
    let checkpoint = load_checkpoint(&mut loaded, &path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(loaded.words, trained.words);
    assert_eq!(checkpoint.optimizer, *optimizer.state());
}

/// Tied weights: the table is used by rows at the input and as a whole at the output.
#[differentiable(wrt(words))]
fn tied(words: &Embedding<f64>, #[constant] x: &Array2<usize>, #[constant] next: &Vec<usize>) -> f64 {
    let hidden: Array2<f64> = words.call(x).mean_axis(Axis(1)).unwrap();
    let table: Array2<f64> = words.weights.array();
    sparse_softmax_cross_entropy(next, &hidden.dot(&table.t()))
}

#[test]
fn rows_and_the_whole_table_share_a_gradient() {
    let words = Embedding::new(6, 3, &mut seeded(2));
    tied::check(&words, &array![[0, 3, 3], [5, 1, 0]], &vec![2, 4]).unwrap();
}

/// The time of a step does not grow with the table.
#[test]
fn a_step_costs_as_much_as_the_rows_that_it_uses() {
    let rows = 200_000;
    let time = |count: usize| {
        let mut model = Words { words: Embedding::new(count, 16, &mut seeded(1)), weights: wave((16, 2), 2) };
        let mut optimizer = Adam::new(0.01).lazy().with_clip(Clip::GlobalNorm(1.0));
        let x = Array2::from_shape_fn((8, 4), |(i, j)| (31 * i + 7 * j) % 1000);
        let y = wave::<f32>((8, 2), 1);
        let mut step = || {
            let begin = Instant::now();
            let gradient = loss::grad(&model, &x, &y);
            optimizer.apply_gradients(&mut model, &gradient);
            begin.elapsed()
        };
        step();
        (0..20).map(|_| step()).min().unwrap_or(Duration::MAX)
    };
    let (small, large) = (time(1000), time(rows));
    assert!(large < 20 * small, "{large:?} for {rows} rows, {small:?} for 1000");
}

/// Vectors of words and of their contexts, row by row.
#[derive(Clone, Differentiable)]
struct Vectors {
    center: Table<f64>,
    context: Table<f64>,
}

#[differentiable(order = 2, wrt(words))]
fn likeness(words: &Vectors, pairs: &[(usize, usize, bool)]) -> f64 {
    let mut total = 0.0;
    for &(word, other, near) in pairs {
        let score = words.center.row(word).dot(&words.context.row(other));
        total += if near { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
    }
    total
}

#[test]
fn rows_by_themselves_have_gradients_of_their_own() {
    let table = |phase: f64| Table::from(Array2::from_shape_fn((5, 3), |(i, j)| ((3 * i + j) as f64 + phase).sin()));
    let words = Vectors { center: table(0.0), context: table(0.7) };
    let pairs = [(0, 1, true), (2, 3, false), (0, 4, false)];
    likeness::check(&words, &pairs).unwrap();
    let gradient = likeness::grad(&words, &pairs);
    assert_eq!((gradient.center.indices(), gradient.context.indices()), (&[0, 2][..], &[1, 3, 4][..]));
    let hessian = likeness::hessian(&words, &pairs);
    assert!(hessian.iter().zip(hessian.t()).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(hessian[[0, 0]] != 0.0 && hessian[[3, 3]] == 0.0);
    let outside = std::panic::catch_unwind(|| likeness(&words, &[(5, 0, true)])).unwrap_err();
    assert!(outside.downcast::<String>().unwrap().contains('5'));
}
