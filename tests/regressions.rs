//! What random programs found: one test for each kind of failure, reduced to what it takes.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point {
    a: f64,
    b: f64,
}

#[differentiable]
impl Point {
    fn scaled(self, by: f64) -> Point {
        Point { a: self.a * by, b: self.b * by }
    }
}

#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Tail {
    a: f64,
    tail: Vec<f64>,
}

/// A cotangent that is zero guarded the terms of other cotangents in the same sum.
#[differentiable]
fn guarded_sum(x: f64) -> f64 {
    let t = Tail { a: x, tail: vec![(x.atan() * 0.6).powi(0), x.atan()] };
    t.tail[1] + x * t.a
}

#[test]
fn a_guard_covers_its_own_terms_only() {
    for x in [-1.2, 0.4, 1.7] {
        guarded_sum::check(x).unwrap();
        let expected = 1.0 / (1.0 + x * x) + 2.0 * x;
        assert!((guarded_sum::grad(x) - expected).abs() < 1e-14);
    }
}

/// The names of an arm hid those of the arms after it.
#[differentiable]
fn arm_hides_nothing(x: f64, n: usize) -> f64 {
    let q = x * x;
    match n {
        0 => x,
        q if q % 2 == 1 => x.sin(),
        _ => q,
    }
}

#[differentiable]
fn payload_hides_nothing(x: f64, o: Option<f64>) -> f64 {
    let q = x * x;
    match o {
        Some(q) if q > 1.0 => q * x,
        _ => q,
    }
}

#[differentiable]
fn let_hides_nothing(x: f64, o: Option<f64>) -> f64 {
    let q = x * x;
    if let Some(q) = o
        && q > 1.0
    {
        q * x
    } else {
        q.sin()
    }
}

#[test]
fn patterns_that_fail_bind_nothing() {
    for n in 0..4 {
        arm_hides_nothing::check(0.7, n).unwrap();
        assert_eq!(arm_hides_nothing::value_and_grad(0.7, n).0, arm_hides_nothing(0.7, n));
    }
    for o in [None, Some(0.5), Some(1.5)] {
        payload_hides_nothing::check(0.7, o).unwrap();
        let_hides_nothing::check(0.7, o).unwrap();
        assert_eq!(let_hides_nothing::value_and_grad(0.7, o).0, let_hides_nothing(0.7, o));
    }
}

/// Code that is kept as it is: what a closure in it binds is not the variable outside.
#[differentiable]
fn kept_closure_names(x: f64, z: &[f64]) -> f64 {
    let z = z.to_vec();
    let k = x * 2.0;
    if k < 5.0 {
        let z = x;
        return z.sin();
    }
    if z.iter().map(|&z| z * z).product::<f64>() < z.iter().filter(|&&z| z > 0.0).map(|&z| z).sum::<f64>() {
        x * z[0]
    } else {
        x * z[1] * z[1]
    }
}

#[differentiable]
fn reads_in_a_condition(w: &mut [f64], x: f64) -> f64 {
    if x < w[..].iter().enumerate().map(|(i, &e)| w[0] * e).sum::<f64>() {
        w[1] *= x;
    }
    w[0] * w[1]
}

#[test]
fn closures_in_conditions_bind_their_own_names() {
    kept_closure_names::check(0.3, &[0.5, 1.5]).unwrap();
    kept_closure_names::check(3.0, &[0.5, 1.5]).unwrap();
    kept_closure_names::check(3.0, &[2.5, -1.5]).unwrap();
    reads_in_a_condition::check(&mut [0.5, 1.5], 0.2).unwrap();
    reads_in_a_condition::check(&mut [0.5, 1.5], 2.2).unwrap();
}

/// An argument that reads the receiver: it was read while the receiver was borrowed.
#[differentiable]
fn argument_of_the_receiver(x: f64) -> f64 {
    let mut q = Point { a: x, b: x * x };
    let z = q.scaled(q.b.sin());
    q.a += z.b;
    z.a * q.b * q.a
}

#[differentiable]
fn argument_of_a_borrowed_receiver(q: &mut Point, x: f64) -> f64 {
    let z = q.scaled(q.b.sin());
    q.b *= x;
    z.a * q.b
}

#[test]
fn arguments_may_read_their_receiver() {
    argument_of_the_receiver::check(0.8).unwrap();
    argument_of_a_borrowed_receiver::check(&mut Point { a: 0.3, b: 1.2 }, 0.8).unwrap();
}

#[differentiable]
fn product(p: Point, q: Point) -> f64 {
    p.a * q.b + p.b
}

/// A value of a `Copy` type that one call takes twice: its tangent is no `Copy` type.
#[differentiable]
fn taken_twice(x: f64) -> f64 {
    let q = Point { a: x, b: x.sin() };
    let z = q.scaled(product(q, q).sin());
    product(z, z)
}

