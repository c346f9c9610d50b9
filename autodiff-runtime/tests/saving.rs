//! Trainings that are resumed, files that are written while the process dies, and files of Python.
#![cfg(feature = "saving")]
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::optimizers::{Rule, Stepper};
use autodiff_runtime::prelude::*;

type Net = Sequential<(Dense<f32>, BatchNorm<f32, Ix2>, Dropout<f32>, Dense<f32>)>;

fn net(seed: u64) -> Net {
    let mut rng = seeded(seed);
    let hidden = Dense::new(3, 8, &mut rng).with_activation(Activation::Tanh);
    // The seed of what is dropped is no parameter, so it is not saved.
    let dropout = Dropout::new(0.3, &mut rng).with_seed(11);
    Sequential((hidden, BatchNorm::new(8), dropout, Dense::new(8, 1, &mut rng)))
}

#[differentiable(wrt(model))]
fn loss(model: &Net, x: &Array2<f32>, y: &Array2<f32>) -> f32 {
    mse_loss(y, &model.call(x))
}

fn data() -> (Array2<f32>, Array2<f32>) {
    let x = Array2::from_shape_fn((50, 3), |(i, j)| ((i * (7 + 4 * j)) % 23) as f32 / 23.0);
    let y = Array2::from_shape_fn((50, 1), |(i, _)| x[[i, 0]] * x[[i, 1]] - x[[i, 2]]);
    (x, y)
}

fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    place
}

