use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Metres(f64);

#[differentiable]
impl From<&f64> for Metres {
    fn from(value: &f64) -> Self {
        Metres(*value)
    }
}

fn main() {}
