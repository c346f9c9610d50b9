use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    let text = format!("{x}");
    let y: f64 = text.parse::<f64>().unwrap();
    y * 2.0
}

fn main() {}
