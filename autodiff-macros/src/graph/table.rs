//! The graph as it is being drawn: nodes, edges and clusters by number, and the text that hands it to the runtime.

use crate::maps::HashSet;

/// The index of a node in [`Table::nodes`].
pub(super) type NodeId = usize;

/// Which sweep a node belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Primal,
    /// A primal value that the backward sweep computes again.
    Recomputed,
    Adjoint,
}

impl Part {
    fn letter(self) -> char {
        match self {
            Self::Primal => 'p',
            Self::Recomputed => 'r',
            Self::Adjoint => 'a',
        }
    }
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Parameter,
    Variable,
    Operation,
    Call,
    Result,
}

impl Shape {
    fn letter(self) -> char {
        match self {
            Self::Parameter => 'p',
            Self::Variable => 'v',
            Self::Operation => 'o',
            Self::Call => 'c',
            Self::Result => 'r',
        }
    }
}

/// What flows along an edge.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Flow {
    Value,
    /// An index, a bound or a condition: no derivative flows here.
    Control,
    /// From one iteration to the next.
    Carried,
}

struct Node {
    cluster: Option<usize>,
    shape: Shape,
    part: Part,
    label: String,
}

struct Cluster {
    parent: Option<usize>,
    part: Part,
    label: String,
}

/// A graph under construction.
#[derive(Default)]
pub(super) struct Table {
    nodes: Vec<Node>,
    edges: Vec<(NodeId, NodeId, Flow)>,
    clusters: Vec<Cluster>,
    /// The cluster that new nodes go to.
    pub(super) cluster: Option<usize>,
    /// Nodes that stay though nothing reads them.
    kept: HashSet<NodeId>,
}

impl Table {
    pub(super) fn node(&mut self, shape: Shape, part: Part, label: impl Into<String>) -> NodeId {
        self.nodes.push(Node { cluster: self.cluster, shape, part, label: label.into() });
        if matches!(shape, Shape::Parameter | Shape::Result) {
            self.kept.insert(self.nodes.len() - 1);
        }
        self.nodes.len() - 1
    }

    pub(super) fn edge(&mut self, from: NodeId, to: NodeId, flow: Flow) {
        self.edges.push((from, to, flow));
    }

    pub(super) fn keep(&mut self, node: NodeId) {
        self.kept.insert(node);
    }

    /// Opens a cluster inside the current one; new nodes go there. Gives what was current.
    pub(super) fn open(&mut self, part: Part, label: String) -> Option<usize> {
        self.clusters.push(Cluster { parent: self.cluster, part, label });
        self.cluster.replace(self.clusters.len() - 1)
    }

    /// The nodes that lead to a result.
    fn live(&self) -> Vec<bool> {
        let mut sources = vec![Vec::new(); self.nodes.len()];
        for (from, to, _) in &self.edges {
            sources[*to].push(*from);
        }
        let mut live = vec![false; self.nodes.len()];
        let mut open: Vec<NodeId> = self.kept.iter().copied().collect();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut live[node], true) {
                open.extend(&sources[node]);
            }
        }
        live
    }

    /// The text that the runtime reads: a line for each cluster, node and edge that leads to a result.
    pub(super) fn encode(&self) -> String {
        let live = self.live();
        let mut full = vec![false; self.clusters.len()];
        for (_, node) in self.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
            let mut at = node.cluster;
            while let Some(c) = at {
                full[c] = true;
                at = self.clusters[c].parent;
            }
        }
        let number = |keep: &dyn Fn(usize) -> bool, n: usize| -> Vec<usize> {
            let mut next = 0;
            (0..n)
                .map(|i| {
                    let at = next;
                    next += usize::from(keep(i));
                    at
                })
                .collect()
        };
        let clusters = number(&|c| full[c], self.clusters.len());
        let nodes = number(&|n| live[n], self.nodes.len());
        let cluster = |c: Option<usize>| c.map_or_else(|| "-".to_owned(), |c| clusters[c].to_string());
        let mut out = String::new();
        for (_, c) in self.clusters.iter().enumerate().filter(|(i, _)| full[*i]) {
            out += &format!("g\t{}\t{}\t{}\n", cluster(c.parent), c.part.letter(), c.label);
        }
        for (_, n) in self.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
            out += &format!("n\t{}\t{}\t{}\t{}\n", cluster(n.cluster), n.shape.letter(), n.part.letter(), n.label);
        }
        let mut seen = HashSet::default();
        for &(from, to, flow) in self.edges.iter().filter(|(from, to, _)| live[*from] && live[*to]) {
            // A value that is used twice by one operation is one edge for each use; an index is one in all.
            if flow != Flow::Value && !seen.insert((from, to, flow)) {
                continue;
            }
            let saved = self.nodes[from].part == Part::Primal && self.nodes[to].part != Part::Primal;
            let letter = match flow {
                Flow::Carried => 'b',
                Flow::Control => 'i',
                Flow::Value if saved => 's',
                Flow::Value => 'v',
            };
            out += &format!("e\t{}\t{}\t{letter}\n", nodes[from], nodes[to]);
        }
        out
    }
}
