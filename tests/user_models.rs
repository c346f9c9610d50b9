//! Models as users write them: layers in vectors, options, boxes, tuples, arrays and enums, generic and shared layers,
//! layers of their own, losses with terms beside that of the library.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, dead_code)]

use differentiable::prelude::*;

type A2 = Array2<f64>;
fn wave2(r: usize, c: usize) -> A2 {
    Array2::from_shape_fn((r, c), |(i, j)| ((i * 7 + j * 3) as f64 * 0.37).sin())
}

mod vec_layers {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        layers: Vec<Dense<f64>>,
        out: Dense<f64>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let mut h = x.clone();
            for layer in &self.layers {
                h = layer.call(&h);
            }
            self.out.call(&h)
        }
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &A2, y: &A2) -> f64 {
        mse_loss(y, &model.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Net {
            layers: (0..3).map(|_| Dense::new(4, 4, &mut rng).with_activation(Activation::Tanh)).collect(),
            out: Dense::new(4, 2, &mut rng),
        };
        loss::check(&net, &wave2(5, 4), &wave2(5, 2)).unwrap();
    }
}

mod fold_layers {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        layers: Vec<Dense<f64>>,
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &A2, y: &A2) -> f64 {
        let out = model.layers.iter().fold(x.clone(), |h, layer| layer.call(&h));
        mse_loss(y, &out)
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net =
            Net { layers: (0..3).map(|_| Dense::new(4, 4, &mut rng).with_activation(Activation::Gelu)).collect() };
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
    }
}

mod option_layers {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        a: Dense<f64>,
        skip: Option<Dense<f64>>,
        norm: Option<LayerNorm<f64>>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let h = relu(&self.a.call(x));
            let h = match &self.skip {
                Some(skip) => h + skip.call(x),
                None => h,
            };
            if let Some(norm) = &self.norm { norm.call(&h) } else { h }
        }
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &A2, y: &A2) -> f64 {
        mse_loss(y, &model.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let mut net = Net {
            a: Dense::new(4, 4, &mut rng),
            skip: Some(Dense::new(4, 4, &mut rng).without_bias()),
            norm: Some(LayerNorm::new(4)),
        };
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
        net.skip = None;
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
        net.norm = None;
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
    }
}

mod generic_layers {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Twice<L> {
        inner: L,
        scale: f64,
    }
    #[differentiable]
    impl<L: Model<Input = A2, Output = A2> + Differentiable> Model for Twice<L> {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let h = self.inner.call(x);
            self.inner.call(&h) * self.scale
        }
    }
    #[differentiable(wrt(model))]
    fn loss<L: Model<Input = A2, Output = A2> + Differentiable>(model: &L, x: &A2, y: &A2) -> f64 {
        mse_loss(y, &model.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Twice { inner: Dense::new(4, 4, &mut rng).with_activation(Activation::Silu), scale: 0.7 };
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
    }
}

mod tied {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Auto {
        w: A2,
        b: Array1<f64>,
        c: Array1<f64>,
    }
    #[differentiable]
    impl Auto {
        fn encode(&self, x: &A2) -> A2 {
            tanh(&(x.dot(&self.w) + &self.b))
        }
        fn decode(&self, h: &A2) -> A2 {
            h.dot(&self.w.t()) + &self.c
        }
        fn loss(&self, #[constant] x: &A2) -> f64 {
            (self.decode(&self.encode(x)) - x).mapv(|v| v * v).mean().unwrap()
        }
    }
    #[test]
    fn agrees_with_differences() {
        let a = Auto { w: wave2(4, 3), b: array![0.1, 0.2, 0.3], c: array![0.1, -0.2, 0.3, 0.4] };
        a.loss_check(&wave2(5, 4)).unwrap();
    }
}

