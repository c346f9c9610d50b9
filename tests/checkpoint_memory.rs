//! What checkpoints are for: the peak memory of the backward pass of a long loop.

use differentiable::prelude::*;

const STATE: usize = 1_000;

/// One explicit step of heat conduction with a source, in place.
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

#[differentiable]
fn stored(u: &mut [f64], flux: f64, steps: usize) -> f64 {
    for _ in 0..steps {
        step(u, flux);
    }
    u[STATE / 2]
}

fn start() -> Vec<f64> {
    (0..STATE).map(|i| (i as f64 * 0.01).sin() + 1.0).collect()
}

fn peak(f: impl FnOnce()) -> u64 {
    allocation_counter::measure(f).bytes_max
}

#[test]
fn memory_falls_as_the_theory_says() {
    let steps = 400;
    let mut gradients = Vec::new();
    let whole = peak(|| gradients.push(stored::grad(&mut start(), 0.2, steps)));
    let parts = peak(|| gradients.push(in_parts::grad(&mut start(), 0.2, steps, 20)));
    let few = peak(|| gradients.push(by_snapshots::grad(&mut start(), 0.2, steps, 6)));
    for other in &gradients[1..] {
        assert!((other.1 - gradients[0].1).abs() <= 1e-12 * gradients[0].1.abs());
    }
    // All steps are stored; 20 snapshots and 20 steps; 6 snapshots and one step.
    assert!(parts * 8 < whole, "{parts} of {whole} bytes");
    assert!(few * 2 < parts, "{few} of {parts} bytes");
}

/// With the square root of the steps in a part, memory grows with the square root of the steps.
#[test]
fn memory_grows_with_the_square_root() {
    let bytes = |steps: usize, every| {
        peak(|| {
            in_parts::grad(&mut start(), 0.2, steps, every);
        })
    };
    let (small, large) = (bytes(100, 10), bytes(1_600, 40));
    assert!(large < 5 * small, "{large} against {small} bytes");
}
