//! Printing as Mermaid.

use core::fmt::Write;

use super::{EdgeKind, Graph, NodeKind, Part, palette};

/// The whole graph: the function and its derivative are subgraphs.
pub(super) fn print(graph: &Graph) -> String {
    let mut out = String::from("flowchart TB\n");
    half(graph, false, &graph.name, &mut out);
    if graph.has_adjoint() {
        half(graph, true, &format!("derivative of {}", graph.name), &mut out);
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::Value => "-->",
            EdgeKind::Saved => "-. saved .->",
            EdgeKind::Control => "-.->",
            EdgeKind::Carried => "-. next .->",
        };
        let _ = writeln!(out, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    for (class, part) in [("primal", Part::Primal), ("recomputed", Part::Recomputed), ("adjoint", Part::Adjoint)] {
        let (fill, line) = palette::node(part);
        let members: Vec<String> =
            (0..graph.nodes.len()).filter(|n| graph.nodes[*n].part == part).map(|n| format!("n{n}")).collect();
        if !members.is_empty() {
            let _ = writeln!(out, "  classDef {class} fill:{fill},stroke:{line},color:#0f172a");
            let _ = writeln!(out, "  class {} {class}", members.join(","));
        }
    }
    out
}

fn half(graph: &Graph, adjoint: bool, label: &str, out: &mut String) {
    let name = if adjoint { "adjoint_half" } else { "primal_half" };
    let _ = writeln!(out, "  subgraph {name}[{}]", quoted(label));
    inside(graph, adjoint, None, 2, out);
    out.push_str("  end\n");
}

fn inside(graph: &Graph, adjoint: bool, cluster: Option<usize>, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    for n in graph.members(adjoint, cluster) {
        let node = &graph.nodes[n];
        let (open, close) = match node.kind {
            NodeKind::Parameter | NodeKind::Variable => ("([", "])"),
            NodeKind::Operation => ("[", "]"),
            NodeKind::Call => ("[[", "]]"),
            NodeKind::Result => ("{{", "}}"),
        };
        let _ = writeln!(out, "{pad}n{n}{open}{}{close}", quoted(&node.label));
    }
    for c in graph.inner(adjoint, cluster) {
        let _ = writeln!(out, "{pad}subgraph g{c}[{}]", quoted(&graph.clusters[c].label));
        inside(graph, adjoint, Some(c), depth + 1, out);
        let _ = writeln!(out, "{pad}end");
    }
}

/// A string of Mermaid: everything but letters, digits and harmless signs becomes a character reference, since `#`
/// begins one, and quotes, angles and Markdown (`*`, `_`, `-` at the beginning of a list) would be read as such.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | '(' | ')' | '[' | ']' | ':' | '=' | '…') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out.push('"');
    out
}
