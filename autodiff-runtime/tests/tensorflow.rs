//! The same numbers as TensorFlow: losses and weights of ten steps, from the same initial weights and
//! batches. The fixtures carry the script that made them, `tests/fixtures/tensorflow_adam.py`.

// Generated code refers to the facade, of which this crate is the part that it needs.
extern crate autodiff_runtime as differentiable;

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::kernels;
use autodiff_runtime::prelude::*;
use serde_json::Value;

const FLOAT32: &str = include_str!("../../tests/fixtures/tensorflow_float32.json");
const FLOAT64: &str = include_str!("../../tests/fixtures/tensorflow_float64.json");
const STEPS: usize = 10;

/// Weights smaller than this are compared with an absolute tolerance.
const WEIGHTS: f64 = 1e-3;

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).expect("the fixture is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().expect("a list of numbers");
    items.iter().map(|item| item.as_f64().expect("a number")).collect()
}

/// The formula of the same name in the script.
fn wave(count: usize, seed: usize, scale: f64) -> Vec<f64> {
    (0..count).map(|i| scale * (1.0 + 0.37 * i as f64 + seed as f64).sin()).collect()
}

fn convert<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|value| T::from_f64(*value).unwrap()).collect()
}

fn vector<T: Real>(count: usize, seed: usize, scale: f64) -> Array1<T> {
    Array1::from_vec(convert(&wave(count, seed, scale)))
}

fn matrix<T: Real>(shape: (usize, usize), seed: usize, scale: f64) -> Array2<T> {
    vector(shape.0 * shape.1, seed, scale).into_shape_with_order(shape).unwrap()
}

/// A relative comparison; numbers smaller than `floor` are compared relative to that.
#[track_caller]
fn assert_close<T: Real>(what: &str, found: &[T], expected: &[f64], tolerance: f64, floor: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let found = found.to_f64().unwrap();
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(floor),
            "{what}, number {index}: {found} here, {expected} in TensorFlow, off by {:e}",
            (found / expected - 1.0).abs()
        );
    }
}

/// Two layers.
#[derive(Clone, Differentiable)]
struct Net<T: Real> {
    first: Dense<T>,
    second: Dense<T>,
}

#[differentiable]
impl<T: Real> Model for Net<T> {
    type Input = Array2<T>;
    type Output = Array2<T>;

    fn call(&self, x: &Array2<T>) -> Array2<T> {
        self.second.call(&self.first.call(x))
    }
}

#[differentiable(wrt(net))]
fn regression<T: Real>(net: &Net<T>, x: &Array2<T>, y: &Array2<T>) -> T {
    mse_loss(y, &net.call(x))
}

#[differentiable(wrt(net))]
fn classification<T: Real>(net: &Net<T>, x: &Array2<T>, #[constant] labels: &Vec<usize>) -> T {
    sparse_softmax_cross_entropy(labels, &net.call(x))
}

fn simple_net<T: Real>(fixture: &Value, tolerance: f64) {
    let layer = |weights, bias| Dense { weights, bias, activation: Activation::Linear };
    let mut net: Net<T> = Net {
        first: layer(matrix((2, 3), 1, 0.8), vector(3, 2, 0.1)),
        second: layer(matrix((3, 1), 3, 0.8), vector(1, 4, 0.1)),
    };
    let mut optimizer = Adam::new(0.01);
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let inputs = wave(16, 10 + step, 1.0);
        let targets: Vec<f64> = inputs.chunks(2).map(|x| 2.0 * x[0] - 3.0 * x[1] + 1.0).collect();
        let x = Array2::from_shape_vec((8, 2), convert(&inputs)).unwrap();
        let y = Array2::from_shape_vec((8, 1), convert(&targets)).unwrap();
        let (loss, gradients) = regression::value_and_grad(&net, &x, &y);
        optimizer.apply_gradients(&mut net, &gradients);
        losses.push(loss);
    }
    let expected = &fixture["simple_net"];
    assert_close("losses", &losses, &numbers(&expected["losses"]), tolerance, WEIGHTS);
    compare_weights(&net, 1, &expected["weights"], tolerance);
}

fn softmax_net<T: Real>(fixture: &Value, tolerance: f64) {
    let mut net: Net<T> = Net {
        first: Dense { weights: matrix((784, 32), 1, 0.05), bias: vector(32, 2, 0.1), activation: Activation::Relu },
        second: Dense { weights: matrix((32, 10), 3, 0.3), bias: vector(10, 4, 0.1), activation: Activation::Linear },
    };
    let mut optimizer = Adam::new(0.001);
    let mut losses = Vec::new();
    for step in 0..STEPS {
        let inputs: Vec<f64> = wave(16 * 784, 10 + 100 * step, 1.0).iter().map(|x| 0.5 + 0.5 * x).collect();
        let x = Array2::from_shape_vec((16, 784), convert(&inputs)).unwrap();
        let labels: Vec<usize> = (0..16).map(|row| (7 * row + 3 * step) % 10).collect();
        let (loss, gradients) = classification::value_and_grad(&net, &x, &labels);
        optimizer.apply_gradients(&mut net, &gradients);
        losses.push(loss);
    }
    let expected = &fixture["softmax_net"];
    assert_close("losses", &losses, &numbers(&expected["losses"]), tolerance, WEIGHTS);
    compare_weights(&net, 97, &expected["weights"], tolerance);
}

