//! Second derivatives of every layer and of losses with weights, against differences of gradients.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::Tangent;
use differentiable::kernels;
use differentiable::layers::*;
use differentiable::ndarray::{Dimension, IntoDimension, Ix2, Ix3};
use differentiable::prelude::*;

/// The square of a model's value, with weights of its elements.
#[differentiable(order = 2)]
fn score<M, D>(model: &M, x: &M::Input, #[constant] weights: &Array<f64, D>) -> f64
where
    D: Dimension + 'static,
    M: Model<Output = Array<f64, D>> + Differentiable,
    M::Input: Differentiable,
{
    let y: Array<f64, D> = model.call(x);
    let mut sum = 0.0;
    for (y, w) in y.iter().zip(weights.iter()) {
        sum += w * y * y + y.sin();
    }
    sum
}

fn wave<D: Dimension, S: IntoDimension<Dim = D>>(shape: S, k: f64) -> Array<f64, D> {
    let mut n = 0.0;
    Array::from_shape_simple_fn(shape.into_dimension(), || {
        n += 1.0;
        (k + 1.7 * n + 0.01 * n * n).sin() * 1.2
    })
}

/// The numbers of a tangent.
fn numbers(of: &impl Tangent) -> Vec<f64> {
    let mut all = Vec::new();
    of.clone().__map(&mut |d| {
        all.push(d);
        d
    });
    all
}

/// Moves a value along a tangent, as `check` does: what counts steps does not count this one.
fn moved<V: Differentiable + Clone>(value: &V, along: &V::Tangent, by: f64) -> V {
    let mut value = value.clone();
    let steps: Vec<f64> = numbers(along).iter().map(|d| d * by).collect();
    differentiable::__private::displace(&mut value, &mut steps.as_slice());
    value
}

/// Asserts that `hvp` is the difference of gradients, along the gradient's direction.
fn assert_second<M, D>(name: &str, model: M, x: M::Input)
where
    D: Dimension + 'static,
    M: Model<Output = Array<f64, D>> + Differentiable + Clone,
    M::Input: Differentiable + Clone,
{
    let weights = wave(model.call(&x).raw_dim(), 0.4);
    let (mut d_model, mut d_x) = score::grad(&model, &x, &weights);
    let largest = numbers(&d_model).iter().chain(&numbers(&d_x)).fold(0.0_f64, |a, b| a.max(b.abs()));
    d_model.__scale(1.0 / largest);
    d_x.__scale(1.0 / largest);
    let found = score::hvp(&model, &x, &weights, &d_model, &d_x);
    let h = 1e-5;
    let at = |by: f64| score::grad(&moved(&model, &d_model, by), &moved(&x, &d_x, by), &weights);
    let (ahead, behind) = (at(h), at(-h));
    let all = |of: (<M as Differentiable>::Tangent, <M::Input as Differentiable>::Tangent)| {
        [numbers(&of.0), numbers(&of.1)].concat()
    };
    let (found, ahead, behind) = (all(found), all(ahead), all(behind));
    assert!(found.iter().any(|d| *d != 0.0), "{name}");
    let scale = found.iter().fold(1.0_f64, |a, b| a.max(b.abs()));
    for (i, found) in found.iter().enumerate() {
        let expected = (ahead[i] - behind[i]) / (2.0 * h);
        assert!((found - expected).abs() < 1e-6 * scale, "{name}, element {i}: {found} is not {expected}");
    }
}

#[test]
fn convolutions() {
    let mut rng = seeded(1);
    let padded = || Conv2D::new(2, 4, (3, 2), &mut seeded(5)).padding(Padding::Same);
    let images = wave((2, 4, 5, 2), 0.3);
    assert_second("Conv2D", padded().with_activation(Activation::Tanh), images.clone());
    assert_second("Conv2D, strides", padded().strides((2, 1)), images.clone());
    let mut grouped = Conv2D::new(1, 4, (2, 2), &mut rng).with_activation(Activation::Softplus);
    (grouped.config.groups, grouped.config.dilation) = (2, (1, 2));
    assert_second("Conv2D, groups", grouped, images.clone());
    let transposed = Conv2DTranspose::new(2, 3, (3, 2), &mut rng).strides((2, 2)).with_activation(Activation::Tanh);
    assert_second("Conv2DTranspose", transposed, images);
    let series = Conv1D::new(2, 3, 3, &mut rng).padding(Padding::Same).with_activation(Activation::Gelu);
    assert_second("Conv1D", series, wave((2, 6, 2), 0.8));
}

#[test]
fn pooling() {
    let images = wave((2, 4, 5, 2), 0.7);
    assert_second("MaxPool2D", MaxPool2D::new((2, 2)), images.clone());
    assert_second("AveragePool2D", AveragePool2D::new((2, 3)), images.clone());
    assert_second("GlobalMaxPool2D", GlobalMaxPool2D::new(), images.clone());
    assert_second("GlobalAveragePool2D", GlobalAveragePool2D::new(), images);
}

#[test]
fn normalisation() {
    let rows = wave((4, 6), 0.2);
    let with = |n: usize, k: f64| (wave(n, k), wave(n, k + 1.0));
    let mut layer = LayerNorm::<f64, Ix2>::new(6);
    (layer.gamma, layer.beta) = with(6, 0.3);
    assert_second("LayerNorm", layer, rows.clone());
    let mut group = GroupNorm::<f64, Ix3>::new(3, 6);
    (group.gamma, group.beta) = with(6, 0.4);
    assert_second("GroupNorm", group, wave((2, 3, 6), 0.9));
    let mut batch = BatchNorm::<f64, Ix2>::new(6);
    (batch.gamma, batch.beta) = with(6, 0.5);
    assert_second("BatchNorm", batch.clone(), rows.clone());
    batch.set_mode(Mode::Predict);
    batch.running_mean.values = wave(6, 0.1);
    assert_second("BatchNorm, predicting", batch, rows);
}

#[test]
fn recurrent_layers() {
    let (mut rng, series) = (seeded(2), wave((2, 4, 3), 0.6));
    assert_second("SimpleRNN", SimpleRNN::<f64>::new(3, 4, &mut rng), series.clone());
    assert_second("LSTM", LSTM::<f64>::new(3, 4, &mut rng), series.clone());
    assert_second("GRU", GRU::<f64>::new(3, 4, &mut rng), series.clone());
    let last = Sequential((LSTM::<f64>::new(3, 4, &mut rng), LastStep::new(), Dense::new(4, 2, &mut rng)));
    assert_second("LastStep", last, series);
}

#[test]
fn attention() {
    let (mut rng, series) = (seeded(3), wave((2, 4, 6), 0.6));
    assert_second("MultiHeadAttention", MultiHeadAttention::<f64>::new(6, 2, 3, &mut rng), series.clone());
    let causal = MultiHeadAttention::<f64>::new(6, 2, 3, &mut rng).causal(true);
    assert_second("MultiHeadAttention, causal", causal, series.clone());
    for first in [false, true] {
        let block = TransformerEncoder::<f64>::new(6, 2, 8, 0.3, &mut seeded(4)).norm_first(first);
        assert_second("TransformerEncoder", block, series.clone());
    }
}

#[test]
fn others() {
    let mut rng = seeded(6);
    assert_second("Dropout", Dropout::<f64, Ix2>::new(0.4, &mut rng), wave((4, 5), 0.3));
    assert_second("TimeDistributed", TimeDistributed(Dense::<f64>::new(3, 2, &mut rng)), wave((2, 3, 3), 0.3));
    let words = Sequential((Embedding::<f64>::new(5, 3, &mut rng), GRU::new(3, 2, &mut rng)));
    assert_second("Embedding", words, array![[0, 3, 3], [1, 4, 0]]);
}

#[differentiable(order = 2, wrt(p))]
fn of_samples(p: &Array2<f64>, t: &Array2<f64>, #[constant] loss: kernels::Loss) -> f64 {
    let losses: Array1<f64> = kernels::loss_each(t, p, loss);
    let mut sum = 0.0;
    for i in 0..losses.len() {
        sum += losses[i] * losses[i] * (1.0 + i as f64);
    }
    sum
}

#[differentiable(order = 2, wrt(p))]
fn weighted(p: &Array2<f64>, t: &Array2<f64>, #[constant] loss: kernels::Loss, #[constant] w: &Array1<f64>) -> f64 {
    kernels::weighted_loss(t, p, loss, Reduction::WeightedMean, w).sin()
}

#[differentiable(order = 2, wrt(p))]
fn named(p: &Array2<f64>, t: &Array2<f64>, #[constant] w: &Array1<f64>) -> f64 {
    let q = kernels::softmax(p);
    cosine_similarity_loss(t, p)
        + sparse_categorical_cross_entropy(&[1_usize, 0, 3], &q)
        + huber_loss_with(t, p, 0.4, Reduction::Sum, w)
        + kl_divergence_each(t, &q).sum()
}

#[test]
fn losses_of_samples() {
    use kernels::Loss::*;
    let (p, t, w) = (wave((3, 4), 0.2), kernels::softmax(&wave((3, 4), 0.9)), array![0.5, 1.0, 2.0]);
    let v = p.mapv(|x: f64| (3.0 * x + 1.0).cos());
    let near = |found: &Array2<f64>, gradient: &dyn Fn(&Array2<f64>) -> Array2<f64>| {
        let expected = (gradient(&(&p + &(&v * 1e-5))) - gradient(&(&p - &(&v * 1e-5)))) / 2e-5;
        assert!((found - &expected).iter().all(|d| d.abs() < 1e-6), "{found} is not {expected}");
    };
    let losses = [
        MeanSquaredError,
        MeanAbsoluteError,
        Huber { delta: 0.4 },
        BinaryCrossEntropyFromLogits,
        SoftmaxCrossEntropy,
        Hinge,
        SquaredHinge,
        CosineSimilarity,
    ];
    for loss in losses {
        near(&of_samples::hvp(&p, &t, loss, &v), &|p| of_samples::grad(p, &t, loss));
        near(&weighted::hvp(&p, &t, loss, &w, &v), &|p| weighted::grad(p, &t, loss, &w));
        assert!((of_samples(&p, &t, loss) - of_samples::value_and_grad(&p, &t, loss).0).abs() < 1e-13);
    }
    near(&named::hvp(&p, &t, &w, &v), &|p| named::grad(p, &t, &w));
}