mod custom {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Film {
        gamma: Array1<f64>,
        beta: Array1<f64>,
        #[constant]
        mask: Array1<f64>,
        w: A2,
    }
    #[differentiable]
    impl Model for Film {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let x = x * &self.gamma + &self.beta;
            let x = x * &self.mask;
            x.dot(&self.w.tanh())
        }
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Film, x: &A2, y: &A2) -> f64 {
        let reg = model.w.row(0).dot(&model.w.row(1))
            + model.gamma.windows(2).into_iter().map(|w| (w[1] - w[0]).powi(2)).sum::<f64>();
        mse_loss(y, &model.call(x))
            + 0.1 * reg
            + model.mask.slice(s![..1]).sum() * model.gamma.sum()
            + model.w.mean().unwrap()
            + model.w.std(0.0)
            + model.gamma.slice(s![1..]).sum()
            + model.w.t().row(0).sum()
    }
    #[test]
    fn agrees_with_differences() {
        let m = Film {
            gamma: array![0.5, 1.0, 1.5, 0.2],
            beta: array![0.1, 0.2, 0.3, 0.4],
            mask: array![1.0, 0.0, 1.0, 1.0],
            w: wave2(4, 4),
        };
        loss::check(&m, &wave2(5, 4), &wave2(5, 4)).unwrap();
    }
}

mod boxed {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        pair: (Dense<f64>, Dense<f64>),
        arr: [Dense<f64>; 2],
        boxed: Box<Dense<f64>>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let mut h = self.pair.1.call(&self.pair.0.call(x));
            for i in 0..2 {
                h = self.arr[i].call(&h);
            }
            self.boxed.call(&h)
        }
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &A2, y: &A2) -> f64 {
        mae_loss(y, &model.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let mut d = || Dense::new(4, 4, &mut rng).with_activation(Activation::Sigmoid);
        let net = Net { pair: (d(), d()), arr: [d(), d()], boxed: Box::new(d()) };
        loss::check(&net, &wave2(5, 4), &wave2(5, 4)).unwrap();
    }
}

mod enums {
    use super::*;
    #[derive(Clone, Differentiable)]
    enum Layer {
        Dense(Dense<f64>),
        Norm(LayerNorm<f64>),
        Relu,
    }
    #[differentiable]
    impl Layer {
        fn forward(&self, x: &A2) -> A2 {
            match self {
                Layer::Dense(d) => d.call(x),
                Layer::Norm(n) => n.call(x),
                Layer::Relu => relu(x),
            }
        }
    }
    #[derive(Clone, Differentiable)]
    struct Net {
        layers: Vec<Layer>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            let mut h = x.to_owned();
            for l in self.layers.iter() {
                h = l.forward(&h);
            }
            h
        }
    }
    #[differentiable(wrt(model))]
    fn loss(model: &Net, x: &A2, y: &A2) -> f64 {
        mse_loss(y, &model.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Net {
            layers: vec![
                Layer::Dense(Dense::new(4, 4, &mut rng)),
                Layer::Norm(LayerNorm::new(4)),
                Layer::Relu,
                Layer::Dense(Dense::new(4, 2, &mut rng)),
            ],
        };
        loss::check(&net, &wave2(5, 4), &wave2(5, 2)).unwrap();
    }
}

mod vae {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Vae {
        enc: Dense<f64>,
        mu: Dense<f64>,
        logvar: Dense<f64>,
        dec: Sequential<(Dense<f64>, Dense<f64>)>,
    }
    #[differentiable(wrt(m))]
    fn elbo(m: &Vae, x: &A2, #[constant] noise: &A2) -> f64 {
        let h = m.enc.call(x);
        let mu = m.mu.call(&h);
        let logvar = m.logvar.call(&h);
        let z = &mu + noise * (&logvar * 0.5).mapv(f64::exp);
        let out = m.dec.call(&z);
        let rec = binary_cross_entropy_from_logits(x, &out);
        let kl = -0.5 * (1.0 + &logvar - mu.powi(2) - logvar.exp()).sum() / x.nrows() as f64;
        rec + kl
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Vae {
            enc: Dense::new(4, 4, &mut rng).with_activation(Activation::Tanh),
            mu: Dense::new(4, 2, &mut rng),
            logvar: Dense::new(4, 2, &mut rng),
            dec: Sequential((Dense::new(2, 4, &mut rng).with_activation(Activation::Tanh), Dense::new(4, 4, &mut rng))),
        };
        elbo::check(&net, &wave2(5, 4).mapv(|v| 0.5 + 0.5 * v), &wave2(5, 2)).unwrap();
    }
}