/// Of the first matrix, the fixture has every `stride`-th weight.
#[track_caller]
fn compare_weights<T: Real>(net: &Net<T>, stride: usize, expected: &Value, tolerance: f64) {
    let sample: Vec<T> = net.first.weights.iter().step_by(stride).copied().collect();
    assert_close("first weights", &sample, &numbers(&expected[0]), tolerance, WEIGHTS);
    assert_close("first bias", &net.first.bias.to_vec(), &numbers(&expected[1]), tolerance, WEIGHTS);
    let second: Vec<T> = net.second.weights.iter().copied().collect();
    assert_close("second weights", &second, &numbers(&expected[2]), tolerance, WEIGHTS);
    assert_close("second bias", &net.second.bias.to_vec(), &numbers(&expected[3]), tolerance, WEIGHTS);
}

#[test]
fn simple_net_in_single_precision() {
    simple_net::<f32>(&fixture(FLOAT32), 1e-5);
}

#[test]
fn simple_net_in_double_precision() {
    simple_net::<f64>(&fixture(FLOAT64), 1e-10);
}

#[test]
fn softmax_net_in_single_precision() {
    softmax_net::<f32>(&fixture(FLOAT32), 1e-5);
}

#[test]
fn softmax_net_in_double_precision() {
    softmax_net::<f64>(&fixture(FLOAT64), 1e-10);
}

/// Ten steps on Σ k·w² + Σ sin b, or half as many from pairs of gradients.
fn steps<T: Real>(mut optimizer: impl Optimizer, expected: &Value, name: &str, tolerance: f64) {
    let mut model: (Vec<T>, Vec<T>) = (convert(&wave(6, 1, 1.0)), convert(&wave(3, 2, 1.0)));
    let (mut accumulated, every) = (GradientAccumulator::new(), if name.ends_with("accumulated") { 2 } else { 1 });
    for step in 1..=STEPS {
        let gradients = (
            model.0.iter().zip(1..).map(|(w, k)| T::from_i32(2 * k).unwrap() * *w).collect(),
            model.1.iter().map(|b| b.cos()).collect(),
        );
        accumulated.add(gradients);
        if step % every == 0 {
            optimizer.apply_gradients(&mut model, &accumulated.take_mean().unwrap());
        }
    }
    // The parameters begin near 1; some have come close to 0 with the rounding of all ten steps.
    assert_close(name, &model.0, &numbers(&expected[name][0]), tolerance, 0.1);
    assert_close(name, &model.1, &numbers(&expected[name][1]), tolerance, 0.1);
}

