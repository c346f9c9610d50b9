//! Macros of the standard library in differentiated bodies.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::ndarray::array;
use differentiable::prelude::*;

#[differentiable]
fn checked(v: &[f64], x: f64, n: usize) -> f64 {
    assert!(!v.is_empty(), "an empty slice of {n}");
    assert_eq!(v.len() % 1, 0);
    assert_ne!(v.len(), 100);
    debug_assert!(x.is_finite() && v.iter().all(|a| a.is_finite()), "{x} of {:?}", v);
    let name = format!("{n}-{:.2}", x);
    eprintln!("{name}: {x:>8.3} {}", v[0]);
    println!("{v:?}");
    let kind = if matches!(n, 1..=3) { 1 } else { 2 };
    let w = vec![x; kind];
    let u = vec![x * x, v[0], 1.0];
    let e: Vec<f64> = vec![];
    match n {
        0 => todo!(),
        1 => unreachable!("n is {n}"),
        2 => w.iter().chain(&u).chain(&e).product(),
        3 => {
            let d = dbg!(x * v[0]);
            d * u[1]
        }
        4 => unimplemented!(),
        _ => panic!("no {}", n),
    }
}

/// What macros ask of values that change elsewhere.
#[derive(Clone, Debug, Differentiable)]
struct Held {
    last: Option<f64>,
    all: Vec<f64>,
    each: Vec<Option<f64>>,
}

#[differentiable]
fn asked(h: &mut Held, x: f64) -> f64 {
    let mut each = h.each.clone();
    assert!(h.last.unwrap_or(0.0) < 9.0 && h.last.map_or(true, |a| a < 9.0) && h.each[0].unwrap() < 3.0);
    debug_assert!(h.all.iter().all(|a| *a < 9.0) && h.all.len() == 2 && each[0].ok_or(1).is_ok());
    h.all[0] *= x;
    println!("{:?} {}", h.last.or(None), h.all.contains(&1.0));
    each[0] = h.last.map(|a| a * x);
    h.all[0] * each[0].unwrap() + each[0].unwrap_or(x)
}

#[differentiable]
fn arrays(x: f64) -> f64 {
    let a = array![1.0, 2.0, 3.0];
    let m = array![[1.0, 2.0, 0.5], [3.0, -1.0, 2.0]];
    let y = m.dot(&a) * x;
    y.sum() * x
}

#[differentiable]
fn active_arrays(x: f64, y: f64) -> f64 {
    let a = array![x, y * x, 3.0];
    let m = array![[x, 2.0, y], [3.0, y, x * y]];
    m.dot(&a).sum()
}

#[test]
fn macros() {
    checked::check(&[0.5, 0.7], 0.4, 2).unwrap();
    checked::check(&[0.5, 0.7], 0.4, 3).unwrap();
    asked::check(&mut Held { last: Some(0.3), all: vec![0.2, 0.3], each: vec![Some(0.1)] }, 0.4).unwrap();
}

#[test]
fn ndarray_macros() {
    arrays::check(0.7).unwrap();
    active_arrays::check(0.7, 0.4).unwrap();
}

/// Functions that a macro writes, whose types and expressions come in groups.
macro_rules! function {
    ($name:ident($x:ident: $t:ty) -> $r:ty, $e:expr, $k:expr) => {
        #[differentiable]
        fn $name($x: $t, k: $r) -> $r {
            let y: $r = $e;
            ($k * y + y) * k
        }
    };
}
function!(square(x: f64) -> f64, x * x + 1.0, 1.0 + 2.0);
function!(slice(x: &[f64]) -> f64, x.iter().map(|v| v * v).sum::<f64>() - x[0], 3.0 - 1.0);
function!(array(x: &Array1<f64>) -> f64, x.dot(x), -1.0);
function!(state(x: &mut [f64]) -> f64, { x[0] *= x[1]; x[0] }, 2.0);
#[test]
fn grouped() {
    // The function itself is what was written, too.
    assert_eq!(square(2.0, 1.0), 20.0);
    square::check(0.3, 0.7).unwrap();
    assert_eq!(square::grad(2.0, 1.0), (16.0, 20.0));
    slice::check(&[0.3, 0.4], 0.5).unwrap();
    array::check(&array![0.3, 0.4], 0.5).unwrap();
    state::check(&mut [0.3, 0.4], 0.5).unwrap();
    let _: Vec<f64> = slice::grad(&[0.3], 1.0).0;
}

/// What the time and the environment give are constants.
#[differentiable]
fn from_outside(x: f64) -> f64 {
    let start = std::time::Instant::now();
    let k: f64 = std::env::var("NO_SUCH_VARIABLE").ok().and_then(|s| s.parse().ok()).unwrap_or(1.5);
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as f64;
    x * x * k + 0.0 * start.elapsed().as_secs_f64() * x + (seconds - seconds) * x
}

#[test]
fn what_comes_from_outside() {
    from_outside::check(0.7).unwrap();
    assert_eq!(from_outside::grad(0.7), 3.0 * 0.7);
}
