use differentiable::prelude::*;

mod inner {
    pub fn half() -> f64 {
        0.5
    }
}

#[differentiable]
fn f(x: f64) -> f64 {
    let half = {
        use inner::*;
        half()
    };
    x * half
}

fn main() {}
