//! Kinks, untaken branches, zeros, casts: the conventions of the documentation.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn absolute(x: f64) -> f64 {
    x.abs()
}

#[differentiable]
fn larger(x: f64, y: f64) -> f64 {
    x.max(y)
}

#[differentiable]
fn smaller(x: f64, y: f64) -> f64 {
    x.min(y)
}

#[differentiable]
fn static_max(x: f64, y: f64) -> f64 {
    f64::max(x, y) * 2.0
}

#[differentiable]
fn to_the_zero(x: f64) -> f64 {
    x.powi(0)
}

#[differentiable]
fn staircase(x: f64) -> f64 {
    x.floor() + x.ceil() + x.round() + x.trunc() + x.signum() + (x as i64) as f64
}

#[differentiable]
fn fraction(x: f64) -> f64 {
    x.fract() * x + x.clamp(-1.0, 1.0) + x.rem_euclid(0.7) + x % 0.3
}

#[differentiable]
fn sinc(x: f64) -> f64 {
    if x != 0.0 { x.sin() / x } else { 1.0 }
}

#[differentiable]
fn safe_norm(x: f64, y: f64) -> f64 {
    let s = x * x + y * y;
    if s > 0.0 { s.sqrt() } else { 0.0 }
}

#[differentiable]
fn reciprocal_capped(x: f64) -> f64 {
    (1.0 / x).min(1.0)
}

#[differentiable]
fn casts(x: f64, n: i32, flag: bool) -> f64 {
    let k = (x * 10.0) as usize;
    let table = [0.5, 1.5, 2.5];
    let m = (n as u32) << 2 | 1;
    let b = f64::from(flag as u8);
    let half = (k + 7) / 2 % 3;
    x * table[half] + x * f64::from(m) * b
}

#[differentiable]
fn single(x: f32, y: f32) -> f32 {
    x.powf(y) + x.sin() * y.exp()
}

#[differentiable]
fn mixed(x: f32, y: f64) -> f64 {
    f64::from(x) * y + x as f64
}

#[differentiable]
fn unused(x: f64, _y: f64, _z: &[f64]) -> f64 {
    x * 2.0
}

#[differentiable]
fn constant(_x: f64) -> f64 {
    4.0
}

#[differentiable]
fn nothing(_x: &mut f64) {}

#[differentiable]
fn identity(x: f64) -> f64 {
    x
}

#[differentiable]
fn every_function(x: f64, y: f64) -> f64 {
    let a = x.sin() + x.cos() + x.tan() + x.exp() + x.ln() + x.sqrt() + x.cbrt() + x.exp2() + x.exp_m1() + x.ln_1p();
    let b = x.asin() + x.acos() + x.atan() + x.sinh() + x.cosh() + x.tanh() + x.asinh() + x.atanh() + (x + 1.0).acosh();
    let c = x.atan2(y) + x.hypot(y) + x.powf(y) + x.powi(3) + x.powi(-2) + x.log(y) + x.log2() + x.log10() + x.recip();
    let (s, k) = (x * y).sin_cos();
    let d = x.mul_add(y, a) + x.to_radians() + x.to_degrees() + x.copysign(y) + x.signum() * s * k;
    a * b + c * d
}

#[test]
fn conventions() {
    assert_eq!(absolute::grad(0.0), 0.0);
    assert_eq!(absolute::grad(-2.0), -1.0);
    assert_eq!(larger::grad(1.0, 1.0), (1.0, 0.0));
    assert_eq!(smaller::grad(1.0, 1.0), (1.0, 0.0));
    assert_eq!(static_max::grad(1.0, 1.0), (2.0, 0.0));
    assert_eq!(larger::grad(1.0, 2.0), (0.0, 1.0));
    assert_eq!(to_the_zero::grad(0.0), 0.0);
    assert_eq!(staircase::grad(1.3), 0.0);
    assert_eq!(absolute::jvp(0.0, 1.0), (0.0, 0.0));
    assert_eq!(larger::jvp(1.0, 1.0, 1.0, 0.0), (1.0, 1.0));
}

