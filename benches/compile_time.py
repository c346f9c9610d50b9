#!/usr/bin/env python3
"""What derivatives add to `cargo build`, per annotated line.

Makes a package of ordinary functions and builds it three times: as it is, with every function annotated, and with every
gradient called as well; in debug and in release, and in debug with an optimised macro. Prints a table, as in `docs/costs.md`.
Times are of the processor, so that they hardly depend on what else the machine does.

    python3 benches/compile_time.py [--copies 12] [--runs 5] [--profiles debug release]
"""

import argparse
import os
import resource
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Four functions with what programs are made of: loops, branches, slices, iterators, calls.
MODULE = """
#[cfg_attr(feature = "annotated", differentiable::differentiable)]
pub fn energy(positions: &[f64], masses: &[f64], softening: f64) -> f64 {
    let n = masses.len();
    let mut total = 0.0;
    for i in 0..n {
        for j in 0..i {
            let dx = positions[3 * i] - positions[3 * j];
            let dy = positions[3 * i + 1] - positions[3 * j + 1];
            let dz = positions[3 * i + 2] - positions[3 * j + 2];
            let distance = (dx * dx + dy * dy + dz * dz + softening * softening).sqrt();
            total -= masses[i] * masses[j] / distance;
        }
    }
    total
}

#[cfg_attr(feature = "annotated", differentiable::differentiable)]
pub fn network(weights: &[f64], bias: &[f64], input: &[f64]) -> f64 {
    let width = bias.len();
    let mut hidden = vec![0.0; width];
    for i in 0..width {
        let mut sum = bias[i];
        for j in 0..input.len() {
            sum += weights[i * input.len() + j] * input[j];
        }
        hidden[i] = if sum > 0.0 { sum } else { 0.01 * sum };
    }
    let mean = hidden.iter().sum::<f64>() / width as f64;
    let spread = hidden.iter().map(|h| (h - mean) * (h - mean)).sum::<f64>();
    (1.0 + spread).ln() + energy(input, bias, 0.1)
}

#[cfg_attr(feature = "annotated", differentiable::differentiable)]
pub fn filter(measured: &[f64], drift: f64, noise: f64) -> f64 {
    let mut state = 0.0;
    let mut variance = 1.0;
    let mut loss = 0.0;
    for z in measured {
        state += drift;
        variance += 0.01;
        let gain = variance / (variance + noise);
        let residual = z - state;
        if residual > 10.0 {
            continue;
        }
        state += gain * residual;
        variance *= 1.0 - gain;
        loss += residual * residual / (variance + noise) + (variance + noise).ln();
    }
    loss
}

#[cfg_attr(feature = "annotated", differentiable::differentiable)]
pub fn integrate(start: &[f64], stiffness: f64, steps: usize) -> f64 {
    let mut x = start[0];
    let mut v = start[1];
    let dt = 0.01;
    for _ in 0..steps {
        let a = -stiffness * x.sin() - 0.1 * v * v.abs();
        let half = v + 0.5 * dt * a;
        x += dt * half;
        v = half + 0.5 * dt * (-stiffness * x.sin() - 0.1 * half);
        if x > 100.0 {
            return x;
        }
    }
    x * x + v * v
}
"""
CALLS = {
    "energy": "&v, &v[..3], 0.1",
    "network": "&v, &v[..3], &v[..3]",
    "filter": "&v, 0.1, 0.2",
    "integrate": "&v, 2.0, 10",
}
VARIANTS = [("as it is", []), ("annotated", ["annotated"]), ("gradients called", ["annotated", "called"])]
PROFILES = [
    ("`cargo check`", ["check"], {}),
    ("debug", ["build"], {}),
    ("debug, optimised macro", ["build"], {"CARGO_PROFILE_DEV_BUILD_OVERRIDE_OPT_LEVEL": "3"}),
    ("release", ["build", "--release"], {}),
]


def package(folder, copies):
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "measured"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n'
        f'[dependencies]\ndifferentiable = {{ path = "{ROOT}" }}\n\n[features]\nannotated = []\ncalled = []\n'
    )
    (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
    main = ["fn main() {", "    let v: Vec<f64> = (0..9).map(|i| i as f64 + std::env::args().count() as f64).collect();"]
    for k in range(copies):
        (folder / f"src/part{k}.rs").write_text(MODULE)
        main.insert(0, f"mod part{k};")
        for name, arguments in CALLS.items():
            main.append(f'    println!("{{:?}}", part{k}::{name}({arguments}));')
            main.append(f'    #[cfg(feature = "called")]\n    println!("{{:?}}", part{k}::{name}::grad({arguments}));')
    (folder / "src/main.rs").write_text("\n".join([*main, "}"]))
    return copies * len([line for line in MODULE.splitlines() if line.strip() and "cfg_attr" not in line])


def build(folder, arguments, features, environment):
    """The seconds of processor time that a build takes after the source was touched; dependencies are built."""
    environment = os.environ | environment | {"CARGO_INCREMENTAL": "0"}
    command = ["cargo", *arguments, "--quiet", "--features", ",".join(features)]
    (folder / "src/main.rs").touch()
    before = processor_time()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return processor_time() - before


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--copies", type=int, default=12, help="how often the four functions are compiled")
parser.add_argument("--runs", type=int, default=5, help="builds of each kind, of which the fastest counts")
parser.add_argument("--profiles", nargs="+", choices=[name.strip("`") for name, _, _ in PROFILES], help="all if none is given")
options = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    lines = package(folder, options.copies)
    print(f"{4 * options.copies} functions, {lines} lines\n")
    print("| build | " + " | ".join(f"{name}, s" for name, _ in VARIANTS) + " | annotation, ms a line | with calls, ms a line |")
    print("| --- |" + " --- |" * (len(VARIANTS) + 2))
    for profile, arguments, environment in PROFILES:
        if options.profiles and profile.strip("`") not in options.profiles:
            continue
        build(folder, arguments, [], environment)
        # The variants take turns, so that what else the machine does falls on all of them.
        runs = [[build(folder, arguments, features, environment) for _, features in VARIANTS] for _ in range(options.runs)]
        times = [min(of_variant) for of_variant in zip(*runs)]
        added = [(t - times[0]) / lines * 1e3 for t in times[1:]]
        cells = [*(f"{t:.2f}" for t in times), *(f"{a:.2f}" for a in added)]
        print(f"| {profile} | " + " | ".join(cells) + " |", flush=True)
