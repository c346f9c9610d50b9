use differentiable::prelude::*;

#[differentiable]
fn by_number(x: &[f64]) -> f64 {
    let mut map = std::collections::BTreeMap::new();
    map.insert(0, x[0]);
    map[&0] * x[0]
}

fn main() {}
