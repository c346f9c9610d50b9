//! Closures that capture active values: called, passed, nested.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn called_twice(x: f64, y: f64) -> f64 {
    let f = |t: f64| t * t * x + y;
    f(x) * f(y + 1.0)
}

#[differentiable]
fn nested(x: f64, y: f64) -> f64 {
    let outer = |a: f64| {
        let inner = |b: f64| b * a + x;
        inner(y) * inner(a)
    };
    outer(x) + outer(2.0)
}

#[differentiable]
fn mutates_capture(v: &[f64]) -> f64 {
    let mut sum = 0.0;
    let mut add = |x: f64| sum += x * x;
    for &x in v {
        add(x);
    }
    add(3.0);
    sum.sqrt()
}

#[differentiable]
fn in_adapters(v: &[f64], x: f64) -> f64 {
    let scale = |t: &f64| t * x;
    let s: f64 = v.iter().map(scale).sum();
    let p = v.iter().map(|t| t + x).fold(1.0, |acc, t| acc * t * 0.5);
    let mut q = 0.0;
    v.iter().for_each(|t| q += t.sin() * s);
    s * p + q
}

#[differentiable]
fn returns_early(v: &[f64], x: f64) -> f64 {
    let g = |t: f64| {
        if t < 0.0 {
            return 0.1 * t;
        }
        t * x
    };
    v.iter().map(|&t| g(t)).sum()
}

#[differentiable]
fn shadowed(x: f64) -> f64 {
    let k = x * 2.0;
    let f = |a: f64| a * k;
    let k = x * x * x;
    f(x) + k
}

#[differentiable]
fn picks(x: f64, n: usize) -> f64 {
    let square = |t: f64| t * t;
    let mut y = x;
    for _ in 0..n {
        y = if y > 1.0 { square(y) * 0.3 } else { square(y) + 1.0 };
    }
    y
}

#[differentiable]
fn closure_over_buffer(n: usize, x: f64) -> f64 {
    let grid: Vec<f64> = (0..n).map(|i| x * i as f64).collect();
    let at = |i: isize| -> f64 { if i < 0 || i as usize >= n { 0.0 } else { grid[i as usize] } };
    let mut s = 0.0;
    for i in 0..n as isize {
        s += (at(i - 1) - 2.0 * at(i) + at(i + 1)) * at(i);
    }
    s
}

#[differentiable]
fn simpson(a: f64, b: f64, w: f64, n: usize) -> f64 {
    let f = |t: f64| (w * t).sin() * t.exp();
    let h = (b - a) / n as f64;
    let mut s = f(a) + f(b);
    for i in 1..n {
        let c = if i % 2 == 1 { 4.0 } else { 2.0 };
        s += c * f(a + i as f64 * h);
    }
    s * h / 3.0
}

#[differentiable]
fn two_parameters(v: &[(f64, f64)], x: f64) -> f64 {
    let combine = |(a, b): (f64, f64), k: f64| a * b + k;
    let mut s = 0.0;
    for &p in v {
        s = combine(p, s * x);
    }
    s
}

#[differentiable]
fn moved_copy(x: f64) -> f64 {
    let mut k = x;
    let f = move |a: f64| a * k;
    k = 5.0;
    f(2.0) * k
}

#[differentiable]
fn own_counter(x: f64) -> f64 {
    let mut k = x;
    let mut f = move |a: f64| {
        k *= a;
        k
    };
    let a = f(2.0);
    let b = f(x);
    a + b * k
}

#[differentiable]
fn local_function(x: f64, y: f64) -> f64 {
    #[differentiable]
    fn inner(a: f64, b: f64) -> f64 {
        a.sin() * b
    }
    const SCALE: f64 = 2.5;
    inner(x, y) * SCALE + inner(y, x)
}

#[differentiable]
fn integrate(f: impl Fn(f64) -> f64, a: f64) -> f64 {
    f(2.0) * a
}

#[test]
fn calls() {
    called_twice::check(0.4, 1.3).unwrap();
    nested::check(0.4, 1.3).unwrap();
    shadowed::check(0.7).unwrap();
    picks::check(0.7, 4).unwrap();
    simpson::check(0.1, 2.0, 1.7, 8).unwrap();
    two_parameters::check(&[(0.1, 0.2), (1.3, 0.4)], 0.8).unwrap();
    closure_over_buffer::check(5, 0.8).unwrap();
}

