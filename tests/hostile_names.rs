//! Names that collide with generated ones, shadowing, hidden preludes, strict lints.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use differentiable::prelude::*;

#[differentiable]
fn locals(t: f64, d_y: f64, x: f64) -> f64 {
    let tape = t * d_y;
    let ct = tape + x;
    let value = ct * ct;
    let pullback = value.sin();
    let this = pullback * t;
    let old = this + d_y;
    let g = old * old;
    let payload = g + value;
    let mut acc = payload;
    for i in 0..3 {
        let t_1 = acc * f64::from(i);
        acc = t_1 + d_y;
    }
    acc * tape
}

#[differentiable]
fn dots(x: f64, x_dot: f64, ct: f64) -> f64 {
    let y_dot = x * x_dot;
    let y = y_dot * ct;
    y * y_dot
}

#[differentiable]
fn accumulators(v: &mut [f64], g: &[f64], old: f64) -> f64 {
    let mut acc = 0.0;
    for i in 0..v.len() {
        let tape = v[i];
        v[i] *= g[i] * old;
        acc += tape * v[i];
    }
    acc
}

#[differentiable]
fn shadows(x: f64) -> f64 {
    let x = x * x;
    let y = {
        let x = x + 1.0;
        let x = x * x;
        x.sin()
    };
    let x = if y > 0.0 {
        let x = y * x;
        x
    } else {
        x
    };
    let mut s = x;
    for x in [y, 2.0 * y] {
        s *= x;
    }
    s
}

#[differentiable]
fn unicode(länge: f64, größe: f64) -> f64 {
    let süß = länge * größe;
    süß.tanh() + länge
}

#[derive(Clone, Debug, Differentiable)]
struct Tangent {
    value: f64,
    tape: f64,
}

#[derive(Clone, Copy, Debug, Differentiable)]
struct State {
    old: f64,
}

#[differentiable]
fn types(state: &Tangent, given: State) -> f64 {
    state.value * given.old + state.tape
}

#[differentiable]
fn grads(grad: f64, vjp: f64) -> f64 {
    let jvp = grad * vjp;
    jvp * jvp
}

pub(crate) mod visible {
    pub(crate) mod inner {
        #[differentiable::differentiable]
        pub(super) fn hidden(x: f64) -> f64 {
            x * x
        }

        #[differentiable::differentiable]
        pub(in crate::visible) fn path(x: f64) -> f64 {
            hidden(x) * x
        }
    }

    #[differentiable::differentiable]
    pub(crate) fn outer(x: f64) -> f64 {
        inner::hidden(x) + self::inner::path(x) + crate::visible::inner::hidden(x)
    }
}

/// Documented.
#[inline]
#[must_use]
#[allow(clippy::let_and_return)]
#[cfg(not(any()))]
#[differentiable]
pub fn attributes(#[allow(unused)] x: f64) -> f64 {
    #[allow(unused_mut)]
    let mut y = x * x;
    #[allow(clippy::needless_return)]
    return y;
}

#[test]
fn names() {
    locals::check(0.3, 0.7, 1.1).unwrap();
    dots::check(0.3, 0.7, 1.1).unwrap();
    accumulators::check(&mut [0.3, 0.7], &[1.1, 0.4], 0.9).unwrap();
    shadows::check(0.8).unwrap();
    unicode::check(0.3, 0.7).unwrap();
    grads::check(0.3, 0.7).unwrap();
    types::check(&Tangent { value: 0.3, tape: 0.7 }, State { old: 1.1 }).unwrap();
}

#[test]
fn modules() {
    visible::outer::check(0.7).unwrap();
    assert_eq!(attributes::grad(3.0), 6.0);
}

/// Names that code kept as it is binds again.
mod inner_bindings {
    use super::*;
    #[differentiable]
    fn f(v: &[f64], o: Option<f64>, x: f64, y: f64) -> f64 {
        let any = v.iter().any(|&x| x > 1.0);
        let a = matches!(o, Some(x) if x > y);
        let b = o.is_some_and(|y| y > x);
        let c = {
            let x = v.iter().filter(|&&y| y > 0.5).count();
            x > 1
        };
        let n = v.iter().position(|&y| y > x).unwrap_or(0);
        let mut r = x * y;
        if any {
            r *= x;
        }
        if a {
            r *= y;
        }
        if b {
            r += x * x;
        }
        if c {
            r += y * y;
        }
        r * v[n]
    }
    #[test]
    fn checks() {
        for v in [[0.45, 2.0], [0.6, 0.7], [0.1, 0.2]] {
            for o in [None, Some(0.3), Some(4.0)] {
                for (x, y) in [(0.11, 0.21), (0.21, 3.5), (5.0, 0.23)] {
                    f::check(&v, o, x, y).unwrap();
                }
            }
        }
    }
}

