//! Conversions between types of the user's own, slices in boxes, and bounds for operators.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

#[macro_use]
mod common;

use differentiable::prelude::*;

mod from {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct Polar {
        r: f64,
        t: f64,
    }
    #[derive(Clone, Copy, Differentiable)]
    struct Cart {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl From<Polar> for Cart {
        fn from(p: Polar) -> Cart {
            Cart { x: p.r * p.t.cos(), y: p.r * p.t.sin() }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let c = Cart::from(Polar { r: x[0], t: x[1] });
        let d: Cart = Polar { r: x[1], t: x[2] }.into();
        c.x * c.y + d.x * x[0] + d.y
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod from_numbers_and_tuples {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct Dual {
        v: f64,
        d: f64,
    }
    #[differentiable(order = 2)]
    impl From<f64> for Dual {
        fn from(v: f64) -> Self {
            Self { v, d: 1.0 }
        }
    }
    #[differentiable(order = 2)]
    impl From<(f64, f64)> for Dual {
        fn from((v, d): (f64, f64)) -> Self {
            Self { v, d }
        }
    }
    #[differentiable(order = 2)]
    impl From<[f64; 2]> for Dual {
        fn from(a: [f64; 2]) -> Self {
            Self { v: a[0], d: a[1] }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let a = Dual::from(x[0]);
        let b = Dual::from((x[1], x[2]));
        let c = Dual::from([x[1], x[0]]);
        let g: Dual = x[2].into();
        let t: Dual = (x[0], x[2]).into();
        a.v * b.d + g.v * g.d * c.v * c.d + t.v * t.d
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod boxed_slices {
    use super::*;
    #[differentiable(order = 2)]
    fn g(x: Box<[f64]>, y: f64) -> f64 {
        let mut s = y;
        for v in x.iter() {
            s += v * v * y;
        }
        for i in 0..x.len() {
            s += x[i] * y;
        }
        s
    }
    #[test]
    fn t() {
        g::check(vec![1.0, 2.0].into_boxed_slice(), 0.4).unwrap();
    }
}

mod lent_boxed_slices {
    use super::*;
    #[differentiable(order = 2)]
    fn g(x: &Box<[f64]>, y: f64) -> f64 {
        let mut s = y;
        for v in x.iter() {
            s += v * v * y;
        }
        for i in 0..x.len() {
            s += x[i] * y;
        }
        s
    }
    #[test]
    fn t() {
        g::check(&vec![1.0, 2.0].into_boxed_slice(), 0.4).unwrap();
    }
}

mod boxed_slices_in_fields {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct P {
        w: Box<[f64]>,
        b: f64,
    }
    #[differentiable(order = 2)]
    impl P {
        fn g(&self, y: f64) -> f64 {
            let mut s = y;
            for v in self.w.iter() {
                s += v * v * y;
            }
            for i in 0..self.w.len() {
                s += self.w[i] * y;
            }
            s * self.b
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let p = P { w: vec![x[0], x[1]].into_boxed_slice(), b: x[2] };
        p.g(x[0]) + p.w[0]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod boxed_slices_that_are_made {
    use super::*;
    #[derive(Clone, Differentiable)]
    struct P {
        w: Box<[f64]>,
        b: f64,
    }
    #[differentiable(order = 2)]
    fn make(x: &[f64]) -> P {
        P { w: x.iter().map(|a| a * a).collect(), b: 1.0 }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let p = make(x);
        let q: Box<[f64]> = x.to_vec().into();
        let r = x.to_vec().into_boxed_slice();
        p.w.iter().sum::<f64>() + q[1] * q[0] + r[0] * p.b
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod operators_of_parameters {
    use super::*;
    use std::ops::{Add, Mul};
    #[differentiable(order = 2)]
    fn twice<V: Add<Output = V> + Copy>(a: V) -> V {
        a + a
    }
    #[differentiable(order = 2)]
    fn lerp<V>(a: V, b: V, t: f64) -> V
    where
        V: Add<Output = V> + Mul<f64, Output = V> + Copy,
    {
        a * (1.0 - t) + b * t
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        twice(x[0]) * x[1] + lerp(x[0], x[1], x[2])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod units {
    use super::*;
    use std::marker::PhantomData;
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Meters;
    #[derive(Clone, Copy, Debug, Differentiable)]
    struct Quantity<U> {
        value: f64,
        #[constant]
        unit: PhantomData<U>,
    }
    #[differentiable(order = 2)]
    impl<U> Quantity<U> {
        fn scaled(self, k: f64) -> f64 {
            self.value * k
        }
        fn value(&self) -> f64 {
            self.value
        }
        fn new(value: f64) -> Self {
            Quantity { value, unit: PhantomData }
        }
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let q: Quantity<Meters> = Quantity::new(x[0]);
        q.scaled(x[1]) * q.value()
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod into_a_part {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum Shape {
        Circle(f64),
        Rect { w: f64, h: f64 },
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct P {
        x: f64,
        n: f64,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Q(f64);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Meters(f64);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Tall {
        h: Meters,
        w: Meters,
    }
    #[differentiable]
    impl From<f64> for Meters {
        fn from(a: f64) -> Meters {
            Meters(a * 2.0)
        }
    }
    #[differentiable]
    impl From<Meters> for f64 {
        fn from(a: Meters) -> f64 {
            a.0 * a.0
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let r = v[0] as f32;
        let s = Shape::Circle(v[0].into());
        let t = Shape::Rect { w: v[1].into(), h: v[2].into() };
        let p = P { x: v[1].into(), n: 3u8.into() };
        let q = Q(v[2].into());
        let m = Tall { h: v[0].into(), w: Meters(v[1]) };
        let a = match s {
            Shape::Circle(r) => r * r,
            Shape::Rect { w, h } => w * h,
        };
        let b = match t {
            Shape::Circle(r) => r * r,
            Shape::Rect { w, h } => w * h,
        };
        a + b + p.x * p.n + q.0 + m.h.0 * m.w.0
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}
