//! Prices of options, a Kalman filter, softmax regression.

use differentiable::prelude::*;

use super::{Program, numbers};

const CLASSES: usize = 10;
const FEATURES: usize = 32;

pub(crate) fn programs() -> Vec<Program> {
    let measured = numbers(10_000, 21);
    let data = numbers(200 * FEATURES, 22);
    let labels: Vec<usize> = (0..200).map(|k| k * 7 % CLASSES).collect();
    let (z1, z2, z3) = (measured.clone(), measured.clone(), measured);
    let (d1, d2, d3) = (data.clone(), data.clone(), data);
    let (l1, l2, l3) = (labels.clone(), labels.clone(), labels);
    vec![
        Program {
            name: "options",
            x: numbers(5_000, 23).iter().map(|v| 0.1 + 0.4 * v).collect(),
            primal: Box::new(|x| options(x, 100.0, 0.02)),
            ours: Box::new(|x, d| options::grad_into(x, 100.0, 0.02, d)),
            hand: Box::new(|x, d| options_by_hand(x, 100.0, 0.02, d)),
        },
        Program {
            name: "kalman",
            x: vec![0.01, 0.02, 0.3],
            primal: Box::new(move |x| kalman(x, &z1)),
            ours: Box::new(move |x, d| kalman::grad_into(x, &z2, d)),
            hand: Box::new(move |x, d| kalman_by_hand(x, &z3, d)),
        },
        Program {
            name: "softmax",
            x: numbers(CLASSES * FEATURES, 24),
            primal: Box::new(move |x| softmax(x, &d1, &l1)),
            ours: Box::new(move |x, d| softmax::grad_into(x, &d2, &l2, d)),
            hand: Box::new(move |x, d| softmax_by_hand(x, &d3, &l3, d)),
        },
    ]
}

/// The distribution function of the normal distribution, nearly.
#[differentiable]
fn normal(x: f64) -> f64 {
    1.0 / (1.0 + (-1.5976 * x - 0.070_56 * x * x * x).exp())
}

/// The sum of the prices of options with these volatilities, by Black and Scholes.
#[differentiable(wrt(volatilities))]
fn options(volatilities: &[f64], price: f64, rate: f64) -> f64 {
    let mut sum = 0.0;
    for (i, v) in volatilities.iter().enumerate() {
        let strike = 80.0 + (i % 40) as f64;
        let years = 0.5 + (i % 7) as f64;
        let root = v * years.sqrt();
        let d1 = ((price / strike).ln() + (rate + 0.5 * v * v) * years) / root;
        let d2 = d1 - root;
        sum += price * normal(d1) - strike * (-rate * years).exp() * normal(d2);
    }
    sum
}

fn options_by_hand(volatilities: &[f64], price: f64, rate: f64, d: &mut [f64]) -> f64 {
    let slope = |x: f64, p: f64| p * (1.0 - p) * (1.5976 + 0.211_68 * x * x);
    let mut sum = 0.0;
    for (i, v) in volatilities.iter().enumerate() {
        let strike = 80.0 + (i % 40) as f64;
        let years = 0.5 + (i % 7) as f64;
        let time = years.sqrt();
        let root = v * time;
        let d1 = ((price / strike).ln() + (rate + 0.5 * v * v) * years) / root;
        let d2 = d1 - root;
        let (p1, p2) = (normal(d1), normal(d2));
        let discounted = strike * (-rate * years).exp();
        sum += price * p1 - discounted * p2;
        let (s1, s2) = (price * slope(d1, p1), -discounted * slope(d2, p2));
        let by_v = v * years / root - d1 / root * time;
        d[i] += (s1 + s2) * by_v - s2 * time;
    }
    sum
}

/// The negative log-likelihood of measurements of a walk with a drift and two variances.
#[differentiable(wrt(x))]
fn kalman(x: &[f64], measured: &[f64]) -> f64 {
    let (drift, process, noise) = (x[0], x[1], x[2]);
    let mut state = 0.0;
    let mut variance = 1.0;
    let mut loss = 0.0;
    for z in measured {
        state += drift;
        variance += process;
        let total = variance + noise;
        let residual = z - state;
        loss += residual * residual / total + total.ln();
        let gain = variance / total;
        state += gain * residual;
        variance *= 1.0 - gain;
    }
    loss
}

fn kalman_by_hand(x: &[f64], measured: &[f64], d: &mut [f64]) -> f64 {
    let (drift, process, noise) = (x[0], x[1], x[2]);
    let (mut state, mut variance, mut loss) = (0.0, 1.0, 0.0);
    let mut kept = Vec::with_capacity(measured.len());
    for z in measured {
        state += drift;
        variance += process;
        let total: f64 = variance + noise;
        let residual = z - state;
        kept.push((variance, residual));
        loss += residual * residual / total + total.ln();
        let gain = variance / total;
        state += gain * residual;
        variance *= 1.0 - gain;
    }
    let (mut d_state, mut d_variance) = (0.0, 0.0);
    for &(variance, residual) in kept.iter().rev() {
        let total = variance + noise;
        let gain = variance / total;
        let d_gain = d_state * residual - d_variance * variance;
        let d_residual = d_state * gain + 2.0 * residual / total;
        let d_total = (1.0 - residual * residual / total - d_gain * gain) / total;
        d_state -= d_residual;
        d_variance = d_variance * (1.0 - gain) + d_gain / total + d_total;
        d[2] += d_total;
        d[1] += d_variance;
        d[0] += d_state;
    }
    loss
}

/// The cross-entropy of linear predictions.
#[differentiable(wrt(weights))]
fn softmax(weights: &[f64], data: &[f64], labels: &[usize]) -> f64 {
    let mut loss = 0.0;
    for (k, &label) in labels.iter().enumerate() {
        let mut logits = [0.0; CLASSES];
        for c in 0..CLASSES {
            for f in 0..FEATURES {
                logits[c] += weights[c * FEATURES + f] * data[k * FEATURES + f];
            }
        }
        let mut sum = 0.0;
        for c in 0..CLASSES {
            sum += logits[c].exp();
        }
        loss += sum.ln() - logits[label];
    }
    loss
}

fn softmax_by_hand(weights: &[f64], data: &[f64], labels: &[usize], d: &mut [f64]) -> f64 {
    let mut loss = 0.0;
    for (x, &label) in data.chunks_exact(FEATURES).zip(labels) {
        let mut logits = [0.0; CLASSES];
        for (logit, w) in logits.iter_mut().zip(weights.chunks_exact(FEATURES)) {
            for f in 0..FEATURES {
                *logit += w[f] * x[f];
            }
        }
        let chosen = logits[label];
        let mut sum = 0.0;
        for logit in &mut logits {
            *logit = logit.exp();
            sum += *logit;
        }
        loss += sum.ln() - chosen;
        for (c, (exp, d)) in logits.iter().zip(d.chunks_exact_mut(FEATURES)).enumerate() {
            let by_logit = exp / sum - f64::from(u8::from(c == label));
            for f in 0..FEATURES {
                d[f] += by_logit * x[f];
            }
        }
    }
    loss
}
