//! Derivatives beside the functions they belong to, and beside derivatives written by hand.
//!
//! Run it with `cargo bench`. Compare the medians of one run; the allocation columns must be empty for
//! scalar code.
#![allow(missing_docs, clippy::wildcard_imports, reason = "benchmarks are documented by their names")]

use differentiable::prelude::*;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Straight-line scalar code.
mod scalar {
    use super::*;

    #[differentiable]
    fn f(x: f64, w: f64) -> f64 {
        let y = (x * x).sin() + x * w;
        y * (0.1 * y).exp()
    }

    #[divan::bench(sample_size = 10000)]
    fn primal(bencher: Bencher<'_, '_>) {
        bencher.bench(|| f(black_box(1.3), black_box(0.7)));
    }

    #[divan::bench(sample_size = 10000)]
    fn value_and_grad(bencher: Bencher<'_, '_>) {
        bencher.bench(|| f::value_and_grad(black_box(1.3), black_box(0.7)));
    }

    #[divan::bench(sample_size = 10000)]
    fn by_hand(bencher: Bencher<'_, '_>) {
        bencher.bench(|| {
            let (x, w) = (black_box(1.3_f64), black_box(0.7));
            let s = x * x;
            let (sin, cos) = s.sin_cos();
            let y = sin + x * w;
            let e = (0.1 * y).exp();
            let d_y = e + 0.1 * y * e;
            (y * e, (d_y * (2.0 * x * cos + w), d_y * x))
        });
    }
}

/// A loop over a slice.
mod rosenbrock {
    use super::*;

    #[differentiable]
    fn f(x: &[f64]) -> f64 {
        let mut sum = 0.0;
        for i in 0..x.len() - 1 {
            let valley = x[i + 1] - x[i] * x[i];
            let slope = 1.0 - x[i];
            sum += 100.0 * valley * valley + slope * slope;
        }
        sum
    }

    fn point() -> Vec<f64> {
        (0..1000).map(|i| f64::from(i % 7) * 0.3 - 1.0).collect()
    }

    #[divan::bench(sample_size = 20)]
    fn primal(bencher: Bencher<'_, '_>) {
        let x = point();
        bencher.bench(|| f(black_box(&x)));
    }

    #[divan::bench(sample_size = 20)]
    fn grad_into(bencher: Bencher<'_, '_>) {
        let (x, mut d) = (point(), vec![0.0; 1000]);
        bencher.bench_local(|| f::grad_into(black_box(&x), &mut d));
    }

    #[divan::bench(sample_size = 20)]
    fn by_hand(bencher: Bencher<'_, '_>) {
        let (x, mut d) = (point(), vec![0.0; 1000]);
        bencher.bench_local(|| {
            let x = black_box(&x);
            let mut sum = 0.0;
            for i in 0..x.len() - 1 {
                let valley = x[i + 1] - x[i] * x[i];
                let slope = 1.0 - x[i];
                sum += 100.0 * valley * valley + slope * slope;
                d[i] += -400.0 * x[i] * valley - 2.0 * slope;
                d[i + 1] += 200.0 * valley;
            }
            sum
        });
    }
}

/// A training step of the network 2 → 3 → 1 on a batch of 32: gradient and Adam.
mod simple_net {
    use super::*;
    use differentiable::ndarray::linalg::general_mat_mul;

    #[derive(Clone, Differentiable)]
    struct Net {
        fc1: Dense<f32>,
        fc2: Dense<f32>,
    }

    #[differentiable]
    impl Model for Net {
        type Input = Array2<f32>;
        type Output = Array2<f32>;

        fn call(&self, x: &Array2<f32>) -> Array2<f32> {
            self.fc2.call(&self.fc1.call(x))
        }
    }

    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &Array2<f32>, y: &Array2<f32>) -> f32 {
        mse_loss(y, &model.call(x))
    }

    fn net() -> Net {
        let mut rng = seeded(1);
        Net { fc1: Dense::new(2, 3, &mut rng), fc2: Dense::new(3, 1, &mut rng) }
    }

    fn data() -> (Array2<f32>, Array2<f32>) {
        let x = Array2::from_shape_fn((32, 2), |(i, j)| ((i * (3 + j)) % 17) as f32 / 17.0);
        let y = Array2::from_shape_fn((32, 1), |(i, _)| x[[i, 0]] - x[[i, 1]]);
        (x, y)
    }

    #[divan::bench(sample_size = 20)]
    fn generated(bencher: Bencher<'_, '_>) {
        let ((x, y), mut model, mut adam) = (data(), net(), Adam::new(0.01));
        bencher.bench_local(|| {
            let (value, grads) = loss::value_and_grad(&model, &x, &y);
            adam.apply_gradients(&mut model, &grads);
            value
        });
    }

    /// The four parameters with their gradients and moments.
    struct ByHand {
        parameters: [Array2<f32>; 4],
        gradients: [Array2<f32>; 4],
        m: [Array2<f32>; 4],
        v: [Array2<f32>; 4],
        t: i32,
    }

    impl ByHand {
        fn new(net: &Net) -> Self {
            let row = |b: &Array1<f32>| b.clone().insert_axis(Axis(0));
            let parameters = [net.fc1.weights.clone(), row(&net.fc1.bias), net.fc2.weights.clone(), row(&net.fc2.bias)];
            let zeros = || parameters.each_ref().map(|p| Array2::zeros(p.dim()));
            Self { gradients: zeros(), m: zeros(), v: zeros(), t: 0, parameters }
        }

        fn step(&mut self, x: &Array2<f32>, y: &Array2<f32>) -> f32 {
            let [w1, b1, w2, b2] = &self.parameters;
            let h = x.dot(w1) + b1;
            let mut error = h.dot(w2) + b2;
            error -= y;
            let n = error.len() as f32;
            let value = error.iter().map(|e| e * e).sum::<f32>() / n;
            error *= 2.0 / n;
            let [g1, c1, g2, c2] = &mut self.gradients;
            general_mat_mul(1.0, &h.t(), &error, 0.0, g2);
            c2.row_mut(0).assign(&error.sum_axis(Axis(0)));
            let d_h = error.dot(&w2.t());
            general_mat_mul(1.0, &x.t(), &d_h, 0.0, g1);
            c1.row_mut(0).assign(&d_h.sum_axis(Axis(0)));
            self.t += 1;
            let (b1, b2) = (0.9_f32, 0.999_f32);
            let rate = 0.01 * (1.0 - b2.powi(self.t)).sqrt() / (1.0 - b1.powi(self.t));
            for k in 0..4 {
                let moments = self.m[k].iter_mut().zip(self.v[k].iter_mut());
                let parameters = self.parameters[k].iter_mut().zip(&self.gradients[k]);
                for ((m, v), (p, g)) in moments.zip(parameters) {
                    *m += (1.0 - b1) * (g - *m);
                    *v += (1.0 - b2) * (g * g - *v);
                    *p -= rate * *m / (v.sqrt() + 1e-7);
                }
            }
            value
        }
    }

    #[divan::bench(sample_size = 20)]
    fn by_hand(bencher: Bencher<'_, '_>) {
        let ((x, y), mut state) = (data(), ByHand::new(&net()));
        bencher.bench_local(|| state.step(&x, &y));
    }
}
