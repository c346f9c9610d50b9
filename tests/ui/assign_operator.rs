use differentiable::prelude::*;

#[derive(Clone, Differentiable)]
struct V(f64);

#[differentiable]
impl std::ops::AddAssign for V {
    fn add_assign(&mut self, o: V) {
        self.0 += o.0;
    }
}

fn main() {}
