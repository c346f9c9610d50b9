//! `kmeans`: the direction of a Newton step of k-means clustering.

use differentiable::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::runs::{Done, Runs, read, rows, unknown};

#[differentiable(order = 2)]
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The sum, over points, of the squared distance to the nearest centroid. Both are lists of rows of length `d`.
#[differentiable(order = 2)]
fn cost(#[constant] points: &[f64], centroids: &[f64], d: usize) -> f64 {
    let mut sum = 0.0;
    for point in points.chunks_exact(d) {
        let mut closest = f64::INFINITY;
        for centroid in centroids.chunks_exact(d) {
            closest = closest.min(squared_distance(point, centroid));
        }
        sum += closest;
    }
    sum
}

/// The gradient of the cost.
#[differentiable]
fn slope(#[constant] points: &[f64], centroids: &[f64], d: usize) -> Vec<f64> {
    cost::grad(points, centroids, d)
}

/// The gradient over the diagonal of the Hessian, which is zero elsewhere, so that its product with ones is its diagonal.
fn direction(points: &[f64], centroids: &[f64], d: usize) -> Vec<f64> {
    let ones = vec![1.0; centroids.len()];
    let (slope, curvature) = slope::jvp(points, centroids, d, &ones);
    slope.iter().zip(&curvature).map(|(slope, curvature)| slope / curvature).collect()
}

#[derive(Deserialize)]
struct Input {
    points: Vec<Vec<f64>>,
    centroids: Vec<Vec<f64>>,
    #[serde(flatten)]
    runs: Runs,
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let Input { points, centroids, runs } = read(input)?;
    let d = points.first().map_or(0, Vec::len);
    let (points, centroids) = (points.concat(), centroids.concat());
    match function {
        "cost" => runs.time(|| cost(&points, &centroids, d)),
        "dir" => runs.time_then(|| direction(&points, &centroids, d), |direction| rows(&direction, d)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The step leads to the mean of the nearest points.
    #[test]
    fn the_direction_leads_to_the_means() {
        let points = [0.0, 0.0, 1.0, 0.0, 5.0, 5.0, 6.0, 6.0, 7.0, 10.0];
        let centroids = [0.5, 0.25, 5.5, 6.5];
        cost::check(&points, &centroids, 2).unwrap();
        let direction = direction(&points, &centroids, 2);
        for (i, mean) in [0.5, 0.0, 6.0, 7.0].iter().enumerate() {
            assert!((centroids[i] - direction[i] - mean).abs() < 1e-14, "{direction:?}");
        }
    }
}
