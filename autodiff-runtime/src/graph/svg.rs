//! Drawing as SVG.
//!
//! In: a graph. Out: a picture with the function on the left, from top to bottom, and its derivative on the right, from
//! bottom to top, so that what is saved goes straight across. `layout.rs` says where things are; this file draws them.

use core::fmt::Write;

use super::layout::{Half, Rect, place};
use super::{EdgeKind, Graph, NodeKind, Part, palette};

/// The space around everything, and between the halves.
const MARGIN: f64 = 16.0;
const GAP: f64 = 70.0;

/// The whole picture.
pub(super) fn draw(graph: &Graph) -> String {
    let primal = place(graph, false);
    let adjoint = graph.has_adjoint().then(|| place(graph, true));
    let mut height = primal.height;
    let mut width = primal.width;
    let mut halves = vec![primal];
    if let Some(mut adjoint) = adjoint {
        height = height.max(adjoint.height);
        adjoint.flip();
        adjoint.shift(width + GAP, height - adjoint.height);
        width += GAP + adjoint.width;
        halves.push(adjoint);
    }
    let (w, h) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"{0} {0} {w:.0} {h:.0}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n",
        -MARGIN
    );
    out += "<defs>\n";
    for (name, colour) in [("flow", FLOW), ("saved", SAVED)] {
        let _ = writeln!(
            out,
            "<marker id=\"{name}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0.8 L8 4 L0 7.2 z\" fill=\"{colour}\"/></marker>"
        );
    }
    out += "</defs>\n";
    let _ = writeln!(out, "<rect x=\"{0}\" y=\"{0}\" width=\"{w:.0}\" height=\"{h:.0}\" fill=\"white\"/>", -MARGIN);
    for (half, part) in halves.iter().zip([Part::Primal, Part::Adjoint]) {
        let label = if part == Part::Primal { graph.name.clone() } else { format!("derivative of {}", graph.name) };
        frame(half.frame(), part, true, &mut out);
        title(half.frame(), part, &label, " font-weight=\"bold\"", &mut out);
        for &(c, rect) in &half.frames {
            frame(rect, graph.clusters[c].part, false, &mut out);
        }
    }
    edges(graph, &halves, &mut out);
    for &(c, rect) in halves.iter().flat_map(|h| &h.frames) {
        title(rect, graph.clusters[c].part, &graph.clusters[c].label, " font-family=\"monospace\"", &mut out);
    }
    for half in &halves {
        for &(n, rect) in &half.nodes {
            node(graph, n, rect, &mut out);
        }
    }
    out += "</svg>\n";
    out
}

const FLOW: &str = "#64748b";
const SAVED: &str = "#7c3aed";

fn frame(r: Rect, part: Part, filled: bool, out: &mut String) {
    let (fill, line) = palette::cluster(part);
    let fill = if filled { fill } else { "none" };
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\" fill=\"{fill}\" stroke=\"{line}\"/>",
        r.x, r.y, r.w, r.h
    );
}

/// The label of a frame, legible on top of edges. Its halo is a text of its own, since not every program that shows
/// pictures knows in which order to paint the outline and the inside of one.
fn title(r: Rect, part: Part, label: &str, font: &str, out: &mut String) {
    let (fill, _) = palette::cluster(part);
    for paint in [format!("fill=\"{fill}\" stroke=\"{fill}\" stroke-width=\"4\""), "fill=\"#334155\"".to_owned()] {
        let (x, y, label) = (r.x + 10.0, r.y + 16.0, escaped(label));
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {paint}{font}>{label}</text>");
    }
}

fn node(graph: &Graph, n: usize, r: Rect, out: &mut String) {
    let node = &graph.nodes[n];
    let (fill, line) = palette::node(node.part);
    let round = match node.kind {
        NodeKind::Parameter | NodeKind::Variable => r.h / 2.0,
        NodeKind::Result => 6.0,
        NodeKind::Operation | NodeKind::Call => 2.0,
    };
    let width = if matches!(node.kind, NodeKind::Call | NodeKind::Result) { 2.0 } else { 1.0 };
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round:.1}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"{width}\"/>",
        r.x, r.y, r.w, r.h
    );
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#0f172a\">{}</text>",
        r.x + r.w / 2.0,
        r.y + r.h / 2.0 + 4.0,
        escaped(&node.label)
    );
}