/// The names of the prelude stand for something else.
#[allow(nonstandard_style, unused, unreachable_pub)]
mod own_prelude {
    mod m {
        pub enum Option {
            Some,
            None,
        }
        pub struct Vec;
        pub struct Box;
        pub struct Result;
        pub trait Clone {}
        pub trait Default {}
        pub trait Iterator {}
        pub struct Cell;
        pub struct String;
        pub trait Into {}
        pub trait From {}
        pub trait Fn {}
        pub trait FnOnce {}
        pub trait Copy {}
        pub trait Sized {}
        pub struct usize;
        pub fn drop() {}
        pub use Option::{None, Some};
        pub fn Ok() {}
        pub fn Err() {}
        #[differentiable::differentiable]
        pub fn branches(x: f64, v: &[f64]) -> f64 {
            let mut y = x;
            for i in 0..v.len() {
                if y > 1.0 {
                    y *= v[i];
                } else {
                    y += v[i] * y;
                }
            }
            y
        }
        #[differentiable::differentiable]
        pub fn calls(x: f64, v: &[f64], w: &mut [f64]) -> f64 {
            w[0] *= branches(x, v);
            let mut s = 0.0;
            while s < 3.0 {
                s += 1.0 + x * x + branches(x, w);
                if s > 100.0 {
                    return s;
                }
            }
            s
        }
        #[derive(::differentiable::Differentiable, ::core::clone::Clone, Debug)]
        pub struct S {
            pub a: f64,
            pub v: ::std::vec::Vec<f64>,
        }
        #[derive(::differentiable::Differentiable, ::core::clone::Clone, Debug)]
        pub enum E {
            A(f64),
            B { x: f64, y: f64 },
            C,
        }
        #[differentiable::differentiable(order = 2)]
        pub fn st(s: &S, k: f64) -> f64 {
            s.a * k * s.v[0]
        }
        #[differentiable::differentiable]
        pub fn en(s: &S, e: &E) -> f64 {
            match e {
                E::A(x) => s.a * x,
                E::B { x, y } => x * y * s.v[0],
                E::C => s.a,
            }
        }
    }
    #[test]
    fn checks() {
        m::branches::check(0.7, &[1.2, 0.9]).unwrap();
        m::calls::check(0.7, &[1.2, 0.9], &mut [0.3]).unwrap();
        let s = m::S { a: 0.3, v: vec![0.4] };
        m::st::check(&s, 0.4).unwrap();
        m::en::check(&s, &m::E::B { x: 0.1, y: 0.2 }).unwrap();
    }
}

