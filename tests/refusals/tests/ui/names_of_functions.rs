//! Functions and methods of the user's own with names of the standard library, which the compiler goes by.
#![allow(missing_docs)]

use differentiable::prelude::*;

#[differentiable]
fn once(a: f64) -> Vec<f64> {
    vec![a * a, a]
}

#[differentiable]
fn summed(x: f64) -> f64 {
    let mut s = 0.0;
    for a in once(x) {
        s += a;
    }
    s
}

mod mem {
    use differentiable::prelude::*;

    #[differentiable]
    pub(crate) fn swap(a: &mut f64, b: &mut f64) {
        *a = *b * *b;
    }
}

#[differentiable]
fn swapped(x: f64) -> f64 {
    let (mut a, mut b) = (x, x * x);
    mem::swap(&mut a, &mut b);
    a
}

/// What a macro is given is not read.
macro_rules! declared {
    ($item:item) => {
        $item
    };
}

declared! {
    #[derive(Clone, Differentiable)]
    struct Padded {
        data: Vec<f64>,
    }
}

impl Padded {
    fn as_slice(&self) -> &[f64] {
        &self.data[1..]
    }
}

#[differentiable]
impl std::ops::Index<usize> for Padded {
    type Output = f64;

    fn index(&self, i: usize) -> &f64 {
        &self.data[i]
    }
}

#[differentiable]
fn viewed(x: f64) -> f64 {
    let p = Padded { data: vec![0.0, x] };
    p.as_slice()[0]
}

fn main() {}
