use differentiable::prelude::*;
use std::collections::BTreeMap;

struct Node {
    weight: f64,
}

#[differentiable]
fn f(x: f64) -> f64 {
    let nodes: BTreeMap<usize, Node> = BTreeMap::from([(0, Node { weight: 2.0 })]);
    let mut s = x;
    for node in nodes.values() {
        s *= node.weight;
    }
    s
}

fn main() {}