#[test]
fn guarded() {
    assert_eq!(sinc::grad(0.0), 0.0);
    sinc::check(0.7).unwrap();
    assert_eq!(safe_norm::grad(0.0, 0.0), (0.0, 0.0));
    safe_norm::check(0.7, 0.2).unwrap();
    assert_eq!(reciprocal_capped::grad(0.0), 0.0);
    assert_eq!(reciprocal_capped::grad(0.5), 0.0);
    assert_eq!(reciprocal_capped::grad(2.0), -0.25);
    assert_eq!((sinc::jvp(0.0, 1.0).1, safe_norm::jvp(0.0, 0.0, 1.0, 1.0).1), (0.0, 0.0));
    assert_eq!((reciprocal_capped::jvp(0.0, 1.0).1, reciprocal_capped::jvp(2.0, 1.0).1), (0.0, -0.25));
}

#[test]
fn conversions() {
    fraction::check(0.45).unwrap();
    fraction::check(-1.45).unwrap();
    casts::check(0.43, 3, true).unwrap();
    casts::check(0.43, 3, false).unwrap();
    assert_eq!(mixed::grad(2.0, 3.0), (4.0, 2.0));
    let (dx, dy) = single::grad(1.3, 0.7);
    assert!((dx - (0.7 * 1.3_f32.powf(-0.3) + 1.3_f32.cos() * 0.7_f32.exp())).abs() < 1e-5);
    assert!((dy - (1.3_f32.ln() * 1.3_f32.powf(0.7) + 1.3_f32.sin() * 0.7_f32.exp())).abs() < 1e-5);
}

#[test]
fn trivial() {
    assert_eq!(unused::grad(1.0, 2.0, &[3.0, 4.0]), (2.0, 0.0, vec![0.0, 0.0]));
    assert_eq!(constant::grad(1.0), 0.0);
    assert_eq!(identity::grad(1.0), 1.0);
    nothing::check(&mut 1.0).unwrap();
    unused::check(1.0, 2.0, &[]).unwrap();
}

#[test]
fn standard_functions() {
    every_function::check(0.6, 1.7).unwrap();
}

#[differentiable]
fn unused_root(x: f64) -> f64 {
    let root = x.sqrt();
    let inverse = 1.0 / x;
    if x > 0.0 { root + inverse } else { 0.0 * x }
}

#[test]
fn a_singular_value_in_an_untaken_branch_does_not_reach_the_gradient() {
    assert_eq!(unused_root::grad(0.0), 0.0);
    assert_eq!(unused_root::grad(-1.0), 0.0);
    assert_eq!((unused_root::jvp(0.0, 1.0).1, unused_root::jvp(-1.0, 1.0).1), (0.0, 0.0));
    unused_root::check(2.0).unwrap();
}

#[differentiable(order = 2)]
fn unused_inverse(x: f64) -> f64 {
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    if x > 0.0 { inverse + square } else { 0.0 * x }
}

#[differentiable(order = 2)]
fn softplus(x: f64) -> f64 {
    let e = x.exp();
    if x > 30.0 { x } else { (1.0 + e).ln() }
}

#[differentiable]
fn inverses(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for x in x {
        let mut inverse = 2.0;
        inverse /= x;
        if *x > 0.0 {
            sum += inverse * inverse;
        }
    }
    sum
}

#[test]
fn an_infinite_value_that_no_taken_branch_uses_does_not_reach_the_gradient() {
    assert_eq!(unused_inverse::grad(0.0), 0.0);
    assert_eq!(unused_inverse::hvp(0.0, 1.0), 0.0);
    unused_inverse::check(2.0).unwrap();
    assert_eq!(softplus::grad(1000.0), 1.0);
    assert_eq!(softplus::hvp(1000.0, 1.0), 0.0);
    softplus::check(0.3).unwrap();
    assert_eq!(inverses::grad(&[0.0, 2.0]), [0.0, -1.0]);
}

#[test]
fn maxima_of_equal_pixels() {
    use differentiable::kernels::{Pool2DConfig, global_max_pool2d, max_pool2d};
    let x = Array4::<f64>::ones((1, 2, 2, 1));
    let first = max_pool2d::vjp(&x, Pool2DConfig::default()).1(Array4::ones((1, 1, 1, 1)));
    assert_eq!(first.iter().copied().collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0]);
    let shared = global_max_pool2d::vjp(&x).1(Array2::ones((1, 1)));
    assert_eq!(shared, &x * 0.25);
}

