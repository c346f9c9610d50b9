//! Operators on bits that are products of a type of the user's own, and the ends of a range.
#![allow(missing_docs)]

use differentiable::prelude::*;

#[derive(Clone, Copy, Differentiable)]
struct Vector {
    a: f64,
    b: f64,
}

impl std::ops::BitXor for Vector {
    type Output = f64;

    fn bitxor(self, other: Self) -> f64 {
        self.a * other.b - self.b * other.a
    }
}

impl std::ops::Not for Vector {
    type Output = Self;

    fn not(self) -> Self {
        Self { a: -self.b, b: self.a }
    }
}

#[differentiable]
fn area(p: Vector, q: Vector) -> f64 {
    let r = !q;
    p ^ r
}

fn main() {}
