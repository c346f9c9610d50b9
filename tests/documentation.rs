//! The sources that the README shows are those that the compiler generates.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

const README: &str = include_str!("../README.md");

#[differentiable]
fn wave(x: f64, y: f64) -> f64 {
    let a = x * y;
    a.sin() + x.exp()
}

#[differentiable]
fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
    }
    sum
}

#[test]
fn the_readme_shows_what_is_generated() {
    for source in [wave::source(), rosenbrock::source()] {
        assert!(README.contains(source), "not in the README:\n{source}");
    }
}

#[test]
fn generation_is_deterministic_and_plain() {
    let source = wave::source();
    for word in ["::", "clone", "Differentiable", "operators"] {
        assert!(!source.contains(word), "`{word}` in\n{source}");
    }
}
