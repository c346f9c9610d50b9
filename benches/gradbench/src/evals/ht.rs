//! `ht`: hand tracking. A model of a hand is posed, and its distances from measured points are the errors.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

type Matrix3 = [[f64; 3]; 3];
type Matrix4 = [[f64; 4]; 4];

/// A hand: bones, each with a parent that comes before it, and vertices, which follow several bones by weights.
#[derive(Deserialize)]
struct Hand {
    parents: Vec<i64>,
    base_relatives: Vec<Matrix4>,
    inverse_base_absolutes: Vec<Matrix4>,
    base_positions: Vec<[f64; 4]>,
    weights: Vec<Vec<f64>>,
    triangles: Vec<[usize; 3]>,
    is_mirrored: bool,
}

/// Measured points, and the triangles or vertices of the hand that they belong to.
#[derive(Deserialize)]
struct Measurement {
    model: Hand,
    correspondences: Vec<usize>,
    points: Vec<[f64; 3]>,
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

/// Rodrigues' formula; `rotation` is the axis times the angle.
#[differentiable(lanes)]
fn rotation_matrix(rotation: &[f64; 3]) -> Matrix3 {
    let angle = (rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2]).sqrt();
    if angle < 1e-4 {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    }
    let (x, y, z) = (rotation[0] / angle, rotation[1] / angle, rotation[2] / angle);
    let (s, c) = angle.sin_cos();
    [
        [x * x + (1.0 - x * x) * c, x * y * (1.0 - c) - z * s, x * z * (1.0 - c) + y * s],
        [x * y * (1.0 - c) + z * s, y * y + (1.0 - y * y) * c, y * z * (1.0 - c) - x * s],
        [x * z * (1.0 - c) - y * s, z * y * (1.0 - c) + x * s, z * z + (1.0 - z * z) * c],
    ]
}

