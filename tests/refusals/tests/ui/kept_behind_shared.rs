use differentiable::prelude::*;

use std::cell::Cell;

struct Log {
    sum: Cell<f64>,
}

impl Log {
    fn add(&self, x: f64) {
        self.sum.set(self.sum.get() + x);
    }

    fn total(&self) -> f64 {
        self.sum.get()
    }
}

thread_local! {
    static SUM: Cell<f64> = const { Cell::new(0.0) };
}

#[differentiable]
fn by_method(x: f64) -> f64 {
    let log = Log { sum: Cell::new(0.0) };
    log.add(x);
    log.total()
}

#[differentiable]
fn by_cell(x: f64) -> f64 {
    let sum = Cell::new(0.0);
    let add = |y: f64| sum.set(sum.get() + y);
    add(x);
    sum.get()
}

#[differentiable]
fn by_static(x: f64) -> f64 {
    SUM.with(|sum| sum.set(x));
    SUM.get()
}

fn main() {}
