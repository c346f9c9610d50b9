//! Gradient descent, as the evals `particle` and `saddle` use it.

use differentiable::prelude::*;

/// What is minimised.
#[differentiable]
pub(crate) trait Problem<const N: usize> {
    /// The value at `x`.
    fn objective(&self, x: &[f64; N]) -> f64;

    /// The gradient at `x`.
    fn gradient(&self, x: &[f64; N]) -> [f64; N];
}

#[differentiable]
fn length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[differentiable]
fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

/// The point where descent from `start` ends: where the gradient or the step is small. The rate of descent is doubled after
/// ten steps that led down, and halved after one that did not.
#[differentiable]
pub(crate) fn minimum<const N: usize, P: Problem<N>>(problem: &P, start: &[f64; N]) -> [f64; N] {
    const TOLERANCE: f64 = 1e-5;
    let mut x = *start;
    let mut value = problem.objective(&x);
    let mut gradient = problem.gradient(&x);
    let mut rate = 1e-5;
    let mut steps = 0;
    while length(&gradient) > TOLERANCE {
        if steps == 10 {
            rate *= 2.0;
            steps = 0;
            continue;
        }
        let mut next = x;
        for i in 0..N {
            next[i] -= rate * gradient[i];
        }
        if distance(&x, &next) <= TOLERANCE {
            break;
        }
        let next_value = problem.objective(&next);
        if next_value < value {
            x = next;
            value = next_value;
            gradient = problem.gradient(&x);
            steps += 1;
        } else {
            rate /= 2.0;
            steps = 0;
        }
    }
    x
}
