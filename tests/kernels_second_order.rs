//! Second derivatives through the kernels of networks and through rules, against differences of gradients.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]

use differentiable::Tangent as _;
use differentiable::kernels;
use differentiable::prelude::*;

/// Compares `hvp` with central differences of `grad` along a direction, in an array parameter.
macro_rules! assert_second {
    ($f:path, $grad:path, $hvp:path, $x:expr $(, $more:expr)*) => {{
        let x = $x;
        let v = x.mapv(|x: f64| (3.0 * x + 1.0).cos());
        let h = 1e-5;
        let (ahead, behind) = (&x + &(&v * h), &x - &(&v * h));
        let expected = ($grad(&ahead $(, $more)*) - $grad(&behind $(, $more)*)) / (2.0 * h);
        let found = $hvp(&x $(, $more)*, &v);
        let apart = (&found - &expected).iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        assert!(apart < 1e-7, "{}: {found} is not {expected}", stringify!($f));
    }};
}

fn wave(shape: (usize, usize), k: f64) -> Array2<f64> {
    Array2::from_shape_fn(shape, |(i, j)| (k + 1.7 * i as f64 + 0.9 * j as f64).sin() * 1.5)
}

#[differentiable(order = 2, wrt(x))]
fn activated(x: &Array2<f64>, #[constant] activation: Activation) -> f64 {
    let y = kernels::activate(x, activation);
    let mut sum = 0.0;
    for i in 0..y.nrows() {
        for j in 0..y.ncols() {
            sum += y[[i, j]].powi(2) * (1.0 + i as f64 - 0.4 * j as f64);
        }
    }
    sum
}

#[test]
fn activations() {
    for activation in [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { negative_slope: 0.2 },
        Activation::Elu { alpha: 1.3 },
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
        let x = wave((3, 4), 0.3);
        assert_second!(activated, activated::grad, activated::hvp, x.clone(), activation);
        let hessian = activated::hessian(&x, activation);
        let apart = (&hessian - &hessian.t()).iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        assert!(apart < 1e-12, "{activation:?}: {apart}");
    }
}

/// The kernels by their names, one into the other.
#[differentiable(order = 2)]
fn chained(x: &Array2<f64>) -> f64 {
    let y = kernels::add(&kernels::tanh(x), &kernels::gelu(x));
    let z = kernels::leaky_relu(&kernels::softmax(&kernels::elu(&y, 0.7)), 0.1);
    kernels::flatten(&kernels::log_softmax(&(kernels::sigmoid(&z) + kernels::silu(x)))).mapv(|v| v * v * v).sum()
}

#[test]
fn kernels_by_name() {
    assert_second!(chained, chained::grad, chained::hvp, wave((2, 3), 0.8));
}

#[differentiable(order = 2, wrt(w))]
fn network(w: &Array2<f64>, x: &Array2<f64>, b: &Array1<f64>, y: &Array2<f64>, #[constant] act: Activation) -> f64 {
    let hidden = dense(x, w, b, act);
    mse_loss(y, &dense(&hidden, &w.t().to_owned(), &Array1::zeros(0), Activation::Linear))
}

#[test]
fn dense_networks() {
    let (x, b, y) = (wave((4, 3), 0.1), array![0.1, -0.2, 0.3, 0.0, 0.5], wave((4, 3), 2.0));
    for act in [Activation::Tanh, Activation::Softplus, Activation::Softmax] {
        assert_second!(network, network::grad, network::hvp, wave((3, 5), 1.1), &x, &b, &y, act);
    }
}

#[differentiable(order = 2, wrt(p))]
fn losses(p: &Array2<f64>, t: &Array2<f64>, which: usize) -> f64 {
    let q = kernels::sigmoid(p);
    match which {
        0 => mse_loss(t, p),
        1 => huber_loss(t, p, 0.4),
        2 => binary_cross_entropy(t, &q),
        3 => binary_cross_entropy_from_logits(t, p),
        4 => categorical_cross_entropy(t, &q),
        5 => softmax_cross_entropy(t, p),
        6 => sparse_softmax_cross_entropy(&[1_usize, 0, 2], p),
        7 => squared_hinge_loss(t, p),
        8 => kl_divergence(t, &q),
        9 => mae_loss(t, &q).powi(2),
        _ => hinge_loss(t, &(p * p)),
    }
}

