//! The tool that runs `GradBench`'s evals with `differentiable`.
//!
//! It reads messages of the `GradBench` protocol from standard input, one JSON object a line, and writes one
//! response a line to standard output. `README.md` beside this crate says how to run it.

mod descent;
mod evals;
mod memory;
mod protocol;
mod runs;

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", protocol::respond(&line?))?;
        output.flush()?;
    }
    Ok(())
}