/// Trains for eight epochs, once in one go and once with a new process' worth of objects after each third epoch.
fn assert_resumable<R: Rule>(name: &str, optimizer: impl Fn() -> Stepper<R>) {
    let place = place(name);
    let ((x, y), path) = (data(), place.join("last.safetensors"));
    let fit = || Fit::new(loss::value_and_grad).batch_size(8).seed(3).callback(SaveCheckpoint::last(&path));
    let mut whole = net(1);
    let history = fit().epochs(8).run(&mut whole, &mut optimizer(), &x, &y).unwrap();
    let file = fs::read(&path).unwrap();

    fs::remove_file(&path).unwrap();
    let mut losses = Vec::new();
    for epochs in [3, 6, 8] {
        let (mut resumed, mut optimizer) = (net(if losses.is_empty() { 1 } else { 9 }), optimizer());
        let mut epoch = 0;
        if !losses.is_empty() {
            let checkpoint = load_checkpoint(&mut resumed, &path).unwrap();
            optimizer.set_state(checkpoint.optimizer);
            epoch = checkpoint.epoch;
        }
        let part = fit().epochs(epochs).initial_epoch(epoch).run(&mut resumed, &mut optimizer, &x, &y).unwrap();
        losses.extend(part.loss);
    }
    assert_eq!(losses, history.loss);
    assert_eq!(fs::read(&path).unwrap(), file, "weights, statistics and state of the optimiser, bit for bit");
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn resumed_trainings_give_the_same_bits() {
    let decay = schedules::ExponentialDecay { initial: 0.02, factor: 0.5, over: 20.0 };
    assert_resumable("adam", || Adam::new(0.1).with_schedule(decay).with_clip(Clip::GlobalNorm(0.5)));
    let momentum = SgdConfig { momentum: 0.9, nesterov: true, ..SgdConfig::default() };
    assert_resumable("sgd", || Sgd::with_config(momentum.clone()));
    assert_resumable("nadam", || Nadam::new(0.01));
    let amsgrad = AdamWConfig { adam: AdamConfig { amsgrad: true, ..AdamConfig::default() }, weight_decay: 0.1 };
    let cycle = schedules::WarmUp { steps: 9, then: schedules::OneCycle::new(0.05, 40) };
    assert_resumable("adamw", || AdamW::with_config(amsgrad.clone()).with_schedule(cycle));
    let centered = RmsPropConfig { centered: true, momentum: 0.5, ..RmsPropConfig::default() };
    assert_resumable("rmsprop", || RmsProp::with_config(centered.clone()).with_clip(Clip::Norm(0.5)));
    let stairs = schedules::StepDecay { initial: 0.1, factor: 0.5, every: 11 };
    assert_resumable("adagrad", || Adagrad::new(0.1).with_schedule(stairs).with_weight_decay(0.01));
    assert_resumable("adadelta", || Adadelta::new(1.0).with_rate_factor("0.0", 0.5));
    assert_resumable("adamax", || Adamax::new(0.01).freeze("0.3"));
    assert_resumable("lion", || Lion::new(0.01).with_clip(Clip::Value(0.1)));
}

/// A loop of one's own may be interrupted anywhere: what dropout drops goes on as well.
#[test]
fn a_loop_is_resumed_in_the_middle_of_an_epoch() {
    let ((x, y), path) = (data(), place("loop").join("x.safetensors"));
    let cosine = schedules::CosineRestarts { initial: 0.05, period: 7.0, growth: 2.0, shrink: 0.9, floor: 0.1 };
    let optimizer = || Adam::new(0.1).with_schedule(cosine);
    let step = |model: &mut Net, optimizer: &mut Adam, step: usize| {
        let batch: Vec<usize> = (0..8).map(|row| (8 * step + 3 * row) % 50).collect();
        let (value, gradient) = loss::value_and_grad(model, &x.select(Axis(0), &batch), &y.select(Axis(0), &batch));
        optimizer.apply_gradients(model, &gradient);
        value
    };
    let (mut whole, mut adam) = (net(1), optimizer());
    let losses: Vec<f32> = (0..20).map(|at| step(&mut whole, &mut adam, at)).collect();

    let (mut model, mut adam) = (net(1), optimizer());
    let mut found: Vec<f32> = (0..9).map(|at| step(&mut model, &mut adam, at)).collect();
    save_checkpoint(&model, &Checkpoint { epoch: 1, optimizer: adam.state().clone() }, &path).unwrap();
    let (mut model, mut adam) = (net(9), optimizer());
    adam.set_state(load_checkpoint(&mut model, &path).unwrap().optimizer);
    found.extend((9..20).map(|at| step(&mut model, &mut adam, at)));
    assert_eq!(found, losses);
    assert_eq!(model, whole);
}

/// A rate that has waited to fall falls when it would have fallen; one of a training that was not resumed begins to wait.
#[test]
fn a_plateau_is_resumed() {
    let ((x, y), path) = (data(), place("plateau").join("x.safetensors"));
    let plateau = || ReduceOnPlateau { patience: 3, factor: 0.5, min_delta: 1e-2, ..ReduceOnPlateau::default() };
    let fit = || Fit::new(loss::value_and_grad).seed(3).callback(plateau()).callback(SaveCheckpoint::last(&path));
    let (mut whole, mut sgd) = (net(1), Sgd::new(0.1));
    fit().epochs(20).run(&mut whole, &mut sgd, &x, &y).unwrap();
    assert!(sgd.learning_rate() < 0.1, "the rate falls");
    let file = fs::read(&path).unwrap();
    for interrupted in 5..12 {
        fit().epochs(interrupted).run(&mut net(1), &mut Sgd::new(0.1), &x, &y).unwrap();
        let (mut resumed, mut sgd) = (net(9), Sgd::new(0.1));
        let checkpoint = load_checkpoint(&mut resumed, &path).unwrap();
        sgd.set_state(checkpoint.optimizer);
        fit().epochs(20).initial_epoch(checkpoint.epoch).run(&mut resumed, &mut sgd, &x, &y).unwrap();
        assert_eq!(fs::read(&path).unwrap(), file, "interrupted after epoch {interrupted}");
    }

    let mut again = plateau();
    again.observe(1e9, &mut sgd);
    assert_eq!((again.best, again.waited), (1e9, 0));
}

/// A training that stops early stops where it would have stopped, with the best model of all its epochs, and the best that
/// was saved is not lost to a worse one; in whichever order the callbacks are given.
#[test]
fn early_stopping_is_resumed() {
    let ((x, y), place) = (data(), place("stopping"));
    let (last, best) = (place.join("last.safetensors"), place.join("best.safetensors"));
    let fit = || {
        Fit::new(loss::value_and_grad)
            .batch_size(8)
            .seed(3)
            .validation_split(0.3)
            .callback(SaveCheckpoint::best(&best))
            .callback(SaveCheckpoint::last(&last))
            .callback(EarlyStopping::new(4))
    };
    let (mut whole, mut adam) = (net(1), Adam::new(0.3));
    let history = fit().epochs(50).run(&mut whole, &mut adam, &x, &y).unwrap();
    let files = || (fs::read(&last).unwrap(), fs::read(&best).unwrap());
    let (ended, expected) = (history.loss.len(), files());
    assert!((6..50).contains(&ended), "it stops early, and not at once: after {ended} epochs");
    for interrupted in ended - 5..=ended {
        fit().epochs(interrupted).run(&mut net(1), &mut Adam::new(0.3), &x, &y).unwrap();
        let (mut resumed, mut adam) = (net(9), Adam::new(0.3));
        let checkpoint = load_checkpoint(&mut resumed, &last).unwrap();
        adam.set_state(checkpoint.optimizer);
        let rest = fit().epochs(50).initial_epoch(checkpoint.epoch).run(&mut resumed, &mut adam, &x, &y).unwrap();
        assert_eq!(rest.loss, history.loss[interrupted..], "interrupted after epoch {interrupted}");
        assert_eq!(resumed, whole, "interrupted after epoch {interrupted}");
        if interrupted == ended {
            // The state goes into a training that begins anew, which has its own losses and its own end.
            adam.set_state(load_checkpoint(&mut resumed, &last).unwrap().optimizer);
            let anew = fit().epochs(2).run(&mut resumed, &mut adam, &x, &y).unwrap();
            assert_eq!(anew.loss.len(), 2);
        } else {
            assert_eq!(files(), expected, "interrupted after epoch {interrupted}");
        }
    }
    fs::remove_dir_all(&place).unwrap();
}

/// A rate that was set, as `ReduceOnPlateau` does, is part of the checkpoint.
#[test]
fn a_rate_that_was_set_is_resumed() {
    let (mut x, mut optimizer) = (1.0_f64, Adam::new(0.1));
    optimizer.apply_gradients(&mut x, &1.0);
    optimizer.set_learning_rate(0.1 + 0.2);
    let path = place("rate").join("x.safetensors");
    save_checkpoint(&x, &Checkpoint { epoch: 1, optimizer: optimizer.state().clone() }, &path).unwrap();
    let mut resumed = Adam::new(7.0).with_schedule(schedules::Constant(5.0));
    resumed.set_state(load_checkpoint(&mut x, &path).unwrap().optimizer);
    assert_eq!(resumed.learning_rate(), 0.1 + 0.2);
    assert_eq!(resumed.state(), optimizer.state());
}

#[test]
fn the_best_is_kept_and_a_file_that_cannot_be_written_ends_the_training() {
    let (place, (x, y)) = (place("best"), data());
    let (best, last) = (place.join("best.safetensors"), place.join("last.safetensors"));
    let mut model = net(1);
    let history = Fit::new(loss::value_and_grad)
        .epochs(12)
        .batch_size(8)
        .validation_split(0.3)
        .callback(SaveCheckpoint::best(&best))
        .callback(SaveCheckpoint::last(&last).every(5))
        .run(&mut model, &mut Adam::new(0.3), &x, &y)
        .unwrap();
    let least = (0..12).min_by(|&a, &b| history.val_loss[a].total_cmp(&history.val_loss[b])).unwrap();
    let mut loaded = net(2);
    assert_eq!(load_checkpoint(&mut loaded, &best).unwrap().epoch, least + 1);
    assert_eq!(load_checkpoint(&mut loaded, &last).unwrap().epoch, 12);
    assert_eq!(loaded.predict(&x, 10), model.predict(&x, 10));

    let nowhere = SaveCheckpoint::last(place.join("missing/net.safetensors"));
    let fit = Fit::new(loss::value_and_grad).epochs(5).callback(nowhere);
    let error = fit.run(&mut model, &mut Adam::new(0.1), &x, &y).unwrap_err();
    assert_eq!(error.kind(), FitErrorKind::Callback { epoch: 1 });
    assert!(error.to_string().starts_with("a callback failed after epoch 1: cannot write "), "{error}");
    fs::remove_dir_all(&place).unwrap();
}

/// A part of a model may be called as the checkpoint calls its own arrays.
#[test]
fn names_of_parts_do_not_collide_with_the_optimiser() {
    #[derive(Clone, PartialEq, Debug, Differentiable)]
    struct Meta {
        optimizer: Vec<(f64, f64)>,
    }
    let path = place("names").join("meta.safetensors");
    let (mut model, mut adam) = (Meta { optimizer: vec![(1.0, 2.0)] }, Adam::new(0.1));
    let gradient = model.clone();
    adam.apply_gradients(&mut model, &MetaTangent { optimizer: gradient.optimizer });
    let checkpoint = Checkpoint { epoch: 1, optimizer: adam.state().clone() };
    save_checkpoint(&model, &checkpoint, &path).unwrap();
    let mut loaded = Meta { optimizer: vec![(0.0, 0.0)] };
    assert_eq!(load_checkpoint(&mut loaded, &path).unwrap(), checkpoint);
    assert_eq!(loaded, model);
}

const WRITER: &str = "DIFFERENTIABLE_WRITES_TO";

/// Not a test by itself: the process that the next test ends while it writes.
#[test]
#[ignore = "it never ends"]
fn write_for_ever() {
    let Some(path) = env::var_os(WRITER) else { return };
    for round in 0.. {
        save_weights(&Array1::from_elem(300_000, f64::from(round)), &path).unwrap();
    }
}

/// A process that dies while it writes leaves a whole file, old or new.
#[test]
fn a_crash_while_writing_leaves_a_whole_file() {
    let place = place("crash");
    let path = place.join("x.safetensors");
    let mut was_writing = 0;
    for round in 0..12 {
        save_weights(&Array1::from_elem(300_000, -1.0), &path).unwrap();
        let mut writer = Command::new(env::current_exe().unwrap())
            .args(["--exact", "write_for_ever", "--ignored", "--nocapture"])
            .env(WRITER, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while fs::read_dir(&place).unwrap().count() < 2 && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(700 * round));
        writer.kill().unwrap();
        writer.wait().unwrap();

        let mut loaded = Array1::<f64>::zeros(300_000);
        load_weights(&mut loaded, &path).unwrap();
        assert!(loaded.iter().all(|x| *x == loaded[0]), "half a file after round {round}");
        for left in fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).filter(|left| *left != path) {
            was_writing += 1;
            fs::remove_file(left).unwrap();
        }
    }
    assert!(was_writing > 0, "no process was ended while it wrote");
    fs::remove_dir_all(&place).unwrap();
}

