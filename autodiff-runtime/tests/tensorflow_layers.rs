//! The same numbers as TensorFlow: values and gradients of convolutions, pooling, normalisation, recurrent
//! layers and attention. The fixtures carry the script that made them, `tests/fixtures/tensorflow_layers.py`.

use autodiff_runtime::kernels::*;
use autodiff_runtime::prelude::*;
use ndarray::{Dimension, ShapeBuilder};
use serde_json::Value;

const FLOAT32: &str = include_str!("../../tests/fixtures/tensorflow_layers_float32.json");
const FLOAT64: &str = include_str!("../../tests/fixtures/tensorflow_layers_float64.json");

/// Gradients are sums of up to a hundred products of numbers near 1: smaller ones are compared absolutely.
const FLOOR: f64 = 1.0;

const IMAGES: (usize, usize, usize, usize) = (2, 7, 6, 4);

/// The formula of the same name in the script.
fn wave<T: Real, D: Dimension>(shape: impl ShapeBuilder<Dim = D>, seed: usize, scale: f64) -> Array<T, D> {
    let mut index = 0_usize;
    Array::from_shape_simple_fn(shape, || {
        index += 1;
        let phase = 1.0 + 0.37 * (index - 1) as f64 + seed as f64;
        T::from_f64(scale * phase.sin()).unwrap()
    })
}

/// The elements in row-major order.
fn list<T: Real, D: Dimension>(array: &Array<T, D>) -> Vec<f64> {
    array.iter().map(|item| item.to_f64().unwrap()).collect()
}

/// The cases of a fixture, each of which must be asked for.
struct Fixture {
    cases: Value,
    asked: Vec<String>,
    tolerance: f64,
}

impl Fixture {
    fn new(text: &str, tolerance: f64) -> Self {
        let mut fixture: Value = serde_json::from_str(text).expect("the fixture is JSON");
        Self { cases: fixture["cases"].take(), asked: Vec::new(), tolerance }
    }

    #[track_caller]
    fn compare(&mut self, name: &str, found: &[Vec<f64>]) {
        self.asked.push(name.to_owned());
        let expected = self.cases[name].as_array().expect(name);
        assert_eq!(found.len(), expected.len(), "{name}: the number of arrays");
        for (part, (found, expected)) in found.iter().zip(expected).enumerate() {
            let expected = expected.as_array().unwrap();
            assert_eq!(found.len(), expected.len(), "{name}: array {part}");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                let expected = expected.as_f64().unwrap();
                let difference = (found - expected).abs();
                assert!(
                    difference <= self.tolerance * expected.abs().max(FLOOR),
                    "{name}: number {index} of array {part} is {found} here and {expected} in TensorFlow"
                );
            }
        }
    }

    fn finish(self) {
        let cases = self.cases.as_object().unwrap();
        for name in cases.keys() {
            assert!(self.asked.contains(name), "{name} was not compared");
        }
    }
}

fn conv2d_case<T: Real>(
    fixture: &mut Fixture,
    name: &str,
    size: (usize, usize),
    config: Conv2DConfig,
    activation: Activation,
) {
    let x = wave::<T, _>(IMAGES, 1, 1.0);
    let w = wave::<T, _>((size.0, size.1, 4 / config.groups, 6), 2, 0.5);
    let b = wave::<T, _>(6, 3, 0.5);
    let (y, saved) = conv2d_forward(&x, &w, &b, config, activation);
    let ct = wave(y.raw_dim(), 20, 1.0);
    let (mut dx, mut dw, mut db) = (x.__zero(), w.__zero(), b.__zero());
    conv2d_adjoint(&x, &w, &b, config, activation, saved, ct, Some(&mut dx), Some(&mut dw), Some(&mut db));
    fixture.compare(name, &[list(&y), list(&dx), list(&dw), list(&db)]);
}

