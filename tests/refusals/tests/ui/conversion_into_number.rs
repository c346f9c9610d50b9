//! A type of one's own that is converted into a number.

use differentiable::prelude::*;

#[derive(Clone, Copy, Differentiable)]
struct Metres(f64);

impl From<Metres> for f64 {
    fn from(m: Metres) -> f64 {
        m.0
    }
}

#[differentiable]
fn f(x: f64) -> f64 {
    let m = Metres(x * x);
    f64::from(m)
}

fn main() {}
