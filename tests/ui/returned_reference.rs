use differentiable::prelude::*;

#[differentiable]
fn pick<'a>(a: &'a [f64], b: &'a [f64], first: bool) -> &'a [f64] {
    if first { a } else { b }
}

fn main() {}
