//! Data-flow graphs: what is in them, and that what they print is well-formed.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "programs are written as users write them")]

use std::collections::HashSet;

use differentiable::graph::{EdgeKind, Graph, NodeKind, Part};
use differentiable::prelude::*;

#[differentiable]
fn wave(x: f64, y: f64) -> f64 {
    let a = x * y;
    a.sin() + x.exp()
}

mod again {
    use differentiable::prelude::*;

    #[differentiable]
    pub(super) fn wave(x: f64, y: f64) -> f64 {
        let a = x * y;
        a.sin() + x.exp()
    }
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

#[differentiable]
fn settle(x: f64, n: usize) -> f64 {
    let mut y = x;
    let mut k = 0;
    while y < 10.0 && k < n {
        if y > 2.0 {
            y = y * y.sin().abs() + 1.0;
        } else {
            y *= 1.5;
        }
        k += 1;
    }
    y
}

#[differentiable]
fn decay(x: &mut [f64], rate: f64) {
    for i in (0..x.len()).rev() {
        x[i] -= rate * x[i] / (1.0 + x[i]);
    }
}

#[differentiable]
fn grow(x: f64, n: usize) -> Vec<f64> {
    let mut out = vec![x];
    for i in 0..n {
        out.push(out[i] * x);
    }
    out
}

fn cube_vjp(x: f64) -> (f64, impl Fn(f64) -> f64) {
    (x * x * x, move |ct| 3.0 * x * x * ct)
}

#[differentiable(vjp = cube_vjp)]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[differentiable]
fn kinds(n: usize, label: &str, x: f64) -> f64 {
    let scale = if label == "a \"quoted\" <b> & #c" { 2.0 } else { n as f64 };
    match n {
        0 => x * scale,
        1 | 2 => wave(x, scale),
        _ => [x, scale].iter().map(|v| v * v).sum(),
    }
}

#[derive(Clone, Differentiable)]
struct Spring {
    stiffness: f64,
    rest: f64,
}

#[differentiable]
impl Spring {
    fn energy(&self, length: f64) -> f64 {
        let stretch = length - self.rest;
        0.5 * self.stiffness * stretch * stretch
    }
}

fn all() -> Vec<Graph> {
    vec![
        wave::graph(),
        rosenbrock::graph(),
        settle::graph(),
        decay::graph(),
        grow::graph(),
        cube::graph(),
        kinds::graph(),
        Spring::energy_graph(),
    ]
}

fn labels(graph: &Graph, part: Part) -> Vec<&str> {
    graph.nodes().iter().filter(|n| n.part == part).map(|n| n.label.as_str()).collect()
}

#[test]
fn straight_line_code() {
    let graph = wave::graph();
    assert_eq!(labels(&graph, Part::Primal), ["x", "y", "*", "a", "exp", "sin", "+", "value"]);
    assert_eq!(
        labels(&graph, Part::Adjoint),
        ["cos", "d_a", "*", "+", "d_x", "*", "d_y", "gradient of x", "gradient of y"]
    );
    // What flows from the function to its derivative: `a`, `y`, `exp(x)` and `x`.
    let saved: Vec<&str> = graph
        .edges()
        .iter()
        .filter(|e| e.kind == EdgeKind::Saved)
        .map(|e| graph.nodes()[e.from].label.as_str())
        .collect();
    assert_eq!(saved, ["a", "y", "exp", "x"]);
}

#[test]
fn the_same_function_has_the_same_graph() {
    assert_eq!(wave::graph(), again::wave::graph());
}

#[test]
fn loops_and_branches_are_clusters() {
    let graph = settle::graph();
    let names: Vec<&str> = graph.clusters().iter().map(|c| c.label.as_str()).collect();
    assert_eq!(
        names,
        ["while y < 10.0 && k < n", "if y > 2.0", "else", "backward: while y < 10.0 && k < n", "if y > 2.0", "else"]
    );
    assert_eq!(graph.clusters()[1].parent, Some(0));
    assert!(graph.edges().iter().any(|e| e.kind == EdgeKind::Carried));
    let loops = rosenbrock::graph();
    assert!(loops.clusters().iter().all(|c| c.label == "for i in 0..x.len() - 1"));
    assert_eq!(
        labels(&loops, Part::Recomputed),
        ["x[i + 1]", "x[i]", "*", "-", "valley", "1.0 - _", "slope", "100.0 * _"]
    );
}

#[test]
fn the_receiver_is_called_self() {
    let graph = Spring::energy_graph();
    let labels = labels(&graph, Part::Primal);
    assert!(labels.contains(&"self.rest") && labels.contains(&"self.stiffness"), "{labels:?}");
}

#[test]
fn rules_by_hand_are_one_node() {
    let graph = cube::graph();
    let calls: Vec<&str> =
        graph.nodes().iter().filter(|n| n.kind == NodeKind::Call).map(|n| n.label.as_str()).collect();
    assert_eq!(calls, ["cube", "cube_vjp"]);
}

/// Whether a node is reached from another along edges.
fn reaches(graph: &Graph, from: usize, to: usize) -> bool {
    let mut seen = HashSet::from([from]);
    let mut stack = vec![from];
    while let Some(n) = stack.pop() {
        stack.extend(graph.edges().iter().filter(|e| e.from == n).map(|e| e.to).filter(|n| seen.insert(*n)));
    }
    seen.contains(&to)
}

#[test]
fn every_gradient_comes_from_the_parameters() {
    for graph in all() {
        for edge in graph.edges() {
            assert!(edge.from < graph.nodes().len() && edge.to < graph.nodes().len(), "{graph}");
        }
        let find = |kind, label: &str| graph.nodes().iter().position(|n| n.kind == kind && n.label == label);
        for (i, node) in graph.nodes().iter().enumerate() {
            let Some(parameter) = node.label.strip_prefix("gradient of ") else { continue };
            let parameter = find(NodeKind::Parameter, parameter).expect("the parameter of the gradient");
            assert!(graph.edges().iter().any(|e| e.to == i), "nothing leads to {}:\n{graph}", node.label);
            if let Some(value) = find(NodeKind::Result, "value") {
                assert!(reaches(&graph, parameter, value), "{}:\n{graph}", node.label);
            }
        }
    }
}

#[test]
fn dot_is_read_by_a_parser() {
    for graph in all() {
        let text = graph.to_dot();
        assert_eq!(text, graph.to_string());
        let mut parser = layout::gv::DotParser::new(&text);
        if let Err(error) = parser.process() {
            panic!("{error}\n{text}");
        }
        let declared = text.lines().filter(|l| l.contains("[label=")).count();
        assert_eq!(declared, graph.nodes().len(), "{text}");
        assert_eq!(text.matches(" -> ").count(), graph.edges().len(), "{text}");
    }
}

#[test]
fn mermaid_escapes_what_it_would_read_as_its_own() {
    for graph in all() {
        let text = format!("{graph:#}");
        assert_eq!(text, graph.to_mermaid());
        let opened = text.lines().filter(|l| l.trim_start().starts_with("subgraph ")).count();
        assert_eq!(opened, text.lines().filter(|l| l.trim() == "end").count(), "{text}");
        for line in text.lines().filter(|l| l.contains('"')) {
            let label = &line[line.find('"').unwrap() + 1..line.rfind('"').unwrap()];
            assert!(!label.contains(['"', '<', '>', '&', '*', '`', '{', '}', '|']), "{line}");
            assert!(
                label
                    .split('#')
                    .skip(1)
                    .all(|rest| rest.split_once(';').is_some_and(|(n, _)| n.parse::<u32>().is_ok())),
                "{line}"
            );
        }
    }
    assert!(kinds::graph().to_mermaid().contains("#34;"), "{:#}", kinds::graph());
}

#[test]
fn mermaid_of_a_small_function() {
    #[differentiable]
    fn double(x: f64) -> f64 {
        2.0 * x
    }
    let expected = "\
flowchart TB
  subgraph primal_half[\"double\"]
    n0([\"x\"])
    n1[\"2.0 #42; #95;\"]
    n2{{\"value\"}}
  end
  subgraph adjoint_half[\"derivative of double\"]
    n3([\"d#95;x = 2.0\"])
    n4{{\"gradient of x\"}}
  end
  n0 --> n1
  n1 --> n2
  n3 --> n4
  classDef primal fill:#dbeafe,stroke:#1d4ed8,color:#0f172a
  class n0,n1,n2 primal
  classDef adjoint fill:#ffedd5,stroke:#c2410c,color:#0f172a
  class n3,n4 adjoint
";
    assert_eq!(double::graph().to_mermaid(), expected);
}

#[cfg(feature = "svg")]
#[test]
fn pictures_hold_every_node_and_edge() {
    for graph in all() {
        let svg = graph.to_svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("text-anchor=\"middle\"").count(), graph.nodes().len());
        assert_eq!(svg.matches("marker-end").count(), graph.edges().len());
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg, graph.to_svg());
    }
}
