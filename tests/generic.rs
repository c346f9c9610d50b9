//! Code that is generic over the float type and over functions; pullbacks as values.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn norm<T: Real>(v: &[T]) -> T {
    let mut s = T::zero();
    for &x in v {
        s += x * x;
    }
    s.sqrt()
}

#[differentiable]
fn polynomial<T>(c: &[T], x: T) -> T
where
    T: Real,
{
    c.iter().rev().fold(T::zero(), |acc, &a| acc * x + a)
}

#[differentiable]
fn logistic<T: Real>(x: T, k: T) -> T {
    let two = T::one() + T::one();
    two / (T::one() + (-k * x).exp()) - T::from(0.5).unwrap()
}

#[differentiable]
fn huber<T: Real>(x: T, delta: T) -> T {
    if x.abs() <= delta { x * x / (T::one() + T::one()) } else { delta * (x.abs() - delta) }
}

#[differentiable]
fn mean<T: Real, const N: usize>(v: [T; N]) -> T {
    let mut s = T::zero();
    for x in v {
        s += x;
    }
    s / T::from_usize(N).unwrap()
}

#[differentiable]
fn composed<T: Real>(v: &[T], x: T) -> T {
    let n = norm(v);
    polynomial(v, n) + logistic::<T>(x, n)
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point<T> {
    x: T,
    y: T,
}

#[differentiable]
impl<T: Real> Point<T> {
    fn new(x: T, y: T) -> Self {
        Self { x, y }
    }

    fn dot(&self, o: &Point<T>) -> T {
        self.x * o.x + self.y * o.y
    }

    fn rotate(&mut self, angle: T) {
        let (s, c) = angle.sin_cos();
        let x = self.x;
        self.x = x * c - self.y * s;
        self.y = x * s + self.y * c;
    }
}

#[differentiable]
fn spun<T: Real>(p: Point<T>, angle: T) -> T {
    let mut q = p;
    q.rotate(angle);
    q.rotate(angle * angle);
    q.dot(&p)
}

#[differentiable]
fn sum_all(v: &[f64]) -> f64 {
    let mut s = 0.0;
    for x in v {
        s += x * x * x;
    }
    s
}

#[differentiable]
fn outputs(x: f64, y: f64) -> (f64, [f64; 2], Vec<f64>) {
    (x * y, [x + y, x - y], vec![x.sin(), y * y, 1.0])
}

#[differentiable(wrt(w))]
fn narrowed(x: f64, w: &[f64], n: usize) -> f64 {
    let mut s = x;
    for i in 0..n {
        s *= w[i] + x;
    }
    s
}

#[differentiable]
fn with_constant(#[constant] x: f64, y: f64) -> f64 {
    x * y * y
}

#[differentiable]
fn stopped(x: f64, y: f64) -> f64 {
    let k = stop_gradient(x * y);
    k * x
}

fn reversed(w: &[f64]) -> Vec<f64> {
    w.iter().rev().copied().collect()
}

#[differentiable]
fn stopped_reference(w: &[f64]) -> Vec<f64> {
    reversed(stop_gradient(w))
}

static TABLE: [f64; 3] = [0.5, 1.5, 2.5];
const OFFSET: f64 = 0.25;

#[differentiable]
fn globals(x: f64, i: usize) -> f64 {
    x * TABLE[i] + OFFSET * x * std::f64::consts::PI + f64::EPSILON
}

#[differentiable]
fn macros(x: f64, v: &[f64]) -> f64 {
    assert!(x > 0.0, "x = {x}");
    debug_assert!(!v.is_empty());
    debug_assert_eq!(v.len(), 2, "two of them, not {}", v.len());
    let w = vec![x; v.len()];
    let u = vec![x, v[0], 1.0];
    if matches!(v.len(), 1 | 2) { w[1] * u[1] * v[1] } else { unreachable!("{x}") }
}

#[differentiable]
fn partial(x: f64, mode: &str) -> f64 {
    match mode {
        "square" => x * x,
        "sine" => x.sin(),
        other => panic!("no mode {other}"),
    }
}

#[test]
fn floats() {
    norm::check(&[0.3, 0.4, 0.5]).unwrap();
    polynomial::check(&[0.3, 0.4, 0.5], 1.2).unwrap();
    logistic::check(0.3, 1.4).unwrap();
    huber::check(0.3, 1.4).unwrap();
    huber::check(-2.3, 1.4).unwrap();
    mean::check([0.3, 0.4, 0.6]).unwrap();
    composed::check(&[0.3, 0.4], 0.7).unwrap();
    assert_eq!(norm::grad(&[3.0_f32, 4.0]), vec![0.6_f32, 0.8]);
}

#[test]
fn generic_structs() {
    let p = Point::new(0.3, 0.8);
    p.dot_check(&Point { x: 1.0, y: 0.2 }).unwrap();
    p.clone().rotate_check(0.4).unwrap();
    spun::check(p, 0.4).unwrap();
}

#[test]
fn pullbacks_are_reusable() {
    let v = vec![1.0, 2.0];
    let (value, pullback) = sum_all::vjp(&v);
    assert_eq!(value, 9.0);
    assert_eq!(pullback(1.0), vec![3.0, 12.0]);
    assert_eq!(pullback(2.0), vec![6.0, 24.0]);
    assert_eq!(pullback(1.0), vec![3.0, 12.0]);
    assert_eq!(v, [1.0, 2.0]);
    let (_, pullback) = outputs::vjp(2.0, 3.0);
    assert_eq!(pullback((1.0, [0.0, 0.0], vec![0.0, 0.0, 5.0])), (3.0, 2.0));
    assert_eq!(pullback((0.0, [1.0, 1.0], vec![0.0, 1.0, 0.0])), (2.0, 6.0));
    outputs::check(0.3, 0.8).unwrap();
}

#[test]
fn buffers_are_added_to() {
    let mut d = vec![10.0, 20.0];
    assert_eq!(sum_all::grad_into(&[1.0, 2.0], &mut d), 9.0);
    assert_eq!(d, [13.0, 32.0]);
}

#[test]
fn selections() {
    assert_eq!(narrowed::grad(2.0, &[1.0, 3.0], 2), vec![10.0, 6.0]);
    assert_eq!(with_constant::grad(2.0, 3.0), 12.0);
    assert_eq!(stopped::grad(2.0, 3.0), (6.0, 0.0));
    assert_eq!(stopped::jvp(2.0, 3.0, 1.0, 1.0), (12.0, 6.0));
}

#[test]
fn surroundings() {
    for i in 0..3 {
        globals::check(0.7, i).unwrap();
    }
    macros::check(0.7, &[0.3, 0.4]).unwrap();
    partial::check(0.7, "square").unwrap();
    partial::check(0.7, "sine").unwrap();
}

#[test]
fn stopped_references() {
    let (value, tangent) = stopped_reference::jvp(&[1.0, 2.0], &[3.0, 4.0]);
    assert_eq!((value, tangent), (vec![2.0, 1.0], vec![0.0, 0.0]));
    let (_, pullback) = stopped_reference::vjp(&[1.0, 2.0]);
    assert_eq!(pullback(vec![1.0, 1.0]), vec![0.0, 0.0]);
}

mod methods {
    use super::*;
    #[derive(Clone, Debug, Differentiable)]
    struct S<T> {
        a: T,
        v: Vec<T>,
    }
    #[differentiable]
    impl<T: Real> S<T> {
        fn m(&self, x: T) -> T {
            self.a * x * self.v[0] + (-self.a).sin()
        }
        fn n(&mut self, x: T) {
            self.a *= x;
        }
    }
    #[test]
    fn checks() {
        let mut s = S { a: 0.3, v: vec![0.4] };
        s.m_check(0.4).unwrap();
        s.n_check(0.4).unwrap();
    }
}
