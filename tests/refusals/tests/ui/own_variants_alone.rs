use differentiable::prelude::*;

#[derive(Clone, Debug, PartialEq, Differentiable)]
enum Option<T> {
    None,
    Some(T),
}

use self::Option::{None, Some};

#[differentiable]
fn f(x: f64) -> f64 {
    match Some(x) {
        Some(y) => y * y,
        None => 0.0,
    }
}

fn main() {}