#[test]
fn losses_of_every_kind() {
    let t = kernels::softmax(&wave((3, 4), 0.9));
    for which in 0..11 {
        assert_second!(losses, losses::grad, losses::hvp, wave((3, 4), 0.2), &t, which);
        let (found, _) = losses::value_and_grad(&wave((3, 4), 0.2), &t, which);
        assert!((found - losses(&wave((3, 4), 0.2), &t, which)).abs() < 1e-14);
    }
}

/// A norm with rules by hand, of which that for forward mode is annotated.
#[differentiable(order = 3, vjp = norm_vjp, jvp = norm_jvp)]
fn norm(x: &[f64], scale: f64) -> f64 {
    scale * x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn norm_vjp(x: &[f64], scale: f64) -> (f64, impl Fn(f64) -> (Vec<f64>, f64)) {
    let value = norm(x, 1.0);
    let unit: Vec<f64> = x.iter().map(|x| x / value).collect();
    (scale * value, move |ct| (unit.iter().map(|u| ct * scale * u).collect(), ct * value))
}

#[differentiable(order = 2)]
fn norm_jvp(x: &[f64], scale: f64, dx: &[f64], d_scale: f64) -> (f64, f64) {
    let value = norm(x, 1.0);
    let mut tangent = d_scale * value;
    for i in 0..x.len() {
        tangent += scale * x[i] * dx[i] / value;
    }
    (scale * value, tangent)
}

#[differentiable(order = 3)]
fn plain_norm(x: &[f64], scale: f64) -> f64 {
    scale * x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[differentiable(order = 3)]
fn through(x: &[f64], k: f64) -> f64 {
    norm(x, k * k) * norm(&x[1..], x[0]).sin()
}

#[differentiable(order = 3)]
fn through_plain(x: &[f64], k: f64) -> f64 {
    plain_norm(x, k * k) * plain_norm(&x[1..], x[0]).sin()
}

#[differentiable]
fn curvature(x: &[f64], k: f64) -> f64 {
    let (h, _) = through::hvp(x, k, x, 0.5);
    h[0] * k
}

#[differentiable]
fn curvature_plain(x: &[f64], k: f64) -> f64 {
    let (h, _) = through_plain::hvp(x, k, x, 0.5);
    h[0] * k
}

#[test]
fn rules_that_are_annotated() {
    let x = [0.3, -0.8, 1.1];
    let close = |a: &Array2<f64>, b: &Array2<f64>| assert!((a - b).iter().all(|d| d.abs() < 1e-12), "{a} {b}");
    close(&norm::hessian(&x, 0.7), &plain_norm::hessian(&x, 0.7));
    close(&through::hessian(&x, 0.7), &through_plain::hessian(&x, 0.7));
    let (a, b) = (norm::hvp(&x, 0.7, &x, 2.0), plain_norm::hvp(&x, 0.7, &x, 2.0));
    assert!(a.0.iter().zip(b.0).all(|(a, b)| (a - b).abs() < 1e-13) && (a.1 - b.1).abs() < 1e-13);
    curvature::check(&x, 0.7).unwrap();
    let (a, b) = (curvature::grad(&x, 0.7), curvature_plain::grad(&x, 0.7));
    assert!(a.0.iter().zip(b.0).all(|(a, b)| (a - b).abs() < 1e-11) && (a.1 - b.1).abs() < 1e-11);
}

/// A parameter that `wrt` leaves out, and a constant.
#[differentiable(order = 2, wrt(x), vjp = shifted_vjp, jvp = shifted_jvp)]
fn shifted(x: f64, by: f64, n: i32) -> f64 {
    (x + by).powi(n)
}

fn shifted_vjp(x: f64, by: f64, n: i32) -> (f64, impl Fn(f64) -> (f64, f64)) {
    let slope = f64::from(n) * (x + by).powi(n - 1);
    ((x + by).powi(n), move |ct| (ct * slope, ct * slope))
}

#[differentiable]
fn shifted_jvp(x: f64, by: f64, n: i32, dx: f64, d_by: f64) -> (f64, f64) {
    ((x + by).powi(n), f64::from(n) * (x + by).powi(n - 1) * (dx + d_by))
}

#[test]
fn rules_with_constants() {
    assert!((shifted::hvp(0.5, 0.2, 3, 2.0) - 6.0 * 0.7 * 2.0).abs() < 1e-14);
    assert!((shifted::hessian(0.5, 0.2, 3)[[0, 0]] - 6.0 * 0.7).abs() < 1e-14);
}

/// Gradients of rules and kernels inside of differentiated code.
#[differentiable]
fn steepest(x: &[f64], k: f64) -> f64 {
    let (d_x, d_k) = norm::grad(x, k);
    let (value, (first, _)) = norm::value_and_grad(&d_x, d_k);
    let (_, along) = norm::jvp(x, k, &first, 1.0);
    value + along * d_x[0]
}

#[differentiable]
fn steepest_plain(x: &[f64], k: f64) -> f64 {
    let (d_x, d_k) = plain_norm::grad(x, k);
    let (value, (first, _)) = plain_norm::value_and_grad(&d_x, d_k);
    let (_, along) = plain_norm::jvp(x, k, &first, 1.0);
    value + along * d_x[0]
}

#[differentiable]
fn descended(p: &Array2<f64>, t: &Array2<f64>, rate: f64) -> f64 {
    let (_, d_p) = mse_loss::grad(t, p);
    mse_loss(t, &(p - &(d_p * rate)))
}

#[test]
fn gradients_of_rules_in_differentiated_code() {
    steepest::check(&[0.3, -0.8, 1.1], 0.7).unwrap();
    let (a, b) = (steepest::grad(&[0.3, -0.8, 1.1], 0.7), steepest_plain::grad(&[0.3, -0.8, 1.1], 0.7));
    assert!(a.0.iter().zip(b.0).all(|(a, b)| (a - b).abs() < 1e-11) && (a.1 - b.1).abs() < 1e-11);
    descended::check(&wave((2, 3), 0.4), &wave((2, 3), 1.4), 0.3).unwrap();
}

#[derive(Clone, Differentiable)]
struct Net {
    body: Sequential<(Dense<f64>, Residual<Dense<f64>>, Activate<f64>)>,
    head: Dense<f64>,
}

#[differentiable(order = 2)]
impl Model for Net {
    type Input = Array2<f64>;
    type Output = Array2<f64>;

    fn call(&self, x: &Array2<f64>) -> Array2<f64> {
        self.head.call(&self.body.call(x))
    }
}

#[differentiable(order = 2, wrt(net))]
fn net_loss(net: &Net, x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    mse_loss(y, &net.call(x))
}

/// What is generic over the model.
#[differentiable(order = 2, wrt(net))]
fn any_loss<M>(net: &M, #[constant] x: &M::Input, #[constant] y: &Array2<f64>) -> f64
where
    M: Model<Output = Array2<f64>> + Differentiable,
    M::Input: Differentiable,
{
    mse_loss(y, &net.call(x))
}

#[test]
fn layers() {
    let mut rng = seeded(3);
    let net = Net {
        body: Sequential((
            Dense::new(3, 4, &mut rng).with_activation(Activation::Tanh),
            Residual(Dense::new(4, 4, &mut rng)),
            Activate::new(Activation::Softplus),
        )),
        head: Dense::new(4, 2, &mut rng),
    };
    let (x, y) = (wave((5, 3), 0.2), wave((5, 2), 1.2));
    let direction = net_loss::grad(&net, &x, &y);
    let found = net_loss::hvp(&net, &x, &y, &direction);
    let generic = any_loss::hvp(&net, &x, &y, &direction);
    assert_eq!(found, generic);
    // Plain gradient descent goes along the direction, with the step as a difference.
    let h = 1e-5;
    let (mut ahead, mut behind) = (net.clone(), net.clone());
    let mut opposite = direction.clone();
    opposite.__map(&mut |d| -d);
    Sgd::new(h).apply_gradients(&mut ahead, &opposite);
    Sgd::new(h).apply_gradients(&mut behind, &direction);
    let mut sum = net_loss::grad(&ahead, &x, &y);
    let mut minus = net_loss::grad(&behind, &x, &y);
    minus.__map(&mut |d| -d);
    sum.__add(&minus);
    sum.__map(&mut |d| d / (2.0 * h));
    minus = found;
    minus.__map(&mut |d| -d);
    sum.__add(&minus);
    sum.__map(&mut |d| {
        assert!(d.abs() < 1e-6, "{d}");
        d
    });
}