mod siamese {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        a: Dense<f64>,
        b: Dense<f64>,
    }
    #[differentiable]
    impl Net {
        fn embed(&self, x: &A2) -> A2 {
            let e = self.b.call(&self.a.call(x));
            let norm = (&e * &e).sum_axis(Axis(1)).sqrt().insert_axis(Axis(1));
            e / norm
        }
    }
    #[differentiable(wrt(net))]
    fn triplet(net: &Net, a: &A2, p: &A2, n: &A2, margin: f64) -> f64 {
        let (a, p, n) = (net.embed(a), net.embed(p), net.embed(n));
        let dp = (&a - &p).mapv(|v| v.powi(2)).sum_axis(Axis(1));
        let dn = (&a - &n).mapv(|v| v.powi(2)).sum_axis(Axis(1));
        let l2 = net.a.weights.mapv(|w| w * w).sum() + net.b.weights.iter().map(|w| w.abs()).sum::<f64>();
        (dp - dn + margin).mapv(|v| v.max(0.0)).mean().unwrap() + 1e-2 * l2
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net =
            Net { a: Dense::new(4, 4, &mut rng).with_activation(Activation::Tanh), b: Dense::new(4, 3, &mut rng) };
        triplet::check(&net, &wave2(5, 4), &(wave2(5, 4) * 0.5 + 0.1), &(wave2(5, 4) * 2.0 - 0.3), 0.5).unwrap();
    }
}

