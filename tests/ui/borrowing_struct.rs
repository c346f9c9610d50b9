use differentiable::prelude::*;

struct View<'a> {
    data: &'a [f64],
}

#[differentiable]
impl<'a> View<'a> {
    fn first(&self) -> f64 {
        self.data[0]
    }
}

#[differentiable]
fn first(v: &View<'_>) -> f64 {
    v.data[0]
}

fn main() {}