/// There is no prelude.
#[allow(dead_code, unreachable_pub)]
mod no_prelude {
    #![no_implicit_prelude]
    use ::differentiable::differentiable;
    #[differentiable]
    pub fn branches(x: f64, v: &[f64]) -> f64 {
        let mut y = x;
        let mut k = 0;
        while k < v.len() {
            if y > 1.0 {
                y = y * v[k];
            } else {
                y = y + v[k] * y;
            }
            k += 1;
        }
        y.sin()
    }
    #[differentiable]
    pub fn by_slot(v: &[f64]) -> f64 {
        v[0] * v[1]
    }
    #[differentiable]
    pub fn calls(v: &[f64], w: &mut [f64]) -> f64 {
        w[0] = branches(v[0], v);
        by_slot(w) * by_slot(v)
    }
    #[differentiable]
    pub fn option(v: ::core::option::Option<f64>, x: f64) -> ::core::option::Option<f64> {
        let y = v?;
        ::core::option::Option::Some(x * y)
    }
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::fmt::Debug, ::differentiable::Differentiable)]
    pub struct S {
        a: f64,
        v: ::std::vec::Vec<f64>,
    }
    #[::core::prelude::v1::derive(::core::clone::Clone, ::core::fmt::Debug, ::differentiable::Differentiable)]
    pub enum E {
        A(f64),
        B { x: f64, y: f64 },
        C,
    }
    #[differentiable]
    pub fn st(s: &S, e: &E) -> f64 {
        match e {
            E::A(x) => s.a * x,
            E::B { x, y } => x * y * s.v[0],
            E::C => s.a,
        }
    }
    #[differentiable(order = 2)]
    pub fn second(x: f64, v: &[f64]) -> f64 {
        x * x * v[0]
    }
    #[differentiable]
    impl S {
        fn m(&self, x: f64) -> f64 {
            self.a * x
        }
        fn n(&mut self, x: f64) {
            self.a *= x;
        }
    }
    #[::core::prelude::v1::test]
    fn checks() {
        branches::check(0.7, &[1.2, 0.9]).unwrap();
        calls::check(&[0.7, 1.3], &mut [0.2, 0.4]).unwrap();
        let s = S { a: 0.3, v: ::std::vec![0.4] };
        st::check(&s, &E::B { x: 0.2, y: 0.5 }).unwrap();
        option::check(::core::option::Option::Some(1.0), 2.0).unwrap();
        second::check(0.3, &[0.4]).unwrap();
        let _ = second::hvp(0.3, &[0.4], 1.0, &[1.0]);
        s.m_check(0.4).unwrap();
    }
}

/// Functions and parameters are called as generated code calls its variables.
mod taken {
    use super::*;
    #[differentiable]
    fn steps(steps: f64, cotangents: f64, direction: f64, tolerance: f64) -> f64 {
        let inputs = steps * cotangents;
        let now_x = inputs + direction;
        now_x * tolerance
    }
    #[differentiable]
    fn tape(x: f64, d_x: f64, d_d_x: f64, x_dot: f64, in_x: f64) -> f64 {
        x * d_x * x_dot * in_x + d_d_x
    }
    #[differentiable]
    fn state(value: f64, state: &[f64], d_state: &[f64], given_state: &mut [f64]) -> f64 {
        given_state[0] *= value;
        value * state[0] * d_state[0] * given_state[0]
    }
    #[differentiable]
    fn value(f: f64, t: f64, ct: f64, seed: f64) -> f64 {
        f * t * ct * seed
    }
    #[differentiable]
    fn cotangents(a: f64, b: &[f64]) -> f64 {
        a * b[0]
    }
    #[differentiable]
    fn inputs(a: f64, b: &[f64]) -> f64 {
        a * b[0]
    }
    #[differentiable]
    fn x(x: f64) -> f64 {
        x * x
    }
    #[differentiable]
    fn callers(x: f64, v: &[f64]) -> f64 {
        steps(x, x, x, v[0]) * cotangents(x, v) * inputs(x, v) * value(x, x, x, x)
    }
    #[differentiable]
    fn raw(r#type: f64, r#match: f64, v: &[f64]) -> f64 {
        let r#fn = r#type * r#match;
        let mut r#loop = r#fn;
        for r#in in 0..v.len() {
            r#loop *= v[r#in];
        }
        r#fn.exp() * r#type * r#loop
    }
    #[differentiable]
    fn r#move(r#type: f64) -> f64 {
        r#type * r#type
    }
    #[differentiable(order = 2)]
    fn second(d_x: f64, x: f64, v: &[f64], v_x: f64) -> f64 {
        d_x * x * v[0] * v_x
    }
    #[test]
    fn checks() {
        steps::check(0.3, 0.7, 1.1, 0.9).unwrap();
        tape::check(0.3, 0.4, 0.5, 0.6, 0.7).unwrap();
        let _ = tape::jvp(0.3, 0.4, 0.5, 0.6, 0.7, 1.0, 1.0, 1.0, 1.0, 1.0);
        let mut a = [0.0; 5];
        let [p, q, r, s, u] = &mut a;
        tape::grad_into(0.3, 0.4, 0.5, 0.6, 0.7, p, q, r, s, u);
        state::check(0.3, &[0.4], &[0.5], &mut [0.6]).unwrap();
        value::check(0.3, 0.4, 0.5, 0.6).unwrap();
        x::check(0.3).unwrap();
        callers::check(0.3, &[0.6]).unwrap();
        raw::check(0.3, 0.4, &[0.5, 0.6]).unwrap();
        r#move::check(0.4).unwrap();
        second::check(0.1, 0.2, &[0.3], 0.4).unwrap();
        let _ = second::hvp(0.1, 0.2, &[0.3], 0.4, 1.0, 1.0, &[1.0], 1.0);
        let _ = second::hessian(0.1, 0.2, &[0.3], 0.4);
        let _ = x::vjp(0.2).1(1.0);
        let _ = value::jacobian(0.1, 0.2, 0.3, 0.4);
        cotangents::check(0.3, &[0.4]).unwrap();
        inputs::check(0.3, &[0.4]).unwrap();
    }
}

