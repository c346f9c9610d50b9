//! Layers as parts of programs: every layer through the trait, alone, in a tuple and in a struct; what differs between
//! training and prediction; statistics and random numbers.
#![allow(missing_docs)]

extern crate autodiff_runtime as differentiable;

use autodiff_macros::{Differentiable, differentiable};
use autodiff_runtime::kernels::{flatten, running_batch_norm};
use autodiff_runtime::prelude::*;
use ndarray::{Dimension, ShapeBuilder};

/// Any layer as a function.
#[differentiable]
fn value<L: Model + Differentiable + Clone>(layer: &L, x: &L::Input) -> L::Output
where
    L::Input: Differentiable + Clone,
    L::Output: Differentiable,
{
    layer.call(x)
}

/// Numbers without a pattern, and without ties.
fn wave<D: Dimension>(shape: impl ShapeBuilder<Dim = D>) -> Array<f64, D> {
    let mut index = 0.0_f64;
    Array::from_shape_simple_fn(shape, || {
        index += 1.0;
        (index * 12.9898).sin() * 0.9 + 0.05
    })
}

/// Reverse mode against forward mode, and both against differences, for the input and every parameter.
macro_rules! check {
    ($($name:ident: $layer:expr, $shape:expr;)*) => {$(
        #[test]
        fn $name() {
            let rng = &mut seeded(7);
            let layer = ($layer)(rng);
            let x = wave($shape);
            value::check(&layer, &x).unwrap();
            assert_eq!(layer.predict(&x, 1).len(), layer.predict(&x, 100).len());
        }
    )*};
}

/// A layer without a bias is the product alone, and trains and is saved like any other.
#[test]
fn a_layer_without_bias_is_a_product() {
    let mut layer = Dense::<f64>::new(3, 2, &mut seeded(3)).without_bias();
    let x = wave((4, 3));
    assert!(layer.call(&x).iter().zip(&x.dot(&layer.weights)).all(|(a, b)| (a - b).abs() < 1e-15));
    let before = layer.weights.clone();
    let gradient = DenseTangent { weights: before.clone(), bias: Array1::zeros(0), activation: () };
    Sgd::new(0.5).apply_gradients(&mut layer, &gradient);
    assert_eq!((layer.weights, layer.bias.len()), (before * 0.5, 0));
}

/// What `seeded` makes.
type Random<'a> = &'a mut dyn autodiff_runtime::rand::Rng;

