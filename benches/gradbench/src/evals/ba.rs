//! `ba`: bundle adjustment. The Jacobian of the errors of projected points is sparse: a block for each observation.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::runs::{Done, Runs, read, unknown};

/// A camera, in the order of its columns in the Jacobian.
#[derive(Clone, Copy, Differentiable)]
struct Camera {
    rotation: [f64; 3],
    center: [f64; 3],
    focal_length: f64,
    principal_point: [f64; 2],
    distortion: [f64; 2],
}

#[differentiable(tape = none)]
fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[differentiable(tape = none)]
fn cross(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Rodrigues' formula; `rotation` is the axis times the angle.
#[differentiable(tape = none)]
fn rotate(rotation: &[f64; 3], point: &[f64; 3]) -> [f64; 3] {
    let squared_angle = dot(rotation, rotation);
    let mut rotated = [0.0; 3];
    if squared_angle == 0.0 {
        let normal = cross(rotation, point);
        for i in 0..3 {
            rotated[i] = point[i] + normal[i];
        }
    } else {
        let angle = squared_angle.sqrt();
        let (sin, cos) = angle.sin_cos();
        let inverse = 1.0 / angle;
        let axis = [rotation[0] * inverse, rotation[1] * inverse, rotation[2] * inverse];
        let normal = cross(&axis, point);
        let along = dot(&axis, point) * (1.0 - cos);
        for i in 0..3 {
            rotated[i] = point[i] * cos + normal[i] * sin + axis[i] * along;
        }
    }
    rotated
}

#[differentiable(tape = none)]
fn project(camera: &Camera, point: &[f64; 3]) -> [f64; 2] {
    let centered = [point[0] - camera.center[0], point[1] - camera.center[1], point[2] - camera.center[2]];
    let seen = rotate(&camera.rotation, &centered);
    let (x, y) = (seen[0] / seen[2], seen[1] / seen[2]);
    let squared_radius = x * x + y * y;
    let distortion =
        1.0 + camera.distortion[0] * squared_radius + camera.distortion[1] * squared_radius * squared_radius;
    [
        x * distortion * camera.focal_length + camera.principal_point[0],
        y * distortion * camera.focal_length + camera.principal_point[1],
    ]
}

#[differentiable(wrt(camera, point, weight))]
fn projection_error(camera: &Camera, point: &[f64; 3], weight: f64, feature: &[f64; 2]) -> [f64; 2] {
    let projected = project(camera, point);
    [weight * (projected[0] - feature[0]), weight * (projected[1] - feature[1])]
}

#[differentiable]
fn weight_error(weight: f64) -> f64 {
    1.0 - weight * weight
}

/// The columns of a camera, of a point and of a weight.
const CAMERA: usize = 11;
const POINT: usize = 3;
const BLOCK: usize = CAMERA + POINT + 1;

/// A problem: cameras, points, and observations of points by cameras.
struct Problem {
    cameras: Vec<Camera>,
    points: Vec<[f64; 3]>,
    weights: Vec<f64>,
    features: Vec<[f64; 2]>,
    observations: Vec<(usize, usize)>,
}

impl Problem {
    fn errors(&self) -> (Vec<[f64; 2]>, Vec<f64>) {
        let observed = self.observations.iter().zip(&self.weights).zip(&self.features);
        let projection = observed.map(|((&(camera, point), &weight), feature)| {
            projection_error(&self.cameras[camera], &self.points[point], weight, feature)
        });
        (projection.collect(), self.weights.iter().map(|&weight| weight_error(weight)).collect())
    }

    fn jacobian(&self) -> Sparse {
        let mut jacobian = Sparse::with_capacity(3 * self.weights.len(), (2 * BLOCK + 1) * self.weights.len());
        let (first_point, first_weight) =
            (CAMERA * self.cameras.len(), CAMERA * self.cameras.len() + POINT * self.points.len());
        for (i, &(camera, point)) in self.observations.iter().enumerate() {
            let (camera_at, point_at) = (&self.cameras[camera], &self.points[point]);
            let block = projection_error::jacobian(camera_at, point_at, self.weights[i], &self.features[i]);
            for row in block.rows() {
                jacobian.columns(CAMERA * camera, CAMERA);
                jacobian.columns(first_point + POINT * point, POINT);
                jacobian.columns(first_weight + i, 1);
                jacobian.values.extend(row);
                jacobian.end_row();
            }
        }
        for (i, &weight) in self.weights.iter().enumerate() {
            jacobian.columns(first_weight + i, 1);
            jacobian.values.push(weight_error::grad(weight));
            jacobian.end_row();
        }
        jacobian
    }
}

/// A sparse matrix by rows: row `i` is from `rows[i]` to `rows[i + 1]` in the other two.
struct Sparse {
    rows: Vec<u32>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Sparse {
    fn with_capacity(rows: usize, values: usize) -> Self {
        let mut start = Vec::with_capacity(rows + 1);
        start.push(0);
        Self { rows: start, columns: Vec::with_capacity(values), values: Vec::with_capacity(values) }
    }

    /// Adds `count` columns from `first` on to the last row.
    fn columns(&mut self, first: usize, count: usize) {
        self.columns.extend(first as u32..(first + count) as u32);
    }

    fn end_row(&mut self) {
        self.rows.push(self.values.len() as u32);
    }

    /// What the eval looks at: the beginning of each list and its last element.
    fn excerpt(&self) -> Value {
        let excerpt = |list: Vec<f64>| [&list[..2 * BLOCK], &list[list.len() - 1..]].concat();
        let whole = |list: &[u32]| -> Vec<u32> { [&list[..2 * BLOCK], &list[list.len() - 1..]].concat() };
        json!({ "rows": whole(&self.rows), "cols": whole(&self.columns), "vals": excerpt(self.values.clone()) })
    }
}

#[derive(Deserialize)]
struct Input {
    n: usize,
    m: usize,
    p: usize,
    cam: [f64; CAMERA],
    x: [f64; POINT],
    w: f64,
    feat: [f64; 2],
    #[serde(flatten)]
    runs: Runs,
}

impl Input {
    /// All cameras are the same, and so are all points and features.
    fn problem(&self) -> Problem {
        let [r0, r1, r2, c0, c1, c2, focal_length, p0, p1, d0, d1] = self.cam;
        let camera = Camera {
            rotation: [r0, r1, r2],
            center: [c0, c1, c2],
            focal_length,
            principal_point: [p0, p1],
            distortion: [d0, d1],
        };
        Problem {
            cameras: vec![camera; self.n],
            points: vec![self.x; self.m],
            weights: vec![self.w; self.p],
            features: vec![self.feat; self.p],
            observations: (0..self.p).map(|i| (i % self.n, i % self.m)).collect(),
        }
    }
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let input: Input = read(input)?;
    let problem = input.problem();
    match function {
        "objective" => input.runs.time_then(
            || problem.errors(),
            |(projection, weight)| {
                json!({
                    "reproj_error": { "elements": projection[0], "repeated": projection.len() },
                    "w_err": { "element": weight[0], "repeated": weight.len() },
                })
            },
        ),
        "jacobian" => input.runs.time_then(|| problem.jacobian(), |jacobian| jacobian.excerpt()),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients() {
        for rotation in [[0.1, -0.2, 0.3], [0.0; 3]] {
            let camera = Camera {
                rotation,
                center: [0.5, 0.2, -0.1],
                focal_length: 1.5,
                principal_point: [0.1, 0.2],
                distortion: [0.01, 0.002],
            };
            projection_error::check(&camera, &[1.0, 2.0, 5.0], 0.7, &[0.3, 0.4]).unwrap();
        }
    }

    #[test]
    fn the_jacobian_has_a_block_for_each_observation() {
        let line = r#"{"n": 2, "m": 3, "p": 4, "cam": [0.1, 0.2, 0.3, 0, 0, 0, 1, 0, 0, 0.01, 0],
            "x": [1, 2, 5], "w": 0.5, "feat": [0.3, 0.4]}"#;
        let input: Input = serde_json::from_str(line).unwrap();
        let jacobian = input.problem().jacobian();
        assert_eq!((jacobian.rows.len(), jacobian.values.len()), (13, 4 * 31));
        assert_eq!(jacobian.columns[30..45], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 25, 26, 27, 32]);
        assert_eq!(jacobian.values.last(), Some(&-1.0));
    }
}
