//! To `rustc` the two parameters are different; their derivatives would go by one name.

use differentiable::prelude::*;

macro_rules! product {
    ($y:ident) => {
        #[differentiable]
        fn product(y: f64, $y: f64) -> f64 {
            y * $y * $y
        }
    };
}

product!(y);

fn main() {
    product::grad(1.0, 2.0);
}
