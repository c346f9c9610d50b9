//! Operators and float methods on values whose types only the type checker knows.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic, unused)]

#[macro_use]
mod common;

use std::ops::{Add, Mul};

use differentiable::prelude::*;

/// Hands over items, whose declarations are then not read: types alone tell what fields and values are.
macro_rules! made_by_a_macro {
    ($($item:tt)*) => { $($item)* };
}

made_by_a_macro! {
#[derive(Clone, Differentiable)]
struct Layer {
    a: f64,
    b: f64,
}

#[differentiable]
impl Layer {
    fn affine(&self, x: f64) -> f64 {
        self.a * x + self.b
    }

    fn forward(&self, x: f64) -> f64 {
        let z = self.affine(x);
        z.tanh() + (-self.b * x).exp() + self.a.powi(3) + self.affine(x).powf(2.0)
    }
}

#[test]
fn float_methods_of_fields_and_results() {
    Layer { a: 0.8, b: 0.3 }.forward_check(0.7).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct V3 {
    x: f64,
    y: f64,
    z: f64,
}

#[differentiable]
impl std::ops::Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        V3 { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}

#[differentiable]
impl std::ops::Mul<f64> for V3 {
    type Output = Self;
    fn mul(self, s: f64) -> Self::Output {
        V3 { x: self.x * s, y: self.y * s, z: self.z * s }
    }
}

#[differentiable]
impl std::ops::Mul for V3 {
    type Output = f64;
    fn mul(self, o: V3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
}

#[differentiable]
impl std::ops::Neg for V3 {
    type Output = V3;
    fn neg(self) -> V3 {
        V3 { x: -self.x, y: -self.y, z: -self.z }
    }
}

#[differentiable]
fn energy(p: V3, q: &V3, t: f64) -> f64 {
    let r = p * t + *q;
    let s = -r + p;
    let dot: f64 = r * s;
    dot * t + (p + *q).x
}

#[test]
fn operators_of_a_vector() {
    let (p, q) = (V3 { x: 0.3, y: -0.7, z: 1.1 }, V3 { x: 0.9, y: 0.2, z: -0.4 });
    energy::check(p, &q, 0.6).unwrap();
}

/// A matrix whose operators take references, as those of types that are not `Copy` do.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Rows(Vec<f64>);

#[differentiable(order = 2)]
impl<'a> Add<&'a Rows> for &Rows {
    type Output = Rows;
    fn add(self, other: &'a Rows) -> Rows {
        Rows(self.0.iter().zip(&other.0).map(|(a, b)| a + b).collect())
    }
}

/// Leads to the form of references.
#[differentiable(order = 2)]
impl Add for Rows {
    type Output = Rows;
    fn add(self, other: Rows) -> Rows {
        &self + &other
    }
}

#[differentiable(order = 2)]
impl Mul<f64> for &Rows {
    type Output = Rows;
    fn mul(self, by: f64) -> Rows {
        Rows(self.0.iter().map(|a| a * by).collect())
    }
}

#[differentiable(order = 2)]
impl std::ops::SubAssign<&Rows> for Rows {
    fn sub_assign(&mut self, other: &Rows) {
        for (a, b) in self.0.iter_mut().zip(other.0.iter()) {
            *a -= b * b;
        }
    }
}

/// The form of values comes first and has a body of its own, which both use.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Point(f64, f64);

#[differentiable(order = 2)]
impl Mul for Point {
    type Output = Point;
    fn mul(self, o: Point) -> Point {
        Point(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }
}

#[differentiable(order = 2)]
impl Mul<&Point> for &Point {
    type Output = Point;
    fn mul(self, o: &Point) -> Point {
        Point(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }
}

#[differentiable(order = 2)]
fn of_references(a: &Rows, b: &Rows, x: f64) -> f64 {
    let mut sum = &(a + b) * x;
    sum -= b;
    let both = sum + a.clone();
    both.0.iter().map(|v| v * v).sum()
}

#[differentiable(order = 2)]
fn of_both(p: Point, q: Point) -> f64 {
    let r = &p * &q * p;
    r.0 * r.1
}

#[test]
fn forms_of_operators() {
    let (a, b) = (Rows(vec![0.3, -0.7]), Rows(vec![1.1, 0.4]));
    of_references::check(&a, &b, 0.9).unwrap();
    of_both::check(Point(0.3, 0.8), Point(-0.4, 1.2)).unwrap();
    let h = of_references::hessian(&a, &b, 0.9);
    let eps = 1e-5;
    let (up, down) = (of_references::grad(&a, &b, 0.9 + eps), of_references::grad(&a, &b, 0.9 - eps));
    for i in 0..2 {
        assert!((h[[i, 4]] - (up.0.0[i] - down.0.0[i]) / (2.0 * eps)).abs() < 1e-6);
        assert!((h[[2 + i, 4]] - (up.1.0[i] - down.1.0[i]) / (2.0 * eps)).abs() < 1e-6);
    }
    let h = of_both::hessian(Point(0.3, 0.8), Point(-0.4, 1.2));
    assert!(h.iter().zip(h.t().iter()).all(|(a, b)| (a - b).abs() < 1e-12));
}

/// Every form of operator, three times differentiable.
#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
struct Pair {
    u: f64,
    v: f64,
}

#[differentiable(order = 3)]
impl std::ops::Mul for Pair {
    type Output = Pair;
    fn mul(self, other: Pair) -> Pair {
        Pair { u: self.u * other.u - self.v * other.v * other.v, v: self.u * other.v + self.v * other.u }
    }
}

#[differentiable(order = 3)]
impl std::ops::Div<&Pair> for Pair {
    type Output = Pair;
    fn div(self, other: &Pair) -> Pair {
        Pair { u: self.u / (other.u + 2.0), v: self.v * other.v.exp() }
    }
}

#[differentiable(order = 3)]
impl std::ops::MulAssign<f64> for Pair {
    fn mul_assign(&mut self, k: f64) {
        self.u *= k * k;
        self.v *= self.u * k;
    }
}

#[differentiable(order = 3)]
impl std::ops::AddAssign<&Pair> for Pair {
    fn add_assign(&mut self, other: &Pair) {
        self.u += other.u * other.v;
        self.v += other.v * self.u;
    }
}

#[differentiable(order = 3)]
impl std::ops::Neg for Pair {
    type Output = Pair;
    fn neg(self) -> Pair {
        Pair { u: -self.u, v: -self.v * self.v }
    }
}

#[differentiable(order = 3)]
fn of_pairs(p: Pair, q: Pair, k: f64) -> f64 {
    let mut r = p * q / &p;
    r *= k;
    r += &q;
    let s = -r;
    s.u * s.v * s.v
}

#[differentiable]
fn third_of_pairs(p: Pair, q: Pair, k: f64, v: f64) -> f64 {
    let (dp, dq) = (PairTangent { u: v, v: 0.3 }, PairTangent { u: -0.4, v: v * v });
    let (hp, hq, hk) = of_pairs::hvp(p, q, k, dp, dq, 0.7);
    hp.u * hq.v + hk * hp.v - hq.u
}

#[differentiable(order = 2)]
fn square_of_gradient(p: Pair, q: Pair, k: f64) -> f64 {
    let (dp, dq, dk) = of_pairs::grad(p, q, k);
    dp.u * dp.v + dq.u * dk + dq.v
}

#[test]
fn operators_have_three_orders() {
    let (p, q, k) = (Pair { u: 0.7, v: -0.4 }, Pair { u: 0.5, v: 0.3 }, 0.9);
    of_pairs::check(p, q, k).unwrap();
    third_of_pairs::check(p, q, k, 0.6).unwrap();
    square_of_gradient::check(p, q, k).unwrap();
    let hessian = square_of_gradient::hessian(p, q, k);
    let h = 1e-5;
    let (up, down) = (square_of_gradient::grad(p, q, k + h), square_of_gradient::grad(p, q, k - h));
    assert!((hessian[[4, 4]] - (up.2 - down.2) / (2.0 * h)).abs() < 1e-5);
    assert!((hessian[[0, 4]] - (up.0.u - down.0.u) / (2.0 * h)).abs() < 1e-5);
    for i in 0..5 {
        for j in 0..5 {
            assert!((hessian[[i, j]] - hessian[[j, i]]).abs() < 1e-10);
        }
    }
}
}

/// Methods and operators that consume a struct which is no `Copy`, in a loop, where light ones would run again.
mod consumed {
    use differentiable::prelude::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Pair {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl std::ops::Add for Pair {
        type Output = Pair;
        fn add(self, o: Pair) -> Pair {
            Pair { x: self.x + o.x * o.y, y: self.y + o.y }
        }
    }
    #[differentiable(order = 2)]
    impl Pair {
        fn product(self) -> f64 {
            self.x * self.y + self.x
        }
        fn mixed(self, o: Pair) -> Pair {
            Pair { x: self.x * o.y, y: o.x + self.y }
        }
    }
    #[differentiable(order = 2)]
    fn f(a: f64, b: f64) -> f64 {
        let mut r = a;
        for _ in 0..3 {
            let p = Pair { x: r, y: b };
            let q = p.clone() + Pair { x: a, y: r };
            let s = q.mixed(p);
            r += s.product() * b;
        }
        r
    }

    #[test]
    fn checked() {
        f::check(0.3, 0.4).unwrap();
        let h = 1e-5;
        let second = (f::grad(0.3 + h, 0.4).1 - f::grad(0.3 - h, 0.4).1) / (2.0 * h);
        let found = f::hessian(0.3, 0.4)[[0, 1]];
        assert!((found - second).abs() < 1e-6 * second.abs(), "{found} is not {second}");
    }
}

mod by_the_names_of_methods {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Default, Differentiable)]
    struct V {
        x: f64,
        y: f64,
    }
    #[differentiable]
    impl Add for V {
        type Output = V;
        fn add(self, o: V) -> V {
            V { x: self.x + o.x, y: self.y + o.y }
        }
    }
    #[differentiable]
    impl V {
        fn zero() -> V {
            V { x: 0.0, y: 0.0 }
        }
        fn norm(&self) -> f64 {
            (self.x * self.x + self.y * self.y).sqrt()
        }
        fn len(self) -> f64 {
            (self.x * self.x + self.y * self.y).sqrt()
        }
    }
    #[differentiable]
    fn a(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        let s = vs.iter().copied().fold(V::default(), V::add);
        s.x * s.y
    }
    #[differentiable]
    fn b(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        let s = vs.iter().copied().fold(V::zero(), |a, b| a + b);
        s.x * s.y
    }
    #[differentiable]
    fn c(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        vs.iter().map(V::norm).fold(0.0, f64::max)
    }
    #[differentiable]
    fn d(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        let s = vs.iter().copied().reduce(V::add).unwrap();
        s.x * s.y
    }
    #[differentiable]
    fn e(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        let s = vs.into_iter().fold(V::default(), Add::add);
        let t: Vec<f64> = vec![s, s].into_iter().map(V::len).collect();
        s.x * s.y + t[0]
    }
    #[differentiable]
    fn g(vs: &[V], x: f64) -> V {
        vs.iter().cloned().fold(V::zero(), |a, b| a + b)
    }
    #[differentiable]
    fn h(v: &[f64]) -> f64 {
        let s = g(&[V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }], 1.0);
        s.x * s.y * s.norm()
    }
    #[differentiable]
    fn i(v: &[f64]) -> f64 {
        let vs = vec![V { x: v[0], y: v[1] }, V { x: v[1], y: v[2] }];
        let s = vs.iter().fold(V::zero(), |acc, p| acc + *p);
        s.x * s.y * s.norm()
    }
    mod ta {
        use super::*;
        agrees!(a, [1.2, 0.7, 1.9]);
    }
    mod tb {
        use super::*;
        agrees!(b, [1.2, 0.7, 1.9]);
    }
    mod tc {
        use super::*;
        agrees!(c, [1.2, 0.7, 1.9]);
    }
    mod td {
        use super::*;
        agrees!(d, [1.2, 0.7, 1.9]);
    }
    mod te {
        use super::*;
        agrees!(e, [1.2, 0.7, 1.9]);
    }
    mod th {
        use super::*;
        agrees!(h, [1.2, 0.7, 1.9]);
    }
    mod ti {
        use super::*;
        agrees!(i, [1.2, 0.7, 1.9]);
    }
}