fn optimizers<T: Real>(fixture: &Value, tolerance: f64) {
    let expected = &fixture["optimizers"];
    macro_rules! check {
        ($($name:literal: $optimizer:expr,)*) => {
            let names = [$($name),*];
            assert_eq!(expected.as_object().unwrap().len(), names.len(), "every optimiser is compared");
            $({
                // In Keras, the 0.96 inside Nadam is of single precision in every run.
                let tolerance = if $name.starts_with("nadam") { tolerance.max(1e-7) } else { tolerance };
                steps::<T>($optimizer, expected, $name, tolerance);
            })*
        };
    }
    let settings = AdamConfig { learning_rate: 0.1, beta_1: 0.8, beta_2: 0.95, epsilon: 1e-2, amsgrad: false };
    let rms = RmsPropConfig { learning_rate: 0.1, rho: 0.8, epsilon: 1e-2, ..Default::default() };
    let sgd = |momentum, nesterov| Sgd::with_config(SgdConfig { learning_rate: 0.1, momentum, nesterov });
    check! {
        "sgd": Sgd::new(0.1),
        "sgd_momentum": sgd(0.9, false),
        "sgd_nesterov": sgd(0.9, true),
        "adam": Adam::new(0.1),
        "amsgrad": Adam::with_config(AdamConfig { learning_rate: 0.1, amsgrad: true, ..Default::default() }),
        "adamw": AdamW::with_config(AdamWConfig {
            adam: AdamConfig { learning_rate: 0.1, ..Default::default() },
            weight_decay: 0.05,
        }),
        "nadam": Nadam::new(0.1),
        "adamax": Adamax::new(0.1),
        "rmsprop": RmsProp::new(0.1),
        "rmsprop_centered": RmsProp::with_config(RmsPropConfig {
            learning_rate: 0.1, momentum: 0.5, centered: true, ..Default::default()
        }),
        "adagrad": Adagrad::new(0.1),
        "adadelta": Adadelta::new(0.1),
        "lion": Lion::new(0.1),
        "sgd_clipvalue": Sgd::new(0.1).with_clip(Clip::Value(0.5)),
        "sgd_clipnorm": Sgd::new(0.1).with_clip(Clip::Norm(0.5)),
        "sgd_global_clipnorm": Sgd::new(0.1).with_clip(Clip::GlobalNorm(0.5)),
        "sgd_decay": Sgd::with_config(SgdConfig { learning_rate: 0.1, momentum: 0.8, nesterov: false }).with_weight_decay(0.05),
        "adam_settings": Adam::with_config(settings.clone()),
        "adam_accumulated": Adam::new(0.1),
        "adamw_amsgrad": AdamW::with_config(AdamWConfig {
            adam: AdamConfig { amsgrad: true, ..settings },
            weight_decay: 0.1,
        }),
        "nadam_settings": Nadam::with_config(NadamConfig {
            learning_rate: 0.1, beta_1: 0.8, beta_2: 0.95, epsilon: 1e-2,
        }),
        "adamax_settings": Adamax::with_config(AdamaxConfig {
            learning_rate: 0.1, beta_1: 0.8, beta_2: 0.95, epsilon: 1e-2,
        }),
        "rmsprop_momentum": RmsProp::with_config(RmsPropConfig { momentum: 0.5, ..rms.clone() }),
        "rmsprop_all": RmsProp::with_config(RmsPropConfig { centered: true, ..rms })
            .with_clip(Clip::GlobalNorm(2.0)).with_weight_decay(0.1),
        "adagrad_settings": Adagrad::with_config(AdagradConfig {
            learning_rate: 0.1, initial_accumulator: 0.3, epsilon: 1e-2,
        }),
        "adadelta_settings": Adadelta::with_config(AdadeltaConfig { learning_rate: 1.0, rho: 0.8, epsilon: 1e-2 }),
        "lion_settings": Lion::with_config(LionConfig { learning_rate: 0.1, beta_1: 0.8, beta_2: 0.9 })
            .with_weight_decay(0.1),
    }
}

#[test]
fn every_optimizer_in_single_precision() {
    optimizers::<f32>(&fixture(FLOAT32), 1e-5);
}

#[test]
fn every_optimizer_in_double_precision() {
    optimizers::<f64>(&fixture(FLOAT64), 1e-10);
}

fn activations<T: Real>(fixture: &Value, tolerance: f64) {
    let expected = &fixture["activations"];
    let (x, ct): (Array2<T>, Array2<T>) = (matrix((4, 3), 1, 3.0), matrix((4, 3), 2, 1.0));
    macro_rules! check {
        ($($name:ident, $forward:ident, $adjoint:ident $(, $parameter:expr)*;)*) => {
            let names = [$(stringify!($name)),*];
            assert_eq!(expected.as_object().unwrap().len(), names.len(), "every function is compared");
            $({
                let name = stringify!($name);
                // TensorFlow's constants inside gelu are of single precision in every run.
                let gelu = name.starts_with("gelu");
                let tolerance = if gelu { tolerance.max(1e-7) } else { tolerance };
                let (y, saved) = kernels::$forward(&x $(, $parameter)*);
                let mut gradient = Array2::zeros(x.raw_dim());
                kernels::$adjoint(&x, $($parameter,)* saved, ct.clone(), Some(&mut gradient));
                let (y, gradient) = (y.as_slice().unwrap(), gradient.as_slice().unwrap());
                assert_close(name, y, &numbers(&expected[name][0]), tolerance, 0.1);
                assert_close(name, gradient, &numbers(&expected[name][1]), tolerance, 0.1);
            })*
        };
    }
    check! {
        relu, relu_forward, relu_adjoint;
        leaky_relu, leaky_relu_forward, leaky_relu_adjoint, 0.25;
        elu, elu_forward, elu_adjoint, 1.0;
        selu, selu_forward, selu_adjoint;
        gelu, gelu_forward, gelu_adjoint;
        gelu_tanh, gelu_tanh_forward, gelu_tanh_adjoint;
        silu, silu_forward, silu_adjoint;
        softplus, softplus_forward, softplus_adjoint;
        sigmoid, sigmoid_forward, sigmoid_adjoint;
        tanh, tanh_forward, tanh_adjoint;
        softmax, softmax_forward, softmax_adjoint;
        log_softmax, log_softmax_forward, log_softmax_adjoint;
    }
}

