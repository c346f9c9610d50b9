//! Where the nodes of a picture are, by the crate `layout-rs`.
//!
//! Each loop or branch is laid out by itself, from the inside out, and stands in what is around it as one box.

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::{Point, Position};
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::{EdgeKind, Graph};

/// The space inside a frame, and for its label.
const PAD: f64 = 14.0;
const LABEL: f64 = 24.0;

/// A rectangle: its upper left corner, and its size.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

/// One sweep, laid out.
#[derive(Default)]
pub(super) struct Half {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<(usize, Rect)>,
    /// Loops and branches; what is around comes first.
    pub(super) frames: Vec<(usize, Rect)>,
    /// The points that an edge passes through between its ends.
    paths: Vec<(usize, Vec<(f64, f64)>)>,
    dx: f64,
    dy: f64,
}

impl Half {
    /// The points that an edge passes through.
    pub(super) fn path(&self, edge: usize) -> &[(f64, f64)] {
        self.paths.iter().find(|(e, _)| *e == edge).map_or(&[], |(_, path)| path)
    }

    /// The frame around all of it.
    pub(super) fn frame(&self) -> Rect {
        Rect { x: self.dx, y: self.dy, w: self.width, h: self.height }
    }

    /// Turns it upside down, with labels still at the top.
    pub(super) fn flip(&mut self) {
        let h = self.height;
        for (_, r) in self.nodes.iter_mut().chain(&mut self.frames) {
            r.y = h - r.y - r.h;
        }
        for (_, path) in &mut self.paths {
            path.iter_mut().for_each(|p| p.1 = h - p.1);
        }
    }

    pub(super) fn shift(&mut self, dx: f64, dy: f64) {
        for (_, r) in self.nodes.iter_mut().chain(&mut self.frames) {
            r.x += dx;
            r.y += dy;
        }
        for (_, path) in &mut self.paths {
            path.iter_mut().for_each(|p| *p = (p.0 + dx, p.1 + dy));
        }
        self.dx += dx;
        self.dy += dy;
    }
}

/// Lays out one sweep.
pub(super) fn place(graph: &Graph, adjoint: bool) -> Half {
    scope(graph, adjoint, None)
}

/// What stands in a scope: a node, or a loop or branch that is laid out already.
enum Child {
    Node(usize),
    Scope(usize, Half),
}

fn scope(graph: &Graph, adjoint: bool, cluster: Option<usize>) -> Half {
    let mut children: Vec<Child> = graph.members(adjoint, cluster).map(Child::Node).collect();
    children.extend(graph.inner(adjoint, cluster).map(|c| Child::Scope(c, scope(graph, adjoint, Some(c)))));
    let (rects, paths) = arrange(graph, &children, cluster);
    let mut half = Half::default();
    for (child, r) in children.into_iter().zip(rects) {
        half.width = half.width.max(r.x + r.w);
        half.height = half.height.max(r.y + r.h);
        match child {
            Child::Node(n) => half.nodes.push((n, r)),
            Child::Scope(c, mut inner) => {
                inner.shift(r.x, r.y);
                half.frames.push((c, r));
                half.frames.append(&mut inner.frames);
                half.nodes.append(&mut inner.nodes);
                half.paths.append(&mut inner.paths);
            }
        }
    }
    half.paths.extend(paths);
    // The label is at the top of the picture: where the sweep is turned upside down, at the bottom of the layout.
    half.shift(PAD, if adjoint { PAD } else { LABEL });
    (half.dx, half.dy) = (0.0, 0.0);
    half.width += 2.0 * PAD;
    half.height += PAD + LABEL;
    if let Some(c) = cluster {
        half.width = half.width.max(graph.clusters[c].label.chars().count() as f64 * 7.4 + 20.0);
    } else {
        half.width = half.width.max((graph.name.len() + 14) as f64 * 7.4);
    }
    half
}

