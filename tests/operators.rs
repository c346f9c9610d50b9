//! Operators and float methods on values whose types only the type checker knows.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use std::ops::{Add, Mul};

use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Layer {
    a: f64,
    b: f64,
}

#[differentiable]
impl Layer {
    fn affine(&self, x: f64) -> f64 {
        self.a * x + self.b
    }

    fn forward(&self, x: f64) -> f64 {
        let z = self.affine(x);
        z.tanh() + (-self.b * x).exp() + self.a.powi(3) + self.affine(x).powf(2.0)
    }
}

#[test]
fn float_methods_of_fields_and_results() {
    Layer { a: 0.8, b: 0.3 }.forward_check(0.7).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V3 {
    x: f64,
    y: f64,
    z: f64,
}

#[differentiable]
impl std::ops::Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}

#[differentiable]
impl std::ops::Mul<f64> for V3 {
    type Output = Self;
    fn mul(self, s: f64) -> Self::Output {
        V3 { x: self.x * s, y: self.y * s, z: self.z * s }
    }
}

#[differentiable]
impl std::ops::Mul for V3 {
    type Output = f64;
    fn mul(self, o: V3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
}

#[differentiable]
impl std::ops::Neg for V3 {
    type Output = V3;
    fn neg(self) -> V3 {
        V3 { x: -self.x, y: -self.y, z: -self.z }
    }
}

#[differentiable]
fn energy(p: V3, q: &V3, t: f64) -> f64 {
    let r = p * t + *q;
    let s = -r + p;
    let dot: f64 = r * s;
    dot * t + (p + *q).x
}

#[test]
fn operators_of_a_vector() {
    let (p, q) = (V3 { x: 0.3, y: -0.7, z: 1.1 }, V3 { x: 0.9, y: 0.2, z: -0.4 });
    energy::check(p, &q, 0.6).unwrap();
}

/// A matrix whose operators take references, as those of types that are not `Copy` do.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Rows(Vec<f64>);

#[differentiable(order = 2)]
impl<'a> Add<&'a Rows> for &Rows {
    type Output = Rows;
    fn add(self, other: &'a Rows) -> Rows {
        Rows(self.0.iter().zip(&other.0).map(|(a, b)| a + b).collect())
    }
}

/// Leads to the form of references.
#[differentiable(order = 2)]
impl Add for Rows {
    type Output = Rows;
    fn add(self, other: Rows) -> Rows {
        &self + &other
    }
}

#[differentiable(order = 2)]
impl Mul<f64> for &Rows {
    type Output = Rows;
    fn mul(self, by: f64) -> Rows {
        Rows(self.0.iter().map(|a| a * by).collect())
    }
}

#[differentiable(order = 2)]
impl std::ops::SubAssign<&Rows> for Rows {
    fn sub_assign(&mut self, other: &Rows) {
        for (a, b) in self.0.iter_mut().zip(other.0.iter()) {
            *a -= b * b;
        }
    }
}

/// The form of values comes first and has a body of its own, which both use.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point(f64, f64);

#[differentiable(order = 2)]
impl Mul for Point {
    type Output = Point;
    fn mul(self, o: Point) -> Point {
        Point(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }
}

#[differentiable(order = 2)]
impl Mul<&Point> for &Point {
    type Output = Point;
    fn mul(self, o: &Point) -> Point {
        Point(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }
}

#[differentiable(order = 2)]
fn of_references(a: &Rows, b: &Rows, x: f64) -> f64 {
    let mut sum = &(a + b) * x;
    sum -= b;
    let both = sum + a.clone();
    both.0.iter().map(|v| v * v).sum()
}

#[differentiable(order = 2)]
fn of_both(p: Point, q: Point) -> f64 {
    let r = &p * &q * p;
    r.0 * r.1
}

#[test]
fn forms_of_operators() {
    let (a, b) = (Rows(vec![0.3, -0.7]), Rows(vec![1.1, 0.4]));
    of_references::check(&a, &b, 0.9).unwrap();
    of_both::check(Point(0.3, 0.8), Point(-0.4, 1.2)).unwrap();
    let h = of_references::hessian(&a, &b, 0.9);
    let eps = 1e-5;
    let (up, down) = (of_references::grad(&a, &b, 0.9 + eps), of_references::grad(&a, &b, 0.9 - eps));
    for i in 0..2 {
        assert!((h[[i, 4]] - (up.0.0[i] - down.0.0[i]) / (2.0 * eps)).abs() < 1e-6);
        assert!((h[[2 + i, 4]] - (up.1.0[i] - down.1.0[i]) / (2.0 * eps)).abs() < 1e-6);
    }
    let h = of_both::hessian(Point(0.3, 0.8), Point(-0.4, 1.2));
    assert!(h.iter().zip(h.t().iter()).all(|(a, b)| (a - b).abs() < 1e-12));
}
