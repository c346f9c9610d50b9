//! Programs that index by maps, read texts, and have containers of their own with the names of methods of vectors.
#![allow(clippy::all, clippy::pedantic, reason = "programs are written as users write them")]
#![allow(missing_docs, unreachable_pub, unused)]

use differentiable::prelude::*;
use std::collections::*;
#[differentiable]
fn heap(xs: &[f64]) -> f64 {
    let mut h = BinaryHeap::new();
    for x in xs {
        h.push((*x * 100.0) as i64);
    }
    let mut s = xs[0];
    while let Some(k) = h.pop() {
        s = s * 0.5 + k as f64;
    }
    s
}
#[differentiable]
fn indexed(xs: &[f64], #[constant] keys: &[String], #[constant] want: &str) -> f64 {
    let index: HashMap<&str, usize> = keys.iter().enumerate().map(|(i, k)| (k.as_str(), i)).collect();
    let picked: String = want.chars().filter(|c| *c != '-').collect();
    let Some(at) = index.get(picked.as_str()).copied() else { return xs[0] };
    let mut order = BTreeMap::new();
    for (i, k) in keys.iter().enumerate() {
        order.insert(k.clone(), i);
    }
    let mut s = xs[at] * xs[at];
    for k in order.keys() {
        s = s * 0.9 + xs[order[k]];
    }
    s
}
#[derive(Clone, Debug, Default, Differentiable)]
pub struct Stack {
    items: Vec<f64>,
    total: f64,
}
#[differentiable]
impl Stack {
    fn push(&mut self, x: f64) {
        self.items.push(x);
        self.total += x;
    }
    fn pop(&mut self) -> Option<f64> {
        let x = self.items.pop()?;
        self.total -= x;
        Some(x)
    }
    fn swap(&mut self) {
        let n = self.items.len();
        self.items.swap(n - 1, n - 2);
    }
}
#[differentiable]
fn fill(s: &mut Stack, x: f64) {
    s.push(x);
    s.push(2.0 * x);
    s.swap();
}
#[differentiable]
fn rpn(x: f64, y: f64, #[constant] program: &str) -> f64 {
    let mut stack = Stack::default();
    fill(&mut stack, y);
    for token in program.split(' ') {
        match token {
            "x" => stack.push(x),
            "+" => {
                let (Some(b), Some(a)) = (stack.pop(), stack.pop()) else { return 0.0 };
                stack.push(a + b);
            }
            "*" => {
                let b = stack.pop().unwrap_or(1.0);
                let a = stack.pop().unwrap_or(1.0);
                stack.push(a * b);
            }
            number => stack.push(number.parse::<f64>().unwrap_or(0.0)),
        }
    }
    stack.pop().unwrap_or(0.0) * stack.total
}
#[test]
fn checks() {
    heap::check(&[0.301, 0.722]).unwrap();
    indexed::check(&[0.3, 0.7, 0.5], &["a".into(), "b".into(), "ab".into()], "a-b").unwrap();
    rpn::check(0.7, 1.3, "x 2 * x x * +").unwrap();
}