/// The model of `fixtures/python_safetensors.py`, with its numbers.
fn python_model() -> (Dense<f32>, Array3<f64>) {
    let mut layer = Dense::new(3, 2, &mut seeded(1));
    layer.weights = Array2::from_shape_fn((3, 2), |(i, j)| (2 * i + j) as f32 / 8.0 - 0.25);
    layer.bias = array![0.5, -1.5];
    (layer, Array3::from_shape_fn((2, 1, 4), |(i, _, k)| 1.0 / (1.0 + (4 * i + k) as f64)))
}

/// Python's package wrote the file, with the metadata and the order of names that `PyTorch` users have. The other
/// direction is checked by the script, with the file that this test leaves in `target/tmp`.
#[test]
fn files_of_python_are_read() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/python.safetensors");
    let mut loaded = (Dense::new(3, 2, &mut seeded(2)), Array3::zeros((2, 1, 4)));
    load_weights(&mut loaded, fixture).unwrap();
    assert_eq!(loaded, python_model());
    save_weights(&python_model(), Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust.safetensors")).unwrap();
}

/// The module of the same name in the script.
#[derive(Differentiable)]
struct Layers {
    fc: Dense<f32>,
    conv1: Conv1D<f32>,
    conv2: Conv2D<f32>,
    up: Conv2DTranspose<f32>,
    norm: BatchNorm<f32>,
    layer_norm: LayerNorm<f32>,
    lstm: LSTM<f32>,
    embedding: Embedding<f32>,
}

