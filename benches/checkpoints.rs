//! Peak memory and time of the backward pass of a long loop, by how it is checkpointed.
//!
//! `cargo bench --bench checkpoints` runs up to 10⁶ steps over a state of 1,000 numbers; with an argument,
//! `cargo bench --bench checkpoints -- 10000`, fewer.

#![allow(missing_docs)]

use std::time::Instant;

use differentiable::prelude::*;

const STATE: usize = 1_000;

/// One explicit step of heat conduction with a sink, in place.
#[differentiable]
fn step(u: &mut [f64], flux: f64) {
    let n = u.len();
    let mut left = u[0];
    for i in 1..n - 1 {
        let here = u[i];
        u[i] += flux * (left - 2.0 * here + u[i + 1]) - 0.001 * here * here;
        left = here;
    }
}

#[differentiable]
fn plain(u: &mut [f64], flux: f64, steps: usize) -> f64 {
    for _ in 0..steps {
        step(u, flux);
    }
    u[STATE / 2]
}

#[differentiable]
fn in_parts(u: &mut [f64], flux: f64, steps: usize, every: usize) -> f64 {
    #[checkpoint(every = every)]
    for _ in 0..steps {
        step(u, flux);
    }
    u[STATE / 2]
}

#[differentiable]
fn by_snapshots(u: &mut [f64], flux: f64, steps: usize, snapshots: usize) -> f64 {
    #[checkpoint(snapshots = snapshots)]
    for _ in 0..steps {
        step(u, flux);
    }
    u[STATE / 2]
}

fn start() -> Vec<f64> {
    (0..STATE).map(|i| (i as f64 * 0.01).sin() + 1.0).collect()
}

/// Peak memory in MiB, seconds, and the derivative by the flux.
fn measure(f: impl FnOnce() -> f64) -> (f64, f64, f64) {
    let mut derivative = 0.0;
    let before = Instant::now();
    let bytes = allocation_counter::measure(|| derivative = f()).bytes_max;
    (bytes as f64 / f64::from(1 << 20), before.elapsed().as_secs_f64(), derivative)
}

fn main() {
    let most = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(1_000_000);
    println!("{:>9}  {:<24} {:>10} {:>9} {:>7}", "steps", "checkpoints", "peak MiB", "seconds", "ratio");
    let mut steps = 10_000;
    while steps <= most {
        let (_, primal, _) = measure(|| plain(&mut start(), 0.2, steps));
        let row = |name: &str, (peak, seconds, derivative): (f64, f64, f64)| {
            println!("{steps:>9}  {name:<24} {peak:>10.2} {seconds:>9.3} {:>7.1}", seconds / primal);
            derivative
        };
        let root = (steps as f64).sqrt() as usize;
        let expected = row(&format!("every = {root}"), measure(|| in_parts::grad(&mut start(), 0.2, steps, root).1));
        let same = |name: &str, result: (f64, f64, f64)| {
            assert!(steps < 1_000_000 || result.0 <= 64.0, "{name}: {} MiB", result.0);
            let derivative = row(name, result);
            assert!((derivative - expected).abs() <= 1e-9 * expected.abs(), "{name}: {derivative}, not {expected}");
        };
        if steps <= 10_000 {
            same("none", measure(|| plain::grad(&mut start(), 0.2, steps).1));
        }
        for snapshots in [1_000, 100, 30] {
            same(
                &format!("snapshots = {snapshots}"),
                measure(|| by_snapshots::grad(&mut start(), 0.2, steps, snapshots).1),
            );
        }
        steps *= 10;
    }
}
