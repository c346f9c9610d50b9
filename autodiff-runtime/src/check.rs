//! Checking derivatives: reverse mode against forward mode, and both against central differences.
//!
//! The tests of the compiler and those of its users call the same function.

use core::fmt;

use ndarray::{Array1, Array2};

use crate::jacobian::Lines;
use crate::tangent::{Differentiable, Tangent, Update, Visit};

/// How far apart two derivatives may be: `|a − b| ≤ relative · max(|a|, |b|, scale)`, where the scale is the largest
/// derivative of the same output. Differences may be as far again from the derivative as the rounding of the value
/// alone can make them.
///
/// Where differences disagree, they may have crossed a kink, as of `relu`: then those of a shorter step and those of either
/// side alone are tried. They count only if they are further from the first ones than rounding can make them: were there no
/// kink, all would say the same.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable]
/// fn cube(x: f64) -> f64 {
///     x * x * x
/// }
///
/// let strict = Tolerance { differences: 1e-6, ..Tolerance::default() };
/// cube::check_with(1.5, strict).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The relative tolerance between reverse mode and forward mode.
    pub modes: f64,
    /// The relative tolerance between forward mode and central differences.
    pub differences: f64,
    /// The step of the central differences, relative to 1.
    pub step: f64,
}

impl Default for Tolerance {
    /// For double precision.
    fn default() -> Self {
        Self { modes: 1e-9, differences: 1e-5, step: 1e-5 }
    }
}

impl Tolerance {
    /// For single precision. A check without a tolerance takes it where a parameter or the value holds an `f32`.
    #[must_use]
    pub fn single() -> Self {
        Self { modes: 1e-4, differences: 1e-2, step: 2e-2 }
    }
}

/// Which two derivatives disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disagreement {
    /// Reverse mode and forward mode.
    ReverseForward,
    /// Forward mode and central differences.
    ForwardDifferences,
    /// Reverse mode and central differences, where there is no forward mode.
    ReverseDifferences,
}

/// Two derivatives that should be equal and are not.
///
/// `Debug` prints the same sentence as `Display`, so that `f::check(…).unwrap()` in a test says what is wrong.
#[derive(Clone, PartialEq)]
pub struct GradientCheckError {
    /// Which two disagree.
    pub kind: Disagreement,
    /// The name of the parameter.
    pub parameter: String,
    /// The scalar within the parameter, counted from 0.
    pub element: usize,
    /// The scalar within the value, counted from 0.
    pub output: usize,
    /// The derivative found by the first of the two.
    pub found: f64,
    /// The derivative found by the second.
    pub expected: f64,
    /// How far apart the two may be.
    pub allowed: f64,
}

impl fmt::Display for GradientCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = match self.kind {
            Disagreement::ReverseForward => ("reverse mode", "forward mode"),
            Disagreement::ForwardDifferences => ("forward mode", "central differences"),
            Disagreement::ReverseDifferences => ("reverse mode", "central differences"),
        };
        let Self { parameter, element, output, found, expected, allowed, .. } = self;
        write!(
            f,
            "the derivative of output {output} with respect to `{parameter}`, element {element}, differs: {one} gives {found:?}, {other} gives {expected:?}; they are {:.1e} apart, and {allowed:.1e} is allowed",
            (found - expected).abs()
        )
    }
}

impl fmt::Debug for GradientCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for GradientCheckError {}

