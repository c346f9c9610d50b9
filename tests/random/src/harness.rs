//! What the programs call, and the judgement of what they return.
//!
//! In: the function `run` of a program. Out: what is wrong with its derivatives, if anything. A central difference
//! across a kink is no failure: the program must disagree with differences at several points and for several steps.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use differentiable::ndarray::Array2;
use differentiable::{Disagreement, GradientCheckError, Tolerance};

/// The function `run` of a program.
pub type Run = fn(&mut Numbers, Tolerance) -> Result<(), Failure>;

/// Why a program fails at a point.
#[derive(Debug)]
pub enum Failure {
    /// The value there is no moderate number: the point does not count.
    Unusable,
    /// Two numbers that must be equal are not.
    Different(String),
    /// `check` found derivatives that disagree.
    Check(GradientCheckError),
    /// Second derivatives disagree with differences of the gradient.
    Second(String),
}

/// The numbers of a point.
pub struct Numbers(u64);

impl Numbers {
    /// Those of a point with a number.
    pub fn new(point: u64) -> Self {
        Self(point.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A float between −1.5 and 2.
    pub fn float(&mut self) -> f64 {
        self.draw() as f64 / (1_u64 << 31) as f64 * 3.5 - 1.5
    }

    /// Some floats.
    pub fn floats(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.float()).collect()
    }

    /// A number between 1 and 4.
    pub fn count(&mut self) -> usize {
        1 + self.draw() as usize % 4
    }
}

/// The numbers that a value prints, and for names of variants and the like their letters.
pub fn numbers(value: &impl Debug) -> Vec<f64> {
    let text = format!("{value:?}");
    text.split(|c: char| "()[]{},: ".contains(c))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap_or_else(|_| part.bytes().map(f64::from).sum()))
        .collect()
}

/// Whether all numbers are moderate.
pub fn usable(values: &[f64]) -> Result<(), Failure> {
    if values.iter().all(|v| v.abs() < 1e6) { Ok(()) } else { Err(Failure::Unusable) }
}

/// Compares what must be equal up to the order of sums.
pub fn same(what: &str, found: &[f64], expected: &[f64]) -> Result<(), Failure> {
    compare(what, found, expected, 1e-11)
}

/// Compares gradients that were computed in two ways.
pub fn close(what: &str, found: &[f64], expected: &[f64]) -> Result<(), Failure> {
    compare(what, found, expected, 1e-8)
}

fn compare(what: &str, found: &[f64], expected: &[f64], tolerance: f64) -> Result<(), Failure> {
    let scale = expected.iter().fold(1.0, |m: f64, e| m.max(e.abs()));
    let near = |(f, e): (&f64, &f64)| (f - e).abs() <= tolerance * scale || f == e || f.is_nan() && e.is_nan();
    if found.len() == expected.len() && found.iter().zip(expected).all(near) {
        return Ok(());
    }
    Err(Failure::Different(format!("{what} gives {found:?} and not {expected:?}")))
}

/// Compares a Hessian with its transpose, and its first row with differences of the gradient at points that are so far
/// from this one.
pub fn second_derivatives(hessian: &Array2<f64>, gradient: impl Fn(f64) -> Array2<f64>) -> Result<(), Failure> {
    let scale = hessian.iter().fold(1.0, |m: f64, h| m.max(h.abs()));
    if !scale.is_finite() || scale > 1e6 {
        return Err(Failure::Unusable);
    }
    let n = hessian.nrows();
    for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let (a, b) = (hessian[[i, j]], hessian[[j, i]]);
        if (a - b).abs() > 1e-7 * scale {
            return Err(Failure::Different(format!(
                "the Hessian is not symmetric: {a} at ({i}, {j}) and {b} at ({j}, {i})"
            )));
        }
    }
    let mut worst = String::new();
    for step in [1e-3, 1e-4, 1e-5, 1e-6] {
        let (above, below) = (gradient(step), gradient(-step));
        let slope = |j: usize| (above[[0, j]] - below[[0, j]]) / (2.0 * step);
        let off = (0..n).find(|j| (slope(*j) - hessian[[0, *j]]).abs() > 1e-4 * scale);
        let Some(j) = off else { return Ok(()) };
        worst = format!(
            "the Hessian has {} at (0, {j}), and differences of the gradient give {}",
            hessian[[0, j]],
            slope(j)
        );
    }
    Err(Failure::Second(worst))
}

/// What is wrong with a program, or whether it had a point at which it could be judged.
pub fn judge(run: Run) -> Result<bool, String> {
    let (mut judged, mut suspicious) = (0, Vec::new());
    for point in 1..=4 {
        match at(run, point, Tolerance::default()) {
            Err(Failure::Unusable) => {}
            Ok(()) => judged += 1,
            Err(Failure::Different(text)) => return Err(format!("at point {point}, {text}")),
            Err(Failure::Second(text)) => {
                judged += 1;
                suspicious.push(format!("at point {point}, {text}"));
            }
            Err(Failure::Check(error)) => {
                judged += 1;
                if error.found.abs() > 1e9 || error.expected.abs() > 1e9 {
                    continue;
                }
                if error.kind == Disagreement::ReverseForward {
                    return Err(format!("at point {point}, {error}"));
                }
                let others = [1e-3, 1e-4, 1e-6, 1e-7].map(|step| Tolerance { step, ..Tolerance::default() });
                if others.into_iter().all(|t| at(run, point, t).is_err()) {
                    suspicious.push(format!("at point {point}, {error}"));
                }
            }
        }
    }
    if suspicious.len() > 1 { Err(suspicious.join("; ")) } else { Ok(judged > 0) }
}

fn at(run: Run, point: u64, tolerance: Tolerance) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(|| run(&mut Numbers::new(point), tolerance))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        Err(Failure::Different(format!("a panic: {}", text.unwrap_or_default())))
    })
}