/// Weights of samples from wherever they come; they have a gradient as well.
mod weights {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        a: Dense<f64>,
        #[constant]
        fixed: Array1<f64>,
        learned: Array1<f64>,
    }
    #[derive(Clone, Differentiable)]
    struct Samples {
        x: A2,
        y: A2,
        weights: Array1<f64>,
        labels: Vec<usize>,
    }

    #[differentiable]
    fn in_a_tuple(net: &Net, x: &A2, (y, w): &(A2, Array1<f64>)) -> f64 {
        mse_loss_with(y, &net.a.call(x), Reduction::Mean, w)
    }
    #[differentiable(wrt(net))]
    fn in_a_constant_field(net: &Net, x: &A2, y: &A2) -> f64 {
        mse_loss_with(y, &net.a.call(x), Reduction::Sum, &net.fixed)
    }
    #[differentiable(wrt(net))]
    fn in_a_field(net: &Net, x: &A2, y: &A2) -> f64 {
        mae_loss_with(y, &net.a.call(x), Reduction::WeightedMean, &net.learned)
    }
    #[differentiable(wrt(net))]
    fn computed(net: &Net, x: &A2, y: &A2) -> f64 {
        let w = net.learned.mapv(|v| v.exp());
        huber_loss_with(y, &net.a.call(x), 0.5, Reduction::WeightedMean, &w)
    }
    #[differentiable(wrt(net))]
    fn of_classes(net: &Net, x: &A2, y: &A2) -> f64 {
        let w = class_weights(&vec![0usize, 1, 0, 1, 0], &[0.3, 0.7]);
        mse_loss_with(y, &net.a.call(x), Reduction::Mean, &w)
    }
    #[differentiable(wrt(net))]
    fn of_samples(net: &Net, d: &Samples) -> f64 {
        let out = net.a.call(&d.x);
        mse_loss_with(&d.y, &out, Reduction::Mean, &d.weights)
            + sparse_softmax_cross_entropy(&d.labels, &out)
            + sparse_softmax_cross_entropy_with(&d.labels, &out, Reduction::WeightedMean, &d.weights)
    }
    #[differentiable(wrt(net))]
    fn of_constant_samples(net: &Net, #[constant] d: &Samples) -> f64 {
        sparse_softmax_cross_entropy_with(&d.labels, &net.a.call(&d.x), Reduction::Mean, &d.weights)
    }

    #[test]
    fn agree_with_differences() {
        let w = array![1.0, 2.0, 0.5, 1.0, 3.0];
        let net = Net { a: Dense::new(4, 4, &mut seeded(1)), fixed: w.clone(), learned: w.clone() * 0.5 };
        let (x, y) = (wave2(5, 4), wave2(5, 4) * 0.3);
        in_a_tuple::check(&net, &x, &(y.clone(), w.clone())).unwrap();
        in_a_constant_field::check(&net, &x, &y).unwrap();
        in_a_field::check(&net, &x, &y).unwrap();
        computed::check(&net, &x, &y).unwrap();
        of_classes::check(&net, &x, &y).unwrap();
        let d = Samples { x, y, weights: w, labels: vec![0, 3, 1, 2, 2] };
        of_samples::check(&net, &d).unwrap();
        of_constant_samples::check(&net, &d).unwrap();
    }

    #[differentiable(order = 2)]
    fn all(y: &A2, p: &A2, w: &Array1<f64>, reduction: Reduction) -> f64 {
        mse_loss_with(y, p, reduction, w)
    }

    #[test]
    fn have_closed_forms() {
        let (y, p, w) = (array![[0.0], [1.0]], array![[1.0], [3.0]], array![3.0, 1.0]);
        let by_weights = |reduction| all::grad(&y, &p, &w, reduction).2;
        assert_eq!(by_weights(Reduction::Sum), array![1.0, 4.0]);
        assert_eq!(by_weights(Reduction::Mean), array![0.5, 2.0]);
        // (l - 7/4) / 4
        assert_eq!(by_weights(Reduction::WeightedMean), array![-0.1875, 0.5625]);
        for reduction in [Reduction::Sum, Reduction::Mean, Reduction::WeightedMean] {
            all::check(&y, &p, &w, reduction).unwrap();
            let v = array![0.3, -0.7];
            let (zero, step) = (Array2::zeros((2, 1)), 1e-5);
            let along = all::hvp(&y, &p, &w, reduction, &zero, &zero, &v, ());
            let (up, down) = (
                all::grad(&y, &p, &(&w + &(&v * step)), reduction),
                all::grad(&y, &p, &(&w - &(&v * step)), reduction),
            );
            let close = |a: &[f64], up: &[f64], down: &[f64]| {
                a.iter()
                    .zip(up.iter().zip(down))
                    .for_each(|(a, (u, d))| assert!((a - (u - d) / (2.0 * step)).abs() < 1e-8));
            };
            close(along.1.as_slice().unwrap(), up.1.as_slice().unwrap(), down.1.as_slice().unwrap());
            close(along.2.as_slice().unwrap(), up.2.as_slice().unwrap(), down.2.as_slice().unwrap());
        }
    }
}