fn convolutions<T: Real>(fixture: &mut Fixture) {
    let valid = Conv2DConfig::default();
    let same = Conv2DConfig { padding: Padding::Same, ..valid };
    let linear = Activation::Linear;
    conv2d_case::<T>(fixture, "conv2d_valid", (3, 2), valid, linear);
    conv2d_case::<T>(fixture, "conv2d_same", (4, 3), same, Activation::Tanh);
    let strides = Conv2DConfig { strides: (2, 3), ..same };
    conv2d_case::<T>(fixture, "conv2d_strides", (3, 3), strides, linear);
    let dilation = Conv2DConfig { dilation: (2, 1), ..same };
    conv2d_case::<T>(fixture, "conv2d_dilation", (3, 3), dilation, linear);
    let groups = Conv2DConfig { groups: 2, ..valid };
    conv2d_case::<T>(fixture, "conv2d_groups", (3, 3), groups, linear);

    let x = wave::<T, _>((2, 8, 3), 1, 1.0);
    let (w, b) = (wave::<T, _>((3, 3, 5), 2, 0.5), wave::<T, _>(5, 3, 0.5));
    let config = Conv1DConfig { stride: 2, padding: Padding::Same, ..Default::default() };
    let (y, saved) = conv1d_forward(&x, &w, &b, config, linear);
    let ct = wave(y.raw_dim(), 20, 1.0);
    let (mut dx, mut dw, mut db) = (x.__zero(), w.__zero(), b.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dw), Some(&mut *db));
    conv1d_adjoint(&x, &w, &b, config, linear, saved, ct, slots.0, slots.1, slots.2);
    fixture.compare("conv1d", &[list(&y), list(&dx), list(&dw), list(&db)]);

    for (name, strides, padding) in
        [("conv2d_transpose_same", (2, 2), Padding::Same), ("conv2d_transpose_valid", (2, 3), Padding::Valid)]
    {
        let config = Conv2DConfig { strides, padding, ..valid };
        let x = wave::<T, _>((2, 3, 4, 5), 1, 1.0);
        let (w, b) = (wave::<T, _>((3, 2, 3, 5), 2, 0.5), wave::<T, _>(3, 3, 0.5));
        let (y, saved) = conv2d_transpose_forward(&x, &w, &b, config, linear);
        let ct = wave(y.raw_dim(), 20, 1.0);
        let (mut dx, mut dw, mut db) = (x.__zero(), w.__zero(), b.__zero());
        let slots = (Some(&mut *dx), Some(&mut *dw), Some(&mut *db));
        conv2d_transpose_adjoint(&x, &w, &b, config, linear, saved, ct, slots.0, slots.1, slots.2);
        fixture.compare(name, &[list(&y), list(&dx), list(&dw), list(&db)]);
    }
}

fn pooling<T: Real>(fixture: &mut Fixture) {
    let x = wave::<T, _>(IMAGES, 1, 1.0);
    let same = Pool2DConfig { size: (3, 2), strides: Some((2, 1)), padding: Padding::Same };
    for (config, max, average) in
        [(Pool2DConfig::default(), "max_pool2d", "average_pool2d"), (same, "max_pool2d_same", "average_pool2d_same")]
    {
        let (y, saved) = max_pool2d_forward(&x, config);
        let mut dx = x.__zero();
        let ct = wave(y.raw_dim(), 20, 1.0);
        max_pool2d_adjoint(&x, config, saved, ct, Some(&mut dx));
        fixture.compare(max, &[list(&y), list(&dx)]);
        let (y, saved) = average_pool2d_forward(&x, config);
        let mut dx = x.__zero();
        let ct = wave(y.raw_dim(), 20, 1.0);
        average_pool2d_adjoint(&x, config, saved, ct, Some(&mut dx));
        fixture.compare(average, &[list(&y), list(&dx)]);
    }
    let (y, saved) = global_average_pool2d_forward(&x);
    let mut dx = x.__zero();
    global_average_pool2d_adjoint(&x, saved, wave(y.raw_dim(), 20, 1.0), Some(&mut dx));
    fixture.compare("global_average_pool2d", &[list(&y), list(&dx)]);
    let (y, saved) = global_max_pool2d_forward(&x);
    let mut dx = x.__zero();
    global_max_pool2d_adjoint(&x, saved, wave(y.raw_dim(), 20, 1.0), Some(&mut dx));
    fixture.compare("global_max_pool2d", &[list(&y), list(&dx)]);
}

