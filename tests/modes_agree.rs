//! Every mode of many functions, held against every other one.
//!
//! Of each function, `jvp` along every axis gives the columns of the Jacobian, the pullback of every axis its rows, and
//! `check` compares with differences. Where the value is a number, `grad`, `value_and_grad` and `grad_into` are the row.
//! With second derivatives, `hvp` along every axis gives the columns of the Hessian, which is symmetric, has
//! `hessian_diagonal` as its diagonal, and is the difference of gradients.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;
use differentiable::{Differentiable, Tangent};

/// The scalars of a tangent.
fn flat<T: Tangent>(tangent: &T) -> Vec<f64> {
    let mut out = Vec::new();
    tangent.clone().__map(&mut |x| {
        out.push(x);
        x
    });
    out
}

/// Takes scalars off the front of a list for a tangent of a value.
fn tangent<T: Differentiable + ?Sized>(of: &T, scalars: &mut impl Iterator<Item = f64>) -> T::Tangent
where
    T::Tangent: Tangent,
{
    let mut tangent = of.__zero();
    tangent.__map(&mut |_| scalars.next().unwrap());
    tangent
}

/// The value displaced by a multiple of a tangent.
fn displaced<T: Differentiable + Clone>(of: &T, tangent: &T::Tangent, by: f64) -> T
where
    T::Tangent: Tangent,
{
    let mut moved = of.clone();
    let scalars: Vec<f64> = flat(tangent).into_iter().map(|x| x * by).collect();
    differentiable::__private::displace(&mut moved, &mut &scalars[..]);
    moved
}

#[track_caller]
fn close(what: &str, found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = f64>, tolerance: f64) {
    let (found, expected): (Vec<f64>, Vec<f64>) = (found.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(found.len(), expected.len(), "{what}: {found:?} {expected:?}");
    let scale = expected.iter().fold(1.0_f64, |a, b| a.max(b.abs()));
    for (f, e) in found.iter().zip(&expected) {
        assert!((f - e).abs() <= tolerance * scale, "{what}: {found:?} is not {expected:?}");
    }
}

fn axis(j: usize, n: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == j))).collect()
}

/// An argument by reference (`r`), by value (`v`), or a constant one (`c`), each with a name for its tangent.
macro_rules! given {
    (r $x:expr) => {
        &$x
    };
    (v $x:expr) => {
        Clone::clone(&$x)
    };
    (c $x:expr) => {
        $x
    };
}

macro_rules! agree {
    (@first $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let n: usize = [$(flat(&$x.__zero()).len()),*].iter().sum();
        let value = $f($(given!($how $x),)* $($c),*);
        let jacobian = $f::jacobian($(given!($how $x),)* $($c),*);
        let (pulled, pullback) = $f::vjp($(given!($how $x),)* $($c),*);
        let rows = flat(&value.__zero()).len();
        assert_eq!(jacobian.dim(), (rows, n), "{}", stringify!($f));
        assert!(value == pulled, "{}", stringify!($f));
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(let $d = tangent(&$x, &mut scalars);)*
            let (y, along) = $f::jvp($(given!($how $x),)* $($c,)* $(given!($how $d)),*);
            assert!(value == y, "{}", stringify!($f));
            close(concat!(stringify!($f), ": jvp"), flat(&along), jacobian.column(j).to_vec(), $tolerance);
        }
        for _ in 0..2 {
            for i in 0..rows {
                let ct = tangent(&value, &mut axis(i, rows).into_iter());
                let gradient = pullback(ct);
                close(concat!(stringify!($f), ": vjp"), flat(&gradient), jacobian.row(i).to_vec(), $tolerance);
            }
        }
        $f::check($(given!($how $x),)* $($c),*).unwrap();
        jacobian
    }};
    // The gradient of a number.
    (@scalar $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        let jacobian = agree!(@first $f, $tolerance, ($($how $x $d),*) ($($c),*));
        let gradient = $f::grad($(given!($how $x),)* $($c),*);
        close(concat!(stringify!($f), ": grad"), flat(&gradient), jacobian.row(0).to_vec(), $tolerance);
        let (value, gradient) = $f::value_and_grad($(given!($how $x),)* $($c),*);
        assert!(value == $f($(given!($how $x),)* $($c),*));
        close(concat!(stringify!($f), ": value_and_grad"), flat(&gradient), jacobian.row(0).to_vec(), $tolerance);
        // Adds to its buffers.
        let mut ones = std::iter::repeat(1.0);
        $(let mut $d = tangent(&$x, &mut ones);)*
        let value = $f::grad_into($(given!($how $x),)* $($c,)* $(&mut $d),*);
        assert!(value == $f($(given!($how $x),)* $($c),*));
        let mut found = Vec::new();
        $(found.extend(flat(&$d));)*
        close(concat!(stringify!($f), ": grad_into"), found, jacobian.row(0).iter().map(|x| x + 1.0), $tolerance);
    }};
    (@second $f:ident, $tolerance:expr, ($($how:ident $x:ident $d:ident),*) ($($c:ident),*)) => {{
        agree!(@scalar $f, $tolerance, ($($how $x $d),*) ($($c),*));
        let hessian = $f::hessian($(given!($how $x),)* $($c),*);
        let n = hessian.nrows();
        close(concat!(stringify!($f), ": symmetry"), hessian.iter().copied(), hessian.t().iter().copied(), $tolerance);
        let diagonal = $f::hessian_diagonal($(given!($how $x),)* $($c),*);
        close(concat!(stringify!($f), ": diagonal"), diagonal, hessian.diag().to_vec(), $tolerance);
        for j in 0..n {
            let mut scalars = axis(j, n).into_iter();
            $(let $d = tangent(&$x, &mut scalars);)*
            let product = $f::hvp($(given!($how $x),)* $($c,)* $(given!($how $d)),*);
            close(concat!(stringify!($f), ": hvp"), flat(&product), hessian.column(j).to_vec(), $tolerance);
            let at = |h: f64| {
                $(let $x = displaced(&$x, &$d, h);)*
                flat(&$f::grad($(given!($how $x),)* $($c),*))
            };
            let h = 1e-5;
            let differences = at(h).into_iter().zip(at(-h)).map(|(u, d)| (u - d) / (2.0 * h));
            close(concat!(stringify!($f), ": differences"), flat(&product), differences, 1e-6_f64.max(1e4 * $tolerance));
        }
    }};
    ($level:ident $f:ident($($how:ident $x:ident $d:ident = $value:expr),*; $($c:ident = $constant:expr),*)) => {{
        $(let $x = $value;)*
        $(let $c = $constant;)*
        agree!(@$level $f, 1e-9, ($($how $x $d),*) ($($c),*));
    }};
}

include!("common/functions_of_all_kinds.rs");

#[test]
fn every_mode_agrees_with_every_other_one() {
    every_function!();
}