mod convs {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        conv: Conv2D<f64>,
        bn: BatchNorm<f64>,
        up: Conv2DTranspose<f64>,
        pool: MaxPool2D<f64>,
        fc: Dense<f64>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = Array4<f64>;
        type Output = A2;
        fn call(&self, x: &Array4<f64>) -> A2 {
            let h = relu(&self.bn.call(&self.conv.call(x)));
            let h = self.pool.call(&h);
            let h = self.up.call(&h);
            let (n, a, b, c) = h.dim();
            let flat = h.into_shape_with_order((n, a * b * c)).unwrap();
            self.fc.call(&flat)
        }
    }
    #[differentiable(wrt(m))]
    fn loss(m: &Net, x: &Array4<f64>, labels: &Vec<usize>) -> f64 {
        sparse_softmax_cross_entropy(labels, &m.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Net {
            conv: Conv2D::new(2, 3, (3, 3), &mut rng).padding(Padding::Same),
            bn: BatchNorm::new(3),
            pool: MaxPool2D::new((2, 2)),
            up: Conv2DTranspose::new(3, 2, (2, 2), &mut rng).strides((2, 2)),
            fc: Dense::new(32, 3, &mut rng),
        };
        let x = Array4::from_shape_fn((3, 4, 4, 2), |(a, b, c, d)| ((a * 31 + b * 17 + c * 5 + d) as f64 * 0.7).sin());
        loss::check(&net, &x, &vec![0, 2, 1]).unwrap();
    }
}

mod recurrent {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        lstm: LSTM<f64>,
        gru: GRU<f64>,
        rnn: SimpleRNN<f64>,
        head: Dense<f64>,
    }
    #[differentiable]
    impl Model for Net {
        type Input = Array3<f64>;
        type Output = A2;
        fn call(&self, x: &Array3<f64>) -> A2 {
            let h0 = Array2::zeros((x.dim().0, 3));
            let c0 = Array2::zeros((x.dim().0, 3));
            let (hs, h, c) = self.lstm.run(x, &h0, &c0);
            let (hs2, s) = self.gru.run(&hs, &h);
            let (hs3, _) = self.rnn.run(&hs2, &s);
            let last = hs3.index_axis(Axis(1), x.dim().1 - 1).to_owned();
            self.head.call(&(last + c))
        }
    }
    #[differentiable(wrt(m))]
    fn loss(m: &Net, x: &Array3<f64>, y: &A2) -> f64 {
        huber_loss(y, &m.call(x), 1.0)
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let net = Net {
            lstm: LSTM::new(2, 3, &mut rng),
            gru: GRU::new(3, 3, &mut rng),
            rnn: SimpleRNN::new(3, 3, &mut rng),
            head: Dense::new(3, 2, &mut rng),
        };
        let x = Array3::from_shape_fn((2, 4, 2), |(a, b, c)| ((a * 31 + b * 17 + c * 5) as f64 * 0.7).sin());
        loss::check(&net, &x, &wave2(2, 2)).unwrap();
    }
}

mod own_trait {
    use super::*;
    #[differentiable]
    trait Layer {
        fn forward(&self, x: &A2) -> A2;
    }
    #[derive(Clone, Differentiable)]
    struct Lin {
        w: A2,
        b: Array1<f64>,
    }
    #[differentiable]
    impl Layer for Lin {
        fn forward(&self, x: &A2) -> A2 {
            x.dot(&self.w) + &self.b
        }
    }
    #[derive(Clone, Differentiable)]
    struct Stack<L> {
        layers: Vec<L>,
    }
    #[differentiable]
    impl<L: Layer + Differentiable> Layer for Stack<L> {
        fn forward(&self, x: &A2) -> A2 {
            let mut h = x.clone();
            for (i, l) in self.layers.iter().enumerate() {
                h = l.forward(&h);
                if i + 1 < self.layers.len() {
                    h = h.mapv(|v| v.max(0.0));
                }
            }
            h
        }
    }
    #[differentiable(wrt(m))]
    fn loss<L: Layer + Differentiable>(m: &L, x: &A2, y: &A2) -> f64 {
        (m.forward(x) - y).pow2().mean().unwrap()
    }
    #[test]
    fn agrees_with_differences() {
        let net = Stack {
            layers: vec![
                Lin { w: wave2(4, 4), b: array![0.1, 0.2, 0.3, 0.4] },
                Lin { w: wave2(4, 2), b: array![0.1, 0.2] },
            ],
        };
        loss::check(&net, &wave2(5, 4), &wave2(5, 2)).unwrap();
    }
}