#[differentiable(order = 2)]
fn inverse(x: f64) -> f64 {
    1.0 / x
}

#[differentiable(order = 2)]
fn inverse_behind(x: &[f64], scale: &f64) -> f64 {
    scale / x[0]
}

#[differentiable(order = 2)]
fn unused_call(x: f64) -> f64 {
    let inverse = inverse(x);
    if x > 0.0 { inverse } else { 0.0 * x }
}

#[differentiable(order = 2)]
fn unused_call_of_a_call(x: &[f64], scale: f64) -> f64 {
    let one: f64 = inverse_behind(x, &scale);
    let two = inverse(one - one);
    if x[0] > 0.0 { if x[0] > 100.0 { two } else { one * one } } else { scale }
}

#[test]
fn an_infinite_derivative_of_a_call_that_no_taken_branch_uses_does_not_reach_the_gradient() {
    assert_eq!(unused_call::grad(0.0), 0.0);
    assert_eq!(unused_call::hvp(0.0, 1.0), 0.0);
    unused_call::check(2.0).unwrap();
    assert_eq!(unused_call_of_a_call::grad(&[0.0], 3.0), (vec![0.0], 1.0));
    assert_eq!(unused_call_of_a_call::hvp(&[0.0], 3.0, &[1.0], 1.0), (vec![0.0], 0.0));
    let (d_x, d_scale) = unused_call_of_a_call::grad(&[2.0], 3.0);
    assert_eq!((d_x, d_scale), (vec![-2.25], 1.5));
}

/// The blanks of the table are infinite, whatever `gamma` is.
#[differentiable]
fn soft_time_warping(x: &[f64], y: &[f64], gamma: f64) -> f64 {
    let (n, m) = (x.len(), y.len());
    let mut r = vec![vec![f64::INFINITY; m + 1]; n + 1];
    r[0][0] = 0.0;
    for i in 1..=n {
        for j in 1..=m {
            let d = (x[i - 1] - y[j - 1]).powi(2);
            let (a, b, c) = (r[i - 1][j - 1], r[i - 1][j], r[i][j - 1]);
            let soft = -gamma * ((-a / gamma).exp() + (-b / gamma).exp() + (-c / gamma).exp()).ln();
            r[i][j] = d + soft;
        }
    }
    r[n][m]
}

/// The largest is taken out of the exponentials.
#[differentiable]
fn soft_minimum(x: f64, gamma: f64) -> f64 {
    let costs = [f64::INFINITY, x * 2.0, x * x];
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = costs.iter().map(|a| (-(a - least) / gamma).exp()).sum();
    least - gamma * sum.ln()
}

/// What is infinite counts where its factor is no zero.
#[differentiable]
fn infinite(x: f64, y: f64) -> f64 {
    let far = f64::INFINITY;
    far * x + y
}

/// The sharpness multiplies the blanks of the mask, whose exponentials are zero: its cotangent is one of these.
#[differentiable(order = 2)]
fn partition(scores: &[f64], sharpness: f64) -> f64 {
    let mut sum = 0.0;
    let mut masked = [f64::NEG_INFINITY; 4];
    for i in 0..scores.len() {
        masked[i] = scores[i] * scores[0];
    }
    for m in masked {
        sum += (m * sharpness).exp();
    }
    sum
}

/// Each row of attention looks back only.
#[differentiable(order = 2)]
fn causal_attention(x: &[f64], temperature: f64) -> f64 {
    let n = x.len();
    let mut out = 0.0;
    for i in 0..n {
        let mut row = vec![f64::NEG_INFINITY; n];
        for j in 0..=i {
            row[j] = x[i] * x[j];
        }
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = row.iter().map(|r| ((r - largest) / temperature).exp()).collect();
        let z: f64 = e.iter().sum();
        for j in 0..n {
            out += e[j] / z * x[j] * (i + 1) as f64;
        }
    }
    out
}