/// Asserts in a test that the derivatives of a function are right at a point: those of a call `f(x, &w)` or `f::<f32>(x)`, or
/// of a method by its `m_check`. A [`Tolerance`] may follow.
///
/// # Panics
///
/// Panics if reverse mode, forward mode and central differences do not agree, with the parameter, the element and the
/// numbers. See [`GradientCheckError`].
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable]
/// fn energy(x: &[f64], stiffness: f64) -> f64 {
///     0.5 * stiffness * x.iter().map(|x| x * x).sum::<f64>()
/// }
///
/// #[derive(Clone, Differentiable)]
/// struct Spring {
///     stiffness: f64,
/// }
///
/// #[differentiable]
/// impl Spring {
///     fn energy(&self, x: f64) -> f64 {
///         0.5 * self.stiffness * x * x
///     }
/// }
///
/// assert_gradient!(energy(&[1.0, -2.0], 3.0));
/// assert_gradient!(energy(&[1.0, -2.0], 3.0), Tolerance { differences: 1e-7, ..Tolerance::default() });
/// let spring = Spring { stiffness: 2.0 };
/// assert_gradient!(spring.energy_check(0.5));
/// ```
#[macro_export]
macro_rules! assert_gradient {
    ($($f:ident)::+ ($($argument:expr),* $(,)?) $(,)?) => {
        $crate::assert_gradient!(@ $($f)::+::check($($argument),*), stringify!($($f)::+))
    };
    ($($f:ident)::+ ($($argument:expr),* $(,)?), $tolerance:expr $(,)?) => {
        $crate::assert_gradient!(@ $($f)::+::check_with($($argument,)* $tolerance), stringify!($($f)::+))
    };
    ($($f:ident)::+ ::<$($type:ty),* $(,)?>($($argument:expr),* $(,)?) $(,)?) => {
        $crate::assert_gradient!(@ $($f)::+::check::<$($type),*>($($argument),*), stringify!($($f)::+))
    };
    ($($f:ident)::+ ::<$($type:ty),* $(,)?>($($argument:expr),* $(,)?), $tolerance:expr $(,)?) => {
        $crate::assert_gradient!(@ $($f)::+::check_with::<$($type),*>($($argument,)* $tolerance), stringify!($($f)::+))
    };
    ($check:expr $(,)?) => {
        $crate::assert_gradient!(@ $check, stringify!($check))
    };
    (@ $check:expr, $what:expr) => {
        if let ::core::result::Result::Err(error) = $check {
            ::core::panic!("wrong gradient of `{}`: {error}", $what);
        }
    };
}

/// The scalars of a value, and whether some of them are of single precision.
#[derive(Default)]
pub struct Flat {
    /// The scalars.
    pub values: Vec<f64>,
    /// Whether some of them are of single precision.
    pub single: bool,
}

impl Flat {
    /// The scalars of a value.
    pub fn of<T: Differentiable + ?Sized>(value: &T) -> Self {
        let mut flat = Self::default();
        flat.push(value);
        flat
    }

    /// Appends the scalars of a value.
    pub fn push<T: Differentiable + ?Sized>(&mut self, value: &T) {
        value.__visit(self);
    }
}

impl Visit for Flat {
    fn leaf_f32(&mut self, _: &[usize], values: &[f32]) {
        self.values.extend(values.iter().map(|x| f64::from(*x)));
        self.single |= !values.is_empty();
    }
    fn leaf_f64(&mut self, _: &[usize], values: &[f64]) {
        self.values.extend(values);
    }
}