/// A network of parts in vectors, whose values are kept, joined and taken back.
mod u_net {
    use super::*;
    use differentiable::ndarray::concatenate;

    #[derive(Clone, Differentiable)]
    struct Block<T: Real> {
        conv: Conv2D<T>,
        norm: BatchNorm<T>,
    }
    #[differentiable]
    impl<T: Real> Model for Block<T> {
        type Input = Array4<T>;
        type Output = Array4<T>;
        fn call(&self, x: &Array4<T>) -> Array4<T> {
            silu(&self.norm.call(&self.conv.call(x)))
        }
    }
    #[derive(Clone, Differentiable)]
    struct Net<T: Real> {
        down: Vec<Block<T>>,
        pool: AveragePool2D<T>,
        middle: Block<T>,
        up: Vec<(Conv2DTranspose<T>, Block<T>)>,
        head: Conv2D<T>,
    }
    #[differentiable]
    impl<T: Real> Model for Net<T> {
        type Input = Array4<T>;
        type Output = Array4<T>;
        fn call(&self, x: &Array4<T>) -> Array4<T> {
            let mut kept = Vec::new();
            let mut h = x.clone();
            for block in &self.down {
                let wide = block.call(&h);
                h = self.pool.call(&wide);
                kept.push(wide);
            }
            h = self.middle.call(&h);
            for (up, block) in &self.up {
                let wide = up.call(&h);
                let other = kept.pop().unwrap();
                h = block.call(&concatenate(Axis(3), &[wide.view(), other.view()]).unwrap());
            }
            self.head.call(&h)
        }
    }
    #[differentiable(wrt(net))]
    fn loss<T: Real>(net: &Net<T>, x: &Array4<T>, y: &Array4<T>) -> T {
        binary_cross_entropy_from_logits(y, &net.call(x))
    }
    #[test]
    fn agrees_with_differences() {
        let mut rng = seeded(1);
        let mut block = |from, to| Block {
            conv: Conv2D::<f64>::new(from, to, (3, 3), &mut rng).padding(Padding::Same).without_bias(),
            norm: BatchNorm::new(to),
        };
        let (first, second, middle, third, last) = (block(1, 2), block(2, 2), block(2, 3), block(4, 2), block(4, 2));
        let mut up = |from| Conv2DTranspose::new(from, 2, (2, 2), &mut rng).strides((2, 2));
        let net = Net {
            down: vec![first, second],
            pool: AveragePool2D::new((2, 2)),
            middle,
            up: vec![(up(3), third), (up(2), last)],
            head: Conv2D::new(2, 1, (1, 1), &mut rng),
        };
        let x = Array4::from_shape_fn((2, 4, 4, 1), |(n, i, j, _)| ((n * 31 + i * 17 + j * 5) as f64 * 0.7).sin());
        let y = x.mapv(|v| if v > 0.2 { 1.0 } else { 0.0 });
        loss::check(&net, &x, &y).unwrap();
        assert_eq!(net.predict(&x, 1).dim(), x.dim());
    }
}

/// A generic model with a tuple as its input, and arithmetic of `T`.
mod tuple_inputs {
    use super::*;
    use differentiable::ndarray::concatenate;

