//! What gradients of programs allocate, beside gradients written by hand: the peak of a call, by a counting allocator. It
//! is a program of its own, since counting costs time. Fails if memory grows from one call to the next.
//!
//! ```text
//! cargo bench --bench kernels_memory
//! ```
#![allow(
    missing_docs,
    clippy::pedantic,
    clippy::needless_range_loop,
    reason = "programs are written as users write them"
)]

mod programs;

use std::hint::black_box;

use allocation_counter::measure;
use programs::{Program, programs};

fn row(p: &Program) {
    let bytes = |run: &dyn Fn(&mut [f64]) -> f64| {
        let mut d = vec![0.0; p.x.len()];
        // Once before: what is set up once is not of a call.
        black_box(run(&mut d));
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
    println!("| {} | {} | {primal_bytes} | {hand_bytes} | {our_bytes} |", p.name, p.x.len());
}

fn main() {
    println!("| program | inputs | primal bytes | by hand bytes | our bytes |");
    println!("| --- | --- | --- | --- | --- |");
    programs().iter().for_each(row);
}
