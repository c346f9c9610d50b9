//! Recursion: direct, with two calls, mutual, over slices, with early returns.
#![allow(clippy::all, reason = "programs are written as users write them")]
#![allow(missing_docs, clippy::pedantic)]

use differentiable::prelude::*;

#[differentiable]
fn power(x: f64, n: u32) -> f64 {
    if n == 0 { 1.0 } else { x * power(x, n - 1) }
}

#[differentiable]
fn fibonacci(x: f64, n: u32) -> f64 {
    match n {
        0 => 1.0,
        1 => x,
        _ => fibonacci(x, n - 1) * x + fibonacci(x, n - 2),
    }
}

#[differentiable]
fn is_even(x: f64, n: u32) -> f64 {
    if n == 0 {
        return x;
    }
    is_odd(x * x + 0.1, n - 1)
}

#[differentiable]
fn is_odd(x: f64, n: u32) -> f64 {
    if n == 0 {
        return x.sin();
    }
    is_even(x + 0.5, n - 1) * x
}

#[differentiable]
fn pairwise_sum(v: &[f64]) -> f64 {
    if v.is_empty() {
        return 0.0;
    }
    if v.len() == 1 {
        return v[0] * v[0];
    }
    let (lo, hi) = v.split_at(v.len() / 2);
    pairwise_sum(lo) + pairwise_sum(hi) * 1.5
}

#[differentiable]
fn quick_product(v: &[f64]) -> f64 {
    let n = v.len();
    if n <= 2 {
        let mut p = 1.0;
        for x in v {
            p *= x;
        }
        return p;
    }
    let mid = n / 2;
    quick_product(&v[..mid]) * quick_product(&v[mid..])
}

#[differentiable]
fn determinant(m: &[Vec<f64>]) -> f64 {
    let n = m.len();
    if n == 1 {
        return m[0][0];
    }
    let mut det = 0.0;
    for c in 0..n {
        let mut minor = Vec::new();
        for r in 1..n {
            let mut row = Vec::new();
            for k in 0..n {
                if k != c {
                    row.push(m[r][k]);
                }
            }
            minor.push(row);
        }
        let sign = if c % 2 == 0 { 1.0 } else { -1.0 };
        det += sign * m[0][c] * determinant(&minor);
    }
    det
}

#[differentiable]
fn in_place(v: &mut [f64], x: f64) {
    if v.len() < 2 {
        return;
    }
    v[0] = v[0] * x + v[1];
    let rest = &mut v[1..];
    in_place(rest, x * 1.1);
}

#[derive(Clone, Debug, Differentiable)]
enum Tree {
    Leaf(f64),
    Node(Box<Tree>, Box<Tree>),
}

#[differentiable]
fn evaluate(t: &Tree, x: f64) -> f64 {
    match t {
        Tree::Leaf(v) => v * x,
        Tree::Node(a, b) => evaluate(a, x) * evaluate(b, x + 1.0),
    }
}

/// What is in a box is matched, and moved out of it.
#[differentiable]
fn consumed(t: Tree, x: f64) -> f64 {
    match t {
        Tree::Leaf(v) => v * x,
        Tree::Node(a, b) => match (*a, *b) {
            (Tree::Leaf(v), Tree::Leaf(w)) => v * w + x,
            (Tree::Leaf(v), other) => v * consumed(other, x * v),
            (left, right) => consumed(left, x) + consumed(right, x * x),
        },
    }
}

#[differentiable]
fn simpson_step(a: f64, b: f64, k: f64, depth: u32) -> f64 {
    let m = 0.5 * (a + b);
    if depth == 0 {
        return (b - a) / 6.0 * ((k * a).sin() + 4.0 * (k * m).sin() + (k * b).sin());
    }
    simpson_step(a, m, k, depth - 1) + simpson_step(m, b, k, depth - 1)
}

#[test]
fn direct() {
    for n in 0..5 {
        power::check(1.3, n).unwrap();
        fibonacci::check(0.7, n).unwrap();
        is_even::check(0.7, n).unwrap();
    }
    assert_eq!(power::grad(2.0, 5), 80.0);
    simpson_step::check(0.0, 2.0, 1.3, 3).unwrap();
}

#[test]
fn slices() {
    let v = [0.3, 0.8, 1.4, -0.5, 2.0];
    for n in 0..=5 {
        pairwise_sum::check(&v[..n]).unwrap();
        quick_product::check(&v[..n]).unwrap();
        in_place::check(&mut v[..n].to_vec(), 0.7).unwrap();
    }
    determinant::check(&[vec![0.3, 1.2, 0.5], vec![2.0, 0.1, 0.9], vec![0.4, 0.6, 1.8]]).unwrap();
}

#[test]
fn trees() {
    let leaf = |v| Box::new(Tree::Leaf(v));
    let t = Tree::Node(Box::new(Tree::Node(leaf(0.3), leaf(1.2))), leaf(0.7));
    evaluate::check(&t, 0.9).unwrap();
    consumed::check(t.clone(), 0.9).unwrap();
    consumed::check(Tree::Node(leaf(0.4), Box::new(t)), 0.9).unwrap();
}

#[test]
fn deep() {
    let g = std::thread::Builder::new().stack_size(512 << 20).spawn(|| power::grad(1.0, 10_000)).unwrap();
    assert_eq!(g.join().unwrap(), 10_000.0);
}

/// Methods with the names of functions of floats that lead back to themselves, through other methods and through a function.
#[derive(Clone, Copy, Debug, Differentiable)]
struct Angle {
    of: f64,
}

#[differentiable]
impl Angle {
    fn scaled(self, k: f64) -> Angle {
        Angle { of: self.of * k }
    }

    fn doubled(self) -> f64 {
        let half = self.scaled(0.5);
        half.sin() * half.cos() * 2.0
    }

    fn sin(self) -> f64 {
        if self.of.abs() < 0.05 { self.of.sin() } else { self.doubled() }
    }

    fn cos(self) -> f64 {
        let other = self.scaled(0.5);
        if self.of.abs() < 0.05 { self.of.cos() } else { 1.0 - 2.0 * squared_sine(other) }
    }
}

#[differentiable]
fn squared_sine(a: Angle) -> f64 {
    let s = a.sin();
    s * s
}

#[differentiable]
fn by_halves(x: f64) -> f64 {
    let a = Angle { of: x };
    a.sin() + 2.0 * a.cos()
}

#[test]
fn methods_named_like_functions_of_floats_may_call_themselves() {
    assert!((by_halves(1.3) - 1.3f64.sin() - 2.0 * 1.3f64.cos()).abs() < 1e-12);
    by_halves::check(1.3).unwrap();
    assert!((by_halves::grad(1.3) - 1.3f64.cos() + 2.0 * 1.3f64.sin()).abs() < 1e-12);
}
