//! A method with a name of arrays or of orders that gives a number, and a variant with the name of an error.
#![allow(missing_docs)]

use differentiable::prelude::*;

/// What a macro is given is not read.
macro_rules! declared {
    ($item:item) => {
        $item
    };
}

declared! {
    #[derive(Clone, Copy, Differentiable)]
    struct Weibull {
        k: f64,
    }
}

#[differentiable]
impl Weibull {
    fn shape(&self) -> f64 {
        self.k * self.k
    }

    fn cmp(&self, other: &Self) -> f64 {
        self.k - other.k
    }
}

#[differentiable]
fn doubled(k: f64) -> f64 {
    k * 2.0
}

#[differentiable]
fn handed_on(k: f64) -> f64 {
    let w = Weibull { k };
    doubled(w.shape())
}

#[differentiable]
fn compared(k: f64) -> f64 {
    let (w, v) = (Weibull { k }, Weibull { k: 1.0 });
    let d = w.cmp(&v);
    d * k
}

#[derive(Clone, Differentiable)]
enum Outcome {
    Val(f64),
    Err(f64),
}

use Outcome::*;

#[differentiable]
fn taken(x: f64) -> f64 {
    let o = Outcome::Err(x * x);
    match o {
        Val(a) => a,
        Err(e) => e * x,
    }
}

fn main() {}