#[test]
fn captures() {
    assert_eq!(integrate::grad(|x| x * x, 3.0), 4.0);
    assert_eq!(moved_copy::grad(3.0), 10.0);
    moved_copy::check(0.7).unwrap();
    own_counter::check(0.7).unwrap();
    local_function::check(0.7, 0.3).unwrap();
    mutates_capture::check(&[0.7, 1.2]).unwrap();
}

#[test]
fn adapters() {
    in_adapters::check(&[0.7, 1.2, 0.4], 0.6).unwrap();
    returns_early::check(&[0.7, -1.2, 0.4], 0.6).unwrap();
}

/// Closures that capture nothing active may be passed to a function.
mod passed {
    use super::*;
    #[differentiable]
    fn apply<F: Fn(f64) -> f64>(f: F, x: f64) -> f64 {
        f(2.0) * x
    }
    #[differentiable]
    fn integrate(f: impl Fn(f64) -> f64, width: f64, n: usize) -> f64 {
        let h = width / n as f64;
        let mut s = 0.0;
        for i in 0..n {
            s += f(i as f64) * h;
        }
        s
    }
    #[differentiable]
    fn square(k: f64) -> f64 {
        apply(|x| x * x, k)
    }
    #[differentiable]
    fn moments(width: f64, n: usize) -> f64 {
        let power = |x: f64| x.powi(n as i32);
        integrate(power, width, 4) * integrate(|x| x + n as f64, width, 5)
    }
    #[test]
    fn checks() {
        square::check(0.7).unwrap();
        moments::check(1.3, 2).unwrap();
        integrate::check(|x| x * x, 0.5, 3).unwrap();
    }
}

/// Functions that are passed in, in an index, a bound and a condition.
#[differentiable(order = 2)]
fn chosen(x: &[f64], at: impl Fn(usize) -> usize, #[constant] other: &dyn Fn(usize) -> usize) -> f64 {
    let mut sum = x[at(0)] * x[other(1)];
    for i in 0..at(1) {
        if other(i) > at(2) {
            sum *= x[i];
        }
    }
    sum
}

#[test]
fn functions_that_are_passed_in_choose() {
    let x = [0.3, 0.4, 1.7];
    chosen::check(&x, |i| 2 - i, &|i| i + 1).unwrap();
    assert_eq!(chosen(&x, |i| 2 - i, &|i| i + 1), 1.7 * 1.7 * 0.3);
    assert!((chosen::hessian(&x, |i| 2 - i, &|i| i + 1)[[2, 2]] - 0.6).abs() < 1e-14);
}

/// The type of an argument that is `None` is that of the parameter.
#[differentiable]
fn given_none(x: f64) -> f64 {
    let scaled = |by: Option<f64>| match by {
        Some(by) => by * x,
        None => x * x,
    };
    let or_x = |a: Option<f64>, k: f64| a.unwrap_or(x) * k;
    scaled(None) * or_x(None, x) + scaled(Some(x)) * or_x(Some(2.0), x)
}

#[test]
fn none_is_an_argument_of_closures() {
    given_none::check(1.3).unwrap();
}

/// Closures that are passed on and capture sequences without derivative.
mod sequences_that_closures_capture {
    use super::*;

    #[differentiable]
    fn visited(x: &[f64], at: impl Fn(usize, usize) -> usize, weight: impl Fn(usize) -> f64) -> f64 {
        let mut sum = 0.0;
        for t in 0..3 {
            sum += x[at(0, t)] * x[t] * weight(t);
        }
        sum
    }

    #[differentiable]
    fn of_locals(x: &[f64]) -> f64 {
        let order = vec![0usize, 2, 1];
        let weights = [1.0, 2.0, 4.0];
        let weight = |t: usize| weights[t] + 1.0;
        visited(x, |_, t| order[t], weight) + order.len() as f64 * x[0]
    }

    #[differentiable]
    fn of_parameters(x: &[f64], order: &[usize], names: Vec<String>) -> f64 {
        let at = |i: usize, t: usize| order[t] + i + order.iter().take(0).sum::<usize>();
        let first = visited(x, at, |t| names[t].len() as f64);
        first * visited(x, |_, t| order[t], |t| (t + order.len()) as f64)
    }

    #[test]
    fn are_held_by_pullbacks() {
        let x = [0.7, 0.4, 1.2];
        of_locals::check(&x).unwrap();
        let names = ["a", "bc", "def"].map(String::from).to_vec();
        of_parameters::check(&x, &[1, 2, 0], names.clone()).unwrap();
        let (_, pullback) = of_parameters::vjp(&x, &[1, 2, 0], names);
        assert_eq!(pullback(1.0), pullback(1.0));
    }
}