    #[derive(Clone, Differentiable)]
    struct Denoiser<T: Real> {
        of_data: Dense<T>,
        of_time: Dense<T>,
        blocks: Vec<Residual<Dense<T>>>,
        head: Dense<T>,
        #[constant]
        frequencies: Array1<T>,
    }
    #[differentiable]
    impl<T: Real> Model for Denoiser<T> {
        type Input = (Array2<T>, Array1<T>);
        type Output = (Array2<T>, [Array1<T>; 1]);
        fn call(&self, x: &(Array2<T>, Array1<T>)) -> (Array2<T>, [Array1<T>; 1]) {
            let (noisy, t) = x;
            let angles = t.view().insert_axis(Axis(1)).dot(&self.frequencies.view().insert_axis(Axis(0)));
            let waves = concatenate(Axis(1), &[angles.mapv(T::sin).view(), angles.mapv(T::cos).view()]).unwrap();
            let mut h = silu(&(self.of_data.call(noisy) + self.of_time.call(&waves)));
            for block in &self.blocks {
                h = block.call(&h);
            }
            let sums = h.sum_axis(Axis(1));
            (self.head.call(&h), [sums])
        }
    }
    #[differentiable(wrt(model, clean))]
    fn loss<T: Real>(model: &Denoiser<T>, clean: &Array2<T>, noise: &Array2<T>, t: &Array1<T>) -> T {
        let keep = t.mapv(|t| (T::one() - t).sqrt()).insert_axis(Axis(1));
        let add = t.mapv(|t| t.sqrt()).insert_axis(Axis(1));
        let (found, sums) = model.call(&(clean * &keep + noise * &add, t.clone()));
        mse_loss(noise, &found) + sums[0].mapv(|v| v * v).sum()
    }
    #[test]
    fn agrees_with_differences() {
        let r = &mut seeded(1);
        let model = Denoiser::<f64> {
            of_data: Dense::new(2, 5, r),
            of_time: Dense::new(4, 5, r),
            blocks: (0..2).map(|_| Residual(Dense::new(5, 5, r).with_activation(Activation::Gelu))).collect(),
            head: Dense::new(5, 2, r),
            frequencies: array![1.0, 3.0],
        };
        loss::check(&model, &wave2(6, 2), &wave2(6, 2).mapv(|v| v.cos()), &Array1::linspace(0.1, 0.9, 6)).unwrap();
    }
}

/// Weights that are complex numbers, in fields.
mod complex_weights {
    use super::*;
    use differentiable::num_complex::Complex64;

    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Net {
        w: Array2<Complex64>,
        b: Array1<Complex64>,
        head: Dense<f64>,
    }
    #[differentiable]
    impl Net {
        fn loss(&self, x: &Array2<Complex64>, y: &A2) -> f64 {
            let z = x.dot(&self.w) + &self.b;
            let sizes: A2 = z.mapv(|z| z.norm_sqr().ln_1p());
            mse_loss(y, &self.head.call(&sizes))
        }
    }
    #[test]
    fn agrees_with_differences() {
        let complex = |a: A2| a.mapv(|v| Complex64::new(v, (v * 3.0).cos()));
        let mut net = Net {
            w: complex(wave2(2, 3)),
            b: complex(wave2(1, 3)).row(0).to_owned(),
            head: Dense::new(3, 1, &mut seeded(1)),
        };
        let (x, y) = (complex(wave2(6, 2)), wave2(6, 1));
        net.loss_check(&x, &y).unwrap();
        let (first, mut optimizer) = (net.loss(&x, &y), Adam::new(0.02));
        for _ in 0..100 {
            let gradient = net.loss_grad(&x, &y).0;
            optimizer.apply_gradients(&mut net, &gradient);
        }
        assert!(net.loss(&x, &y) < 0.5 * first);
    }
}

