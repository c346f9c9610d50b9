//! Makes, compiles and runs random programs in batches: see the library's documentation.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let i = arguments.iter().position(|a| a == name)?;
        arguments.get(i + 1)?.parse::<u64>().ok()
    };
    if let Some(seed) = value("--show") {
        print!("{}", random_programs::generate::generate(seed));
        return ExitCode::SUCCESS;
    }
    let (Some(first), Some(count)) = (value("--seed"), value("--count")) else {
        eprintln!("usage: random-programs --seed N --count N [--batch N] [--release], or --show SEED");
        return ExitCode::FAILURE;
    };
    let batch = value("--batch").unwrap_or(50);
    let release = arguments.iter().any(|a| a == "--release");
    let mut failed = Vec::new();
    for start in (first..first + count).step_by(batch as usize) {
        failed.extend(run(start, batch.min(first + count - start), release));
    }
    println!("{count} programs, {} failed: {failed:?}", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compiles and runs a batch, again without the programs that do not compile; gives the seeds of those that fail.
fn run(first: u64, count: u64, release: bool) -> Vec<u64> {
    let mut failed = Vec::new();
    loop {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "-p", "random-programs", "--test", "batch"]).args(release.then_some("--release"));
        let skipped: Vec<String> = failed.iter().map(u64::to_string).collect();
        command.env("RANDOM_SEED", first.to_string()).env("RANDOM_COUNT", count.to_string());
        let output = command.env("RANDOM_SKIP", skipped.join(",")).output().expect("cargo can be started");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut broken: Vec<u64> = errors.lines().filter_map(program_of).collect();
        broken.sort_unstable();
        broken.dedup();
        broken.retain(|seed| !failed.contains(seed));
        if output.status.success() {
            return failed;
        }
        if broken.is_empty() {
            let report = String::from_utf8_lossy(&output.stdout).into_owned();
            print!("{report}{errors}");
            failed
                .extend(report.lines().filter_map(|l| l.strip_prefix("seed ")?.split(':').next()?.parse::<u64>().ok()));
            failed.sort_unstable();
            failed.dedup();
            return failed;
        }
        print!("{errors}");
        failed.extend(broken);
    }
}

/// The program in which the compiler found an error: `  --> …/p17.rs:3:4`.
fn program_of(line: &str) -> Option<u64> {
    let path = line.trim_start().strip_prefix("--> ")?.split(".rs:").next()?;
    path.rsplit(['/', '\\']).next()?.strip_prefix('p')?.parse().ok()
}
