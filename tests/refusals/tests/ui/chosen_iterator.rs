use differentiable::prelude::*;

#[differentiable]
fn f(v: &[f64], w: &[f64], x: f64) -> f64 {
    let it = if x > 0.0 { v.iter() } else { w.iter() };
    it.map(|a| a * x).sum()
}

#[differentiable]
fn g(v: &[f64], x: f64) -> f64 {
    let it: Box<dyn Iterator<Item = &f64>> = match x > 0.0 {
        true => Box::new(v.iter()),
        false => Box::new(v.iter().rev()),
    };
    it.map(|a| a * x).sum()
}

fn main() {}