/// Lays out the children of one scope. Gives their rectangles, and the points that edges pass through.
fn arrange(graph: &Graph, children: &[Child], cluster: Option<usize>) -> (Vec<Rect>, Vec<(usize, Vec<(f64, f64)>)>) {
    let mut visual = VisualGraph::new(Orientation::TopToBottom);
    let handles: Vec<_> = children
        .iter()
        .map(|child| {
            let (w, h) = match child {
                Child::Node(n) => (graph.nodes[*n].label.chars().count() as f64 * 7.0 + 20.0, 24.0),
                Child::Scope(_, inner) => (inner.width, inner.height),
            };
            let mut look = StyleAttr::simple();
            look.font_size = 12;
            let mut element =
                Element::create(ShapeKind::Box(String::new()), look, Orientation::TopToBottom, Point::new(w, h));
            element.pos = Position::new(Point::zero(), Point::new(w, h), Point::zero(), Point::new(22.0, 34.0));
            visual.add_node(element)
        })
        .collect();
    // The child that holds a node, if one does.
    let child_of = |n: usize| {
        let mut at = graph.nodes[n].cluster;
        if at == cluster {
            return children.iter().position(|c| matches!(c, Child::Node(m) if *m == n));
        }
        while let Some(c) = at {
            if graph.clusters[c].parent == cluster {
                return children.iter().position(|child| matches!(child, Child::Scope(d, _) if *d == c));
            }
            at = graph.clusters[c].parent;
        }
        None
    };
    let mut pairs: Vec<((usize, usize), Vec<usize>)> = Vec::new();
    for (i, edge) in graph.edges.iter().enumerate() {
        if matches!(edge.kind, EdgeKind::Carried | EdgeKind::Saved) {
            continue;
        }
        let (Some(from), Some(to)) = (child_of(edge.from), child_of(edge.to)) else { continue };
        if from == to {
            continue;
        }
        match pairs.iter_mut().find(|(pair, _)| *pair == (from, to)) {
            Some((_, edges)) => edges.push(i),
            None => pairs.push(((from, to), vec![i])),
        }
    }
    for (i, ((from, to), _)) in pairs.iter().enumerate() {
        let look = StyleAttr::simple();
        let properties = i.to_string();
        let arrow = Arrow::with_properties(
            LineEndKind::None,
            LineEndKind::Arrow,
            LineStyleKind::Normal,
            "",
            &look,
            properties,
            &None,
            &None,
        );
        visual.add_edge(arrow, handles[*from], handles[*to]);
    }
    let mut routes = Routes::default();
    visual.do_it(false, false, false, &mut routes);
    let mut rects: Vec<Rect> = handles
        .iter()
        .map(|handle| {
            let position = visual.pos(*handle);
            let (corner, size) = (position.bbox(false).0, position.size(false));
            Rect { x: corner.x, y: corner.y, w: size.x, h: size.y }
        })
        .collect();
    let bends = |i: usize| routes.0.iter().find(|(j, _)| *j == i).map_or(&[][..], |(_, path)| path.as_slice());
    let xs = rects.iter().map(|r| r.x).chain((0..pairs.len()).flat_map(|i| bends(i).iter().map(|p| p.0)));
    let left = xs.fold(f64::INFINITY, f64::min);
    let top = rects.iter().map(|r| r.y).fold(f64::INFINITY, f64::min);
    for r in &mut rects {
        r.x -= left;
        r.y -= top;
    }
    let mut paths = Vec::new();
    for (i, (_, edges)) in pairs.iter().enumerate() {
        let path: Vec<(f64, f64)> = bends(i).iter().map(|p| (p.0 - left, p.1 - top)).collect();
        paths.extend(edges.iter().map(|e| (*e, path.clone())));
    }
    (rects, paths)
}

/// Takes down where edges go; what they look like is drawn elsewhere.
#[derive(Default)]
struct Routes(Vec<(usize, Vec<(f64, f64)>)>);

impl RenderBackend for Routes {
    fn draw_rect(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>, _: Option<ClipHandle>) {}

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        head: (bool, bool),
        _: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        let Some(edge) = properties.and_then(|p| p.parse().ok()) else { return };
        // The ends are where the boxes are; between them are the bends.
        let inner = path.get(1..path.len().saturating_sub(1)).unwrap_or_default();
        let mut bends: Vec<(f64, f64)> = inner.iter().map(|(_, p)| (p.x, p.y)).collect();
        if head.0 {
            bends.reverse();
        }
        self.0.push((edge, bends));
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
