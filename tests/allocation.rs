//! What derivatives allocate.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use allocation_counter::measure;
use differentiable::prelude::*;

#[differentiable]
fn straight(x: f64, w: f64) -> f64 {
    let y = (x * x).sin() + x * w;
    if y > 0.0 { y * y.exp() } else { y }
}

#[differentiable]
fn fixed(v: [f64; 3], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..3 {
        s += v[i] * v[i] * k;
    }
    s.sqrt()
}

#[differentiable]
fn sum_of_squares(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for a in x.iter() {
        s += a * a;
    }
    s
}

#[test]
fn scalar_and_fixed_size_code_allocates_nothing() {
    let info = measure(|| {
        assert!(straight::value_and_grad(1.3, 0.7).0.is_finite());
        assert!(straight::jvp(1.3, 0.7, 1.0, 0.0).1.is_finite());
        assert!(fixed::grad([1.0, 2.0, 3.0], 0.5).1.is_finite());
    });
    assert_eq!(info.count_total, 0, "{info:?}");
}

#[test]
fn gradients_into_buffers_allocate_nothing_of_their_own() {
    let (x, mut d) = ([1.0; 100], [0.0; 100]);
    let info = measure(|| {
        sum_of_squares::grad_into(&x, &mut d);
    });
    assert_eq!(info.count_total, 0, "{info:?}");
    assert_eq!(d, [2.0; 100]);
}
