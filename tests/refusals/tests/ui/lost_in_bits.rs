use differentiable::prelude::*;

#[differentiable]
fn f(x: f32) -> f32 {
    let guess = f32::from_bits(0x5f37_59df - (x.to_bits() >> 1));
    guess * (1.5 - 0.5 * x * guess * guess)
}

#[differentiable]
fn in_bytes(x: f64) -> f64 {
    let bytes = x.to_le_bytes();
    f64::from_le_bytes(bytes) * x
}

fn main() {}
