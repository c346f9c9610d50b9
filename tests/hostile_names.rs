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
