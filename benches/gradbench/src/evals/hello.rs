//! `hello`: the square of a number, and its derivative.

use differentiable::prelude::*;
use serde_json::Value;

use crate::runs::{Done, Runs, read, unknown};

#[differentiable]
fn square(x: f64) -> f64 {
    x * x
}

pub(crate) fn run(function: &str, input: Value) -> Result<Done, String> {
    let x: f64 = read(input)?;
    match function {
        "square" => Runs::once().time(|| square(x)),
        "double" => Runs::once().time(|| square::grad(x)),
        _ => unknown(function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles() {
        assert_eq!(square::grad(3.0), 6.0);
    }
}
