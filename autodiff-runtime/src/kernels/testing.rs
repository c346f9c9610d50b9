//! Checks of a kernel's adjoint and tangent against central differences, for tests.

use ndarray::{Array, Dimension};

/// Numbers in (−1, 1) without a pattern, the same on every run.
pub(crate) fn wave<D: Dimension>(shape: impl ndarray::ShapeBuilder<Dim = D>, seed: usize) -> Array<f64, D> {
    let mut index = seed * 97;
    Array::from_shape_simple_fn(shape, || {
        index += 1;
        ((index as f64) * 12.9898).sin() * 0.9 + 0.05
    })
}

/// Σ a·b.
pub(crate) fn inner<D: Dimension>(a: &Array<f64, D>, b: &Array<f64, D>) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `x + step · direction`.
pub(crate) fn along<D: Dimension>(x: &Array<f64, D>, step: f64, direction: &Array<f64, D>) -> Array<f64, D> {
    x + &(direction * step)
}

#[track_caller]
pub(crate) fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "found {found}, expected {expected}");
}

/// Checks the derivative of `f` at `x`, given by `gradient` of ⟨ct, f⟩ and by `tangent` along a
/// direction, against central differences.
#[track_caller]
pub(crate) fn check<D: Dimension, E: Dimension>(
    x: &Array<f64, D>,
    f: impl Fn(&Array<f64, D>) -> Array<f64, E>,
    gradient: impl Fn(&Array<f64, D>, Array<f64, E>) -> Array<f64, D>,
    tangent: impl Fn(&Array<f64, D>, &Array<f64, D>) -> (Array<f64, E>, Array<f64, E>),
) {
    let y = f(x);
    let ct = wave(y.raw_dim(), 11);
    let direction = wave(x.raw_dim(), 12);
    let step = 1e-6;
    let (above, below) = (f(&along(x, step, &direction)), f(&along(x, -step, &direction)));
    let differences = (above - below) / (2.0 * step);
    let (value, derivative) = tangent(x, &direction);
    assert_eq!(value, y, "the tangent function gives the value too");
    for (found, expected) in derivative.iter().zip(&differences) {
        assert_close(*found, *expected, 1e-8);
    }
    let found = inner(&gradient(x, ct.clone()), &direction);
    assert_close(found, inner(&ct, &derivative), 1e-12);
}