fn normalisation<T: Real>(fixture: &mut Fixture) {
    let x = wave::<T, _>((2, 3, 4, 3), 1, 1.0);
    let (gamma, beta) = (wave::<T, _>(3, 2, 0.5), wave::<T, _>(3, 3, 0.5));
    let ct = wave::<T, _>(x.raw_dim(), 20, 1.0);
    let ((y, mean, variance), saved) = batch_norm_forward(&x, &gamma, &beta, 1e-3);
    let cts = (ct.clone(), mean.__zero(), variance.__zero());
    let (mut dx, mut dg, mut db) = (x.__zero(), gamma.__zero(), beta.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dg), Some(&mut *db));
    batch_norm_adjoint(&x, &gamma, &beta, 1e-3, saved, cts, slots.0, slots.1, slots.2);
    let statistics = [list(&mean), list(&variance)];
    let found = [list(&y), list(&dx), list(&dg), list(&db)];
    fixture.compare("batch_norm", &[&found[..], &statistics[..]].concat());

    let mean = wave::<T, _>(3, 4, 1.0);
    let variance = wave::<T, _>(3, 5, 1.0) + T::from_f64(1.5).unwrap();
    let (y, saved) = batch_norm_inference_forward(&x, &gamma, &beta, &mean, &variance, 1e-3);
    let (mut dx, mut dg, mut db) = (x.__zero(), gamma.__zero(), beta.__zero());
    batch_norm_inference_adjoint(
        &x,
        &gamma,
        &beta,
        &mean,
        &variance,
        1e-3,
        saved,
        ct,
        Some(&mut dx),
        Some(&mut dg),
        Some(&mut db),
        None,
        None,
    );
    let found = [list(&y), list(&dx), list(&dg), list(&db)];
    fixture.compare("batch_norm_inference", &found);

    let x = wave::<T, _>(IMAGES, 1, 1.0);
    let (gamma, beta) = (wave::<T, _>(4, 2, 0.5), wave::<T, _>(4, 3, 0.5));
    let ct = wave::<T, _>(x.raw_dim(), 20, 1.0);
    let (y, saved) = group_norm_forward(&x, &gamma, &beta, 2, 1e-3);
    let (mut dx, mut dg, mut db) = (x.__zero(), gamma.__zero(), beta.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dg), Some(&mut *db));
    group_norm_adjoint(&x, &gamma, &beta, 2, 1e-3, saved, ct, slots.0, slots.1, slots.2);
    fixture.compare("group_norm", &[list(&y), list(&dx), list(&dg), list(&db)]);
}

