//! What `docs/migration.md` and `docs/modes.md` say in their tables and sentences, beside what their own programs show.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use std::cell::RefCell;

use differentiable::Pattern;
use differentiable::prelude::*;

#[differentiable(order = 2, lanes)]
fn f(x: &[f64]) -> f64 {
    x[0].powi(2) * x[1] + x[1].powi(3)
}

#[differentiable(order = 2)]
fn rosenbrock(x: &Array1<f64>) -> f64 {
    (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
}

#[test]
fn functions_of_torch_autograd_functional() {
    let x = array![0.5, -0.3];
    let v = array![1.0, 2.0];
    assert_eq!(rosenbrock::vjp(&x).1(2.0), rosenbrock::grad(&x) * 2.0);
    let (value, along) = rosenbrock::jvp(&x, &v);
    assert_eq!(value, rosenbrock(&x));
    assert!((along - rosenbrock::grad(&x).dot(&v)).abs() < 1e-12);
    // `hvp` and `vhp` are one, since the Hessian is symmetric.
    let hessian = rosenbrock::hessian(&x);
    let product = rosenbrock::hvp(&x, &v);
    assert!((&product - &hessian.dot(&v)).iter().chain(&(&product - &v.dot(&hessian))).all(|d| d.abs() < 1e-10));
    assert_eq!(rosenbrock::hessian_diagonal(&x), hessian.diag());
    rosenbrock::check_with(&x, Tolerance { differences: 1e-6, ..Tolerance::default() }).unwrap();
}

#[test]
fn vmap_of_jvp_is_jvps() {
    let directions = [vec![1.0, 0.0], vec![0.5, -2.0]];
    let (value, along) = f::jvps(&[1.0, 2.0], &directions);
    assert_eq!(value, 10.0);
    assert_eq!(along, directions.each_ref().map(|d| f::jvp(&[1.0, 2.0], d).1));
}

thread_local!(static SEEN: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) });

/// A hook: sees the cotangent that goes through it, and hands on what it makes of that.
#[differentiable(vjp = hook_vjp)]
fn hook(x: f64) -> f64 {
    x
}

fn hook_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x, |ct: f64| {
        SEEN.with(|seen| seen.borrow_mut().push(ct));
        ct.clamp(-1.0, 1.0)
    })
}

#[differentiable]
fn hooked(x: f64) -> f64 {
    3.0 * hook(x * x)
}

#[test]
fn hooks_are_rules() {
    assert_eq!(hooked::grad(2.0), 4.0);
    assert_eq!(SEEN.with(RefCell::take), [3.0]);
}

/// `x[i] = y` in place, `unconnected_gradients="zero"`, and two tapes, one inside the other.
#[differentiable(order = 2)]
fn in_place(x: &mut [f64], y: f64, unconnected: f64) -> f64 {
    let _ = unconnected;
    x[0] = y * x[1];
    x[0] * x[0]
}

#[test]
fn mutation_and_unconnected_gradients() {
    let mut x = [5.0, 2.0];
    assert_eq!(in_place::grad(&mut x, 3.0, 1.0), (vec![0.0, 36.0], 24.0, 0.0));
    assert_eq!(x, [6.0, 2.0]);
    in_place::check(&mut x, 3.0, 1.0).unwrap();
}

/// A pytree: structs, tuples, arrays, vectors and options.
#[derive(Clone, Debug, PartialEq, Differentiable)]
struct Tree {
    pair: (f64, [f64; 2]),
    list: Vec<f64>,
    maybe: Option<f64>,
}

#[differentiable]
fn of_tree(tree: &Tree) -> f64 {
    let (a, [b, c]) = tree.pair;
    a * b + c * tree.list.iter().sum::<f64>() + tree.maybe.unwrap_or(1.0) * a
}

#[test]
fn pytrees_are_structs() {
    let tree = Tree { pair: (1.0, [2.0, 3.0]), list: vec![4.0, 5.0], maybe: Some(6.0) };
    let expected = TreeTangent { pair: (8.0, [1.0, 9.0]), list: vec![3.0, 3.0], maybe: Some(1.0) };
    assert_eq!(of_tree::grad(&tree), expected);
}

/// `tf.recompute_grad`, `jax.checkpoint`, `torch.utils.checkpoint.checkpoint`: a call that is computed again.
#[differentiable]
fn layer(x: &[f64], k: f64) -> Vec<f64> {
    x.iter().map(|x| (x * k).tanh()).collect()
}

#[differentiable]
fn deep(x: &[f64], k: f64) -> f64 {
    let mut y = x.to_vec();
    for _ in 0..3 {
        y = #[checkpoint]
        layer(&y, k);
    }
    y.iter().sum()
}

#[test]
fn calls_are_checkpointed() {
    deep::check(&[0.3, -0.7], 1.2).unwrap();
}

/// Each branch has entries of its own.
#[differentiable]
fn branching(x: &[f64]) -> Vec<f64> {
    if x[0] > 0.0 { vec![x[0], x[1]] } else { vec![x[0] * x[1], x[1]] }
}

#[test]
fn the_union_of_patterns_fits_all_branches() {
    let pattern = Pattern::new((2, 2), [(0, 0), (1, 1), (0, 1)]);
    for x in [[1.0, 2.0], [-1.0, 2.0]] {
        assert_eq!(branching::jacobian_sparse(&x, &pattern).to_dense(), branching::jacobian(&x));
    }
}
