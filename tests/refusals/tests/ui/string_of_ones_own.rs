use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct String {
    length: f64,
    tension: f64,
}

#[differentiable]
fn frequency(s: &String) -> f64 {
    (s.tension / s.length).sqrt()
}

fn main() {}
