//! Gradients of ten programs beside gradients written by hand: times, memory and instructions.
//!
//! ```text
//! cargo bench --bench kernels                            # a table of ratios
//! cargo bench --bench kernels -- cholesky heat           # of some programs
//! python3 benches/instructions.py                        # instructions, compared with the recorded ones
//! ```
//!
//! `--once NAME ours|hand|primal RUNS` runs one of them for a profiler.
#![allow(
    missing_docs,
    clippy::pedantic,
    clippy::needless_range_loop,
    reason = "programs are written as users write them"
)]

mod linear;
mod mechanics;
mod statistics;

use std::hint::black_box;
use std::time::Instant;

use allocation_counter::measure;

/// A gradient that is added to a buffer; gives the value.
type Gradient = Box<dyn Fn(&[f64], &mut [f64]) -> f64>;

/// A function of a vector, with its gradient made by the library and the one written by hand.
struct Program {
    name: &'static str,
    x: Vec<f64>,
    primal: Box<dyn Fn(&[f64]) -> f64>,
    ours: Gradient,
    hand: Gradient,
}

fn programs() -> Vec<Program> {
    [linear::programs(), mechanics::programs(), statistics::programs()].into_iter().flatten().collect()
}

/// Numbers between 0 and 1, the same on every machine.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    (0..n).map(|_| next()).collect()
}

/// The median time of runs that take a third of a second together, in nanoseconds.
fn time(mut run: impl FnMut() -> f64) -> f64 {
    black_box(run());
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < 0.33 || times.len() < 5 {
        let begin = Instant::now();
        black_box(run());
        times.push(begin.elapsed().as_secs_f64() * 1e9);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The largest deviation, relative to the norm.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt() / norm
}

fn row(p: &Program) {
    let mut found = vec![0.0; p.x.len()];
    let mut expected = found.clone();
    let (a, b) = ((p.ours)(&p.x, &mut found), (p.hand)(&p.x, &mut expected));
    let value = (p.primal)(&p.x);
    assert!(
        (a - value).abs() <= 1e-12 * value.abs() && (b - value).abs() <= 1e-12 * value.abs(),
        "{}: {a} {b} {value}",
        p.name
    );
    let off = distance(&found, &expected);
    assert!(off < 1e-9, "{}: the gradients differ by {off:e}", p.name);
    let primal = time(|| (p.primal)(black_box(&p.x)));
    let hand = time(|| (p.hand)(black_box(&p.x), black_box(&mut expected)));
    let ours = time(|| (p.ours)(black_box(&p.x), black_box(&mut found)));
    let bytes = |run: &dyn Fn(&mut [f64]) -> f64| {
        let mut d = vec![0.0; p.x.len()];
        let first = measure(|| {
            black_box(run(&mut d));
        });
        let second = measure(|| {
            black_box(run(&mut d));
        });
        assert_eq!(
            (first.bytes_max, second.bytes_current),
            (second.bytes_max, 0),
            "{}: memory grows with calls",
            p.name
        );
        second.bytes_max
    };
    let (primal_bytes, hand_bytes, our_bytes) =
        (bytes(&|_| (p.primal)(&p.x)), bytes(&|d| (p.hand)(&p.x, d)), bytes(&|d| (p.ours)(&p.x, d)));
    println!(
        "| {} | {} | {:.3} | {:.2} | {:.2} | {:.2} | {primal_bytes} | {hand_bytes} | {our_bytes} |",
        p.name,
        p.x.len(),
        primal / 1e3,
        hand / primal,
        ours / primal,
        ours / hand
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let programs = programs();
    if let [once, name, kind, runs] = &arguments[..]
        && once == "--once"
    {
        let p = programs.iter().find(|p| p.name == name).expect("the name of a program");
        let mut d = vec![0.0; p.x.len()];
        for _ in 0..runs.parse::<usize>().expect("a number of runs") {
            black_box(match kind.as_str() {
                "ours" => (p.ours)(black_box(&p.x), &mut d),
                "hand" => (p.hand)(black_box(&p.x), &mut d),
                _ => (p.primal)(black_box(&p.x)),
            });
        }
        return;
    }
    println!(
        "| program | inputs | primal µs | by hand / primal | ours / primal | ours / by hand | primal bytes | by hand bytes | our bytes |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    programs.iter().filter(|p| arguments.is_empty() || arguments.iter().any(|a| a == p.name)).for_each(row);
}