check! {
    dense: |rng: Random| Dense::new(3, 4, rng).with_activation(Activation::Tanh), (2, 3);
    dense_without_bias: |rng: Random| Dense::new(3, 4, rng).without_bias().with_activation(Activation::Tanh), (2, 3);
    conv1d_without_bias: |rng: Random| Conv1D::new(2, 3, 3, rng).without_bias(), (2, 5, 2);
    conv2d_without_bias: |rng: Random| Conv2D::new(2, 3, (3, 2), rng).without_bias(), (2, 5, 4, 2);
    conv2d_transpose_without_bias: |rng: Random| Conv2DTranspose::new(3, 2, (3, 3), rng).without_bias(), (1, 2, 3, 3);
    conv1d: |rng: Random| Conv1D::new(2, 3, 3, rng).stride(2).padding(Padding::Same), (2, 5, 2);
    conv1d_dilation: |rng: Random| Conv1D::new(2, 3, 2, rng).dilation(2).with_activation(Activation::Silu), (2, 5, 2);
    conv2d: |rng: Random| Conv2D::new(2, 3, (3, 2), rng).strides((2, 1)).padding(Padding::Same), (2, 5, 4, 2);
    conv2d_groups: |rng: Random| Conv2D::grouped(4, 6, (2, 2), 2, rng).dilation((2, 1)), (1, 4, 4, 4);
    conv2d_transpose: |rng: Random| Conv2DTranspose::new(3, 2, (3, 3), rng).strides((2, 2)), (1, 2, 3, 3);
    max_pool2d: |_: Random| MaxPool2D::new((2, 2)), (2, 5, 4, 2);
    average_pool2d: |_: Random| AveragePool2D::new((3, 2)).strides((2, 2)).padding(Padding::Same), (2, 5, 4, 2);
    global_average_pool2d: |_: Random| GlobalAveragePool2D::new(), (2, 3, 4, 2);
    global_max_pool2d: |_: Random| GlobalMaxPool2D::new(), (2, 3, 4, 2);
    batch_norm: |_: Random| BatchNorm::new(3), (4, 3);
    batch_norm_of_images: |_: Random| BatchNorm::new(2), (2, 3, 3, 2);
    layer_norm: |_: Random| LayerNorm::new(4), (2, 3, 4);
    group_norm: |_: Random| GroupNorm::new(2, 4), (2, 3, 2, 4);
    dropout: |rng: Random| Dropout::new(0.4, rng), (4, 5);
    flatten_images: |_: Random| Flatten::new(), (2, 2, 3, 2);
    last_step: |_: Random| LastStep::new(), (2, 3, 4);
    time_distributed: |rng: Random| TimeDistributed(Dense::new(3, 2, rng)), (2, 4, 3);
    residual: |rng: Random| Residual(Dense::new(3, 3, rng)), (2, 3);
    simple_rnn: |rng: Random| SimpleRNN::new(3, 4, rng), (2, 5, 3);
    lstm: |rng: Random| LSTM::new(3, 4, rng), (2, 5, 3);
    gru: |rng: Random| GRU::new(3, 4, rng), (2, 5, 3);
    attention: |rng: Random| MultiHeadAttention::new(4, 2, 3, rng), (2, 3, 4);
    causal_attention: |rng: Random| MultiHeadAttention::new(4, 2, 2, rng).causal(true), (2, 3, 4);
    encoder: |rng: Random| TransformerEncoder::new(4, 2, 6, 0.3, rng).with_activation(Activation::Gelu), (2, 3, 4);
    encoder_with_normalisation_first: |rng: Random| {
        TransformerEncoder::new(4, 2, 6, 0.0, rng).norm_first(true).causal(true).with_activation(Activation::Gelu)
    }, (2, 3, 4);
    sequential: |rng: Random| Sequential((
        Conv2D::new(1, 2, (2, 2), rng),
        BatchNorm::new(2),
        Activate::new(Activation::Elu { alpha: 1.0 }),
        AveragePool2D::new((2, 2)),
        Flatten::new(),
        Dense::new(8, 3, rng),
        Activate::new(Activation::LogSoftmax),
    )), (2, 5, 5, 1);
}

#[test]
fn twelve_layers_in_a_row() {
    let layer = |seed| Dense::<f64>::new(2, 2, &mut seeded(seed));
    let layers = Sequential((
        layer(0),
        layer(1),
        layer(2),
        layer(3),
        layer(4),
        layer(5),
        layer(6),
        layer(7),
        layer(8),
        layer(9),
        layer(10),
        layer(11),
    ));
    value::check(&layers, &wave((2, 2))).unwrap();
}

#[test]
fn every_activation_as_a_layer() {
    for activation in [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { negative_slope: 0.2 },
        Activation::Elu { alpha: 1.0 },
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softmax,
        Activation::LogSoftmax,
    ] {
        value::check(&Activate::new(activation), &wave((2, 3, 4))).unwrap();
        value::check(&Dense::new(4, 3, &mut seeded(1)).with_activation(activation), &wave((2, 4))).unwrap();
    }
}

/// A user's model of several kinds of layers.
#[derive(Clone, Differentiable)]
struct Net<L> {
    conv: Conv2D<f64>,
    norm: BatchNorm<f64>,
    pool: MaxPool2D<f64>,
    dropout: Dropout<f64>,
    head: L,
}

#[differentiable]
impl<L: Model<Input = Array2<f64>, Output = Array2<f64>> + Differentiable> Model for Net<L> {
    type Input = Array4<f64>;
    type Output = Array2<f64>;

    fn call(&self, x: &Array4<f64>) -> Array2<f64> {
        let h = self.pool.call(&self.norm.call(&self.conv.call(x)));
        self.head.call(&self.dropout.call(&flatten(&relu(&h))))
    }
}

