use differentiable::prelude::*;

#[differentiable(lanes)]
fn f<T: Real>(x: T) -> [T; 2] {
    [x, x * x]
}

fn main() {}
