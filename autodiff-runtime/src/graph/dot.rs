//! Printing as Graphviz DOT.

use core::fmt::Write;

use super::{EdgeKind, Graph, NodeKind, Part, palette};

/// The whole graph: the function and its derivative are clusters beside each other.
pub(super) fn print(graph: &Graph) -> String {
    let mut out = format!("digraph {} {{\n", quoted(&graph.name));
    out += "  graph [rankdir=TB, fontname=\"Helvetica\", nodesep=0.3, ranksep=0.4, newrank=true];\n";
    out += "  node [style=filled, fontname=\"Helvetica\", fontsize=12, height=0.3, margin=\"0.12,0.05\"];\n";
    out += "  edge [color=\"#64748b\", arrowsize=0.7];\n";
    half(graph, false, &graph.name, &mut out);
    if graph.has_adjoint() {
        half(graph, true, &format!("derivative of {}", graph.name), &mut out);
    }
    for edge in &graph.edges {
        let look = match edge.kind {
            EdgeKind::Value => "",
            EdgeKind::Control if graph.crosses(edge) => " [style=dotted, constraint=false]",
            EdgeKind::Control => " [style=dotted]",
            // What is saved does not push the derivative below the function.
            EdgeKind::Saved => " [style=dashed, color=\"#7c3aed\", constraint=false]",
            EdgeKind::Carried => " [style=dashed, constraint=false]",
        };
        let _ = writeln!(out, "  n{} -> n{}{look};", edge.from, edge.to);
    }
    out += "}\n";
    out
}

fn half(graph: &Graph, adjoint: bool, label: &str, out: &mut String) {
    let (name, part) = if adjoint { ("adjoint", Part::Adjoint) } else { ("primal", Part::Primal) };
    let (fill, line) = palette::cluster(part);
    let _ = writeln!(out, "  subgraph cluster_{name} {{");
    let _ = writeln!(
        out,
        "    label={}; style=\"rounded,filled\"; fillcolor=\"{fill}\"; color=\"{line}\"; fontname=\"Helvetica\";",
        quoted(label)
    );
    inside(graph, adjoint, None, 2, out);
    out.push_str("  }\n");
}

fn inside(graph: &Graph, adjoint: bool, cluster: Option<usize>, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    for n in graph.members(adjoint, cluster) {
        let node = &graph.nodes[n];
        let shape = match node.kind {
            NodeKind::Parameter | NodeKind::Variable => "ellipse",
            NodeKind::Operation => "box",
            NodeKind::Call => "component",
            NodeKind::Result => "box, peripheries=2",
        };
        let (fill, line) = palette::node(node.part);
        let label = quoted(&node.label);
        let _ = writeln!(out, "{pad}n{n} [label={label}, shape={shape}, fillcolor=\"{fill}\", color=\"{line}\"];");
    }
    for c in graph.inner(adjoint, cluster) {
        let _ = writeln!(out, "{pad}subgraph cluster_{c} {{");
        let (_, line) = palette::cluster(graph.clusters[c].part);
        let label = quoted(&graph.clusters[c].label);
        let _ = writeln!(out, "{pad}  label={label}; style=rounded; color=\"{line}\"; fontname=\"Courier\";");
        inside(graph, adjoint, Some(c), depth + 1, out);
        let _ = writeln!(out, "{pad}}}");
    }
}

/// A string of DOT.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
