//! Operators and float methods on values whose types only the type checker knows.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

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
