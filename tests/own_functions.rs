//! Functions of the user's own that are called like those of the standard library, and functions, methods and types of which a
//! file has several of one name.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused, non_camel_case_types)]

#[macro_use]
mod common;

use std::ops::{Add, Mul};

use differentiable::num_complex::Complex;
use differentiable::prelude::*;

mod all_of_them {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn swap(a: f64, b: f64) -> f64 {
        a * a - b
    }
    #[differentiable(order = 2)]
    fn replace(a: f64, b: f64) -> f64 {
        a * b * b
    }
    #[differentiable(order = 2)]
    fn take(a: f64) -> f64 {
        a.sin()
    }
    #[differentiable(order = 2)]
    fn min(a: f64, b: f64) -> f64 {
        a * b
    }
    #[differentiable(order = 2)]
    fn max(a: f64, b: f64) -> f64 {
        a - b * b
    }
    #[differentiable(order = 2)]
    fn once(a: f64) -> f64 {
        a.cos()
    }
    #[differentiable(order = 2)]
    fn zip(a: f64, b: f64) -> f64 {
        a.cos() * b
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let y = 1.0 + drop(x[0]);
        let z = swap(x[0], x[1]) + replace(x[1], x[2]);
        y + z + take(x[0]) + min(x[0], x[1]) + max(x[1], x[2]) + once(x[0]) * zip(x[0], x[1])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod alone {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> f64 {
        x * x
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        x[1] * drop(x[0])
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod changing {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: &mut f64) {
        *x *= 2.0;
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut y = x[0] * x[1];
        drop(&mut y);
        y * y
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod changing_others {
    use super::*;
    #[differentiable(order = 2)]
    fn swap(x: &mut [f64], i: usize, j: usize) {
        let t = x[i];
        x[i] = 2.0 * x[j];
        x[j] = t;
    }
    #[differentiable(order = 2)]
    fn replace(x: &mut f64, v: f64) {
        *x = 2.0 * v;
    }
    #[differentiable(order = 2)]
    fn take(x: &mut f64) -> f64 {
        *x *= 3.0;
        *x * 2.0
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let mut y = [x[0] * x[1], x[2]];
        swap(&mut y, 0, 1);
        let mut z = x[0];
        replace(&mut z, x[1] * x[2]);
        let u = take(&mut z);
        y[0] * y[0] * y[1] * z + u
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod exchanging {
    use super::*;
    #[differentiable(order = 2)]
    fn swap(a: &mut f64, b: &mut f64) {
        let t = *a;
        *a = 2.0 * *b;
        *b = t;
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (mut a, mut b) = (x[0], x[1] * x[2]);
        swap(&mut a, &mut b);
        a * a * b
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
mod parts_of_values {
    use super::*;
    #[differentiable(order = 2)]
    fn drop(x: f64) -> (f64, f64) {
        (x * x, x)
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let v = [x[0], x[1]].map(drop);
        let w: Vec<f64> = x.iter().map(|a| drop(*a).0).collect();
        w[0] * v[0].1 + drop(x[2]).0
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

#[differentiable(order = 2)]
fn measure(z: Complex<f64>) -> f64 {
    z.re * z.im + 2.0 * z.re
}

/// What the types of values of functions and methods name, in a module in which the names are others.
mod types_of_values_elsewhere {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct V {
        pub x: Complex<f64>,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct A {
        pub k: f64,
        pub v: V,
    }
    #[differentiable(order = 2)]
    impl A {
        pub fn v(&self) -> V {
            V { x: Complex::new(self.k, 2.0 * self.k * self.k) }
        }
    }
    #[differentiable(order = 2)]
    pub fn make(k: f64) -> V {
        V { x: Complex::new(k * k, 0.5 * k) }
    }
    mod inner {
        use super::super::measure;
        use super::{A, Differentiable, differentiable, make};
        #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
        pub struct V {
            pub x: f64,
        }
        #[differentiable(order = 2)]
        fn f(v: &[f64]) -> f64 {
            let a = A { k: v[0], v: make(v[1]) };
            let z = a.v().x;
            let w = make(v[2]).x;
            measure(z * w) + measure(w * w * z)
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }
}

/// A parameter that is a function, and is called like one beside it.
mod parameters_called_like_functions {
    use super::*;
    #[differentiable(order = 2)]
    fn weight(x: usize) -> f64 {
        1.0
    }
    #[differentiable]
    fn apply(v: &[f64], weight: impl Fn(usize) -> Complex<f64>) -> f64 {
        let mut z = Complex::new(v[0], v[1]);
        for i in 0..3 {
            z = z * weight(i);
        }
        measure(z)
    }
    #[test]
    fn ap() {
        let w = |i: usize| Complex::new(i as f64 - 0.5, 2.0);
        apply::check(&[0.3, 0.8], w).unwrap();
    }
}

/// A number times an array, beside an operator for numbers and a type of the file.
mod arrays_beside_an_operator {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct M(pub f64);
    #[differentiable(order = 2)]
    impl Mul<M> for f64 {
        type Output = M;
        fn mul(self, o: M) -> M {
            M(o.0 * self)
        }
    }
    #[differentiable(order = 2)]
    impl M {
        fn dot(&self, o: &M) -> f64 {
            self.0 * o.0
        }
        fn sum(&self) -> f64 {
            self.0
        }
        fn get(&self) -> f64 {
            self.0
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct Net {
        w: Array2<f64>,
        b: Array1<f64>,
    }
    #[differentiable(order = 2)]
    fn f(n: &Net, k: f64) -> f64 {
        let y = (k * &n.w).dot(&n.b);
        let z = (k * &n.b).sum();
        y.sum() * z + (2.0 * &n.b).dot(&y)
    }
    #[test]
    fn t() {
        let n = Net { w: array![[0.3, 0.1], [0.2, -0.5]], b: array![0.6, 1.2] };
        f::check(&n, 0.7).unwrap();
        assert_eq!(f::hessian(&n, 0.7).dim(), (7, 7));
    }
}
/// Operators for numbers and types of several modules.
mod operators_of_numbers_in_modules {
    use super::*;
    mod phasors {
        use super::super::*;
        #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
        pub struct W(pub Complex<f64>);
        #[differentiable(order = 2)]
        impl Mul<W> for f64 {
            type Output = W;
            fn mul(self, o: W) -> W {
                W(o.0 * self)
            }
        }
    }
    use phasors::W;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct M(pub f64);
    #[differentiable(order = 2)]
    impl Mul<M> for f64 {
        type Output = M;
        fn mul(self, o: M) -> M {
            M(o.0 * self)
        }
    }
    #[differentiable(order = 2)]
    fn g(ws: &[W], k: f64) -> f64 {
        let z = (k * ws[0]).0;
        let y = z * z * z;
        measure(y)
    }
    #[test]
    fn g_checks() {
        let ws = [W(Complex::new(0.3, 0.8))];
        g::check(&ws, 1.3).unwrap();
        let (_, dk) = g::grad(&ws, 1.3);
        let e = (g(&ws, 1.3 + 1e-5) - g(&ws, 1.3 - 1e-5)) / 2e-5;
        assert!((dk - e).abs() < 1e-6 * e.abs(), "{dk} {e}");
    }
}
/// Methods of one name of traits in several modules.
mod traits_of_one_name {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct V {
        pub x: f64,
        pub y: f64,
    }
    #[differentiable(order = 2)]
    pub trait Len {
        fn len2(&self) -> f64;
    }
    #[differentiable(order = 2)]
    impl Len for V {
        fn len2(&self) -> f64 {
            self.x * self.x + self.y * self.y
        }
    }
    mod ext {
        use super::super::{Complex, differentiable, measure};
        use super::V;
        #[differentiable(order = 2)]
        pub trait Len {
            fn len2(&self) -> Complex<f64>;
        }
        #[differentiable(order = 2)]
        impl Len for V {
            fn len2(&self) -> Complex<f64> {
                Complex::new(self.x, self.y)
            }
        }
        #[differentiable(order = 2)]
        fn f(v: &[f64]) -> f64 {
            let p = V { x: v[0], y: v[1] };
            let z = p.len2();
            measure(z * z * z)
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }
}
/// A macro makes names that hide others.
#[test]
fn names_that_a_macro_makes() {
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct V {
        x: f64,
    }
    #[differentiable(order = 2)]
    fn g(x: f64) -> f64 {
        x
    }
    {
        macro_rules! make {
            ($n:ident) => {
                #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
                struct $n {
                    x: Complex<f64>,
                }
                #[differentiable(order = 2)]
                fn g(x: f64) -> Complex<f64> {
                    Complex::new(x, x * x)
                }
            };
        }
        make!(V);
        #[differentiable(order = 2)]
        fn f(v: &[f64], p: &V) -> f64 {
            let z = g(v[2]);
            let y = p.x * p.x;
            measure(z * z) + measure(y * p.x)
        }
        let at = [0.7, 1.3, 0.4];
        let p = V { x: Complex::new(0.2, 0.8) };
        f::check(&at, &p).unwrap();
    }
}
/// Operators of one type whose right operand decides, in several modules.
mod operands_in_modules {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct P(pub f64);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct M3 {
        pub k: f64,
    }
    #[differentiable(order = 2)]
    impl Mul<P> for M3 {
        type Output = P;
        fn mul(self, o: P) -> P {
            P(self.k * o.0)
        }
    }
    pub mod waves {
        use super::super::*;
        use super::{M3, P};
        #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
        pub struct Ray(pub Complex<f64>);
        #[differentiable(order = 2)]
        impl Mul<Ray> for M3 {
            type Output = Ray;
            fn mul(self, o: Ray) -> Ray {
                Ray(o.0 * self.k)
            }
        }
        #[differentiable(order = 2)]
        fn f(v: &[f64]) -> f64 {
            let m = M3 { k: v[0] };
            let z = (m * Ray(Complex::new(v[1], v[2]))).0;
            let w = z * z;
            measure(w * z)
        }
        checked!(f, [0.7, 1.3, 0.4]);
    }
}

/// A type of the user's own that is called like that of complex numbers.
mod own_complex_numbers {
    use super::{Add, Differentiable, Mul, differentiable};
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    pub struct Complex64 {
        pub re: f64,
        pub im: f64,
    }
    #[differentiable(order = 2)]
    impl Mul for Complex64 {
        type Output = Complex64;
        fn mul(self, o: Complex64) -> Complex64 {
            Complex64 { re: self.re * o.re - self.im * o.im, im: self.re * o.im + self.im * o.re }
        }
    }
    #[differentiable(order = 2)]
    impl Add for Complex64 {
        type Output = Self;
        fn add(self, o: Self) -> Self {
            Self { re: self.re + o.re, im: self.im + o.im }
        }
    }
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    pub struct State {
        pub z: Complex64,
        pub zs: Vec<Complex64>,
    }
    #[differentiable(order = 2)]
    fn make(a: f64, b: f64) -> Complex64 {
        Complex64 { re: a, im: b }
    }
    #[differentiable(order = 2)]
    fn f(v: &[f64]) -> f64 {
        let s = State { z: make(v[0], v[1]), zs: vec![make(v[1], v[2]); 2] };
        let mut t = s.z * s.zs[0];
        for z in &s.zs {
            t = t * *z + s.z;
        }
        t.re * t.im
    }
    checked!(f, [0.7, 1.3, 0.4]);
}

mod methods_called_like_lengths_and_orders {
    use super::*;
    #[derive(Clone, Copy, Differentiable)]
    struct Arrow {
        x: f64,
        y: f64,
    }
    #[differentiable(order = 2)]
    impl Arrow {
        fn len(&self) -> f64 {
            (self.x * self.x + self.y * self.y).sqrt()
        }
        fn shape(&self) -> f64 {
            self.x * self.y
        }
        fn cmp(&self, other: &Self) -> f64 {
            self.x - other.y * self.y
        }
    }
    #[derive(Clone, Differentiable)]
    struct Body {
        velocity: Arrow,
    }
    #[differentiable(order = 2)]
    fn drag(speed: f64) -> f64 {
        speed * speed
    }
    #[differentiable(order = 2)]
    fn force(body: &Body) -> f64 {
        drag(body.velocity.len()) * body.velocity.shape()
    }
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        let (a, b) = (Arrow { x: x[0], y: x[1] }, Arrow { x: x[1], y: x[2] });
        let d = a.cmp(&b);
        force(&Body { velocity: b }) * d + drag(a.len())
    }
    checked!(f, [0.4, 0.7, 1.2]);
}

mod lower_case_structs {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct point {
        x: f64,
        y: f64,
    }
    #[differentiable]
    impl point {
        fn new(x: f64, y: f64) -> point {
            point { x, y }
        }
        fn norm(&self) -> f64 {
            (self.x * self.x + self.y * self.y).sqrt()
        }
        fn scale(self, k: f64) -> Self {
            point { x: self.x * k, ..self }
        }
    }
    #[differentiable]
    fn len(p: point) -> f64 {
        let point { x, y } = p;
        x * y
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let p = point { x: v[0], y: v[1] * v[2] };
        let q = point::new(v[2], v[0]);
        let ps: Vec<point> = vec![p, q.scale(v[1])];
        let mut s = len(p);
        for point { x, y } in &ps {
            s += x * y;
        }
        match q {
            point { x, y: b } if b > 0.0 => s += x * b,
            point { .. } => s += p.x,
        }
        s + p.norm() + ps.iter().map(|p| p.x).sum::<f64>()
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod lower_case_tuples_and_enums {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct pt(f64, f64);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct wrap<T>(T);
    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    enum shape {
        Dot,
        Circle(f64),
        Rect { w: f64, h: f64 },
    }
    #[differentiable]
    impl pt {
        fn prod(&self) -> f64 {
            let pt(a, b) = *self;
            a * b
        }
    }
    #[differentiable]
    fn area(s: &shape) -> f64 {
        match s {
            shape::Dot => 0.0,
            shape::Circle(r) => r * r * 3.0,
            shape::Rect { w, h } => w * h,
        }
    }
    #[differentiable]
    fn first<T: Real>(w: wrap<T>) -> T {
        w.0 * w.0
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let p = pt(v[0], v[1]);
        let pt(a, b) = p;
        let s = shape::Circle(v[2]);
        let r = shape::Rect { w: v[0], h: v[2] };
        let w = wrap(v[1] * v[2]);
        let wrap(u) = w;
        let ws: Vec<wrap<f64>> = vec![wrap(a)];
        p.prod() + a * b + area(&s) + area(&r) + u + first(w) + ws[0].0 + area(&shape::Dot)
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod generic_vec {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Vec<T> {
        x: T,
        y: T,
    }
    #[differentiable]
    fn dot(a: &Vec<f64>, b: &Vec<f64>) -> f64 {
        a.x * b.x + a.y * b.y
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = Vec { x: v[0], y: v[1] };
        let b: Vec<f64> = Vec { x: v[1], y: v[2] };
        dot(&a, &b) * a.x
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod option_with_two_payloads {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Option<T> {
        None,
        Some(T),
        Both(T, T),
    }
    #[differentiable]
    fn get(o: &Option<f64>) -> f64 {
        match o {
            Option::None => 0.0,
            Option::Some(a) => a * 2.0,
            Option::Both(a, b) => a * b,
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = Option::Some(v[0]);
        let b = Option::Both(v[1], v[2]);
        get(&a) * get(&b)
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod tuple_called_box {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Box<T>(T);
    #[differentiable]
    fn get(o: &Box<f64>) -> f64 {
        o.0 * o.0
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = Box(v[0]);
        let Box(c) = Box(v[1] * v[2]);
        get(&a) * c * a.0
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod generic_result {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    enum Result<T> {
        Good(T),
        Bad,
    }
    #[differentiable]
    fn get(o: &Result<f64>) -> f64 {
        match o {
            Result::Good(a) => a * a,
            Result::Bad => 1.0,
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = Result::Good(v[0]);
        get(&a) * v[1] * v[2]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod box_with_methods {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Box<T>(T);
    #[differentiable]
    impl Box<f64> {
        fn new(x: f64) -> Box<f64> {
            Box(x * 2.0)
        }
        fn get(&self) -> f64 {
            self.0 * self.0
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let a = Box::new(v[0]);
        let b: Box<f64> = Box::new(v[1]);
        a.get() * b.get() * v[2]
    }
    agrees!(f, [1.2, 0.7, 1.9]);
}

mod vec_with_methods {
    use super::*;
    #[derive(Clone, Debug, PartialEq, Differentiable)]
    struct Vec<T> {
        a: T,
        b: T,
    }
    #[differentiable]
    impl Vec<f64> {
        fn new(a: f64, b: f64) -> Self {
            Vec { a, b }
        }
        fn len(&self) -> f64 {
            (self.a * self.a + self.b * self.b).sqrt()
        }
        fn push(&mut self, x: f64) {
            self.a += x * self.b;
        }
    }
    #[differentiable]
    fn f(v: &[f64]) -> f64 {
        let mut a = Vec::new(v[0], v[1]);
        a.push(v[2]);
        a.len()
    }
    #[differentiable]
    fn g(v: &[f64]) -> f64 {
        let mut a: Vec<f64> = Vec::new(v[0], v[1]);
        a.push(v[2]);
        let Vec { a: p, b } = a;
        p * b
    }
    mod tf {
        use super::*;
        agrees!(f, [1.2, 0.7, 1.9]);
    }
    mod tg {
        use super::*;
        agrees!(g, [1.2, 0.7, 1.9]);
    }
}
