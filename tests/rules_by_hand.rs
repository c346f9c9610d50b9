//! Rules written by hand, for either mode and for both.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

/// A function whose body is of no use to the compiler; its derivatives are given.
#[differentiable(vjp = smooth_abs_vjp, jvp = smooth_abs_jvp)]
fn smooth_abs(x: f64, w: &[f64]) -> f64 {
    let raw = (x * x + 0.01_f64).sqrt();
    raw * w.iter().copied().map(|a| a * a).sum::<f64>()
}

fn smooth_abs_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>) + use<'_>) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let pullback = move |ct: f64| (ct * squares * x / root, w.iter().map(|a| ct * root * 2.0 * a).collect());
    (root * squares, pullback)
}

fn smooth_abs_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    let root = (x * x + 0.01).sqrt();
    let squares: f64 = w.iter().map(|a| a * a).sum();
    let along: f64 = w.iter().zip(dw).map(|(a, d)| 2.0 * a * d).sum();
    (root * squares, squares * x / root * dx + root * along)
}

#[differentiable]
fn caller(x: f64, w: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..3 {
        s += smooth_abs(x * i as f64 - 1.0, w) * x;
    }
    s.sin()
}

#[test]
fn rules_are_used_in_both_modes() {
    smooth_abs::check(0.3, &[0.5, -0.7]).unwrap();
    caller::check(0.3, &[0.5, -0.7]).unwrap();
}

/// A rule for one mode suffices for that mode, also in what calls the function.
#[differentiable(vjp = only_backward_vjp)]
fn only_backward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_backward_vjp(x: f64, w: &[f64]) -> (f64, impl Fn(f64) -> (f64, Vec<f64>)) {
    let saved = w[0];
    (x * x * saved, move |ct| (2.0 * x * saved * ct, vec![x * x * ct]))
}

#[differentiable(jvp = only_forward_jvp)]
fn only_forward(x: f64, w: &[f64]) -> f64 {
    x * x * w[0]
}

fn only_forward_jvp(x: f64, w: &[f64], dx: f64, dw: &[f64]) -> (f64, f64) {
    (x * x * w[0], 2.0 * x * w[0] * dx + x * x * dw[0])
}

#[differentiable]
fn calls_backward(x: f64, w: &[f64]) -> f64 {
    only_backward(x * 2.0, w) + x
}

#[differentiable]
fn calls_forward(x: f64, w: &[f64]) -> f64 {
    only_forward(x * 2.0, w) + x
}

#[test]
fn one_rule_suffices_for_its_mode() {
    assert_eq!(only_backward::grad(3.0, &[0.5]), (3.0, vec![9.0]));
    assert_eq!(calls_backward::grad(3.0, &[0.5]), (13.0, vec![36.0]));
    assert_eq!(calls_backward::vjp(3.0, &[0.5]).1(2.0), (26.0, vec![72.0]));
    assert_eq!(only_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (4.5, 3.0));
    assert_eq!(calls_forward::jvp(3.0, &[0.5], 1.0, &[0.0]), (21.0, 13.0));
}

/// Rules that carry closures and saved values, of a method and of a function of another crate.
#[differentiable(vjp = bessel_vjp)]
fn log_sum(xs: &[f64], scale: impl Fn(f64) -> f64) -> f64 {
    num_sum(xs, &scale).ln()
}

fn num_sum(xs: &[f64], scale: &impl Fn(f64) -> f64) -> f64 {
    xs.iter().map(|x| scale(x.exp())).sum()
}

fn bessel_vjp(xs: &[f64], scale: impl Fn(f64) -> f64) -> (f64, impl Fn(f64) -> Vec<f64>) {
    let terms: Vec<f64> = xs.iter().map(|x| scale(x.exp())).collect();
    let total: f64 = terms.iter().sum();
    (total.ln(), move |ct| terms.iter().map(|t| ct * t / total).collect())
}

#[differentiable]
fn uses_closure(xs: &[f64], k: f64) -> f64 {
    log_sum(xs, |x| 3.0 * x) * k
}

#[test]
fn rules_with_closures() {
    let (d_xs, d_k) = uses_closure::grad(&[0.1, 0.7], 2.0);
    let total = 0.1_f64.exp() + 0.7_f64.exp();
    assert!((d_xs[0] - 2.0 * 0.1_f64.exp() / total).abs() < 1e-14);
    assert!((d_k - (3.0 * total).ln()).abs() < 1e-14);
}

/// Rules of a function that changes its argument: they are called at its initial state, and given the cotangent of the
/// final one.
#[differentiable(vjp = decay_vjp, jvp = decay_jvp)]
fn decay(x: &mut [f64], rate: f64) -> f64 {
    for v in x.iter_mut() {
        *v *= *v * rate;
    }
    x.iter().sum::<f64>() * rate
}

