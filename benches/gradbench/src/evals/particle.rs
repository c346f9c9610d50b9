//! `particle`: a charged particle that is steered so that it ends at zero. Each step of its path takes the
//! gradient of a potential, and the path is differentiated in turn.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::descent::{Problem, minimum};
use crate::runs::{Done, Runs, read, unknown};

/// The potential of two charges at (x, y).
#[differentiable(order = 2, wrt(x, y))]
fn potential(charges: &[[f64; 2]; 2], x: f64, y: f64) -> f64 {
    let mut sum = 0.0;
    for charge in charges {
        let (dx, dy) = (x - charge[0], y - charge[1]);
        sum += 1.0 / (dx * dx + dy * dy).sqrt();
    }
    sum
}

/// The gradient of the potential, in reverse or in forward mode.
#[differentiable]
fn slope(charges: &[[f64; 2]; 2], x: f64, y: f64, reverse: bool) -> (f64, f64) {
    if reverse {
        potential::grad(charges, x, y)
    } else {
        (potential::jvp(charges, x, y, 1.0, 0.0).1, potential::jvp(charges, x, y, 0.0, 1.0).1)
    }
}

/// The square of where the particle ends if one of the charges is moved by `w`.
#[differentiable]
fn end(w: f64, reverse: bool) -> f64 {
    let charges = [[10.0, 10.0 - w], [10.0, 0.0]];
    let (mut x, mut y) = (0.0, 8.0);
    let (mut vx, mut vy) = (0.75, 0.0);
    let dt = 0.1;
    loop {
        let (slope_x, slope_y) = slope(&charges, x, y, reverse);
        x += dt * vx;
        y += dt * vy;
        if y <= 0.0 {
            let rest = -y / vy;
            let x_end = x + rest * vx;
            return x_end * x_end;
        }
        vx -= dt * slope_x;
        vy -= dt * slope_y;
    }
}

/// The modes of the derivatives of the path, and within it.
#[derive(Clone, Differentiable)]
struct Steering {
    outer_reverse: bool,
    inner_reverse: bool,
}

impl Steering {
    fn end(&self, w: [f64; 1]) -> f64 {
        end(w[0], self.inner_reverse)
    }

    fn slope(&self, w: [f64; 1]) -> [f64; 1] {
        let reverse = self.inner_reverse;
        [if self.outer_reverse { end::grad(w[0], reverse) } else { end::jvp(w[0], reverse, 1.0).1 }]
    }
}

/// The search for the best steering is not differentiated.
#[differentiable]
impl Problem<1> for Steering {
    fn objective(&self, w: &[f64; 1]) -> f64 {
        Steering::end(stop_gradient(self), stop_gradient(*w))
    }

    fn gradient(&self, w: &[f64; 1]) -> [f64; 1] {
        Steering::slope(stop_gradient(self), stop_gradient(*w))
    }
}

#[derive(Deserialize)]
struct Input {
    w: f64,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { w, runs } = read(input)?;
    let steer = |outer_reverse, inner_reverse| {
        let steering = Steering { outer_reverse, inner_reverse };
        runs.time(|| minimum(&steering, &[w])[0])
    };
    match function {
        "rr" => steer(true, true),
        "rf" => steer(true, false),
        "fr" => steer(false, true),
        "ff" => steer(false, false),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients() {
        end::check(0.1, true).unwrap();
        end::check(0.1, false).unwrap();
    }

    /// The value that the eval expects.
    #[test]
    fn all_modes_find_the_minimum() {
        for (outer_reverse, inner_reverse) in [(true, true), (true, false), (false, true), (false, false)] {
            let w = minimum(&Steering { outer_reverse, inner_reverse }, &[0.0])[0];
            assert!((w - 0.207_191_874_648_611_6).abs() < 1e-10, "{w}");
        }
    }
}