fn recurrent<T: Real>(fixture: &mut Fixture) {
    let x = wave::<T, _>((2, 5, 3), 1, 1.0);
    let state = Array2::<T>::zeros((2, 4));
    let weights = |gates: usize| (wave((3, 4 * gates), 2, 0.5), wave((4, 4 * gates), 3, 0.5));

    let ((w, u), b) = (weights(1), wave::<T, _>(4, 4, 0.5));
    let ((y, h), saved) = simple_rnn_forward(&x, &w, &u, &b, &state);
    let ct = (wave(y.raw_dim(), 20, 1.0), wave(h.raw_dim(), 21, 1.0));
    let (mut dx, mut dw, mut du, mut db) = (x.__zero(), w.__zero(), u.__zero(), b.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dw), Some(&mut *du), Some(&mut *db));
    simple_rnn_adjoint(&x, &w, &u, &b, &state, saved, ct, slots.0, slots.1, slots.2, slots.3, None);
    let values = [list(&y), list(&h)];
    let gradients = [list(&dx), list(&dw), list(&du), list(&db)];
    fixture.compare("simple_rnn", &[&values[..], &gradients[..]].concat());

    let ((w, u), b) = (weights(4), wave::<T, _>(16, 4, 0.5));
    let ((y, h, c), saved) = lstm_forward(&x, &w, &u, &b, &state, &state);
    let ct = (wave(y.raw_dim(), 20, 1.0), wave(h.raw_dim(), 21, 1.0), wave(c.raw_dim(), 22, 1.0));
    let (mut dx, mut dw, mut du, mut db) = (x.__zero(), w.__zero(), u.__zero(), b.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dw), Some(&mut *du), Some(&mut *db));
    lstm_adjoint(&x, &w, &u, &b, &state, &state, saved, ct, slots.0, slots.1, slots.2, slots.3, None, None);
    let values = [list(&y), list(&h), list(&c)];
    let gradients = [list(&dx), list(&dw), list(&du), list(&db)];
    fixture.compare("lstm", &[&values[..], &gradients[..]].concat());

    let ((w, u), b) = (weights(3), wave::<T, _>((2, 12), 4, 0.5));
    let ((y, h), saved) = gru_forward(&x, &w, &u, &b, &state);
    let ct = (wave(y.raw_dim(), 20, 1.0), wave(h.raw_dim(), 21, 1.0));
    let (mut dx, mut dw, mut du, mut db) = (x.__zero(), w.__zero(), u.__zero(), b.__zero());
    let slots = (Some(&mut *dx), Some(&mut *dw), Some(&mut *du), Some(&mut *db));
    gru_adjoint(&x, &w, &u, &b, &state, saved, ct, slots.0, slots.1, slots.2, slots.3, None);
    let values = [list(&y), list(&h)];
    let gradients = [list(&dx), list(&dw), list(&du), list(&db)];
    fixture.compare("gru", &[&values[..], &gradients[..]].concat());
}

fn attention<T: Real>(fixture: &mut Fixture) {
    let q = wave::<T, _>((2, 4, 8), 1, 1.0);
    let (k, v) = (wave::<T, _>((2, 5, 8), 2, 1.0), wave::<T, _>((2, 5, 8), 3, 1.0));
    let mask = Array3::from_shape_fn((2, 4, 5), |(n, i, j)| i == j || (n + 2 * i + j) % 3 != 0);
    for (name, causal, masked) in [
        ("attention", false, false),
        ("attention_causal", true, false),
        ("attention_masked", false, true),
        ("attention_causal_masked", true, true),
    ] {
        let config = AttentionConfig { heads: 2, causal };
        let (mut dq, mut dk, mut dv) = (q.__zero(), k.__zero(), v.__zero());
        let slots = (Some(&mut *dq), Some(&mut *dk), Some(&mut *dv));
        let ct = wave::<T, _>(q.raw_dim(), 20, 1.0);
        let y = if masked {
            let (y, saved) = masked_multi_head_attention_forward(&q, &k, &v, &mask, config);
            masked_multi_head_attention_adjoint(&q, &k, &v, &mask, config, saved, ct, slots.0, slots.1, slots.2);
            y
        } else {
            let (y, saved) = multi_head_attention_forward(&q, &k, &v, config);
            multi_head_attention_adjoint(&q, &k, &v, config, saved, ct, slots.0, slots.1, slots.2);
            y
        };
        fixture.compare(name, &[list(&y), list(&dq), list(&dk), list(&dv)]);
    }
}

fn all<T: Real>(text: &str, tolerance: f64) {
    let mut fixture = Fixture::new(text, tolerance);
    convolutions::<T>(&mut fixture);
    pooling::<T>(&mut fixture);
    normalisation::<T>(&mut fixture);
    recurrent::<T>(&mut fixture);
    attention::<T>(&mut fixture);
    fixture.finish();
}

#[test]
fn every_layer_in_single_precision() {
    all::<f32>(FLOAT32, 1e-5);
}

#[test]
fn every_layer_in_double_precision() {
    all::<f64>(FLOAT64, 1e-10);
}
