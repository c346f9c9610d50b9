use differentiable::prelude::*;

#[differentiable]
fn file(x: f64) -> f64 {
    let k: f64 = std::fs::read_to_string("k.txt").unwrap().trim().parse().unwrap();
    k * x
}

#[differentiable]
fn line(x: f64) -> f64 {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let k: f64 = line.trim().parse().unwrap();
    k * x
}

#[differentiable]
fn arguments(x: f64) -> f64 {
    let k: f64 = std::env::args().last().unwrap().parse().unwrap();
    k * x
}

fn main() {}
