//! Several tangents at once: `lanes`, `jvps`, and Jacobians that are made of them.

use differentiable::prelude::*;

#[differentiable(lanes)]
fn norm2(a: &[f64; 3]) -> f64 {
    a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
}

#[differentiable(lanes)]
fn product<const N: usize>(a: &[[f64; N]; N], b: &[[f64; N]; N]) -> [[f64; N]; N] {
    let mut c = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..N {
            for k in 0..N {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    c
}

type Matrix = [[f64; 2]; 2];

#[differentiable(lanes)]
fn rotation(angle: f64) -> Matrix {
    let (s, c) = angle.sin_cos();
    [[c, -s], [s, c]]
}

/// Branches, loops, calls, vectors, an unknown type, a constant.
#[differentiable(lanes)]
fn program(x: &[f64], angle: f64, n: usize) -> Vec<f64> {
    let m = product(&rotation(angle), &rotation(2.0 * angle));
    let mut out = Vec::new();
    let mut state = [x[0], x[1]];
    for i in 0..n {
        let [a, b] = state;
        state = [m[0][0] * a + m[0][1] * b, m[1][0] * a + m[1][1] * b];
        if state[0] > 0.0 {
            state[0] = (state[0] + 1.0).ln().max(0.1);
        } else {
            state[1] /= 1.0 + norm2(&[state[0], state[1], x[i % x.len()]]).sqrt();
        }
        out.push(state[0] * x[i % x.len()]);
    }
    out.push(x.iter().map(|v| v.powi(2)).sum::<f64>());
    out
}

#[differentiable]
fn single(x: &[f64], angle: f64, n: usize) -> Vec<f64> {
    program(x, angle, n)
}

#[test]
fn jacobians_are_those_of_single_sweeps() {
    let x: Vec<f64> = (0..11).map(|i| (f64::from(i) * 0.7).sin()).collect();
    for n in [0, 1, 5, 20] {
        let (found, expected) = (program::jacobian(&x, 0.3, n), single::jacobian(&x, 0.3, n));
        assert_eq!(found.shape(), [n + 1, 12]);
        let apart = (&found - &expected).mapv(f64::abs).fold(0.0_f64, |a, b| a.max(*b));
        assert!(apart < 1e-14, "{apart}");
    }
    program::check(&x, 0.3, 7).unwrap();
}

#[test]
fn derivatives_along_several_directions() {
    let x = [0.3, -0.7, 0.2];
    let directions = [vec![1.0, 0.0, 0.5], vec![0.0, 0.0, 0.0], vec![-1.0, 2.0, 0.1]];
    let angles = [0.0, 1.0, -0.5];
    let (value, tangents) = program::jvps(&x, 0.4, 6, &directions, angles);
    assert_eq!(value, program(&x, 0.4, 6));
    for ((d, a), tangent) in directions.iter().zip(angles).zip(tangents) {
        let (_, expected) = program::jvp(&x, 0.4, 6, d, a);
        for (found, expected) in tangent.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
    }
    // An empty tangent counts as zero.
    let (_, [tangent]) = program::jvps(&x, 0.4, 6, &[Vec::new()], [1.0]);
    assert_eq!(tangent, program::jvp(&x, 0.4, 6, &[0.0; 3], 1.0).1);
}

#[differentiable(lanes)]
fn mixed(pair: (f32, f32), scale: Option<f32>) -> (f32, [f32; 2]) {
    let (a, b) = pair;
    let k = match scale {
        Some(k) => k * a,
        None => 1.0,
    };
    (a.atan2(b) * k, [a.abs().powf(b), a.hypot(k) - 2.0 * b / k])
}

#[test]
fn tuples_options_and_single_precision() {
    mixed::check((0.5, 1.5), Some(2.0)).unwrap();
    let jacobian = mixed::jacobian((0.5, 1.5), Some(2.0));
    for (j, (d, e)) in [((1.0, 0.0), 0.0), ((0.0, 1.0), 0.0), ((0.0, 0.0), 1.0)].into_iter().enumerate() {
        let (_, (first, [second, third])) = mixed::jvp((0.5, 1.5), Some(2.0), d, Some(e));
        for (i, expected) in [first, second, third].into_iter().enumerate() {
            assert!((jacobian[[i, j]] - f64::from(expected)).abs() < 1e-5, "{i} {j}");
        }
    }
    assert_eq!(mixed::jacobian((0.5, 1.5), None).shape(), [3, 2]);
}

#[differentiable(lanes)]
fn heat(x: &[f64], k: f64) -> Vec<f64> {
    x.windows(3).map(|w| k * (w[0] - 2.0 * w[1] + w[2]) + w[1].powi(3)).collect()
}

#[test]
fn sparse_jacobians_take_the_groups_as_lanes() {
    let x: Vec<f64> = (0..40).map(|i| (f64::from(i)).cos()).collect();
    let pattern = heat::jacobian_pattern(&x, 0.1);
    assert_eq!(heat::jacobian_sparse(&x, 0.1, &pattern).to_dense(), heat::jacobian(&x, 0.1));
}

/// Elements of a vector that are changed by others of it.
mod elements_changed_by_others {
    use differentiable::prelude::*;

    #[differentiable(lanes)]
    fn step(x: &[f64], k: f64) -> Vec<f64> {
        let mut v = x.to_vec();
        for i in 1..v.len() {
            v[i] += v[i - 1] * k;
            let t = v[0] * v[i];
            v[i - 1] += t;
        }
        (v[0], v[1]) = (v[1], v[0] * k);
        v
    }

    #[test]
    fn along_several_directions() {
        step::check(&[0.3, 0.4, 0.5], 0.7).unwrap();
        let (x, h) = ([0.3, 0.4, 0.5], 1e-6);
        let jacobian = step::jacobian(&x, 0.7);
        for i in 0..3 {
            let (mut up, mut down) = (x, x);
            up[i] += h;
            down[i] -= h;
            let (up, down) = (step(&up, 0.7), step(&down, 0.7));
            for r in 0..3 {
                assert!((jacobian[[r, i]] - (up[r] - down[r]) / (2.0 * h)).abs() < 1e-6);
            }
        }
    }
}
