//! `saddle`: the saddle point of a function, as the minimum of a maximum. Each is found by descent, and the descent to
//! the maximum is differentiated.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::descent::{Problem, minimum};
use crate::runs::{Done, Runs, read, unknown};

#[differentiable(order = 2, wrt(x2, y2))]
fn cost(x1: f64, y1: f64, x2: f64, y2: f64) -> f64 {
    (x1 * x1 + y1 * y1) - (x2 * x2 + y2 * y2)
}

/// The second player, who maximises the cost. The gradient is taken in reverse or in forward mode.
#[derive(Clone, Differentiable)]
struct Second {
    first: [f64; 2],
    reverse: bool,
}

#[differentiable]
impl Problem<2> for Second {
    fn objective(&self, p: &[f64; 2]) -> f64 {
        -cost(self.first[0], self.first[1], p[0], p[1])
    }

    fn gradient(&self, p: &[f64; 2]) -> [f64; 2] {
        let (x1, y1) = (self.first[0], self.first[1]);
        if self.reverse {
            let (dx, dy) = cost::grad(x1, y1, p[0], p[1]);
            [-dx, -dy]
        } else {
            let (_, dx) = cost::jvp(x1, y1, p[0], p[1], 1.0, 0.0);
            let (_, dy) = cost::jvp(x1, y1, p[0], p[1], 0.0, 1.0);
            [-dx, -dy]
        }
    }
}

/// The largest cost that the second player finds from `start`.
#[differentiable(wrt(x1, y1))]
fn largest(x1: f64, y1: f64, start: &[f64; 2], reverse: bool) -> f64 {
    let second = Second { first: [x1, y1], reverse };
    let best = minimum(&second, start);
    cost(x1, y1, best[0], best[1])
}

/// The first player, who minimises what the second one maximises, and the modes of both.
#[derive(Clone, Differentiable)]
struct First {
    start: [f64; 2],
    outer_reverse: bool,
    inner_reverse: bool,
}

impl First {
    fn largest(&self, p: &[f64; 2]) -> f64 {
        largest(p[0], p[1], &self.start, self.inner_reverse)
    }

    fn slope(&self, p: &[f64; 2]) -> [f64; 2] {
        let (start, reverse) = (&self.start, self.inner_reverse);
        if self.outer_reverse {
            let (dx, dy) = largest::grad(p[0], p[1], start, reverse);
            [dx, dy]
        } else {
            let (_, dx) = largest::jvp(p[0], p[1], start, reverse, 1.0, 0.0);
            let (_, dy) = largest::jvp(p[0], p[1], start, reverse, 0.0, 1.0);
            [dx, dy]
        }
    }
}

/// The search for the first player's best point is not differentiated.
#[differentiable]
impl Problem<2> for First {
    fn objective(&self, p: &[f64; 2]) -> f64 {
        First::largest(stop_gradient(self), stop_gradient(p))
    }

    fn gradient(&self, p: &[f64; 2]) -> [f64; 2] {
        First::slope(stop_gradient(self), stop_gradient(p))
    }
}

/// The points that both players find from `start`.
fn saddle(start: [f64; 2], outer_reverse: bool, inner_reverse: bool) -> [f64; 4] {
    let first = minimum(&First { start, outer_reverse, inner_reverse }, &start);
    let second = minimum(&Second { first: [first[0], first[1]], reverse: inner_reverse }, &start);
    [first[0], first[1], second[0], second[1]]
}

#[derive(Deserialize)]
struct Input {
    start: [f64; 2],
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { start, runs } = read(input)?;
    match function {
        "rr" => runs.time(|| saddle(start, true, true)),
        "rf" => runs.time(|| saddle(start, true, false)),
        "fr" => runs.time(|| saddle(start, false, true)),
        "ff" => runs.time(|| saddle(start, false, false)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients() {
        largest::check(0.7, -0.4, &[1.0, 1.0], true).unwrap();
        largest::check(0.7, -0.4, &[1.0, 1.0], false).unwrap();
    }

    /// The values that the eval expects.
    #[test]
    fn all_modes_find_the_saddle() {
        for (outer_reverse, inner_reverse) in [(true, true), (true, false), (false, true), (false, false)] {
            for x in saddle([1.0, 1.0], outer_reverse, inner_reverse) {
                assert!((x - 8.246_324_826_140_356e-6).abs() < 1e-14, "{x}");
            }
        }
    }
}