#[test]
fn every_activation_in_both_precisions() {
    activations::<f32>(&fixture(FLOAT32), 1e-5);
    activations::<f64>(&fixture(FLOAT64), 1e-10);
}

/// The formula of the same name in the script.
fn probabilities<T: Real>(seed: usize, scale: f64) -> Array2<T> {
    let p: Array2<f64> = softmax(&matrix((4, 3), seed, 1.0)) * scale;
    p.mapv(|p| T::from_f64(p).unwrap())
}

fn losses<T: Real>(fixture: &Value, tolerance: f64) {
    let expected = &fixture["losses"];
    let wide: Array2<T> = matrix((4, 3), 2, 2.0);
    let plain: Array2<T> = matrix((4, 3), 1, 1.0);
    let signs = plain.mapv(T::signum);
    let (p, q): (Array2<T>, Array2<T>) = (probabilities(1, 1.0), probabilities(2, 1.0));
    let unnormalised: Array2<T> = probabilities(2, 1.3);
    macro_rules! check {
        ($($name:literal: $forward:ident, $adjoint:ident $(, $parameter:expr)*; $t:expr, $p:expr;)*) => {
            let names = [$($name),*];
            assert_eq!(expected.as_object().unwrap().len(), names.len(), "every loss is compared");
            $({
                let (value, saved) = kernels::$forward($t, $p $(, $parameter)*);
                let mut gradient = Array2::zeros($p.raw_dim());
                let slot = Some(&mut *gradient);
                kernels::$adjoint($t, $p, $($parameter,)* saved, T::one(), None, slot);
                let gradient = gradient.as_slice().unwrap();
                assert_close($name, &[value], &numbers(&expected[$name][0]), tolerance, 0.1);
                assert_close($name, gradient, &numbers(&expected[$name][1]), tolerance, 0.1);
            })*
        };
    }
    check! {
        "mse": mse_loss_forward, mse_loss_adjoint; &plain, &wide;
        "mae": mae_loss_forward, mae_loss_adjoint; &plain, &wide;
        "huber": huber_loss_forward, huber_loss_adjoint, 1.0; &plain, &wide;
        "hinge": hinge_loss_forward, hinge_loss_adjoint; &signs, &wide;
        "squared_hinge": squared_hinge_loss_forward, squared_hinge_loss_adjoint; &signs, &wide;
        "kl_divergence": kl_divergence_forward, kl_divergence_adjoint; &p, &q;
        "cosine_similarity": cosine_similarity_loss_forward, cosine_similarity_loss_adjoint; &plain, &wide;
        "categorical_cross_entropy":
            categorical_cross_entropy_forward, categorical_cross_entropy_adjoint; &p, &unnormalised;
        "binary_cross_entropy": binary_cross_entropy_forward, binary_cross_entropy_adjoint; &p, &q;
        "binary_cross_entropy_from_logits":
            binary_cross_entropy_from_logits_forward, binary_cross_entropy_from_logits_adjoint; &p, &wide;
        "softmax_cross_entropy": softmax_cross_entropy_forward, softmax_cross_entropy_adjoint; &p, &wide;
    }
}

#[test]
fn every_loss_in_both_precisions() {
    losses::<f32>(&fixture(FLOAT32), 1e-5);
    losses::<f64>(&fixture(FLOAT64), 1e-10);
}

fn layer_norm<T: Real>(fixture: &Value, tolerance: f64) {
    let (x, ct): (Array2<T>, Array2<T>) = (matrix((4, 3), 1, 3.0), matrix((4, 3), 2, 1.0));
    let (gamma, beta): (Array1<T>, Array1<T>) = (vector(3, 3, 1.0), vector(3, 4, 1.0));
    let (y, saved) = kernels::layer_norm_forward(&x, &gamma, &beta, 1e-3);
    let (mut dx, mut dg, mut db) = (Array2::zeros((4, 3)), Array1::zeros(3), Array1::zeros(3));
    let (x_slot, g_slot, b_slot) = (Some(&mut *dx), Some(&mut *dg), Some(&mut *db));
    kernels::layer_norm_adjoint(&x, &gamma, &beta, 1e-3, saved, ct, x_slot, g_slot, b_slot);
    let found = [y.as_slice(), dx.as_slice(), dg.as_slice(), db.as_slice()];
    for (index, found) in found.into_iter().enumerate() {
        let expected = numbers(&fixture["layer_norm"][index]);
        assert_close("layer_norm", found.unwrap(), &expected, tolerance, 0.1);
    }
}

#[test]
fn layer_norm_in_both_precisions() {
    layer_norm::<f32>(&fixture(FLOAT32), 1e-5);
    layer_norm::<f64>(&fixture(FLOAT64), 1e-10);
}