fn edges(graph: &Graph, halves: &[Half], out: &mut String) {
    let rect = |n: usize| halves.iter().flat_map(|h| &h.nodes).find(|(m, _)| *m == n).map(|(_, r)| *r);
    for (i, edge) in graph.edges.iter().enumerate() {
        let (Some(from), Some(to)) = (rect(edge.from), rect(edge.to)) else { continue };
        let half = |n: usize| usize::from(graph.nodes[n].part != Part::Primal);
        let path = if graph.crosses(edge) {
            across(from, to)
        } else if edge.kind == EdgeKind::Carried {
            back(from, to)
        } else {
            let up = half(edge.from) == 1;
            let ends = (spread(graph, halves, edge.from, i, true), spread(graph, halves, edge.to, i, false));
            let via = halves[half(edge.from)].path(i);
            along(from, to, ends, via, up)
        };
        let (colour, marker) = if edge.kind == EdgeKind::Saved { (SAVED, "saved") } else { (FLOW, "flow") };
        let dash = match edge.kind {
            EdgeKind::Value => "",
            EdgeKind::Control => " stroke-dasharray=\"1.5,3\"",
            EdgeKind::Saved | EdgeKind::Carried => " stroke-dasharray=\"5,3\"",
        };
        let _ =
            writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\"{dash} marker-end=\"url(#{marker})\"/>");
    }
}

/// Where on its node an edge ends: the edges of a node stand beside each other in the order of their other ends.
fn spread(graph: &Graph, halves: &[Half], node: usize, edge: usize, outgoing: bool) -> f64 {
    let half = |n: usize| usize::from(graph.nodes[n].part != Part::Primal);
    let mut others: Vec<(f64, usize)> = Vec::new();
    for (i, e) in graph.edges.iter().enumerate() {
        let (own, other) = if outgoing { (e.from, e.to) } else { (e.to, e.from) };
        if own == node && e.kind != EdgeKind::Carried && half(own) == half(other) {
            let via = halves[half(own)].path(i);
            let x = if outgoing { via.first() } else { via.last() }.map(|p| p.0);
            let centre = || halves[half(own)].nodes.iter().find(|(m, _)| *m == other).map(|(_, r)| r.x + r.w / 2.0);
            others.push((x.or_else(centre).unwrap_or_default(), i));
        }
    }
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let at = others.iter().position(|(_, i)| *i == edge).unwrap_or_default();
    (at + 1) as f64 / (others.len() + 1) as f64
}

/// Down (or up) through the points of the layout, with vertical tangents.
fn along(from: Rect, to: Rect, ends: (f64, f64), via: &[(f64, f64)], up: bool) -> String {
    let (leave, arrive) = if up { (from.y, to.y + to.h) } else { (from.y + from.h, to.y) };
    let mut points = vec![(from.x + from.w * (0.2 + 0.6 * ends.0), leave)];
    points.extend(via);
    points.push((to.x + to.w * (0.2 + 0.6 * ends.1), arrive));
    let mut out = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x, y), (u, v)) = (pair[0], pair[1]);
        let middle = f64::midpoint(y, v);
        let _ = write!(out, " C{x:.1} {middle:.1} {u:.1} {middle:.1} {u:.1} {v:.1}");
    }
    out
}

/// From the right side of one node to the left side of another.
fn across(from: Rect, to: Rect) -> String {
    let (x, y, u, v) = (from.x + from.w, from.y + from.h / 2.0, to.x, to.y + to.h / 2.0);
    let middle = f64::midpoint(x, u);
    format!("M{x:.1} {y:.1} C{middle:.1} {y:.1} {middle:.1} {v:.1} {u:.1} {v:.1}")
}

/// From the right side of one node around to the right side of another.
fn back(from: Rect, to: Rect) -> String {
    let (x, y, u, v) = (from.x + from.w, from.y + from.h / 2.0, to.x + to.w, to.y + to.h / 2.0);
    let far = x.max(u) + 24.0 + (y - v).abs() / 12.0;
    format!("M{x:.1} {y:.1} C{far:.1} {y:.1} {far:.1} {v:.1} {u:.1} {v:.1}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
