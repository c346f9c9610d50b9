use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct Metres(f64);

#[differentiable]
impl TryFrom<f64> for Metres {
    type Error = ();
    fn try_from(value: f64) -> Result<Self, ()> {
        Ok(Metres(value))
    }
}

fn main() {}