fn decay_vjp(x: &mut [f64], rate: f64) -> (f64, impl Fn(f64, &[f64]) -> (Vec<f64>, f64) + use<>) {
    let before = x.to_vec();
    let value = decay(x, rate);
    let pullback = move |ct: f64, d: &[f64]| {
        let total = || d.iter().map(|d| d + ct * rate).zip(&before);
        let squares = || before.iter().map(|v| v * v);
        let d_rate = total().map(|(d, v)| d * v * v).sum::<f64>() + ct * rate * squares().sum::<f64>();
        (total().map(|(d, v)| 2.0 * d * v * rate).collect(), d_rate)
    };
    (value, pullback)
}

fn decay_jvp(x: &mut [f64], rate: f64, dx: &mut [f64], d_rate: f64) -> (f64, f64) {
    for (v, d) in x.iter().zip(dx.iter_mut()) {
        *d = 2.0 * v * *d * rate + v * v * d_rate;
    }
    let value = decay(x, rate);
    (value, dx.iter().sum::<f64>() * rate + x.iter().sum::<f64>() * d_rate)
}

/// A function that gives nothing but what it changes.
#[differentiable(vjp = scale_vjp, jvp = scale_jvp)]
fn scale(x: &mut Vec<f64>, k: f64) {
    x.iter_mut().for_each(|v| *v *= k);
}

fn scale_vjp(x: &mut Vec<f64>, k: f64) -> ((), impl Fn(&Vec<f64>) -> (Vec<f64>, f64) + use<>) {
    let before = x.clone();
    scale(x, k);
    ((), move |d| (d.iter().map(|d| d * k).collect(), d.iter().zip(&before).map(|(d, v)| d * v).sum()))
}

fn scale_jvp(x: &mut Vec<f64>, k: f64, dx: &mut Vec<f64>, dk: f64) -> ((), ()) {
    dx.iter_mut().zip(x.iter()).for_each(|(d, v)| *d = *d * k + v * dk);
    scale(x, k);
    ((), ())
}

#[differentiable]
fn changes(x: &[f64], rate: f64) -> f64 {
    let mut y = x.to_vec();
    let mut sum = 0.0;
    for i in 0..2 {
        let k = rate + y[0];
        scale(&mut y, k);
        sum += decay(&mut y[i..], rate) * y[1];
    }
    sum * y[0]
}

#[test]
fn rules_of_functions_that_change_their_arguments() {
    decay::check(&mut [0.3, -0.8, 1.2], 0.7).unwrap();
    scale::check(&mut vec![0.3, -0.8, 1.2], 0.7).unwrap();
    changes::check(&[0.3, -0.8, 1.2], 0.7).unwrap();
    // The derivatives leave the argument as the function does.
    let (mut x, mut y) = ([0.3, -0.8, 1.2], [0.3, -0.8, 1.2]);
    let (value, _) = decay::value_and_grad(&mut x, 0.7);
    assert_eq!((value, x), (decay(&mut y, 0.7), y));
    assert_eq!(decay::jacobian(&mut [0.3, -0.8, 1.2], 0.7).dim(), (4, 4));
}

#[test]
fn the_source_of_a_rule_names_it() {
    assert_eq!(
        only_backward::source(),
        "// The derivatives of `only_backward` are given.\n// In reverse mode: `only_backward_vjp`.\n// In forward mode there is none.\n"
    );
}

/// What calls a function with one rule, directly, through others, and in circles, has the derivatives of its mode.
mod in_modules {
    use super::*;

    #[differentiable]
    pub(super) fn through(x: f64, w: &[f64]) -> [f64; 2] {
        let y = calls_backward(x, w);
        [y * y, y.sin()]
    }

    #[differentiable]
    pub(super) fn ahead(x: f64, w: &[f64]) -> [f64; 2] {
        let y = super::calls_forward(x, w);
        [y * y, y.sin()]
    }
}

#[differentiable]
fn down(x: f64, n: usize) -> f64 {
    if n == 0 { x } else { across(x * 1.1, n - 1).sin() }
}

#[differentiable]
fn across(x: f64, n: usize) -> f64 {
    only_backward(x, &[0.5]) + down(x, n)
}

struct Weights {
    w: f64,
}

#[differentiable]
impl Weights {
    fn weigh(#[constant] &self, x: f64) -> Vec<f64> {
        let y = in_modules::through(x, &[self.w]);
        vec![y[0] * x, y[1]]
    }

    fn of_itself(#[constant] self, x: f64) -> f64 {
        only_forward(x, &[self.w])
    }
}

