//! A scalar function, its gradient beside central differences, and the code of its derivative.
//!
//! Run it with `cargo run --release --example rosenbrock`.

use differentiable::prelude::*;

/// Rosenbrock's banana function of any dimension.
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

fn central_difference(x: &[f64], i: usize) -> f64 {
    let h = 1e-6;
    let (mut up, mut down) = (x.to_vec(), x.to_vec());
    up[i] += h;
    down[i] -= h;
    (rosenbrock(&up) - rosenbrock(&down)) / (2.0 * h)
}

fn main() -> Result<(), GradientCheckError> {
    let x = [-1.2, 1.0, 0.7];
    let (value, gradient) = rosenbrock::value_and_grad(&x);
    println!("rosenbrock({x:?}) = {value}\n");
    println!("  i       gradient    differences");
    for (i, g) in gradient.iter().enumerate() {
        let difference = central_difference(&x, i);
        println!("  {i}  {g:13.6}  {difference:13.6}");
        assert!((g - difference).abs() < 1e-3 * g.abs().max(1.0));
    }
    rosenbrock::check(&x)?;

    // Gradient descent with momentum finds the minimum at (1, 1, 1).
    let (mut at, mut speed) = (x.to_vec(), vec![0.0; 3]);
    for _ in 0..20_000 {
        let gradient = rosenbrock::grad(&at);
        for ((a, s), g) in at.iter_mut().zip(&mut speed).zip(gradient) {
            *s = 0.9 * *s - 2e-4 * g;
            *a += *s;
        }
    }
    println!("\nminimum at {at:.4?}");
    assert!(at.iter().all(|a| (a - 1.0).abs() < 1e-2));

    println!("\nThe derivative that the compiler generated:\n\n{}", rosenbrock::source());
    Ok(())
}
