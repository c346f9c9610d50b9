//! Jacobians of every shape, sparse ones, and diagonals of Hessians.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;
use differentiable::{Pattern, SparseJacobian};

/// Many values of few parameters, and few of many.
#[differentiable]
fn tall(t: f64, w: &[f64; 2]) -> [f64; 5] {
    [t * w[0], t.sin(), w[1] * w[0], w[1] - t, 3.0]
}

#[differentiable]
fn wide(x: &[f64], n: usize, z: Complex<f64>) -> (f64, Complex<f64>) {
    (x.iter().map(|x| x.powi(n as i32)).sum::<f64>() * z.re, z * z * x[0])
}

#[differentiable]
fn generic<T: Real, const N: usize>(x: [T; N], k: T) -> [T; N] {
    let mut y = x;
    for i in 0..N {
        y[i] = x[i] * x[N - 1 - i] * k;
    }
    y
}

/// Constant state is copied as well.
#[differentiable]
fn counts(x: f64, scratch: &mut [usize]) -> [f64; 2] {
    scratch[0] += 1;
    [x * scratch[0] as f64, x * x]
}

fn differences(f: impl Fn(&[f64]) -> Vec<f64>, at: &[f64]) -> Array2<f64> {
    let h = 1e-6;
    let columns: Vec<Vec<f64>> = (0..at.len())
        .map(|j| {
            let (mut up, mut down) = (at.to_vec(), at.to_vec());
            up[j] += h;
            down[j] -= h;
            f(&up).iter().zip(f(&down)).map(|(u, d)| (u - d) / (2.0 * h)).collect()
        })
        .collect();
    Array2::from_shape_fn((columns[0].len(), at.len()), |(i, j)| columns[j][i])
}

fn close(a: &Array2<f64>, b: &Array2<f64>) {
    assert_eq!(a.dim(), b.dim());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-7), "{a} {b}");
}

#[test]
fn either_mode_gives_the_matrix() {
    let found = tall::jacobian(0.7, &[0.4, 1.1]);
    close(&found, &differences(|x| tall(x[0], &[x[1], x[2]]).to_vec(), &[0.7, 0.4, 1.1]));
    let of_wide = |x: &[f64]| {
        let (a, b) = wide(&x[..3], 2, Complex::new(x[3], x[4]));
        vec![a, b.re, b.im]
    };
    let found = wide::jacobian(&[0.4, -0.2, 0.9], 2, Complex::new(0.3, 0.8));
    close(&found, &differences(of_wide, &[0.4, -0.2, 0.9, 0.3, 0.8]));
    let found = generic::jacobian([0.4, -0.2, 0.9], 1.5);
    close(&found, &differences(|x| generic([x[0], x[1], x[2]], x[3]).to_vec(), &[0.4, -0.2, 0.9, 1.5]));
    assert_eq!(generic::jacobian([0.5_f32, 2.0], 1.0).dim(), (2, 3));
    let mut scratch = [0, 7];
    assert_eq!(counts::jacobian(3.0, &mut scratch), array![[1.0], [6.0]]);
    assert_eq!(scratch, [0, 7]);
    counts::check(3.0, &mut scratch).unwrap();
}

#[differentiable]
fn empty(x: &[f64]) -> Vec<f64> {
    x.to_vec()
}

#[test]
fn matrices_without_entries() {
    assert_eq!(empty::jacobian(&[]).dim(), (0, 0));
    assert_eq!(empty::jacobian_pattern(&[]).shape(), (0, 0));
}

/// A band, with derivatives that are zero at some points, and a column of its own.
#[differentiable]
fn band(x: &[f64], k: f64) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for i in 1..x.len() - 1 {
        y[i] = k * x[i - 1] * x[i + 1] + x[i] * x[i];
    }
    y
}

