use differentiable::prelude::*;

#[derive(Clone, Copy, Differentiable)]
struct View<'a> {
    data: &'a [f64],
}

#[differentiable]
fn by_value(v: View<'_>) -> f64 {
    v.data[0]
}

#[differentiable]
fn changed(v: &mut View<'_>) -> f64 {
    v.data[0]
}

#[differentiable]
fn reassigned(x: &[f64]) -> f64 {
    let mut view = View { data: x };
    view = View { data: &x[1..] };
    view.data[0]
}

#[differentiable]
fn chosen(x: &[f64]) -> f64 {
    let view = if x[0] > 0.0 { View { data: x } } else { View { data: &x[1..] } };
    view.data[0]
}

struct Writer<'a> {
    to: &'a mut [f64],
}

#[differentiable]
fn holds_mutable(x: &mut [f64]) -> f64 {
    let w = Writer { to: &mut x[1..] };
    w.to[0] = 1.0;
    x[1]
}

fn main() {}
