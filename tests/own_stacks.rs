//! Stacks: of indices, in conditions and indices, and of a type of the user's own in a field whose type nothing declares.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use differentiable::prelude::*;

#[differentiable(order = 2)]
fn by_indices(x: &[f64]) -> f64 {
    let k = vec![1usize, 2, 0];
    let mut idx = vec![0usize, 2, 1];
    let mut s = 0.0;
    while !idx.is_empty() {
        let j = k[idx.pop().unwrap()];
        s += x[j] * x[j] * (idx.len() + 1) as f64;
    }
    s
}

#[derive(Clone, Debug, Differentiable)]
struct Stack {
    items: Vec<f64>,
}

#[differentiable]
impl Stack {
    fn push(&mut self, x: f64) {
        self.items.push(x);
    }
    fn pop(&mut self) -> f64 {
        self.items.pop().unwrap()
    }
    fn peek(&self) -> f64 {
        self.items[self.items.len() - 1]
    }
}

#[derive(Clone, Debug, Differentiable)]
struct Calculator {
    stack: Stack,
    w: f64,
    order: Vec<usize>,
}

#[differentiable]
impl Calculator {
    fn run(&mut self, x: f64) -> f64 {
        self.stack.push(x);
        self.stack.push(self.w);
        for _ in 0..2 {
            let b = self.stack.pop();
            let a = self.stack.pop();
            self.stack.push(a * b + b);
            self.stack.push(a - x * self.stack.peek());
        }
        let top = self.stack.pop();
        top * self.stack.pop()
    }

    fn in_order(&mut self, x: f64) -> f64 {
        let v = vec![x, x * x, self.w];
        let mut y = x;
        while !self.order.is_empty() {
            y = y * v[self.order.pop().unwrap()] + 1.0;
        }
        y
    }
}

#[derive(Clone, Debug, Differentiable)]
struct Filter {
    taps: [f64; 3],
}

/// An array in a field is told from an option by what becomes of it.
#[differentiable]
impl Filter {
    fn mapped(&self, x: f64) -> f64 {
        let t = self.taps.map(|a| a * x);
        t[0] * t[1] + t[2]
    }
}

#[derive(Clone, Debug, Differentiable)]
struct Series {
    values: Vec<f64>,
}

#[differentiable]
impl Series {
    fn get(&self, i: usize) -> f64 {
        self.values[i]
    }
    fn scaled(&self, k: f64) -> Series {
        Series { values: self.values.iter().map(|a| a * k).collect() }
    }
}

#[differentiable]
fn of_own_type(s: &Series, x: f64) -> f64 {
    let t = s.clone().scaled(x * s.get(0));
    let last = t.get(1);
    t.get(0) * x + last * s.get(1)
}

#[test]
fn stacks() {
    of_own_type::check(&Series { values: vec![0.3, 0.8] }, 1.3).unwrap();
    by_indices::check(&[0.1, 0.2, 0.3]).unwrap();
    let calculator = || Calculator { stack: Stack { items: vec![0.3] }, w: 0.7, order: vec![0, 2, 1] };
    calculator().run_check(1.3).unwrap();
    assert_eq!(calculator().run_value_and_grad(1.3).0, calculator().run(1.3));
    calculator().in_order_check(1.3).unwrap();
    Filter { taps: [0.1, 0.2, 0.3] }.mapped_check(1.3).unwrap();
}