#[differentiable(wrt(net))]
fn net_loss<L>(net: &Net<L>, x: &Array4<f64>, #[constant] y: &Vec<usize>) -> f64
where
    L: Model<Input = Array2<f64>, Output = Array2<f64>> + Differentiable,
{
    sparse_softmax_cross_entropy(y, &net.call(x))
}

fn net() -> Net<Sequential<(Dense<f64>, Dense<f64>)>> {
    let rng = &mut seeded(3);
    Net {
        conv: Conv2D::new(1, 2, (3, 3), rng).padding(Padding::Same),
        norm: BatchNorm::new(2).momentum(0.5),
        pool: MaxPool2D::new((2, 2)),
        dropout: Dropout::new(0.25, rng),
        head: Sequential((Dense::new(8, 4, rng).with_activation(Activation::Relu), Dense::new(4, 3, rng))),
    }
}

#[test]
fn a_model_of_a_user_with_layers_of_all_kinds() {
    let (x, y) = (wave((5, 4, 4, 1)), vec![0, 1, 2, 1, 0]);
    net_loss::check(&net(), &x, &y).unwrap();
    let mut predicting = net();
    predicting.set_mode(Mode::Predict);
    net_loss::check(&predicting, &x, &y).unwrap();
}

#[test]
fn training_moves_statistics_and_prediction_uses_them() {
    let (x, y) = (wave((20, 4, 4, 1)), (0..20).map(|row| row % 3).collect::<Vec<usize>>());
    let mut model = net();
    let untrained = model.norm.running_mean.clone();
    let fit = Fit::new(net_loss::value_and_grad).epochs(30).batch_size(5);
    let history = fit.run(&mut model, &mut Adam::new(0.01), &x, &y).unwrap();
    assert!(history.loss[29] < history.loss[0]);
    assert_ne!(model.norm.running_mean, untrained);

    // Predictions do not depend on the batch, nor on chance, whatever the mode.
    let whole = model.predict(&x, 20);
    let close = |other: &Array2<f64>| (other - &whole).iter().all(|d| d.abs() < 1e-12);
    assert!(close(&model.predict(&x, 3)));
    assert!(!close(&model.call(&x)));
    model.set_mode(Mode::Predict);
    assert!(close(&model.call(&x)));

    // The loss of an evaluation is that of the predictions.
    let expected = sparse_softmax_cross_entropy(&y, &whole);
    model.set_mode(Mode::Train);
    let found = Fit::new(net_loss::value_and_grad).evaluate(&model, &x, &y).unwrap().loss;
    assert!((found - expected).abs() < 1e-12);
}

#[test]
fn a_frozen_part_keeps_its_statistics() {
    let (x, y) = (wave((20, 4, 4, 1)), (0..20).map(|row| row % 3).collect::<Vec<usize>>());
    let (mut model, before) = (net(), net());
    let fit = Fit::new(net_loss::value_and_grad).epochs(2).batch_size(5);
    fit.run(&mut model, &mut Adam::new(0.01).freeze("norm"), &x, &y).unwrap();
    assert_eq!(model.norm, before.norm);
    assert_ne!(model.conv, before.conv);
}

#[test]
fn a_training_that_is_resumed_drops_the_same_elements() {
    let (x, y) = (wave((20, 4, 4, 1)), (0..20).map(|row| row % 3).collect::<Vec<usize>>());
    let fit = || Fit::new(net_loss::value_and_grad).batch_size(6).seed(9);
    let (mut whole, mut optimizer) = (net(), Adam::new(0.01));
    fit().epochs(5).run(&mut whole, &mut optimizer, &x, &y).unwrap();

    let (mut first, mut optimizer) = (net(), Adam::new(0.01));
    fit().epochs(2).run(&mut first, &mut optimizer, &x, &y).unwrap();
    // What a file holds: weights and statistics, and no count of steps.
    let path = std::env::temp_dir().join(format!("layers-{}.safetensors", std::process::id()));
    save_weights(&first, &path).unwrap();
    let mut resumed = net();
    load_weights(&mut resumed, &path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(resumed.norm, first.norm);
    fit().epochs(5).initial_epoch(2).run(&mut resumed, &mut optimizer, &x, &y).unwrap();
    assert_eq!(resumed.head, whole.head);
    assert_eq!(resumed.norm, whole.norm);
}

#[test]
fn accumulated_batches_are_all_observed() {
    let x = wave((8, 4, 4, 1));
    let y = vec![0, 1, 2, 0, 1, 2, 0, 1];
    let mut model = net();
    model.conv.weights.fill(0.0);
    model.conv.bias.fill(1.0);
    let fit = Fit::new(net_loss::value_and_grad).batch_size(2).accumulate(4).shuffle(false);
    fit.run(&mut model, &mut Sgd::new(0.0), &x, &y).unwrap();
    let expected = 1.0 - 0.5_f64.powi(4);
    assert!(model.norm.running_mean.values.iter().all(|mean| (mean - expected).abs() < 1e-12));
}

#[test]
fn dropout_changes_with_every_step_and_with_nothing_else() {
    let mut layer = Dropout::new(0.5, &mut seeded(1));
    let x = Array2::<f64>::ones((10, 10));
    let first = layer.call(&x);
    assert_eq!(layer.call(&x), first);
    assert!((first.sum() - 100.0).abs() < 40.0);
    let zero = value::vjp(&layer, &x).1(Array2::zeros((10, 10))).0;
    Sgd::new(0.1).apply_gradients(&mut layer, &zero);
    assert_ne!(layer.call(&x), first);
}

#[test]
fn statistics_are_no_derivative() {
    let layer = BatchNorm::<f64, ndarray::Ix2>::new(3);
    let (x, ct) = (wave((4, 3)), wave((4, 3)));
    let (_, pullback) = value::vjp(&layer, &x);
    let (gradient, _) = pullback(ct);
    assert_eq!(gradient.running_mean.0.len(), 1);
    assert!((&gradient.running_mean.0[0] - &x.mean_axis(Axis(0)).unwrap()).iter().all(|d| d.abs() < 1e-15));
    assert_eq!(Summary::new(&gradient).parameter_count(), 6);
    // A layer that predicts observes nothing.
    let mut layer = layer.clone();
    layer.set_mode(Mode::Predict);
    let (gradient, _) = value::vjp(&layer, &x).1(wave((4, 3)));
    assert!(gradient.running_mean.0.is_empty());
    let y =
        running_batch_norm(&x, &layer.gamma, &layer.beta, &layer.running_mean, &layer.running_var, 1e-3, layer.mode);
    assert_eq!(y, layer.call(&x));
}

/// A model of integers: the input is a constant, whose type is written out.
#[derive(Clone, Differentiable)]
struct Language {
    embedding: Embedding<f64>,
    lstm: LSTM<f64>,
    head: TimeDistributed<Dense<f64>>,
}

#[differentiable]
impl Model for Language {
    type Input = Array2<usize>;
    type Output = Array3<f64>;

    fn call(&self, x: &Array2<usize>) -> Array3<f64> {
        self.head.call(&self.lstm.call(&self.embedding.call(x)))
    }
}

#[differentiable(wrt(model))]
fn language_loss(model: &Language, #[constant] x: &Array2<usize>, target: &Array3<f64>) -> f64 {
    mse_loss(target, &model.call(x))
}

#[test]
fn integers_are_looked_up_and_only_their_rows_have_a_gradient() {
    let rng = &mut seeded(2);
    let model = Language {
        embedding: Embedding::new(5, 3, rng),
        lstm: LSTM::new(3, 4, rng),
        head: TimeDistributed(Dense::new(4, 2, rng)),
    };
    let (x, y) = (array![[0, 3, 0], [3, 3, 1]], wave((2, 3, 2)));
    language_loss::check(&model, &x, &y).unwrap();
    let gradient = language_loss::grad(&model, &x, &y);
    assert_eq!(gradient.embedding.weights.indices(), [0, 1, 3]);
    assert!(gradient.embedding.weights.values().iter().all(|g| *g != 0.0));
    let text = Sequential((model.embedding.clone(), model.lstm.clone(), model.head.clone()));
    assert_eq!(text.call(&x), model.call(&x));
}

#[differentiable]
fn masked(layer: &TransformerEncoder<f64>, x: &Array3<f64>, #[constant] mask: &Array3<bool>) -> Array3<f64> {
    layer.call_masked(x, mask)
}

#[differentiable]
fn crossed(layer: &MultiHeadAttention<f64>, x: &Array3<f64>, to: &Array3<f64>) -> Array3<f64> {
    layer.attend(x, to)
}

#[differentiable]
fn last_states(layer: &LSTM<f64>, x: &Array3<f64>, h: &Array2<f64>, c: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let (_, h, c) = layer.run(x, h, c);
    (h, c)
}

#[test]
fn methods_beside_the_trait() {
    let rng = &mut seeded(4);
    let block = TransformerEncoder::new(4, 2, 5, 0.0, rng).with_activation(Activation::Silu);
    let x = wave((2, 3, 4));
    let mask = Array3::from_shape_fn((1, 3, 3), |(_, i, j)| (i + j) % 2 == 0);
    masked::check(&block, &x, &mask).unwrap();
    assert_eq!(block.call_masked(&x, &Array3::from_elem((1, 1, 1), true)), block.call(&x));
    crossed::check(&block.self_attn, &x, &wave((2, 5, 4))).unwrap();
    last_states::check(&LSTM::new(4, 3, rng), &x, &wave((2, 3)), &wave((2, 3))).unwrap();
}

#[test]
fn names_in_files_are_those_of_the_fields() {
    let names: Vec<String> = Summary::new(&net()).rows().iter().map(|row| row.name.clone()).collect();
    let expected = [
        "conv.weights",
        "conv.bias",
        "norm.gamma",
        "norm.beta",
        "head.0.0.weights",
        "head.0.0.bias",
        "head.0.1.weights",
    ];
    for name in expected {
        assert!(names.iter().any(|found| found == name), "{name} is not among {names:?}");
    }
}

#[differentiable(wrt(net))]
fn weighted_loss_of_net<L>(net: &Net<L>, x: &Array4<f64>, #[constant] y: &(Vec<usize>, Array1<f64>)) -> f64
where
    L: Model<Input = Array2<f64>, Output = Array2<f64>> + Differentiable,
{
    sparse_softmax_cross_entropy_with(&y.0, &net.call(x), Reduction::WeightedMean, &y.1)
}

#[test]
fn weights_of_samples_are_batched_with_the_targets() {
    let x = wave((9, 4, 4, 1));
    let labels: Vec<usize> = (0..9).map(|row| row % 3).collect();
    let weights = class_weights(&labels, &[1.0, 2.0, 0.5]);
    let mut model = net();
    let y = (labels, weights);
    weighted_loss_of_net::check(&model, &x, &y).unwrap();
    let fit = Fit::new(weighted_loss_of_net::value_and_grad).epochs(20).batch_size(4);
    let history = fit.run(&mut model, &mut Adam::new(0.01), &x, &y).unwrap();
    assert!(history.loss[19] < history.loss[0]);
}

/// What a layer says of an input that does not fit.
fn refusal<L: Model>(layer: &L, x: &L::Input) -> String {
    let call = std::panic::AssertUnwindSafe(|| layer.call(x));
    let Err(payload) = std::panic::catch_unwind(call) else { panic!("the input fits") };
    payload.downcast_ref::<String>().expect("a formatted message").clone()
}

#[test]
fn shapes_that_do_not_fit_name_the_layer_and_what_it_expects() {
    let rng = &mut seeded(1);
    let images = Array4::<f64>::zeros((1, 5, 5, 3));
    let series = Array3::<f64>::zeros((1, 5, 3));
    let rows = Array2::<f64>::zeros((1, 3));
    let refusals = [
        (refusal(&Dense::new(2, 2, rng), &rows), "dense", "2 features"),
        (refusal(&Conv1D::new(2, 2, 2, rng), &series), "conv", "expect 2"),
        (refusal(&Conv2D::new(2, 2, (2, 2), rng), &images), "conv2d", "expect 2"),
        (refusal(&Conv2D::new(3, 2, (6, 2), rng), &images), "conv2d", "spans 6"),
        (refusal(&Conv2DTranspose::new(2, 2, (2, 2), rng), &images), "conv2d_transpose", "2"),
        (refusal(&MaxPool2D::new((6, 6)), &images), "max_pool2d", "spans 6"),
        (refusal(&AveragePool2D::new((6, 6)), &images), "average_pool2d", "spans 6"),
        (refusal(&BatchNorm::new(2), &images), "batch_norm", "2"),
        (refusal(&LayerNorm::new(2), &rows), "layer_norm", "2"),
        (refusal(&GroupNorm::new(1, 2), &images), "group_norm", "2"),
        (refusal(&SimpleRNN::new(2, 2, rng), &series), "simple_rnn", "2 features"),
        (refusal(&LSTM::new(2, 2, rng), &series), "lstm", "2 features"),
        (refusal(&GRU::new(2, 2, rng), &series), "gru", "2 features"),
        (refusal(&MultiHeadAttention::new(2, 1, 2, rng), &series), "dense", "2 features"),
        (refusal(&Embedding::<f64>::new(4, 2, rng), &array![[0, 4]]), "embedding", "only 4 rows"),
        (refusal(&LastStep::new(), &Array3::<f64>::zeros((1, 0, 3))), "LastStep", "no steps"),
    ];
    for (message, layer, expected) in refusals {
        assert!(message.starts_with(layer) && message.contains(expected), "{message}");
    }
}