#[test]
fn one_call_takes_a_value_twice() {
    taken_twice::check(0.8).unwrap();
}

/// Seven loops, as of a convolution, expand in no time.
#[differentiable]
fn seven_loops(x: &[f64], w: &[f64]) -> f64 {
    let mut s = 0.0;
    for a in 0..2 {
        for b in 0..2 {
            for c in 0..2 {
                for d in 0..2 {
                    for e in 0..2 {
                        for f in 0..2 {
                            for g in 0..2 {
                                s += x[(a + b + c) % x.len()] * w[(d + e + f + g) % w.len()].sin();
                            }
                        }
                    }
                }
            }
        }
    }
    s
}

#[test]
fn loops_nest_deeply() {
    seven_loops::check(&[0.5, 1.5], &[0.3, -0.2, 0.9]).unwrap();
}

#[differentiable]
fn parts_around_a_sum(x: f64, n: usize) -> f64 {
    let mut y = x;
    #[checkpoint(every = 2)]
    for i in 0..n {
        y /= 1.0 + (0..i).map(|_| x.sin()).sum::<f64>();
    }
    y
}

/// The tape of the inner loop, which nobody reads, was loaded where it did not exist.
#[test]
fn checkpoints_drop_tapes_of_inner_loops() {
    for n in 0..6 {
        parts_around_a_sum::check(0.7, n).unwrap();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
enum Outline {
    Dot,
    Line(f64),
    Rect { w: f64, h: f64 },
}

/// A sum was computed again from a variable that had been overwritten after it: −0.455 instead of −0.659.
#[differentiable]
fn outline(x: f64, v: Option<f64>) -> f64 {
    let mut t = if x > 0.2 { Outline::Line(x) } else { Outline::Dot };
    let mut flag = x.cos().powi(2);
    if let Some(value) = v {
        t = if x > 0.2 { Outline::Line(value) } else { Outline::Rect { w: (flag + x).cos(), h: x } };
        flag /= 1.7 + x;
    }
    match t {
        Outline::Dot => x,
        Outline::Line(a) => a,
        Outline::Rect { w, .. } => w,
    }
}

#[test]
fn what_is_computed_again_reads_restored_values() {
    for x in [0.135, 0.4] {
        outline::check(x, Some(1.9)).unwrap();
        assert_eq!(outline::grad(x, Some(1.9)), outline::vjp(x, Some(1.9)).1(1.0));
        assert_eq!(outline::grad(x, None), outline::vjp(x, None).1(1.0));
    }
}

/// What an option without a value is mapped to: its type is known from its variable only.
#[differentiable(order = 2)]
fn positive(x: f64) -> Option<f64> {
    if x > 0.0 { Some(x.sqrt()) } else { None }
}

#[differentiable(order = 2)]
fn mapped_without_its_value(v: &[f64], x: f64) -> f64 {
    positive(x).map(|_| v[0] * v[1]).unwrap_or(v[v.len() - 1] * x * x)
}

#[test]
fn second_derivatives_of_an_option_mapped_without_its_value() {
    assert_eq!(mapped_without_its_value::hvp(&[1.0, 2.0, 3.0], 0.5, &[0.0, 1.0, 0.0], 0.0), (vec![1.0, 0.0, 0.0], 0.0));
    assert_eq!(mapped_without_its_value::hvp(&[1.0, 2.0, 3.0], -0.5, &[0.0; 3], 1.0), (vec![0.0, 0.0, -1.0], 6.0));
}

/// A struct that is written as an argument, in second derivatives.
#[derive(Clone, Copy, Differentiable)]
struct Pair {
    a: f64,
    b: f64,
}

#[differentiable(order = 2)]
fn assigned(target: &mut f64, pair: Pair) {
    *target = pair.a * pair.b * pair.b;
}

#[differentiable(order = 2)]
fn with_a_struct_as_argument(x: f64, mut w: [f64; 2]) -> f64 {
    for i in 0..2 {
        let a = w[1 - i];
        assigned(&mut w[i], Pair { a, b: x });
    }
    w[0] * w[1]
}

#[test]
fn second_derivatives_of_a_call_with_a_struct_as_argument() {
    // w₀ = w₁x², w₁ = w₁x⁴: the value is w₁²x⁶.
    let hessian = with_a_struct_as_argument::hessian(2.0, [0.5, 3.0]);
    assert_eq!(hessian[[0, 0]], 30.0 * 9.0 * 16.0);
    assert_eq!((hessian[[0, 2]], hessian[[2, 0]], hessian[[2, 2]]), (12.0 * 3.0 * 32.0, 12.0 * 3.0 * 32.0, 2.0 * 64.0));
}