/// Names that stand for one thing outside a block, and for another inside; methods with names of arrays that give numbers.
mod names_of_others {
    use differentiable::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
    struct Weibull {
        k: f64,
        scale: f64,
    }

    #[differentiable]
    impl Weibull {
        fn shape(&self) -> f64 {
            self.k * self.k
        }

        fn dim(&self) -> f64 {
            self.k * self.scale
        }
    }

    #[differentiable]
    fn parameters(x: f64) -> f64 {
        let w = Weibull { k: x, scale: 3.0 };
        let d = w.dim();
        d.sin() + w.shape() * x
    }

    #[differentiable]
    fn hidden_by_items(x: f64) -> f64 {
        let g = |a: f64| a * x;
        let k = x * x;
        let inside = {
            #[differentiable]
            fn g(a: f64) -> f64 {
                a * a * a
            }
            const K: f64 = 2.0;
            g(x) * K
        };
        inside + g(2.0) * k
    }

    #[differentiable]
    fn max(a: f64, b: f64) -> f64 {
        a * b
    }

    #[differentiable]
    fn repeat(a: f64, n: usize) -> Vec<f64> {
        vec![a * a; n]
    }

    #[differentiable]
    fn swap(a: &mut f64, b: &mut f64) {
        *a = *b * *b;
    }

    #[differentiable]
    fn take(a: &mut f64) -> f64 {
        let taken = *a * 2.0;
        *a = 1.0;
        taken
    }

    #[differentiable]
    fn functions(x: f64) -> f64 {
        let (mut a, mut b) = (x, 2.0 * x);
        swap(&mut a, &mut b);
        let c = take(&mut b);
        a + b * c + max(x, 3.0) + repeat(x, 3)[2]
    }

    #[differentiable]
    fn imported(x: f64) -> f64 {
        use std::iter::{once, repeat_n, repeat_with, successors, zip};
        use std::mem;

        let (mut a, mut b) = (x, x * x);
        mem::swap(&mut a, &mut b);
        let c = mem::replace(&mut a, 2.0);
        let sum: f64 = once(a).chain(once(c)).chain(repeat_n(b, 2)).sum();
        let products: f64 = zip([x, a], [b, c]).map(|(a, b)| a * b).sum();
        let halves: f64 = successors(Some(x), |t| Some(t * 0.5)).take(3).sum();
        let mut k = x;
        let powers: f64 = repeat_with(|| {
            k *= x;
            k
        })
        .take(3)
        .sum();
        sum + products + halves + powers + a * mem::take(&mut b) + b
    }

    #[test]
    fn checks() {
        for x in [0.7, 1.3] {
            parameters::check(x).unwrap();
            hidden_by_items::check(x).unwrap();
            functions::check(x).unwrap();
            imported::check(x).unwrap();
            assert_eq!(imported::value_and_grad(x).0, imported(x));
            assert_eq!(hidden_by_items::value_and_grad(x).0, hidden_by_items(x));
        }
    }
}

/// Constants with the names of those of `std::f64::consts` that are something else.
mod constants {
    use differentiable::prelude::*;

    const TAU: [f64; 2] = [0.5, 2.0];
    const PI: f32 = 3.0;
    const LN_2: usize = 3;
    const SQRT_2: (f64, f64) = (1.0, 2.0);

    #[differentiable]
    fn arrays_and_tuples(x: f64) -> f64 {
        let mut s = x * TAU[1];
        for t in &TAU {
            s += t * x * x;
        }
        for i in 0..TAU.len() {
            s *= TAU[i];
        }
        s + SQRT_2.1 * x
    }