/// The rotation by Euler angles about x, then y, then z, as a transformation of homogeneous coordinates.
#[differentiable(lanes)]
fn euler_matrix(x: f64, y: f64, z: f64) -> Matrix4 {
    let ((sin_x, cos_x), (sin_y, cos_y), (sin_z, cos_z)) = (x.sin_cos(), y.sin_cos(), z.sin_cos());
    let about_x = [[1.0, 0.0, 0.0, 0.0], [0.0, cos_x, -sin_x, 0.0], [0.0, sin_x, cos_x, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let about_y = [[cos_y, 0.0, sin_y, 0.0], [0.0, 1.0, 0.0, 0.0], [-sin_y, 0.0, cos_y, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let about_z = [[cos_z, -sin_z, 0.0, 0.0], [sin_z, cos_z, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    product(&product(&about_z, &about_y), &about_x)
}

/// The angles of the bones: the fingers bend, and their first bones turn sidewards as well.
#[differentiable(lanes)]
fn bone_angles(theta: &[f64], bones: usize) -> Vec<[f64; 2]> {
    let mut angles = vec![[0.0; 2]; bones];
    for finger in 0..5 {
        let first = 2 + 4 * finger;
        let at = 6 + 4 * finger;
        angles[first] = [theta[at], theta[at + 1]];
        angles[first + 1][0] = theta[at + 2];
        angles[first + 2][0] = theta[at + 3];
    }
    angles
}

/// How each bone moves what is attached to it.
#[differentiable(lanes)]
fn bone_transforms(theta: &[f64], #[constant] hand: &Hand) -> Vec<Matrix4> {
    let angles = bone_angles(theta, hand.parents.len());
    let mut absolutes: Vec<Matrix4> = Vec::new();
    for (i, &parent) in hand.parents.iter().enumerate() {
        let [x, z] = angles[i];
        let relative = product(&hand.base_relatives[i], &euler_matrix(x, 0.0, z));
        absolutes.push(if parent < 0 { relative } else { product(&absolutes[parent as usize], &relative) });
    }
    absolutes.iter().zip(&hand.inverse_base_absolutes).map(|(absolute, inverse)| product(absolute, inverse)).collect()
}

/// The vertices of the hand in the pose `theta`: rotation, translation, and the angles of the fingers.
#[differentiable(lanes)]
fn vertices(theta: &[f64], #[constant] hand: &Hand) -> Vec<[f64; 3]> {
    let transforms = bone_transforms(theta, hand);
    let rotation = rotation_matrix(&[theta[0], theta[1], theta[2]]);
    let mut vertices = vec![[0.0; 3]; hand.base_positions.len()];
    for (v, base) in hand.base_positions.iter().enumerate() {
        let mut position = [0.0; 3];
        for (transform, weight) in transforms.iter().zip(&hand.weights[v]) {
            for i in 0..3 {
                let row = &transform[i];
                position[i] += weight * (row[0] * base[0] + row[1] * base[1] + row[2] * base[2] + row[3] * base[3]);
            }
        }
        if hand.is_mirrored {
            position[0] = -position[0];
        }
        for i in 0..3 {
            let row = &rotation[i];
            vertices[v][i] = row[0] * position[0] + row[1] * position[1] + row[2] * position[2] + theta[3 + i];
        }
    }
    vertices
}

/// The errors: measured points minus the points of the hand. These are vertices, or, where there are barycentric
/// coordinates `us`, points of triangles.
#[differentiable(lanes)]
fn errors(theta: &[f64], us: &[[f64; 2]], #[constant] data: &Measurement) -> Vec<f64> {
    let vertices = vertices(theta, &data.model);
    let mut errors = Vec::with_capacity(3 * data.points.len());
    for (i, point) in data.points.iter().enumerate() {
        let at = data.correspondences[i];
        for j in 0..3 {
            let on_hand = if us.is_empty() {
                vertices[at][j]
            } else {
                let [a, b, c] = data.model.triangles[at];
                let [u, v] = us[i];
                u * vertices[a][j] + v * vertices[b][j] + (1.0 - u - v) * vertices[c][j]
            };
            errors.push(point[j] - on_hand);
        }
    }
    errors
}

/// How many columns one sweep gives.
const SWEEP: usize = 8;

/// The columns of the Jacobian. An error depends on its own coordinates `us` only, so all of their derivatives fit into
/// the first two columns; those of `theta` follow.
fn jacobian(theta: &[f64], us: &[[f64; 2]], data: &Measurement) -> Vec<Vec<f64>> {
    let of_us = if us.is_empty() { 0 } else { 2 };
    let count = of_us + theta.len();
    let mut columns = Vec::with_capacity(count);
    // What is left empty is zero.
    while columns.len() < count {
        let first = columns.len();
        let by_us = std::array::from_fn(|lane| match first + lane {
            column if column < of_us => vec![std::array::from_fn(|i| f64::from(u8::from(i == column))); us.len()],
            _ => Vec::new(),
        });
        let by_theta = std::array::from_fn(|lane| {
            let mut direction = vec![0.0; theta.len()];
            if (of_us..count).contains(&(first + lane)) {
                direction[first + lane - of_us] = 1.0;
            }
            direction
        });
        let (_, tangents) = errors::jvps::<SWEEP>(theta, us, data, &by_theta, &by_us);
        columns.extend(tangents.into_iter().take(count - first));
    }
    columns
}

/// The rows of a matrix that is given by columns.
fn transpose(columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    (0..columns[0].len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}

#[derive(Deserialize)]
struct Input {
    theta: Vec<f64>,
    data: Measurement,
    us: Vec<[f64; 2]>,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { theta, data, us, runs } = read(input)?;
    match function {
        "objective" => runs.time(|| errors(&theta, &us, &data)),
        "jacobian" => runs.time_then(|| jacobian(&theta, &us, &data), transpose),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hand of 22 bones and a few vertices.
    fn example() -> (Vec<f64>, Vec<[f64; 2]>, Measurement) {
        let number = |i: usize, seed: f64| (seed + 1.7 * i as f64).sin();
        let matrix = |seed: f64| {
            let mut m = [[0.0; 4]; 4];
            for i in 0..3 {
                for j in 0..4 {
                    m[i][j] = f64::from(u8::from(i == j)) + 0.2 * number(4 * i + j, seed);
                }
            }
            m[3][3] = 1.0;
            m
        };
        let model = Hand {
            parents: (-1..21).collect(),
            base_relatives: (0..22).map(|i| matrix(0.1 * f64::from(i))).collect(),
            inverse_base_absolutes: (0..22).map(|i| matrix(0.3 * f64::from(i))).collect(),
            base_positions: (0..4).map(|i| [number(i, 0.1), number(i, 0.2), number(i, 0.3), 1.0]).collect(),
            weights: (0..4).map(|i| (0..22).map(|j| 0.1 * number(22 * i + j, 0.4)).collect()).collect(),
            triangles: vec![[0, 1, 2], [1, 2, 3]],
            is_mirrored: true,
        };
        let points = (0..3).map(|i| [number(i, 0.5), number(i, 0.6), number(i, 0.7)]).collect();
        let theta = (0..26).map(|i| 0.5 * number(i, 0.8)).collect();
        let us = (0..3).map(|i| [number(i, 0.9), number(i, 1.0)]).collect();
        (theta, us, Measurement { model, correspondences: vec![1, 0, 1], points })
    }

    #[test]
    fn gradients() {
        let (theta, us, data) = example();
        errors::check(&theta, &us, &data).unwrap();
        errors::check(&theta, &[], &data).unwrap();
    }

    #[test]
    fn the_jacobian_is_that_of_the_errors() {
        let (theta, us, data) = example();
        let rows = transpose(jacobian(&theta, &us, &data));
        let dense = errors::jacobian(&theta, &us, &data);
        for (i, row) in rows.iter().enumerate() {
            let at = 26 + 2 * (i / 3);
            for (found, j) in row.iter().zip((at..at + 2).chain(0..26)) {
                let expected = dense[[i, j]];
                assert!((found - expected).abs() < 1e-13, "{found} {expected}");
            }
        }
    }
}
