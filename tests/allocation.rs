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

mod helpers {
    use differentiable::prelude::*;

    #[differentiable]
    fn square(x: f64) -> f64 {
        x * x
    }

    #[differentiable]
    fn softened(dx: f64, dy: f64) -> f64 {
        square(dx) + square(dy) + 0.1
    }

    #[differentiable]
    fn attraction(from: [f64; 2], to: &[f64]) -> [f64; 2] {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let distance = softened(dx, dy).sqrt();
        if distance > 10.0 { [0.0, 0.0] } else { [dx / distance, dy / softened(dy, dx)] }
    }

    /// Calls functions that call functions, in a loop whose iterations need each other.
    #[differentiable]
    pub(super) fn fall(to: &[f64], steps: usize) -> f64 {
        let mut at = [0.3, 0.4];
        for _ in 0..steps {
            let pull = attraction(at, to);
            at = [at[0] + 0.1 * pull[0], at[1] + 0.1 * pull[1]];
        }
        at[0] * at[1]
    }

    #[differentiable]
    pub(super) fn even(x: f64, n: usize) -> f64 {
        if n == 0 {
            return x;
        }
        let y = odd(x * 1.1, n - 1);
        y.sin() * y.cos()
    }

    #[differentiable]
    fn odd(x: f64, n: usize) -> f64 {
        if n == 0 {
            return x.sin();
        }
        let y = even(x + 0.1, n - 1);
        y.cos() * y.cos()
    }
}

#[test]
fn calls_of_functions_that_call_others_allocate_nothing() {
    let count = |steps| {
        helpers::fall::check(&[1.5, 0.5], steps).unwrap();
        let mut d = [0.0; 2];
        measure(|| {
            helpers::fall::grad_into(&[1.5, 0.5], steps, &mut d);
        })
        .count_total
    };
    // The tape of the loop, and nothing for each iteration.
    assert_eq!(count(10), count(1000));
    assert!(count(10) <= 2, "{}", count(10));
}

/// A function that may be called by what it calls keeps the tapes of its calls: nothing is computed twice.
#[test]
fn recursion_keeps_its_tapes() {
    helpers::even::check(0.3, 7).unwrap();
    let count = |depth| measure(|| assert!(helpers::even::grad(0.3, depth).is_finite())).count_total;
    assert_eq!(count(40) - count(20), 20);
}
