//! Gradients of programs beside gradients written by hand: times and instructions.
//!
//! ```text
//! cargo bench --bench kernels                            # a table of ratios
//! cargo bench --bench kernels -- cholesky heat           # of some programs
//! cargo bench --bench kernels_memory                     # what they allocate
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

mod programs;

use std::hint::black_box;
use std::time::Instant;

use programs::{Program, programs};

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
    println!(
        "| {} | {} | {:.3} | {:.2} | {:.2} | {:.2} |",
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
    println!("| program | inputs | primal µs | by hand / primal | ours / primal | ours / by hand |");
    println!("| --- | --- | --- | --- | --- | --- |");
    programs.iter().filter(|p| arguments.is_empty() || arguments.iter().any(|a| a == p.name)).for_each(row);
}
