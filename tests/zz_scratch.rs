#[macro_use]
mod common;
use differentiable::prelude::*;
mod a {
    use super::*;
    #[differentiable(order = 2)]
    fn f(x: &[f64]) -> f64 {
        x[0] * x[1] * x[1]
    }
    checked!(f, [0.4, 0.7, 1.2]);
}
