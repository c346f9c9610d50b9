//! The data-flow graph of a differentiated function, as `f::graph()` gives it.
//!
//! In: the text that the compiler wrote. Out: a [`Graph`] of nodes, edges and clusters, which prints as Graphviz DOT
//! (`dot.rs`), as Mermaid (`mermaid.rs`) and, with the feature `svg`, as a picture (`svg.rs`).

mod dot;
#[cfg(feature = "svg")]
mod layout;
mod mermaid;
#[cfg(feature = "svg")]
mod svg;

use core::fmt;

/// The data-flow graph of a function and of its derivative.
///
/// Nodes are operations and variables, edges are values, and clusters are loops and branches. A variable that is
/// written has a node for each version. `{}` prints Graphviz DOT, and `{:#}` prints Mermaid.
///
/// ```standalone_crate
/// # extern crate autodiff_runtime as differentiable;
/// # use autodiff_macros::{Differentiable, differentiable};
/// use differentiable::prelude::*;
///
/// #[differentiable]
/// fn wave(x: f64, y: f64) -> f64 {
///     (x * y).sin()
/// }
///
/// let graph = wave::graph();
/// assert!(graph.to_dot().starts_with("digraph \"wave\" {"));
/// assert!(graph.to_mermaid().starts_with("flowchart TB\n"));
/// let labels: Vec<&str> = graph.nodes().iter().map(|n| n.label.as_str()).collect();
/// assert!(labels.starts_with(&["x", "y", "*", "sin"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    name: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    clusters: Vec<Cluster>,
}

/// A variable or an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// The name of a variable, or the operation as it is written, with `_` for operands that are not constants.
    pub label: String,
    /// What it is.
    pub kind: NodeKind,
    /// The sweep it belongs to.
    pub part: Part,
    /// The innermost loop or branch around it: an index of [`Graph::clusters`].
    pub cluster: Option<usize>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// A parameter of the function.
    Parameter,
    /// A variable that the user named, or its cotangent.
    Variable,
    /// An operation, or the access to an element or a field.
    Operation,
    /// A call of a function with a derivative of its own, or of its pullback.
    Call,
    /// The value of the function, or a gradient.
    Result,
}

/// The sweep that a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The function itself.
    Primal,
    /// A value of the function that the backward sweep computes again.
    Recomputed,
    /// The backward sweep.
    Adjoint,
}

/// A value that flows from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge {
    /// The node that the value comes from: an index of [`Graph::nodes`].
    pub from: usize,
    /// The node that uses it.
    pub to: usize,
    /// How it flows.
    pub kind: EdgeKind,
}

/// How a value flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EdgeKind {
    /// An operand.
    Value,
    /// An index, a bound or a condition.
    Control,
    /// A value of the function that the backward sweep uses.
    Saved,
    /// From one iteration of a loop to the next.
    Carried,
}

/// A loop or a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cluster {
    /// What it is, as it is written: `for i in 0..n`.
    pub label: String,
    /// The sweep it belongs to.
    pub part: Part,
    /// The loop or branch around it.
    pub parent: Option<usize>,
}

impl Graph {
    /// Reads the text that the compiler wrote.
    #[doc(hidden)]
    #[must_use]
    pub fn __read(name: &str, text: &str) -> Self {
        let mut graph = Self { name: name.to_owned(), nodes: Vec::new(), edges: Vec::new(), clusters: Vec::new() };
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["g", parent, part, label] => graph.clusters.push(Cluster {
                    label: (*label).to_owned(),
                    part: part_of(part),
                    parent: parent.parse().ok(),
                }),
                ["n", cluster, kind, part, label] => graph.nodes.push(Node {
                    label: (*label).to_owned(),
                    kind: match *kind {
                        "p" => NodeKind::Parameter,
                        "v" => NodeKind::Variable,
                        "c" => NodeKind::Call,
                        "r" => NodeKind::Result,
                        _ => NodeKind::Operation,
                    },
                    part: part_of(part),
                    cluster: cluster.parse().ok(),
                }),
                ["e", from, to, kind] => graph.edges.push(Edge {
                    from: from.parse().unwrap_or_default(),
                    to: to.parse().unwrap_or_default(),
                    kind: match *kind {
                        "i" => EdgeKind::Control,
                        "s" => EdgeKind::Saved,
                        "b" => EdgeKind::Carried,
                        _ => EdgeKind::Value,
                    },
                }),
                _ => unreachable!("the compiler writes nothing else: {line}"),
            }
        }
        graph
    }

    /// The name of the function.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The nodes, in the order of the program.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The loops and branches; what is around comes before what is inside.
    pub fn clusters(&self) -> &[Cluster] {
        &self.clusters
    }

    /// The graph in the language of Graphviz: `dot -Tsvg` draws it.
    pub fn to_dot(&self) -> String {
        dot::print(self)
    }

    /// The graph in the language of Mermaid, which many viewers of Markdown draw.
    pub fn to_mermaid(&self) -> String {
        mermaid::print(self)
    }

    /// The graph as a picture: the function on the left, from top to bottom, its derivative on the right, from bottom
    /// to top.
    #[cfg(feature = "svg")]
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }

    /// The nodes directly in a cluster and half.
    fn members(&self, adjoint: bool, cluster: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len())
            .filter(move |&n| self.nodes[n].cluster == cluster && (self.nodes[n].part != Part::Primal) == adjoint)
    }

    /// The clusters directly in a cluster and half.
    fn inner(&self, adjoint: bool, cluster: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.clusters.len())
            .filter(move |&c| self.clusters[c].parent == cluster && (self.clusters[c].part != Part::Primal) == adjoint)
    }

    /// Whether an edge leads from one half to the other.
    fn crosses(&self, edge: &Edge) -> bool {
        let primal = |n: usize| self.nodes[n].part == Part::Primal;
        primal(edge.from) != primal(edge.to)
    }

    /// Whether there is a backward half.
    fn has_adjoint(&self) -> bool {
        self.nodes.iter().any(|n| n.part != Part::Primal)
    }
}

fn part_of(letter: &str) -> Part {
    match letter {
        "a" => Part::Adjoint,
        "r" => Part::Recomputed,
        _ => Part::Primal,
    }
}

/// Graphviz DOT; with `#`, Mermaid.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if f.alternate() { self.to_mermaid() } else { self.to_dot() })
    }
}

/// The colours of the three printers.
mod palette {
    use super::Part;

    /// Background and border of a node.
    pub(super) fn node(part: Part) -> (&'static str, &'static str) {
        match part {
            Part::Primal => ("#dbeafe", "#1d4ed8"),
            Part::Recomputed => ("#f1f5f9", "#475569"),
            Part::Adjoint => ("#ffedd5", "#c2410c"),
        }
    }

    /// Background and border of a cluster, or of a half.
    pub(super) fn cluster(part: Part) -> (&'static str, &'static str) {
        match part {
            Part::Primal => ("#f5f9ff", "#93b4ea"),
            _ => ("#fffaf3", "#e9b27e"),
        }
    }
}
