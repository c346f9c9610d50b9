use differentiable::prelude::*;

#[derive(Differentiable)]
struct Node {
    value: f64,
    next: Option<Box<Node>>,
}

#[differentiable]
fn total(head: &Node) -> f64 {
    let mut sum = 0.0;
    let mut node = Some(head);
    while let Some(n) = node {
        sum += n.value;
        node = n.next.as_deref();
    }
    sum
}

fn main() {}
