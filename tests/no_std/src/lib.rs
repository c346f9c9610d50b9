//! Programs of fixed size, whose derivatives need neither the standard library nor an allocator.
#![no_std]
#![allow(missing_docs, reason = "the functions are test programs")]

#[allow(
    unused_imports,
    reason = "where another crate of the build links `std`, floats have these methods themselves"
)]
use differentiable::num_traits::Float as _;
use differentiable::prelude::*;

#[differentiable(order = 2)]
pub fn scalar(x: f64, y: f64) -> f64 {
    (x * y).sin() + x.exp() / (1.0 + y * y).sqrt() + x.powi(3) * y.abs()
}

#[differentiable(order = 2)]
pub fn rosenbrock(x: &[f64; 4]) -> f64 {
    let mut sum = 0.0;
    for i in 0..3 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
    }
    sum
}

/// A function that calls another.
#[differentiable(order = 2)]
pub fn caller(x: [f64; 2]) -> f64 {
    scalar(x[0], x[1]) * scalar(x[1], 0.5)
}

#[differentiable]
pub fn rotate(x: &mut [f64; 2], angle: f64) {
    let (sin, cos) = (angle.sin(), angle.cos());
    let first = x[0];
    x[0] = cos * first - sin * x[1];
    x[1] = sin * first + cos * x[1];
}

#[derive(Clone, Copy, Debug, Differentiable)]
pub struct Spring {
    pub stiffness: f64,
    pub length: f64,
}

#[differentiable]
impl Spring {
    pub fn energy(&self, at: (f64, f64)) -> f64 {
        let stretch = at.0.hypot(at.1) - self.length;
        0.5 * self.stiffness * stretch * stretch + self.length.sin()
    }
}

#[differentiable]
pub fn generic<T: Real>(x: [T; 2]) -> T {
    if x[0] > x[1] { x[0].exp() * x[1] } else { x[1].ln() - x[0] }
}

#[differentiable]
pub fn impedance(r: f64, l: f64, omega: f64) -> f64 {
    let z = Complex::<f64>::new(r, omega * l);
    (z.inv() + z.exp()).norm()
}

/// What a program for a processor without an operating system calls, so that machine code is made of it.
#[must_use]
pub fn everything(x: f64) -> f64 {
    let (a, b) = scalar::grad(x, x);
    let d = rosenbrock::hvp(&[x; 4], &[1.0; 4]);
    let c = caller::grad([x, x]);
    let (mut p, mut t) = ([x, x], [1.0, 0.0]);
    rotate::jvp(&mut p, x, &mut t, 1.0);
    let spring = Spring { stiffness: x, length: 1.0 };
    let (s, _) = spring.energy_grad((x, x));
    let (z, _, _) = impedance::grad(x, x, x);
    a + b + d[0] + c[0] + t[0] + s.length + generic::grad([x, 1.0])[0] + z
}
