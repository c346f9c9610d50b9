//! Expressions: each operation is a node with an edge from every operand that is not a constant.

use crate::emit::Part as _;

use super::Draw;
use super::table::{Flow, NodeId, Part, Shape};
use crate::emit::operation;
use crate::ir::{Expr, Place, Role, Step, VarId};
use crate::labels::path_text;

/// What an expression gives: the value of a node, or a constant, as text.
#[derive(Clone, PartialEq)]
pub(super) enum Operand {
    Node(NodeId),
    Constant(String),
}

impl Operand {
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(n) => Some(*n),
            Self::Constant(_) => None,
        }
    }

    /// As an argument in a label: `_` stands for what an edge brings.
    fn text(&self) -> &str {
        match self {
            Self::Node(_) => "_",
            Self::Constant(text) => text,
        }
    }
}

impl Draw<'_> {
    /// Draws an expression.
    pub(super) fn operand(&mut self, e: &Expr) -> Operand {
        match e {
            Expr::Lit(_) | Expr::Number(..) | Expr::Bool(_) | Expr::Item(..) | Expr::Zero(_) => {
                Operand::Constant(self.labels.text(e))
            }
            Expr::Place(place) => self.read(place),
            Expr::Ref { of: e, .. } | Expr::Clone(e) | Expr::FromInt(e, _) => self.operand(e),
            Expr::CastTangent { tangent, .. } => self.operand(tangent),
            Expr::Wrap { value, .. } => self.apply(Shape::Operation, "Some", &[value], |x| format!("Some({})", x[0])),
            Expr::Neg(e) => self.apply(Shape::Operation, "-", &[e], |a| format!("-{}", a[0])),
            Expr::Not(e) => self.apply(Shape::Operation, "!", &[e], |a| format!("!{}", a[0])),
            Expr::Cast(e, ty) => {
                let ty = crate::text::label(&ty.to_code());
                self.apply(Shape::Operation, &format!("as {ty}"), &[e], |a| format!("{} as {ty}", a[0]))
            }
            Expr::Binary(op, a, b) => {
                let op = operation(*op).text;
                self.apply(Shape::Operation, op, &[a, b], |x| format!("{} {op} {}", x[0], x[1]))
            }
            Expr::Math(rule, args) if !rule.name.starts_with(char::is_alphabetic) => {
                let all: Vec<&Expr> = args.iter().collect();
                self.apply(Shape::Operation, rule.name, &all, |x| format!("{} {} {}", x[0], rule.name, x[1]))
            }
            Expr::Math(rule, args) => {
                let all: Vec<&Expr> = args.iter().collect();
                self.apply(Shape::Operation, rule.name, &all, |x| format!("{}({})", rule.name, x.join(", ")))
            }
            Expr::Method { recv, name, .. } if name == "__stop" => {
                self.apply(Shape::Operation, "stop_gradient", &[recv], |x| format!("stop_gradient({})", x[0]))
            }
            Expr::Method { recv, name, args, .. } => {
                let all: Vec<&Expr> = std::iter::once(&**recv).chain(args).collect();
                let name = name.to_string();
                self.apply(Shape::Operation, &name, &all, |x| format!("{}.{name}({})", x[0], x[1..].join(", ")))
            }
            Expr::Call { func, args, .. } => {
                let name = path_text(func);
                let all: Vec<&Expr> = args.iter().collect();
                self.apply(Shape::Operation, &name, &all, |x| format!("{name}({})", x.join(", ")))
            }
            Expr::Struct { path, fields, rest, .. } => {
                let name = path_text(path);
                let all: Vec<&Expr> = fields.iter().map(|(_, e)| e).chain(rest.as_deref()).collect();
                self.apply(Shape::Operation, &name, &all, |_| format!("{name} {{ … }}"))
            }
            Expr::Tuple(es) if es.is_empty() => Operand::Constant("()".to_owned()),
            Expr::Tuple(es) => {
                let all: Vec<&Expr> = es.iter().collect();
                let label = format!("({})", vec!["_"; es.len()].join(", "));
                self.apply(Shape::Operation, &label, &all, |x| format!("({})", x.join(", ")))
            }
            Expr::Array(es, _) => {
                let all: Vec<&Expr> = es.iter().collect();
                let label = if es.len() <= 4 {
                    format!("[{}]", vec!["_"; es.len()].join(", "))
                } else {
                    format!("[_; {}]", es.len())
                };
                self.apply(Shape::Operation, &label, &all, |x| {
                    if x.len() <= 4 { format!("[{}]", x.join(", ")) } else { label.clone() }
                })
            }
            Expr::Repeat { value, len, .. } => {
                self.apply(Shape::Operation, "[_; _]", &[value, len], |x| format!("[{}; {}]", x[0], x[1]))
            }
            Expr::Range { lo, hi, inclusive } => {
                let dots = if *inclusive { "..=" } else { ".." };
                let all: Vec<&Expr> = lo.iter().chain(hi).map(|e| &**e).collect();
                self.apply(Shape::Operation, dots, &all, |x| x.join(dots))
            }
            Expr::Select(c, a, b) => self.apply(Shape::Operation, "if", &[c, a, b], |x| {
                format!("if {} {{ {} }} else {{ {} }}", x[0], x[1], x[2])
            }),
            Expr::Matches(of, _) => {
                let text = self.labels.text(e);
                self.apply(Shape::Operation, &text, &[of], |_| text.clone())
            }
            Expr::Verbatim(_, captures) => {
                let label = self.labels.text(e);
                let all: Vec<&Expr> = captures.iter().map(|(_, e)| e).collect();
                self.apply(Shape::Operation, &label, &all, |_| label.clone())
            }
        }
    }

    /// Draws an operation; `mixed` gives its label where some operands are constants.
    fn apply(&mut self, shape: Shape, name: &str, operands: &[&Expr], mixed: impl Fn(&[String]) -> String) -> Operand {
        let operands: Vec<Operand> = operands.iter().map(|e| self.operand(e)).collect();
        let texts: Vec<String> = operands.iter().map(|o| o.text().to_owned()).collect();
        let inputs: Vec<NodeId> = operands.iter().filter_map(Operand::node).collect();
        if inputs.is_empty() {
            return Operand::Constant(mixed(&texts));
        }
        let label = if inputs.len() == operands.len() { name.to_owned() } else { mixed(&texts) };
        let node = self.table.node(shape, self.part, label);
        for input in inputs {
            self.table.edge(input, node, Flow::Value);
        }
        Operand::Node(node)
    }

    /// Reads a place: the variable, or a node `x.a[i]` with an edge from the variable.
    pub(super) fn read(&mut self, place: &Place) -> Operand {
        let whole = self.version(place.root);
        if place.path.iter().all(|s| matches!(s, Step::Deref)) {
            return whole;
        }
        let label = self.labels.place(place);
        let controls = self.controls(place);
        let Operand::Node(root) = whole else {
            return Operand::Constant(label);
        };
        let key = (root, controls.clone(), label.clone(), self.table.cluster);
        if let Some(node) = self.reads.get(&key) {
            return Operand::Node(*node);
        }
        let part = self.part_of(place.root);
        let node = self.table.node(Shape::Operation, part, label);
        self.table.edge(root, node, Flow::Value);
        for control in controls {
            self.table.edge(control, node, Flow::Control);
        }
        self.reads.insert(key, node);
        Operand::Node(node)
    }

    /// The nodes of the variables in the indices of a place.
    pub(super) fn controls(&mut self, place: &Place) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for step in &place.path {
            match step {
                Step::Index { at, .. } => nodes.extend(self.inputs(at)),
                Step::View { args, .. } => args.iter().for_each(|at| nodes.extend(self.inputs(at))),
                _ => {}
            }
        }
        nodes
    }

    /// The nodes of the variables that occur in an expression, without nodes for its operations.
    pub(super) fn inputs(&mut self, e: &Expr) -> Vec<NodeId> {
        let mut vars = Vec::new();
        self.labels.inlined(e).vars(&mut |v| vars.push(v));
        let mut nodes: Vec<NodeId> = vars.into_iter().filter_map(|v| self.version(v).node()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// The node that holds a variable's value now.
    pub(super) fn version(&self, v: VarId) -> Operand {
        self.versions.get(v).cloned().unwrap_or_else(|| Operand::Constant(self.emitter.name(v).to_string()))
    }

    /// The part that a value of a variable belongs to in this sweep.
    pub(super) fn part_of(&self, v: VarId) -> Part {
        match (self.backward, self.program.vars[v].role) {
            (false, _) => Part::Primal,
            (true, Role::Adjoint | Role::Tangent) => Part::Adjoint,
            (true, _) => Part::Recomputed,
        }
    }
}