#[test]
fn infinities_in_exponentials() {
    let (x, t) = ([0.3, 0.7, 0.9], 1.3);
    partition::check(&x, t).unwrap();
    causal_attention::check(&x, t).unwrap();
    let h = 1e-5;
    let (_, up) = causal_attention::grad(&x, t + h);
    let (_, down) = causal_attention::grad(&x, t - h);
    let second = (up - down) / (2.0 * h);
    assert!((causal_attention::hvp(&x, t, &[0.0; 3], 1.0).1 - second).abs() < 1e-6);
    assert!((causal_attention::hessian(&x, t)[[3, 3]] - second).abs() < 1e-6);
    let second = (partition::grad(&x, t + h).1 - partition::grad(&x, t - h).1) / (2.0 * h);
    assert!((partition::hvp(&x, t, &[0.0; 3], 1.0).1 - second).abs() < 1e-6);
    assert!((partition::hessian(&x, t)[[3, 3]] - second).abs() < 1e-6);
    // Where nothing is missing, nothing is asked.
    assert!(!least_and_greatest::source().contains("!= 0.0"), "{}", least_and_greatest::source());
    least_and_greatest::check(&x).unwrap();
}

#[differentiable]
fn least_and_greatest(x: &[f64]) -> f64 {
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for a in x {
        least = least.min(a * a.sin());
        greatest = greatest.max(a.exp() * x[0]);
    }
    least * greatest + (greatest - least).sqrt()
}

#[test]
fn infinities_that_stand_for_what_is_missing() {
    let (x, y) = ([0.1, 0.7, 0.4], [0.2, 0.9]);
    soft_time_warping::check(&x, &y, 0.5).unwrap();
    let (_, _, d_gamma) = soft_time_warping::grad(&x, &y, 0.5);
    let f = |gamma: f64| soft_time_warping(&x, &y, gamma);
    assert!((d_gamma - (f(0.5 + 1e-5) - f(0.5 - 1e-5)) / 2e-5).abs() < 1e-6);
    soft_minimum::check(0.7, 0.5).unwrap();
    assert_eq!(infinite::grad(1.0, 2.0), (f64::INFINITY, 1.0));
    assert_eq!(infinite::jvp(1.0, 2.0, 0.0, 1.0).1, 1.0);
}

/// The caller may give what is missing.
#[differentiable(order = 2, infinite(a, b))]
fn soft_min(a: f64, b: f64, gamma: f64) -> f64 {
    let least = a.min(b);
    least - gamma * ((-(a - least) / gamma).exp() + (-(b - least) / gamma).exp()).ln()
}

#[differentiable(infinite(costs))]
fn partition_of(costs: &[f64], gamma: f64) -> f64 {
    let mut sum = 0.0;
    for c in costs {
        sum += (-c * c / gamma).exp();
    }
    gamma * sum.ln()
}

#[derive(Clone, Differentiable)]
struct Smooth {
    gamma: f64,
}

#[differentiable]
impl Smooth {
    #[differentiable(infinite(a))]
    fn least(&self, a: f64, b: f64) -> f64 {
        let gamma: f64 = self.gamma;
        b - gamma * (1.0 + (-(a - b) / gamma).exp()).ln()
    }
}

#[differentiable]
fn with_missing_costs(x: f64, gamma: f64) -> f64 {
    let one = soft_min(f64::INFINITY, x * x, gamma);
    let two = soft_min(soft_min(x, f64::INFINITY, gamma), one, gamma);
    let smooth = Smooth { gamma };
    two * partition_of(&[x, f64::INFINITY, one], gamma) + smooth.least(f64::INFINITY, x * gamma)
}

#[test]
fn infinities_that_callers_give() {
    with_missing_costs::check(0.7, 0.5).unwrap();
    let f = |x: f64, gamma: f64| with_missing_costs(x, gamma);
    let (d_x, d_gamma) = with_missing_costs::grad(0.7, 0.5);
    let h = 1e-5;
    assert!((d_x - (f(0.7 + h, 0.5) - f(0.7 - h, 0.5)) / (2.0 * h)).abs() < 1e-6);
    assert!((d_gamma - (f(0.7, 0.5 + h) - f(0.7, 0.5 - h)) / (2.0 * h)).abs() < 1e-6);
    assert!((with_missing_costs::jvp(0.7, 0.5, 0.0, 1.0).1 - d_gamma).abs() < 1e-12);
    // Where none is missing, all is as it is without the option.
    soft_min::check(0.3, 0.7, 0.5).unwrap();
    assert_eq!(soft_min::grad(f64::INFINITY, 0.7, 0.5), (0.0, 1.0, 0.0));
}
