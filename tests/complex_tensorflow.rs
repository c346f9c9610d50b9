//! The same numbers as TensorFlow: values and gradients of the functions of complex numbers, for complex64
//! and complex128. The fixtures carry the script that made them, `tests/fixtures/tensorflow_complex.py`.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use std::collections::BTreeSet;

use differentiable::prelude::*;
use serde_json::Value;

const COMPLEX64: &str = include_str!("fixtures/tensorflow_complex64.json");
const COMPLEX128: &str = include_str!("fixtures/tensorflow_complex128.json");
const POINTS: [[f64; 2]; 4] = [[0.6, 0.4], [-0.3, 0.7], [0.5, -0.2], [-0.8, -0.5]];
const OTHER: [f64; 2] = [0.3, -0.9];
const REAL: f64 = 1.3;
const COTANGENT: [f64; 2] = [0.7, -0.2];

fn real<T: Real>(x: f64) -> T {
    T::from_f64(x).unwrap()
}

fn number<T: Real>(z: [f64; 2]) -> Complex<T> {
    Complex::new(real(z[0]), real(z[1]))
}

/// A value or a gradient as its real and imaginary part, and the cotangent for such a value.
trait Parts {
    fn parts(&self) -> [f64; 2];
    fn cotangent() -> Self;
}

macro_rules! parts {
    ($($float:ty),*) => {$(
        impl Parts for $float {
            fn parts(&self) -> [f64; 2] {
                [f64::from(*self), 0.0]
            }
            fn cotangent() -> $float {
                real(COTANGENT[0])
            }
        }

        impl Parts for Complex<$float> {
            fn parts(&self) -> [f64; 2] {
                [f64::from(self.re), f64::from(self.im)]
            }
            fn cotangent() -> Complex<$float> {
                number(COTANGENT)
            }
        }
    )*};
}
parts!(f32, f64);

/// The value, and the gradient for the cotangent of the fixtures.
fn pull<Y: Parts, G>((value, pullback): (Y, impl Fn(Y) -> G)) -> (Y, G) {
    (value, pullback(Y::cotangent()))
}

struct Fixture {
    cases: Value,
    asked: BTreeSet<String>,
    tolerance: f64,
}

impl Fixture {
    fn compare(&mut self, name: &str, point: usize, found: &[[f64; 2]]) {
        self.asked.insert(name.to_owned());
        let expected = &self.cases[name][point];
        assert_eq!(expected.as_array().expect(name).len(), found.len(), "{name}");
        for (i, found) in found.iter().enumerate() {
            let expected = [0, 1].map(|part| expected[i][part].as_f64().unwrap());
            let size = expected[0].hypot(expected[1]).max(1.0);
            let error = (found[0] - expected[0]).hypot(found[1] - expected[1]);
            assert!(
                error <= self.tolerance * size,
                "{name}, point {point}, number {i}: {found:?} here, {expected:?} in TensorFlow"
            );
        }
    }
}

