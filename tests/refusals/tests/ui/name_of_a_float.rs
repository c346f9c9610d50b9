use differentiable::prelude::*;

/// What a macro is given is not read.
macro_rules! declared {
    ($item:item) => {
        $item
    };
}

declared! {
    #[derive(Clone, Copy, Differentiable)]
    struct Angle {
        rad: f64,
    }
}

#[differentiable]
impl Angle {
    fn sin(self) -> f64 {
        self.rad.sin()
    }
}

#[differentiable]
fn f(a: Angle) -> f64 {
    Angle::sin(a)
}

fn main() {}
