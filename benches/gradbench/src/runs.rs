//! How often a function is run, and the times it took.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::memory;

/// The part of an input that says how often to run a function.
#[derive(Deserialize)]
pub(crate) struct Runs {
    #[serde(default = "one")]
    min_runs: usize,
    #[serde(default)]
    min_seconds: f64,
}

fn one() -> usize {
    1
}

/// What an evaluation gave.
pub(crate) struct Done {
    pub(crate) output: Value,
    pub(crate) nanoseconds: Vec<u64>,
}

impl Runs {
    /// For the inputs that do not say.
    pub(crate) fn once() -> Self {
        Self { min_runs: 1, min_seconds: 0.0 }
    }

    /// Runs `function` until it has run often enough and long enough.
    pub(crate) fn time<T: Serialize>(&self, function: impl FnMut() -> T) -> Result<Done, String> {
        self.time_then(function, |output| output)
    }

    /// The same, where `shape` makes of the last output what the eval expects. Its time is not counted.
    pub(crate) fn time_then<T, U: Serialize>(
        &self,
        mut function: impl FnMut() -> T,
        shape: impl FnOnce(T) -> U,
    ) -> Result<Done, String> {
        let mut nanoseconds = Vec::new();
        let mut elapsed = Duration::ZERO;
        loop {
            let start = Instant::now();
            let output = memory::watch(&mut function);
            let time = start.elapsed();
            nanoseconds.push(time.as_nanos() as u64);
            elapsed += time;
            if nanoseconds.len() >= self.min_runs && elapsed.as_secs_f64() >= self.min_seconds {
                let output = serde_json::to_value(shape(output)).map_err(|error| error.to_string())?;
                return Ok(Done { output, nanoseconds });
            }
        }
    }

    /// The same for a function that adds a gradient of length `n` to a buffer, which is kept from run to run.
    pub(crate) fn gradient<T>(&self, n: usize, mut add_gradient: impl FnMut(&mut [f64]) -> T) -> Result<Done, String> {
        let mut gradient = vec![0.0; n];
        let Done { nanoseconds, .. } = self.time_then(
            || {
                gradient.fill(0.0);
                add_gradient(&mut gradient);
            },
            |()| (),
        )?;
        let output = serde_json::to_value(gradient).map_err(|error| error.to_string())?;
        Ok(Done { output, nanoseconds })
    }
}

/// Reads an input of an eval.
pub(crate) fn read<T: DeserializeOwned>(input: Value) -> Result<T, String> {
    serde_json::from_value(input).map_err(|error| format!("input: {error}"))
}

/// The error for a function that an eval does not have.
pub(crate) fn unknown(function: &str) -> Result<Done, String> {
    Err(format!("no function `{function}`"))
}

/// The rows of length `d` of a matrix.
pub(crate) fn rows(matrix: &[f64], d: usize) -> Vec<Vec<f64>> {
    matrix.chunks(d).map(<[f64]>::to_vec).collect()
}
