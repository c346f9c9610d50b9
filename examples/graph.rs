//! Pictures of data-flow graphs: the loss of the network of `simple_net`, and a loop, with their derivatives.
//!
//! Writes SVG, Graphviz DOT and Mermaid to `target/graphs`. Run it with `cargo run --example graph`.

use std::fs;
use std::path::Path;

use differentiable::prelude::*;

/// Two fully connected layers.
#[derive(Clone, Differentiable)]
struct SimpleNet {
    fc1: Dense<f32>,
    fc2: Dense<f32>,
}

#[differentiable]
impl SimpleNet {
    fn predict(&self, x: &Array2<f32>) -> Array2<f32> {
        self.fc2.call(&self.fc1.call(x))
    }
}

#[differentiable(wrt(model))]
fn loss(model: &SimpleNet, x: &Array2<f32>, y: &Array2<f32>) -> f32 {
    mse_loss(y, &model.predict(x))
}

#[differentiable]
fn rosenbrock(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let valley = x[i + 1] - x[i] * x[i];
        let slope = 1.0 - x[i];
        sum += 100.0 * valley * valley + slope * slope;
    }
    sum
}

fn main() -> std::io::Result<()> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/graphs");
    fs::create_dir_all(&directory)?;
    for graph in [loss::graph(), SimpleNet::predict_graph(), rosenbrock::graph()] {
        let path = directory.join(graph.name());
        fs::write(path.with_extension("svg"), graph.to_svg())?;
        fs::write(path.with_extension("dot"), graph.to_dot())?;
        fs::write(path.with_extension("mmd"), graph.to_mermaid())?;
        println!("{}: {} nodes, {} edges", path.display(), graph.nodes().len(), graph.edges().len());
    }
    Ok(())
}