#[test]
fn a_band_takes_as_many_sweeps_as_it_is_wide() {
    // At zero all entries of the band but for those of `k` vanish.
    let pattern = band::jacobian_pattern(&[0.0; 50], 1.0);
    assert_eq!((pattern.shape(), pattern.entries(), pattern.sweeps()), ((50, 51), 4 * 48, 4));
    let x: Vec<f64> = (0..50).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let found = band::jacobian_sparse(&x, 0.8, &pattern);
    assert_eq!(found.values.len(), 4 * 48);
    close(&found.to_dense(), &band::jacobian(&x, 0.8));
}

/// One value of everything, and one of each: rows are fewer groups than columns.
#[differentiable]
fn arrow(x: &[f64]) -> Vec<f64> {
    vec![x.iter().map(|x| x * x).sum(), x[0] * x[1], x[2].sin()]
}

#[test]
fn groups_are_of_rows_where_those_are_fewer() {
    let x: Vec<f64> = (0..20).map(|i| f64::from(i) * 0.1 + 0.1).collect();
    let pattern = arrow::jacobian_pattern(&x);
    assert_eq!((pattern.entries(), pattern.sweeps()), (23, 2));
    close(&arrow::jacobian_sparse(&x, &pattern).to_dense(), &arrow::jacobian(&x));
}

#[test]
fn known_patterns() {
    let pattern = Pattern::new((2, 3), [(0, 0), (1, 2), (0, 0)]);
    assert_eq!((pattern.entries(), pattern.sweeps()), (2, 1));
    let found = known::jacobian_sparse(&[2.0, 3.0, 5.0], &pattern);
    let expected = SparseJacobian { shape: (2, 3), rows: vec![0, 1], columns: vec![0, 2], values: vec![4.0, 10.0] };
    assert_eq!(found, expected);
}

#[differentiable]
fn known(x: &[f64]) -> [f64; 2] {
    [x[0] * x[0], x[2] * x[2]]
}

#[test]
#[should_panic(expected = "the pattern lacks an entry")]
fn an_entry_that_is_missing_is_noticed() {
    let pattern = Pattern::new((2, 3), [(0, 0), (0, 2)]);
    let _ = known::jacobian_sparse(&[2.0, 3.0, 5.0], &pattern);
}

/// Which entries there are depends on the point.
#[differentiable]
fn upwind(x: &[f64]) -> Vec<f64> {
    (0..x.len()).map(|i| if x[i] > 0.0 { x[i] * x[(i + 1) % x.len()] } else { x[i].sin() * x[0] }).collect()
}

/// The entry falls where another one of the same group is expected.
#[test]
#[should_panic(expected = "the pattern lacks an entry")]
fn an_entry_in_the_place_of_another_is_noticed() {
    let pattern = upwind::jacobian_pattern(&[0.3, -0.2, 0.5, 0.8, -0.1]);
    let _ = upwind::jacobian_sparse(&[0.3, 0.2, 0.5, 0.8, -0.1], &pattern);
}

/// Rounding is no entry.
#[differentiable]
fn rounded(x: &[f32]) -> Vec<f32> {
    x.windows(3).map(|w| 1e4 * (w[0] - 2.0 * w[1] + w[2]).sin() + w[1].exp() / 3.0).collect()
}

#[test]
fn rounding_is_no_entry_that_is_missing() {
    let x: Vec<f32> = (0..40_u8).map(|i| f32::from(i).sin()).collect();
    let pattern = rounded::jacobian_pattern(&x);
    let apart = &rounded::jacobian_sparse(&x, &pattern).to_dense() - &rounded::jacobian(&x);
    assert!(apart.iter().all(|d| d.abs() < 1e-2));
}

#[differentiable(order = 2)]
fn energy(x: &[f64], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 1..x.len() {
        s += (x[i] * x[i - 1] * k).exp() + x[i].powi(3);
    }
    s
}

#[test]
fn the_diagonal_of_the_hessian() {
    let x = [0.4, -0.7, 0.2];
    let diagonal: Array1<f64> = energy::hessian_diagonal(&x, 0.9);
    assert_eq!(diagonal, energy::hessian(&x, 0.9).diag());
}