    #[differentiable]
    fn of_single_precision(x: f32) -> f32 {
        let a = PI * x;
        (2.0 * PI).sin() * a.cos() + PI
    }

    #[differentiable]
    fn integers(x: f64, n: usize) -> f64 {
        let mut s = 0.0;
        for i in 0..n + LN_2 {
            s += x.powi(LN_2 as i32) * (i + LN_2) as f64;
        }
        s
    }

    #[test]
    fn constants_of_other_types() {
        arrays_and_tuples::check(0.7).unwrap();
        of_single_precision::check(0.7).unwrap();
        integers::check(0.7, 3).unwrap();
    }
}

mod own_drop {
    use differentiable::prelude::*;

    mod of_one {
        use differentiable::prelude::*;

        #[differentiable]
        fn drop(x: f64) -> f64 {
            x * x
        }

        #[differentiable]
        pub(super) fn product(x: f64) -> f64 {
            drop(x) * x
        }

        #[differentiable]
        pub(super) fn alone(x: f64) -> f64 {
            drop(x)
        }
    }

    mod of_two {
        use differentiable::prelude::*;

        #[differentiable]
        fn drop(x: f64, height: f64) -> f64 {
            x * height * height
        }

        #[differentiable]
        pub(super) fn named(x: f64) -> f64 {
            let y = drop(x, 2.0 * x);
            std::mem::drop(vec![x]);
            y
        }
    }

    mod of_a_place {
        use differentiable::prelude::*;

        #[differentiable]
        fn drop(x: &mut f64) {
            *x *= 3.0;
        }

        #[differentiable]
        pub(super) fn changed(x: f64) -> f64 {
            let mut y = x * x;
            drop(&mut y);
            y
        }
    }

    #[differentiable]
    fn of_the_standard_library(x: f64) -> f64 {
        let v = vec![x];
        let y = v[0] * x;
        drop(v);
        y
    }

    #[test]
    fn drop_may_be_a_function() {
        of_one::product::check(1.3).unwrap();
        of_one::alone::check(1.3).unwrap();
        of_two::named::check(1.3).unwrap();
        of_a_place::changed::check(1.3).unwrap();
        of_the_standard_library::check(1.3).unwrap();
    }
}

mod constructors_in_modules {
    use differentiable::prelude::*;

    mod vec2 {
        use differentiable::prelude::*;

        #[derive(Clone, Debug, Differentiable)]
        pub(super) struct New(pub(super) f64, pub(super) f64);

        #[derive(Clone, Debug, Differentiable)]
        pub(super) enum Shape {
            Line(f64),
            Dot,
            Arc { r: f64 },
        }

        pub(super) use Shape::*;
    }

    #[differentiable]
    fn of_a_struct(x: f64) -> f64 {
        let vec2::New(a, b) = vec2::New(x, x * x);
        let new = vec2::New(a * b, x);
        new.0 * new.1
    }

    #[differentiable]
    fn of_variants(s: &vec2::Shape, x: f64) -> f64 {
        match s {
            vec2::Line(r) => r * x,
            vec2::Dot => x,
            vec2::Arc { r } => r * r * x,
        }
    }

    #[differentiable]
    fn of_one_variant(s: &vec2::Shape, x: f64) -> f64 {
        if let vec2::Line(r) = s { r * x } else { 2.0 * x }
    }

    #[differentiable]
    fn made(x: f64) -> f64 {
        let s = if x > 0.0 { vec2::Line(x * x) } else { vec2::Arc { r: x } };
        let of_s = of_variants(&s, x);
        match s {
            vec2::Line(r) | vec2::Arc { r } => r * of_s,
            vec2::Dot => of_s,
        }
    }

    #[test]
    fn are_reached_through_them() {
        of_a_struct::check(1.3).unwrap();
        for s in [vec2::Line(0.3), vec2::Dot, vec2::Arc { r: 0.4 }] {
            of_variants::check(&s, 1.3).unwrap();
            of_one_variant::check(&s, 1.3).unwrap();
        }
        made::check(1.3).unwrap();
        made::check(-1.3).unwrap();
    }
}