macro_rules! functions {
    (
        one { $($one:ident($z:ident) -> $out:ty { $e:expr })* }
        two { $($two:ident($a:ident, $b:ident) { $e2:expr })* }
        with_real { $($mixed:ident($c:ident, $x:ident) { $e3:expr })* }
        from_real { $($made:ident($r:ident, $t:ident) { $e4:expr })* }
    ) => {
        mod rows {
            use super::*;
            $(#[differentiable] pub(super) fn $one<T: Real>($z: Complex<T>) -> $out { $e })*
            $(#[differentiable] pub(super) fn $two<T: Real>($a: Complex<T>, $b: Complex<T>) -> Complex<T> { $e2 })*
            $(#[differentiable] pub(super) fn $mixed<T: Real>($c: Complex<T>, $x: T) -> Complex<T> { $e3 })*
            $(#[differentiable] pub(super) fn $made<T: Real>($r: T, $t: T) -> Complex<T> { $e4 })*
        }

        fn compare<T: Real + Parts>(text: &str, tolerance: f64)
        where
            Complex<T>: Parts,
        {
            let cases = serde_json::from_str(text).expect("the fixture is JSON");
            let mut fixture = Fixture { cases, asked: BTreeSet::new(), tolerance };
            for (i, point) in POINTS.into_iter().enumerate() {
                let (z, w, x): (Complex<T>, Complex<T>, T) = (number(point), number(OTHER), real(REAL));
                $({
                    let (value, dz) = pull(rows::$one::vjp(z));
                    fixture.compare(stringify!($one), i, &[value.parts(), dz.parts()]);
                })*
                $({
                    let (value, (dz, dw)) = pull(rows::$two::vjp(z, w));
                    fixture.compare(stringify!($two), i, &[value.parts(), dz.parts(), dw.parts()]);
                })*
                $({
                    let (value, (dz, dx)) = pull(rows::$mixed::vjp(z, x));
                    fixture.compare(stringify!($mixed), i, &[value.parts(), dz.parts(), dx.parts()]);
                })*
                $({
                    let (value, (dr, dt)) = pull(rows::$made::vjp(z.re, z.im));
                    fixture.compare(stringify!($made), i, &[value.parts(), dr.parts(), dt.parts()]);
                })*
            }
            let all: BTreeSet<String> = fixture.cases.as_object().unwrap().keys().cloned().collect();
            assert_eq!(fixture.asked, all, "every case of the fixture is compared");
        }
    };
}

functions! {
    one {
        square(z) -> Complex<T> { z * z }
        neg(z) -> Complex<T> { -z }
        conj(z) -> Complex<T> { z.conj() }
        inv(z) -> Complex<T> { z.inv() }
        exp(z) -> Complex<T> { z.exp() }
        ln(z) -> Complex<T> { z.ln() }
        log2(z) -> Complex<T> { z.log2() }
        sqrt(z) -> Complex<T> { z.sqrt() }
        powi(z) -> Complex<T> { z.powi(3) }
        sin(z) -> Complex<T> { z.sin() }
        cos(z) -> Complex<T> { z.cos() }
        tan(z) -> Complex<T> { z.tan() }
        sinh(z) -> Complex<T> { z.sinh() }
        cosh(z) -> Complex<T> { z.cosh() }
        tanh(z) -> Complex<T> { z.tanh() }
        asinh(z) -> Complex<T> { z.asinh() }
        acosh(z) -> Complex<T> { z.acosh() }
        atanh(z) -> Complex<T> { z.atanh() }
        asin(z) -> Complex<T> { z.asin() }
        acos(z) -> Complex<T> { z.acos() }
        atan(z) -> Complex<T> { z.atan() }
        norm(z) -> T { z.norm() }
        norm_sqr(z) -> T { z.norm_sqr() }
        l1_norm(z) -> T { z.re.abs() + z.im.abs() }
        arg(z) -> T { z.arg() }
        re(z) -> T { z.re }
        im(z) -> T { z.im }
    }
    two {
        add(z, w) { z + w }
        sub(z, w) { z - w }
        mul(z, w) { z * w }
        div(z, w) { z / w }
        powc(z, w) { z.powc(w) }
    }
    with_real {
        add_real(z, x) { z + x }
        real_sub(z, x) { Complex::from(x) - z }
        mul_real(z, x) { z * x }
        div_real(z, x) { z / x }
        real_div(z, x) { Complex::from(x) / z }
        powf(z, x) { z.powf(x) }
        expf(z, x) { z.expf(x) }
        log(z, x) { z.log(x) }
    }
    from_real {
        new(a, b) { Complex::new(a, b) }
        from_polar(r, t) { Complex::from_polar(r, t) }
        cis(r, t) { Complex::cis(t) + Complex::from(r * T::zero()) }
    }
}

#[test]
fn complex64() {
    compare::<f32>(COMPLEX64, 4e-6);
}

#[test]
fn complex128() {
    compare::<f64>(COMPLEX128, 4e-15);
}
