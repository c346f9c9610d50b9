use differentiable::prelude::*;

#[differentiable]
fn f(x: f64) -> f64 {
    std::thread::spawn(move || x * 2.0).join().unwrap()
}

fn main() {}