impl Clone for Weights {
    fn clone(&self) -> Self {
        Weights { w: self.w }
    }
}

#[test]
fn jacobians_and_checks_of_one_mode() {
    let w = [0.5];
    assert_eq!(only_backward::jacobian(3.0, &w), array![[3.0, 9.0]]);
    assert_eq!(only_forward::jacobian(3.0, &w), array![[3.0, 9.0]]);
    only_backward::check(3.0, &w).unwrap();
    only_forward::check(3.0, &w).unwrap();
    calls_backward::check(3.0, &w).unwrap();
    calls_forward::check(3.0, &w).unwrap();
    in_modules::through::check(0.3, &w).unwrap();
    in_modules::ahead::check(0.3, &w).unwrap();
    let (back, ahead) = (in_modules::through::jacobian(0.3, &w), in_modules::ahead::jacobian(0.3, &w));
    assert!(back.iter().zip(&ahead).all(|(a, b)| (a - b).abs() < 1e-14), "{back} {ahead}");
    down::check(0.7, 4).unwrap();
    across::check(0.7, 5).unwrap();
    let weights = Weights { w: 0.5 };
    assert_eq!(weights.weigh_jacobian(0.3).dim(), (2, 1));
    weights.weigh_check(0.3).unwrap();
    weights.of_itself_check(0.3).unwrap();
}

/// Where there is one mode, patterns and sparse Jacobians take the sweeps that it has.
#[differentiable]
fn banded(x: &[f64]) -> Vec<f64> {
    (1..x.len()).map(|i| only_backward(x[i - 1], &[x[i]])).collect()
}

#[differentiable]
fn banded_ahead(x: &[f64]) -> Vec<f64> {
    (1..x.len()).map(|i| only_forward(x[i - 1], &[x[i]])).collect()
}

#[test]
fn sparse_jacobians_of_one_mode() {
    let x: Vec<f64> = (0..9).map(|i| 0.1 + f64::from(i)).collect();
    let (back, ahead) = (banded::jacobian_pattern(&x), banded_ahead::jacobian_pattern(&x));
    assert_eq!((back.entries(), &back), (16, &ahead));
    // Columns would do in two sweeps, and so do rows.
    let (a, b) = (banded::jacobian_sparse(&x, &back), banded_ahead::jacobian_sparse(&x, &back));
    assert_eq!(a, b);
    assert_eq!(a.to_dense(), banded_ahead::jacobian(&x));
    // A pattern for which rows are fewer: the last row is full.
    let arrow =
        differentiable::Pattern::new((8, 9), (0..8).flat_map(|i| [(i, i), (i, i + 1)]).chain((0..9).map(|j| (7, j))));
    assert_eq!(banded_ahead::jacobian_sparse(&x, &arrow).to_dense(), banded::jacobian(&x));
    assert_eq!(banded::jacobian_sparse(&x, &arrow).to_dense(), banded::jacobian(&x));
}

/// A rule that is wrong is found without the other mode.
#[differentiable(vjp = wrong_vjp)]
fn wrong(x: f64) -> f64 {
    x * x
}

fn wrong_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x, move |ct| 3.0 * x * ct)
}

#[test]
fn a_wrong_rule_is_found_by_differences() {
    let error = wrong::check(2.0).unwrap_err();
    assert_eq!(error.kind, differentiable::Disagreement::ReverseDifferences);
    assert!(error.to_string().contains("reverse mode gives 6.0, central differences gives 4.0"), "{error}");
}

#[test]
fn functions_inside_of_functions_know_what_they_call() {
    #[differentiable(jvp = third_jvp)]
    fn third(x: f64) -> f64 {
        x / 3.0
    }
    fn third_jvp(x: f64, dx: f64) -> (f64, f64) {
        (x / 3.0, dx / 3.0)
    }
    #[differentiable]
    fn thirds(x: f64, y: f64) -> f64 {
        third(x) * third(y)
    }
    #[differentiable]
    fn imports(x: f64) -> f64 {
        use rules_by_hand_of_others::quarter;
        quarter(x) * x
    }
    thirds::check(0.3, 0.7).unwrap();
    imports::check(0.3).unwrap();
    assert_eq!(thirds::jacobian(3.0, 6.0), array![[2.0 / 3.0, 1.0 / 3.0]]);
    assert_eq!(imports::jacobian(2.0), array![[1.0]]);
}

mod rules_by_hand_of_others {
    use super::*;

    #[differentiable(vjp = quarter_vjp)]
    pub(crate) fn quarter(x: f64) -> f64 {
        x / 4.0
    }
    fn quarter_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
        (x / 4.0, |ct| ct / 4.0)
    }
}
