//! Every row of the table of derivative rules, in both modes, against central differences.
//!
//! The compiler hands out the rows, so that a row without a test cannot exist.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

/// Points within the range of an argument, different for each argument.
fn sample(lo: f64, hi: f64, point: usize, argument: usize) -> f64 {
    lo + (hi - lo) * (0.13 + 0.23 * ((point + argument) % 4) as f64)
}

macro_rules! table {
    ($($kind:ident $name:ident $op:tt $(($arg:ident: $ty:ident, $lo:expr, $hi:expr))*;)*) => {
        mod rows {
            $(row!($kind $name $op $($arg: $ty),*);)*
        }

        #[test]
        fn every_row_is_checked() {
            let mut rows = 0;
            $(
                for point in 0..4 {
                    let mut argument = 0;
                    $(
                        let $arg = sample($lo, $hi, point, argument) as $ty;
                        argument += 1;
                    )*
                    let _ = argument;
                    if let Err(e) = rows::$name::check($($arg),*) {
                        panic!("{}: {e}", stringify!($name));
                    }
                }
                rows += 1;
            )*
            assert!(rows >= 45, "the table has {rows} rows");
        }
    };
}

macro_rules! row {
    (method $name:ident ($method:ident) $first:ident: $ty:ident $(, $arg:ident: $other:ident)*) => {
        #[differentiable::differentiable]
        pub(super) fn $name($first: $ty $(, $arg: $other)*) -> f64 {
            $first.$method($($arg),*)
        }
    };
    (operator $name:ident ($op:tt) $a:ident: f64, $b:ident: f64) => {
        #[differentiable::differentiable]
        pub(super) fn $name($a: f64, $b: f64) -> f64 {
            $a $op $b
        }
    };
}

differentiable::__rules!(table);

#[differentiable]
fn integer_power(x: f64, n: i32) -> f64 {
    x.powi(n)
}

#[test]
fn integer_powers_of_every_sign() {
    for n in [-3, -1, 0, 1, 2, 5] {
        integer_power::check(1.3, n).unwrap();
        integer_power::check(-0.7, n).unwrap();
    }
    assert_eq!(integer_power::grad(0.0, 0), 0.0);
    assert_eq!(integer_power::grad(0.0, 1), 1.0);
}

#[differentiable]
fn flat(x: f64) -> f64 {
    x.floor() + x.ceil() + x.round() + x.trunc() + x.signum() + x.round_ties_even() + x.div_euclid(0.3) + x * x
}

#[test]
fn steps_have_no_slope() {
    assert_eq!(flat::grad(1.3), 2.6);
    assert_eq!(flat::jvp(1.3, 1.0).1, 2.6);
}

#[differentiable]
fn single(x: f32, y: f32) -> f32 {
    (x * y).sin().abs().sqrt() + x.powf(y) - x.hypot(y).ln()
}

#[test]
fn single_precision_follows_the_same_rules() {
    single::check_with(0.8, 1.2, Tolerance { modes: 1e-5, differences: 2e-2, step: 1e-2 }).unwrap();
}
