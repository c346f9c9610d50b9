//! Training steps of networks: forward, gradient and Adam, in single precision, beside a step written by hand.
//!
//! Run it with `cargo bench --bench networks`. The network 2 → 3 → 1 is in `gradients.rs`.
#![allow(missing_docs, clippy::wildcard_imports, reason = "benchmarks are documented by their names")]

use differentiable::ndarray::linalg::general_mat_mul;
use differentiable::prelude::*;
use divan::Bencher;

fn main() {
    divan::main();
}

/// Numbers without a pattern, the same in every run.
fn wave(index: usize) -> f32 {
    (index as f32 * 12.9898).sin()
}

/// The network 784 → 256 → 128 → 10 with relu on a batch of 128.
mod perceptron {
    use super::*;

    #[derive(Clone, Differentiable)]
    struct Net {
        fc1: Dense<f32>,
        fc2: Dense<f32>,
        fc3: Dense<f32>,
    }

    #[differentiable]
    impl Model for Net {
        type Input = Array2<f32>;
        type Output = Array2<f32>;

        fn call(&self, x: &Array2<f32>) -> Array2<f32> {
            self.fc3.call(&self.fc2.call(&self.fc1.call(x)))
        }
    }

    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &Array2<f32>, #[constant] labels: &Vec<usize>) -> f32 {
        sparse_softmax_cross_entropy(labels, &model.call(x))
    }

    fn net() -> Net {
        let mut rng = seeded(1);
        Net {
            fc1: Dense::new(784, 256, &mut rng).with_activation(Activation::Relu),
            fc2: Dense::new(256, 128, &mut rng).with_activation(Activation::Relu),
            fc3: Dense::new(128, 10, &mut rng),
        }
    }

    fn data() -> (Array2<f32>, Vec<usize>) {
        let x = Array2::from_shape_fn((128, 784), |(i, j)| wave(784 * i + j));
        (x, (0..128).map(|i| i * 7 % 10).collect())
    }

    #[divan::bench]
    fn generated(bencher: Bencher<'_, '_>) {
        let ((x, labels), mut model, mut adam) = (data(), net(), Adam::new(0.001));
        bencher.bench_local(|| {
            let (value, grads) = loss::value_and_grad(&model, &x, &labels);
            adam.apply_gradients(&mut model, &grads);
            value
        });
    }

    /// A layer with its gradients and moments.
    struct ByHand {
        parameters: [Array2<f32>; 2],
        gradients: [Array2<f32>; 2],
        m: [Array2<f32>; 2],
        v: [Array2<f32>; 2],
    }

    impl ByHand {
        fn new(layer: &Dense<f32>) -> Self {
            let parameters = [layer.weights.clone(), layer.bias.clone().insert_axis(Axis(0))];
            let zeros = || parameters.each_ref().map(|p| Array2::zeros(p.dim()));
            Self { gradients: zeros(), m: zeros(), v: zeros(), parameters }
        }

        fn forward(&self, x: &Array2<f32>, relu: bool) -> Array2<f32> {
            let mut h = x.dot(&self.parameters[0]);
            h += &self.parameters[1];
            if relu {
                h.mapv_inplace(|x| x.max(0.0));
            }
            h
        }

        fn backward(&mut self, x: &Array2<f32>, d: &Array2<f32>) {
            general_mat_mul(1.0, &x.t(), d, 0.0, &mut self.gradients[0]);
            self.gradients[1].row_mut(0).assign(&d.sum_axis(Axis(0)));
        }

        fn adam(&mut self, t: i32) {
            let (b1, b2) = (0.9_f32, 0.999_f32);
            let rate = 0.001 * (1.0 - b2.powi(t)).sqrt() / (1.0 - b1.powi(t));
            for k in 0..2 {
                let moments = self.m[k].iter_mut().zip(self.v[k].iter_mut());
                let parameters = self.parameters[k].iter_mut().zip(&self.gradients[k]);
                for ((m, v), (p, g)) in moments.zip(parameters) {
                    *m += (1.0 - b1) * (g - *m);
                    *v += (1.0 - b2) * (g * g - *v);
                    *p -= rate * *m / (v.sqrt() + 1e-7);
                }
            }
        }
    }

    fn step(layers: &mut [ByHand; 3], t: i32, x: &Array2<f32>, labels: &[usize]) -> f32 {
        let h1 = layers[0].forward(x, true);
        let h2 = layers[1].forward(&h1, true);
        let mut logits = layers[2].forward(&h2, false);
        let n = labels.len() as f32;
        let mut value = 0.0;
        for (mut row, &label) in logits.rows_mut().into_iter().zip(labels) {
            let largest = row.fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            value += largest - row[label];
            row.mapv_inplace(|x| (x - largest).exp());
            let sum = row.sum();
            value += sum.ln();
            row.mapv_inplace(|x| x / (sum * n));
            row[label] -= 1.0 / n;
        }
        let masked = |mut d: Array2<f32>, h: &Array2<f32>| {
            d.zip_mut_with(h, |d, h| *d = if *h > 0.0 { *d } else { 0.0 });
            d
        };
        layers[2].backward(&h2, &logits);
        let d2 = masked(logits.dot(&layers[2].parameters[0].t()), &h2);
        layers[1].backward(&h1, &d2);
        let d1 = masked(d2.dot(&layers[1].parameters[0].t()), &h1);
        layers[0].backward(x, &d1);
        layers.iter_mut().for_each(|layer| layer.adam(t));
        value / n
    }

    #[divan::bench]
    fn by_hand(bencher: Bencher<'_, '_>) {
        let ((x, labels), net) = (data(), net());
        let mut layers = [&net.fc1, &net.fc2, &net.fc3].map(ByHand::new);
        let expected = loss(&net, &x, &labels);
        let mut t = 1;
        assert!((step(&mut layers, t, &x, &labels) - expected).abs() < 1e-5 * expected);
        bencher.bench_local(|| {
            t += 1;
            step(&mut layers, t, &x, &labels)
        });
    }
}

/// Two convolutions, 28 × 28 × 1 → 8 → 16 channels with pooling after each, and a dense layer, on a batch of 32.
mod convolutional {
    use super::*;

    #[differentiable(wrt(model))]
    fn loss<L>(model: &L, x: &Array4<f32>, #[constant] labels: &Vec<usize>) -> f32
    where
        L: Model<Input = Array4<f32>, Output = Array2<f32>> + Differentiable,
    {
        sparse_softmax_cross_entropy(labels, &model.call(x))
    }

    #[divan::bench]
    fn generated(bencher: Bencher<'_, '_>) {
        let mut rng = seeded(1);
        let mut model = Sequential((
            Conv2D::new(1, 8, (3, 3), &mut rng).padding(Padding::Same).with_activation(Activation::Relu),
            MaxPool2D::new((2, 2)),
            Conv2D::new(8, 16, (3, 3), &mut rng).padding(Padding::Same).with_activation(Activation::Relu),
            MaxPool2D::new((2, 2)),
            Flatten::new(),
            Dense::new(7 * 7 * 16, 10, &mut rng),
        ));
        let x = Array4::from_shape_fn((32, 28, 28, 1), |(n, i, j, _)| wave(784 * n + 28 * i + j));
        let labels: Vec<usize> = (0..32).map(|i| i * 7 % 10).collect();
        let mut adam = Adam::new(0.001);
        bencher.bench_local(|| {
            let (value, grads) = loss::value_and_grad(&model, &x, &labels);
            adam.apply_gradients(&mut model, &grads);
            value
        });
    }
}