/// Compares what the modes say about the derivatives of a function with each other, and with central differences.
/// `inputs` are the parameters by which it is differentiated, with their scalars, and `value` is the function at the point
/// displaced by a vector.
///
/// # Errors
///
/// Names the first element at which two of them disagree.
pub fn check(
    inputs: Vec<(&'static str, Flat)>,
    mut value: impl FnMut(&[f64]) -> Flat,
    lines: Lines,
    tolerance: Option<Tolerance>,
) -> Result<(), GradientCheckError> {
    let single = inputs.iter().any(|(_, flat)| flat.single);
    let inputs: Vec<(&str, usize)> = inputs.into_iter().map(|(name, flat)| (name, flat.values.len())).collect();
    let n: usize = inputs.iter().map(|(_, n)| n).sum();
    let at = value(&vec![0.0; n]);
    let single = single || at.single;
    let tolerance = tolerance.unwrap_or_else(|| if single { Tolerance::single() } else { Tolerance::default() });
    let rounding = if single { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let m = at.values.len();
    let Lines { columns, rows, gradient } = lines;
    let forward = columns.is_some();
    // Where one mode is missing, the other one is held against differences alone.
    let by_rows = || (0..n).map(|j| rows.iter().flatten().map(|row| row[j]).collect()).collect();
    let columns: Vec<Vec<f64>> = columns.unwrap_or_else(by_rows);
    // What is computed from numbers of these sizes may differ by their rounding, even where it is zero.
    let largest = columns.iter().flatten().filter(|d| d.is_finite()).fold(0.0, |a: f64, d| a.max(d.abs()));
    let noise = |i: usize| {
        let value = at.values[i].abs();
        16.0 * rounding * if value.is_finite() { largest.max(value) } else { largest }
    };
    let scales: Vec<f64> = (0..m).map(|i| columns.iter().map(|c| c[i].abs()).fold(0.0, f64::max)).collect();
    let report = |kind, j: usize, output, found, expected, allowed| {
        let (parameter, element) = locate(&inputs, j);
        Err(GradientCheckError { kind, parameter, element, output, found, expected, allowed })
    };
    let rows = rows.into_iter().flatten().enumerate();
    for (i, row) in gradient.into_iter().map(|row| (0, row)).chain(rows) {
        for j in 0..n {
            let allowed = allowed(row[j], columns[j][i], tolerance.modes, scales[i]) + noise(i);
            if !close(row[j], columns[j][i], allowed) {
                return report(Disagreement::ReverseForward, j, i, row[j], columns[j][i], allowed);
            }
        }
    }
    let kind = if forward { Disagreement::ForwardDifferences } else { Disagreement::ReverseDifferences };
    for (j, column) in columns.iter().enumerate() {
        let mut quotients = differences(&mut value, n, j, tolerance.step);
        // A value of another shape beside the arguments, such as an error, has no differences.
        quotients.resize(m, f64::NAN);
        let mut others = None;
        for i in 0..m {
            let rounded = 4.0 * rounding * at.values[i].abs() / tolerance.step;
            let rounded = if rounded.is_finite() { rounded } else { 0.0 };
            let allowed_of = |quotient: f64, rounded: f64| {
                allowed(column[i], quotient, tolerance.differences, scales[i].max(1e-3)) + rounded
            };
            let allowed = allowed_of(quotients[i], rounded);
            if close(column[i], quotients[i], allowed) {
                continue;
            }
            let others = others.get_or_insert_with(|| beside_kinks(&mut value, n, j, tolerance.step));
            let beside_a_kink = others.iter().any(|(other, noise)| {
                let (rounded, Some(&other)) = (rounded * noise, other.get(i)) else { return false };
                (other - quotients[i]).abs() > 2.0 * rounded && close(column[i], other, allowed_of(other, rounded))
            });
            if !beside_a_kink {
                return report(kind, j, i, column[i], quotients[i], allowed);
            }
        }
    }
    Ok(())
}

/// Central differences with one step of Richardson extrapolation, for an error of order h⁴.
fn differences(value: &mut impl FnMut(&[f64]) -> Flat, n: usize, j: usize, step: f64) -> Vec<f64> {
    let (coarse, fine) = (central(value, n, j, 2.0 * step), central(value, n, j, step));
    fine.iter().zip(coarse).map(|(f, c)| (4.0 * f - c) / 3.0).collect()
}

/// Central differences.
fn central(value: &mut impl FnMut(&[f64]) -> Flat, n: usize, j: usize, step: f64) -> Vec<f64> {
    let mut at = |h: f64| value(&unit(n, j).iter().map(|u| u * h).collect::<Vec<_>>()).values;
    let (up, down) = (at(step), at(-step));
    up.iter().zip(down).map(|(u, d)| (u - d) / (2.0 * step)).collect()
}

/// Differences that a kink near the point spoils less, or not at all, and how many times as much rounding weighs in them.
fn beside_kinks(value: &mut impl FnMut(&[f64]) -> Flat, n: usize, j: usize, step: f64) -> [(Vec<f64>, f64); 3] {
    let shorter = central(value, n, j, step / 32.0);
    let mut to_one_side = |h: f64| -> Vec<f64> {
        let mut at = |h: f64| value(&unit(n, j).iter().map(|u| u * h).collect::<Vec<_>>()).values;
        let (here, near, far) = (at(0.0), at(h), at(2.0 * h));
        here.iter().zip(near).zip(far).map(|((x, y), z)| (4.0 * y - 3.0 * x - z) / (2.0 * h)).collect()
    };
    [(shorter, 32.0), (to_one_side(step / 2.0), 8.0), (to_one_side(-step / 2.0), 8.0)]
}

/// The number of scalars of a tangent.
pub fn scalars<T: Tangent>(mut tangent: T) -> usize {
    let mut n = 0;
    tangent.__map(&mut |x| {
        n += 1;
        x
    });
    n
}

/// The Hessian, column by column.
pub fn hessian(inputs: &[(&'static str, usize)], mut column: impl FnMut(&[f64]) -> Vec<f64>) -> Array2<f64> {
    let n: usize = inputs.iter().map(|(_, n)| n).sum();
    let mut out = Array2::zeros((n, n));
    for j in 0..n {
        for (i, h) in column(&unit(n, j)).into_iter().enumerate() {
            out[[i, j]] = h;
        }
    }
    out
}

/// The diagonal of the Hessian, by one column after the other.
pub fn hessian_diagonal(inputs: &[(&'static str, usize)], mut column: impl FnMut(&[f64]) -> Vec<f64>) -> Array1<f64> {
    let n: usize = inputs.iter().map(|(_, n)| n).sum();
    (0..n).map(|j| column(&unit(n, j))[j]).collect()
}

fn unit(n: usize, j: usize) -> Vec<f64> {
    let mut e = vec![0.0; n];
    e[j] = 1.0;
    e
}

/// How far apart two derivatives may be.
fn allowed(a: f64, b: f64, relative: f64, scale: f64) -> f64 {
    relative * a.abs().max(b.abs()).max(scale).max(1e-10)
}

/// NaN agrees with NaN, and infinities with themselves.
fn close(a: f64, b: f64, allowed: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= allowed
}

fn locate(inputs: &[(&'static str, usize)], mut j: usize) -> (String, usize) {
    for (name, n) in inputs {
        if j < *n {
            return ((*name).to_owned(), j);
        }
        j -= n;
    }
    unreachable!("an element belongs to a parameter")
}

/// Appends the scalars of a tangent.
pub fn flatten<T: Tangent>(tangent: &mut T, into: &mut Vec<f64>) {
    tangent.__map(&mut |x| {
        into.push(x);
        x
    });
}

/// A tangent with its scalars taken from the front of a slice.
///
/// # Panics
///
/// Panics if the slice holds fewer numbers than the tangent has scalars.
#[must_use]
pub fn unflatten<T: Tangent>(mut tangent: T, from: &mut &[f64]) -> T {
    tangent.__map(&mut |_| {
        let (first, rest) = from.split_first().expect("one number a scalar");
        *from = rest;
        *first
    });
    tangent
}

/// Adds numbers from the front of a slice to the scalars of a value.
pub fn displace<T: Differentiable>(value: &mut T, by: &mut &[f64]) {
    struct Add;
    impl Update for Add {
        fn leaf_f32(&mut self, x: &mut [f32], d: &[f32]) {
            x.iter_mut().zip(d).for_each(|(x, d)| *x += d);
        }
        fn leaf_f64(&mut self, x: &mut [f64], d: &[f64]) {
            x.iter_mut().zip(d).for_each(|(x, d)| *x += d);
        }
    }
    let step = unflatten(value.__zero(), by);
    value.__update(&step, &mut Add);
}