#[derive(Differentiable)]
struct Inputs {
    rows: Array2<f32>,
    series: Array3<f32>,
    images: Array4<f32>,
}

#[derive(Differentiable)]
struct Values {
    fc: Array2<f32>,
    conv1: Array3<f32>,
    conv2: Array4<f32>,
    up: Array4<f32>,
    norm: Array4<f32>,
    layer_norm: Array2<f32>,
    lstm: Array3<f32>,
    embedding: Array3<f32>,
}

#[derive(Differentiable)]
struct Exchange {
    layers: Layers,
    inputs: Inputs,
    values: Values,
}

impl Layers {
    fn new(seed: u64) -> Self {
        let rng = &mut seeded(seed);
        Self {
            fc: Dense::new(3, 5, rng),
            conv1: Conv1D::new(3, 4, 2, rng),
            conv2: Conv2D::grouped(4, 6, (3, 2), 2, rng),
            up: Conv2DTranspose::new(4, 3, (3, 2), rng),
            norm: BatchNorm::new(4),
            layer_norm: LayerNorm::new(3),
            lstm: LSTM::new(3, 4, rng),
            embedding: Embedding::new(7, 3, rng),
        }
    }

    fn values(&self, inputs: &Inputs) -> Values {
        predicting(|| Values {
            fc: self.fc.call(&inputs.rows),
            conv1: self.conv1.call(&inputs.series),
            conv2: self.conv2.call(&inputs.images),
            up: self.up.call(&inputs.images),
            norm: self.norm.call(&inputs.images),
            layer_norm: self.layer_norm.call(&inputs.rows),
            lstm: self.lstm.call(&inputs.series),
            embedding: self.embedding.call(&array![[3, 6], [0, 3]]),
        })
    }
}

/// A `state_dict` of `PyTorch` makes layers that compute the same. The script checks the other direction, with the file
/// that is left in `target/tmp`.
#[test]
fn weights_of_pytorch_compute_the_same() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/pytorch.safetensors");
    let inputs =
        Inputs { rows: Array2::zeros((2, 3)), series: Array3::zeros((2, 5, 3)), images: Array4::zeros((2, 5, 4, 4)) };
    let layers = Layers::new(1);
    let mut exchange = Exchange { values: layers.values(&inputs), layers, inputs };
    load_weights(&mut exchange, fixture).unwrap();
    let values = exchange.layers.values(&exchange.inputs);
    macro_rules! assert_close {
        ($($name:ident),*) => {
            $(for (found, expected) in values.$name.iter().zip(&exchange.values.$name) {
                assert!((found - expected).abs() < 1e-5, "{}: {found}, not {expected}", stringify!($name));
            })*
        };
    }
    assert_close!(fc, conv1, conv2, up, norm, layer_norm, lstm, embedding);

    let layers = Layers::new(7);
    let exchange = Exchange { values: layers.values(&exchange.inputs), layers, inputs: exchange.inputs };
    save_weights(&exchange, Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust_layers.safetensors")).unwrap();
}