/// A model that learns to learn: gradients of steps along gradients.
mod meta {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        a: Dense<f64>,
        b: Dense<f64>,
    }
    #[differentiable(order = 2)]
    impl Model for Net {
        type Input = A2;
        type Output = A2;
        fn call(&self, x: &A2) -> A2 {
            self.b.call(&self.a.call(x))
        }
    }
    #[differentiable(order = 2, wrt(net))]
    fn inner(net: &Net, x: &A2, y: &A2) -> f64 {
        mse_loss(y, &net.call(x))
    }
    #[differentiable(wrt(net, rate))]
    fn outer(net: &Net, known: &(A2, A2), asked: &(A2, A2), steps: usize, rate: f64) -> f64 {
        let mut fast = net.clone();
        for _ in 0..steps {
            let g = inner::grad(&fast, &known.0, &known.1);
            fast.a.weights.scaled_add(-rate, &g.a.weights);
            fast.a.bias.scaled_add(-rate, &g.a.bias);
            fast.b.weights = &fast.b.weights - &(&g.b.weights * rate);
            fast.b.bias -= &(&g.b.bias * rate);
        }
        mse_loss(&asked.1, &fast.call(&asked.0))
    }
    #[test]
    fn agrees_with_differences() {
        let r = &mut seeded(8);
        let net = Net { a: Dense::new(1, 4, r).with_activation(Activation::Tanh), b: Dense::new(4, 1, r) };
        let x = wave2(5, 1);
        let task = |phase: f64| (x.clone(), x.mapv(|v| (2.0 * v + phase).sin()));
        outer::check(&net, &task(0.0), &task(0.3), 3, 0.1).unwrap();
    }
}

/// Masks that may be absent, and a return in the middle.
mod optional_masks {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct Net {
        attention: MultiHeadAttention<f64>,
        head: Dense<f64>,
        activation: Activation,
    }
    #[differentiable]
    impl Net {
        fn pooled(&self, x: &Array3<f64>, #[constant] mask: Option<&Array2<bool>>) -> A2 {
            let (n, steps, _) = x.dim();
            let h = match mask {
                Some(mask) => {
                    let pairs = Array3::from_shape_fn((n, steps, steps), |(sample, _, seen)| mask[[sample, seen]]);
                    self.attention.attend_masked(x, x, &pairs)
                }
                None => self.attention.call(x),
            };
            if steps == 1 {
                return h.index_axis(Axis(1), 0).to_owned();
            }
            let weights = match mask {
                Some(mask) => mask.mapv(|seen| if seen { 1.0 } else { 0.0 }),
                None => Array2::ones((n, steps)),
            };
            let counts = weights.sum_axis(Axis(1)).insert_axis(Axis(1));
            (&h * &weights.view().insert_axis(Axis(2))).sum_axis(Axis(1)) / counts
        }
        fn loss(&self, x: &Array3<f64>, #[constant] mask: Option<&Array2<bool>>, y: &A2) -> f64 {
            let out = self.head.call(&self.pooled(x, mask));
            let out = match self.activation {
                Activation::Tanh => tanh(&out),
                _ => out,
            };
            mse_loss(y, &out)
        }
    }
    #[differentiable]
    fn masked_sum(x: &A2, #[constant] mask: Option<&Array2<bool>>, #[constant] part: (usize, &str)) -> f64 {
        match mask {
            Some(mask) if part.1 == "seen" => x.iter().zip(mask).map(|(x, seen)| if *seen { x * x } else { 0.0 }).sum(),
            _ => x.row(part.0).sum(),
        }
    }
    #[test]
    fn agrees_with_differences() {
        let r = &mut seeded(1);
        let attention = MultiHeadAttention::new(4, 2, 2, r);
        let net = Net { attention, head: Dense::new(4, 2, r), activation: Activation::Tanh };
        let mask = Array2::from_shape_fn((2, 3), |(sample, step)| step < 2 + sample);
        let x =
            |steps| Array3::from_shape_fn((2, steps, 4), |(a, b, c)| ((a * 31 + b * 17 + c * 5) as f64 * 0.7).sin());
        net.loss_check(&x(3), Some(&mask), &wave2(2, 2)).unwrap();
        net.loss_check(&x(3), None, &wave2(2, 2)).unwrap();
        net.loss_check(&x(1), None, &wave2(2, 2)).unwrap();
        let input = wave2(2, 3);
        let (_, pullback) = masked_sum::vjp(&input, Some(&mask), (0, "seen"));
        assert_eq!(pullback(1.0), pullback(0.5) * 2.0);
        masked_sum::check(&input, None, (1, "seen")).unwrap();
    }
}
