//! Traits with provided methods, associated types and constants, generic traits and layers.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

#[macro_use]
mod common;

use differentiable::prelude::*;

#[differentiable]
trait Activation {
    const LEAK: f64;

    fn apply(&self, x: f64) -> f64;

    fn twice(&self, x: f64) -> f64 {
        self.apply(self.apply(x)) + Self::LEAK * x
    }

    fn all(&self, v: &[f64]) -> Vec<f64> {
        v.iter().map(|x| self.apply(*x)).collect()
    }
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Swish {
    beta: f64,
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct Leaky;

#[differentiable]
impl Activation for Swish {
    const LEAK: f64 = 0.0;
    fn apply(&self, x: f64) -> f64 {
        x / (1.0 + (-self.beta * x).exp())
    }
}

#[differentiable]
impl Activation for Leaky {
    const LEAK: f64 = 0.1;
    fn apply(&self, x: f64) -> f64 {
        if x > 0.0 { x } else { Self::LEAK * x }
    }
    fn twice(&self, x: f64) -> f64 {
        x * x
    }
}

#[differentiable]
fn activate<A: Activation + Differentiable + Clone>(a: &A, v: &[f64]) -> f64 {
    let mut s = 0.0;
    for &x in v {
        s += a.apply(x) * a.twice(x) + A::LEAK * x;
    }
    s + a.all(v).iter().product::<f64>()
}

#[differentiable]
trait Layer {
    type State;
    fn start(&self, x: f64) -> Self::State;
    fn step(&self, s: &Self::State, x: f64) -> Self::State;
    fn read(&self, s: &Self::State) -> f64;
}

#[derive(Clone, Debug, Differentiable)]
struct Cell {
    a: f64,
    b: f64,
}

#[differentiable]
impl Layer for Cell {
    type State = (f64, f64);
    fn start(&self, x: f64) -> (f64, f64) {
        (x, self.a)
    }
    fn step(&self, s: &(f64, f64), x: f64) -> (f64, f64) {
        (s.0 * self.a + x, s.1 * self.b)
    }
    fn read(&self, s: &(f64, f64)) -> f64 {
        s.0 * s.1
    }
}

#[differentiable]
fn unrolled<L>(layer: &L, xs: &[f64]) -> f64
where
    L: Layer + Differentiable + Clone,
    L::State: Differentiable + Clone,
{
    let mut state = layer.start(xs[0]);
    for &x in xs {
        state = layer.step(&state, x);
    }
    layer.read(&state)
}

#[differentiable]
trait Shape {
    fn area(&self) -> f64;
    fn unit() -> Self
    where
        Self: Sized;
}

#[differentiable]
trait Solid: Shape {
    fn height(&self) -> f64;
    fn volume(&self) -> f64;
}

#[derive(Clone, Debug, Differentiable)]
struct Cylinder {
    r: f64,
    h: f64,
}

#[differentiable]
impl Shape for Cylinder {
    fn area(&self) -> f64 {
        3.0 * self.r * self.r
    }
    fn unit() -> Self {
        Cylinder { r: 1.0, h: 1.0 }
    }
}

#[differentiable]
impl Solid for Cylinder {
    fn height(&self) -> f64 {
        self.h
    }
    fn volume(&self) -> f64 {
        self.area() * self.height()
    }
}

#[differentiable]
fn ratio<S: Solid + Differentiable + Clone>(s: &S) -> f64 {
    S::volume(s) / <S as Shape>::area(s) + Solid::height(s) * S::unit().area()
}

#[differentiable]
trait Scaled<K> {
    fn scaled(&self, k: K) -> f64;
}

#[differentiable]
impl Scaled<f64> for Cylinder {
    fn scaled(&self, k: f64) -> f64 {
        self.r * k
    }
}

#[differentiable]
impl Scaled<usize> for Cylinder {
    fn scaled(&self, k: usize) -> f64 {
        self.h.powi(k as i32)
    }
}

#[differentiable]
fn both(c: &Cylinder, k: f64) -> f64 {
    c.scaled(k) * c.scaled(3_usize)
}

#[derive(Clone, Debug, Differentiable)]
struct Poly<T> {
    c: Vec<T>,
}

#[differentiable]
impl<T: Real> Poly<T> {
    fn new(c: Vec<T>) -> Self {
        Self { c }
    }
    fn at(&self, x: T) -> T {
        let mut s = T::zero();
        for &c in self.c.iter().rev() {
            s = s * x + c;
        }
        s
    }
    fn with(mut self, c: T) -> Self {
        self.c.push(c);
        self
    }
    fn scaled(self, k: T) -> Self {
        Self { c: self.c.iter().map(|&a| a * k).collect() }
    }
}

#[differentiable]
fn built(a: f64, b: f64, x: f64) -> f64 {
    let p = Poly::new(vec![a]).with(b).with(a * b).scaled(x);
    p.at(x)
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct V2 {
    x: f64,
    y: f64,
}

#[differentiable]
impl std::ops::Add for V2 {
    type Output = V2;
    fn add(self, o: V2) -> V2 {
        V2 { x: self.x + o.x, y: self.y + o.y }
    }
}

#[differentiable]
impl std::ops::Neg for V2 {
    type Output = V2;
    fn neg(self) -> V2 {
        V2 { x: -self.x, y: -self.y }
    }
}

#[differentiable]
impl std::ops::Mul<f64> for V2 {
    type Output = V2;
    fn mul(self, k: f64) -> V2 {
        V2 { x: self.x * k, y: self.y * k }
    }
}

#[differentiable]
impl std::ops::AddAssign for V2 {
    fn add_assign(&mut self, o: V2) {
        self.x += o.x;
        self.y += o.y;
    }
}

#[differentiable]
fn moved(a: V2, b: V2, t: f64) -> f64 {
    let mut p = a + -b * t;
    for _ in 0..3 {
        p += b * t;
        p = p + a;
    }
    p.x * p.y
}

#[derive(Clone, Debug, Differentiable)]
struct Particle {
    x: f64,
    v: f64,
}

#[differentiable]
impl Particle {
    fn position(&self, t: f64) -> f64 {
        self.x + self.v * t
    }
    fn count(&self) -> f64 {
        self.x * self.x
    }
    fn get(&self, i: usize) -> f64 {
        if i == 0 { self.x } else { self.v }
    }
    fn last(&self) -> f64 {
        self.get(1) * self.x
    }
    fn reverse(&self) -> Particle {
        Particle { x: self.v, v: self.x }
    }
    fn any(&self) -> Particle {
        Particle { x: self.v, v: self.x * self.v }
    }
}

#[differentiable]
fn names_of_iterator_methods(p: &Particle, t: f64) -> f64 {
    let q = p.any();
    p.position(t) * p.count() + q.position(t) * p.last() * p.get(0) + p.reverse().position(t)
}

#[test]
fn names_that_iterators_have_too() {
    let p = Particle { x: 0.4, v: 1.3 };
    names_of_iterator_methods::check(&p, 0.7).unwrap();
}

#[test]
fn provided_methods() {
    activate::check(&Swish { beta: 1.3 }, &[0.4, -0.5]).unwrap();
    activate::check(&Leaky, &[0.4, -0.5]).unwrap();
}

#[test]
fn associated_types() {
    unrolled::check(&Cell { a: 0.7, b: 0.9 }, &[0.4, -0.5, 0.3]).unwrap();
}

#[test]
fn super_traits_and_paths() {
    ratio::check(&Cylinder { r: 0.7, h: 1.3 }).unwrap();
    both::check(&Cylinder { r: 0.7, h: 1.3 }, 0.4).unwrap();
}

#[test]
fn builders() {
    built::check(0.7, 0.4, 1.3).unwrap();
}

#[test]
fn operators() {
    moved::check(V2 { x: 0.3, y: 0.4 }, V2 { x: -0.2, y: 1.4 }, 0.6).unwrap();
}

/// A declared reference to what a box holds.
mod box_alias {
    use super::*;
    #[differentiable(order = 2)]
    trait Layer2 {
        fn forward(&self, x: f64) -> f64;
    }
    #[derive(Clone, Differentiable)]
    struct D {
        w: f64,
    }
    #[differentiable(order = 2)]
    impl Layer2 for D {
        fn forward(&self, x: f64) -> f64 {
            self.w * x * x
        }
    }
    #[differentiable(order = 2)]
    impl<T: Layer2 + Differentiable> Layer2 for Box<T> {
        fn forward(&self, x: f64) -> f64 {
            let t: &T = self;
            t.forward(x) * 2.0
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let b = Box::new(D { w: v[0] });
        b.forward(v[1])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// The same by `as_ref` and by dereferences.
mod box_alias_ref {
    use super::*;
    #[differentiable(order = 2)]
    trait Layer2 {
        fn forward(&self, x: f64) -> f64;
    }
    #[derive(Clone, Differentiable)]
    struct D {
        w: f64,
    }
    #[differentiable(order = 2)]
    impl Layer2 for D {
        fn forward(&self, x: f64) -> f64 {
            self.w * x * x
        }
    }
    #[differentiable(order = 2)]
    impl<T: Layer2 + Differentiable> Layer2 for Box<T> {
        fn forward(&self, x: f64) -> f64 {
            let t = &**self;
            let u = self.as_ref();
            t.forward(x) * u.forward(x)
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let b = Box::new(D { w: v[0] });
        b.forward(v[1])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}

/// A method of what a box holds, whose own has the same name.
mod box_alias_plain {
    use super::*;
    #[differentiable(order = 2)]
    trait Layer2 {
        fn forward(&self, x: f64) -> f64;
    }
    #[derive(Clone, Differentiable)]
    struct D {
        w: f64,
    }
    #[differentiable(order = 2)]
    impl Layer2 for D {
        fn forward(&self, x: f64) -> f64 {
            self.w * x * x
        }
    }
    #[differentiable(order = 2)]
    impl<T: Layer2 + Differentiable> Layer2 for Box<T> {
        fn forward(&self, x: f64) -> f64 {
            (**self).forward(x) * 2.0
        }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let b = Box::new(D { w: v[0] });
        b.forward(v[1])
    }

    checked!(f, [1.3, 0.7, -0.4, 2.1]);
}
