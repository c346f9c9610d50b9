//! The data-flow graph of a function, for `f::graph()`.
//!
//! In: the program of both sweeps, as the derivative is generated from it. Out: text that the runtime turns into a
//! `Graph` (one string literal: nothing for `rustc` to compile). Operations and variables are nodes, in the order of
//! the program; values are edges; loops and branches are clusters. A variable that is written has a node for each of
//! its versions. What leads to no result is left out.

mod table;
mod values;

use crate::emit::{Emitter, operation};
use crate::expand::{Function, Sweeps};
use crate::ir::{
    Arg, Block, Call, Edit, Expr, Header, Loop, Passing, Place, Program, Pull, Role, Step, Stmt, Tape, VarId,
};
use crate::labels::Labels;
use crate::maps::HashMap;
use crate::var_set::{VarMap, VarSet};
use table::{Flow, NodeId, Part, Shape, Table};
use values::Operand;

/// The text of the graph of a function, with its gradient (`scalar`) or its pullback.
pub(crate) fn encode(f: &Function, scalar: bool) -> String {
    let mut program = (*f.adjoint(0, if scalar { Sweeps::Apart } else { Sweeps::Taped })).clone();
    crate::layout::forward_where_independent(&mut program);
    let emitter = Emitter::new(&program, &f.types, VarSet::new(), &f.reserved);
    let mut draw = Draw {
        program: &program,
        emitter: &emitter,
        table: Table::default(),
        versions: VarMap::new(),
        labels: Labels::new(&program, &emitter),
        reads: HashMap::default(),
        saved: HashMap::default(),
        headers: HashMap::default(),
        part: Part::Primal,
        backward: false,
    };
    draw.all(f);
    draw.table.encode()
}

/// The text of the graph of a function whose derivative is written by hand: one node, and one for the rule.
pub(crate) fn encode_rule(f: &Function, rule: Option<String>) -> String {
    let mut table = Table::default();
    let inputs: Vec<(NodeId, &crate::signature::Param)> = f
        .signature
        .params
        .iter()
        .map(|p| (table.node(Shape::Parameter, Part::Primal, p.name.to_string()), p))
        .collect();
    let call = table.node(Shape::Call, Part::Primal, f.signature.name.to_string());
    let value = table.node(Shape::Result, Part::Primal, "value");
    table.edge(call, value, Flow::Value);
    inputs.iter().for_each(|(n, _)| table.edge(*n, call, Flow::Value));
    if let Some(rule) = rule {
        let cotangent = table.node(Shape::Parameter, Part::Adjoint, "cotangent of the value");
        let pull = table.node(Shape::Call, Part::Adjoint, rule);
        table.edge(cotangent, pull, Flow::Value);
        for (node, p) in inputs {
            table.edge(node, pull, Flow::Value);
            if p.wanted {
                let gradient = table.node(Shape::Result, Part::Adjoint, format!("gradient of {}", p.name));
                table.edge(pull, gradient, Flow::Value);
            }
        }
    }
    table.encode()
}

/// Whether a constant is the zero that a cotangent begins with.
fn is_zero(text: &str) -> bool {
    text == "0.0" || text.contains("__zero")
}

/// A node that reads a place: the variable's node, the nodes of the indices, the text, the cluster.
type Read = (NodeId, Vec<NodeId>, String, Option<usize>);

/// Draws one program.
struct Draw<'a> {
    program: &'a Program,
    emitter: &'a Emitter<'a>,
    table: Table,
    versions: VarMap<Operand>,
    labels: Labels<'a>,
    reads: HashMap<Read, NodeId>,
    /// What the forward scopes leave to the backward ones, by tape variable and branch.
    saved: HashMap<(VarId, usize), VarMap<Operand>>,
    /// The labels of the forward loops and branches, by tape variable.
    headers: HashMap<VarId, String>,
    part: Part,
    backward: bool,
}

impl Draw<'_> {
    fn all(&mut self, f: &Function) {
        let program = self.program;
        for (p, q) in f.signature.params.iter().zip(&program.params) {
            let node = self.table.node(Shape::Parameter, Part::Primal, p.name.to_string());
            self.versions.insert(q.parts[0], Operand::Node(node));
        }
        let turn = program.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)).unwrap_or(program.body.stmts.len());
        self.stmts(&program.body.stmts[..turn]);
        if f.signature.output.is_some()
            && let Operand::Node(value) = self.operand(&program.value[0])
        {
            let result = self.table.node(Shape::Result, Part::Primal, "value");
            self.table.edge(value, result, Flow::Value);
        }
        for (p, q) in f.signature.params.iter().zip(&program.params) {
            if p.passing == Passing::RefMut {
                self.result(q.parts[0], Part::Primal, format!("final {}", p.name));
            }
        }
        let Some(reverse) = &program.reverse else { return };
        self.backward = true;
        self.part = Part::Adjoint;
        self.reads.clear();
        for v in &reverse.cotangent {
            let node = self.table.node(Shape::Variable, Part::Adjoint, "cotangent of the value");
            self.versions.insert(*v, Operand::Node(node));
        }
        for (p, d) in f.signature.params.iter().zip(&reverse.adjoints) {
            let Some(d) = d.first() else { continue };
            let given = if p.passing == Passing::RefMut {
                let label = format!("cotangent of final {}", p.name);
                Operand::Node(self.table.node(Shape::Variable, Part::Adjoint, label))
            } else {
                Operand::Constant("0.0".to_owned())
            };
            self.versions.insert(*d, given);
        }
        self.stmts(program.body.stmts.get(turn + 1..).unwrap_or_default());
        for (p, d) in f.signature.params.iter().zip(&reverse.adjoints) {
            if let (Some(d), true) = (d.first(), p.wanted) {
                self.result(*d, Part::Adjoint, format!("gradient of {}", p.name));
            }
        }
    }

    fn result(&mut self, v: VarId, part: Part, label: String) {
        let version = self.version(v);
        let result = self.table.node(Shape::Result, part, label);
        if let Operand::Node(n) = version {
            self.table.edge(n, result, Flow::Value);
        }
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
            self.part = if self.backward { Part::Adjoint } else { Part::Primal };
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { var, value } => {
                self.part = self.part_of(*var);
                let value = self.operand(value);
                self.bind(*var, value);
            }
            Stmt::Assign { place, value, .. } => {
                self.part = self.part_of(place.root);
                let value = self.operand(value);
                self.write(place, " =", value, false);
            }
            Stmt::Replace { old, place, value } => {
                self.part = self.part_of(place.root);
                let before = self.read(place);
                let value = self.operand(value);
                self.versions.insert(*old, before);
                self.write(place, " =", value, false);
            }
            Stmt::Update { place, op, value } => {
                self.part = self.part_of(place.root);
                let value = self.operand(value);
                self.write(place, &format!(" {}=", operation(*op).text), value, true);
            }
            Stmt::Accumulate { place, value } => {
                let (value, op) = match value {
                    Expr::Neg(value) => (&**value, " -="),
                    value => (value, " +="),
                };
                let value = self.operand(value);
                self.write(place, op, value, true);
            }
            Stmt::Call(call) => self.call(call),
            Stmt::Pull(pull) => self.pull(pull),
            Stmt::If { cond, then, els, tape } => self.branch(cond, then, els, *tape),
            Stmt::Loop(l) => self.repeat(l),
            Stmt::Scope { body, .. } => {
                let again = body.stmts.iter().any(|s| matches!(s, Stmt::Turn));
                let label = if again { "run again" } else { "checkpoint" };
                let outer = self.table.open(self.part, label.to_owned());
                self.stmts(&body.stmts);
                self.table.cluster = outer;
            }
            Stmt::Edit(edit) => self.edit(edit),
            Stmt::Declare(_)
            | Stmt::Effect(_)
            | Stmt::Turn
            | Stmt::Save { .. }
            | Stmt::Restore { .. }
            | Stmt::Refill { .. }
            | Stmt::Cut { .. }
            | Stmt::Quads { .. }
            | Stmt::Taken { .. } => {}
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {}
        }
    }

    /// Whether a variable has a name that the user knows.
    fn is_named(&self, v: VarId) -> bool {
        let var = &self.program.vars[v];
        let user = |v: VarId| self.program.vars[v].role == Role::User;
        user(v) || var.role == Role::Adjoint && var.mirrors.is_some_and(user)
    }

    /// Gives a variable a value: a node of its own, if it has a name.
    fn bind(&mut self, v: VarId, value: Operand) {
        let part = self.part_of(v);
        let name = self.emitter.name(v).to_string();
        let version = match (value, self.is_named(v)) {
            (value, false) => value,
            // A sum begins at zero: that is no value of its own.
            (Operand::Constant(text), true) if part == Part::Adjoint && is_zero(&text) => Operand::Constant(text),
            (Operand::Constant(text), true) => {
                Operand::Node(self.table.node(Shape::Variable, part, format!("{name} = {text}")))
            }
            (Operand::Node(n), true) => {
                let node = self.table.node(Shape::Variable, part, name);
                self.table.edge(n, node, Flow::Value);
                Operand::Node(node)
            }
        };
        self.versions.insert(v, version);
    }

    /// Writes to a place: `x[i] =`, `sum +=`; a new version of the variable.
    fn write(&mut self, place: &Place, op: &str, value: Operand, reads: bool) {
        let whole = place.path.iter().all(|s| matches!(s, Step::Deref));
        let before = self.version(place.root).node();
        if whole && (!reads || before.is_none() && self.part == Part::Adjoint) {
            return self.bind(place.root, value);
        }
        let mut label = self.labels.place(place).trim_start_matches('*').to_owned() + op;
        if let Operand::Constant(text) = &value {
            label = format!("{label} {text}");
        }
        let part = self.part_of(place.root);
        let controls = self.controls(place);
        let node = self.table.node(Shape::Operation, part, label);
        for input in before.into_iter().chain(value.node()) {
            self.table.edge(input, node, Flow::Value);
        }
        for control in controls {
            self.table.edge(control, node, Flow::Control);
        }
        self.versions.insert(place.root, Operand::Node(node));
    }

    /// A call, or its pullback: a node that reads its arguments.
    fn invoke(&mut self, part: Part, name: &str, args: &[Arg]) -> NodeId {
        let inputs: Vec<NodeId> =
            args.iter().filter_map(|a| a.parts[0].as_ref()).filter_map(|e| self.operand(e).node()).collect();
        let node = self.table.node(Shape::Call, part, name);
        for input in inputs {
            self.table.edge(input, node, Flow::Value);
        }
        node
    }

    fn call(&mut self, call: &Call) {
        let node = self.invoke(self.part, &self.labels.callee(&call.callee), &call.args);
        if let Some(tape) = call.tape {
            self.versions.insert(tape, Operand::Node(node));
        }
        self.bind(call.outs[0], Operand::Node(node));
        for arg in call.args.iter().filter(|a| a.passing == Passing::RefMut) {
            if let Some(Expr::Place(place)) = &arg.parts[0] {
                self.versions.insert(place.root, Operand::Node(node));
            }
        }
    }

    fn pull(&mut self, pull: &Pull) {
        let name = format!("pullback of {}", self.labels.callee(&pull.callee));
        // Where the forward sweep kept a tape, that is what flows in; elsewhere the arguments are.
        let tape = self.version(pull.tape).node();
        let node = self.invoke(Part::Adjoint, &name, if tape.is_some() { &[] } else { &pull.args });
        let cotangent = pull.cotangent[0].as_ref().and_then(|e| self.operand(e).node());
        let slots: Vec<&Place> = pull.slots.iter().filter_map(|s| s[0].as_ref()).collect();
        for input in tape.into_iter().chain(cotangent) {
            self.table.edge(input, node, Flow::Value);
        }
        for slot in slots {
            if slot.path.iter().all(|s| matches!(s, Step::Deref)) && self.version(slot.root).node().is_none() {
                self.bind(slot.root, Operand::Node(node));
            } else {
                self.write(slot, " +=", Operand::Node(node), true);
            }
        }
        for grad in pull.grads.iter().filter_map(|g| g[0]) {
            self.bind(grad, Operand::Node(node));
        }
    }

    fn branch(&mut self, cond: &Expr, then: &Block, els: &Block, tape: Option<Tape>) {
        let condition = self.operand(cond).node();
        let mut label = format!("if {}", self.labels.text(cond));
        if let Some(tape) = tape {
            if tape.write {
                self.headers.insert(tape.var, label.clone());
            } else if let Some(forward) = self.headers.get(&tape.var) {
                label.clone_from(forward);
            }
        }
        let before = self.versions.clone();
        let part = self.part;
        let mut after = Vec::new();
        for (i, (block, label)) in [(then, label), (els, "else".to_owned())].into_iter().enumerate() {
            self.versions.clone_from(&before);
            let outer = self.table.open(part, label);
            self.scope(block, tape, i);
            self.table.cluster = outer;
            after.push(self.versions.clone());
        }
        let (els, then) = (after.pop().unwrap_or_default(), after.pop().unwrap_or_default());
        self.versions = before;
        let mut changed: Vec<VarId> = then.iter().chain(els.iter()).map(|(v, _)| v).collect();
        changed.sort_unstable();
        changed.dedup();
        for v in changed {
            match (then.get(v), els.get(v)) {
                (a, b) if a == b => {}
                (Some(a), Some(b)) => self.merge(v, [a, b], condition),
                // A variable of one branch only.
                _ => {}
            }
        }
    }

    /// Where branches meet: the version of a variable that comes of either.
    fn merge(&mut self, v: VarId, versions: [&Operand; 2], condition: Option<NodeId>) {
        let name = if self.is_named(v) { self.emitter.name(v).to_string() } else { "either".to_owned() };
        let constants: Vec<&str> = versions
            .iter()
            .filter_map(|o| if let Operand::Constant(text) = o { Some(text.as_str()) } else { None })
            .collect();
        let part = self.part_of(v);
        let label = match constants.as_slice() {
            [] => name,
            _ if part == Part::Adjoint => name,
            texts => format!("{name} or {}", texts.join(" or ")),
        };
        let node = self.table.node(Shape::Variable, part, label);
        for input in versions.iter().filter_map(|o| o.node()) {
            self.table.edge(input, node, Flow::Value);
        }
        if let Some(condition) = condition {
            self.table.edge(condition, node, Flow::Control);
        }
        self.versions.insert(v, Operand::Node(node));
    }

    /// The statements of a block, with what it takes from its tape or leaves on it.
    fn scope(&mut self, block: &Block, tape: Option<Tape>, branch: usize) {
        let Some(tape) = tape else { return self.stmts(&block.stmts) };
        if !tape.write
            && let Some(saved) = self.saved.get(&(tape.var, branch))
        {
            let loaded: Vec<(VarId, Operand)> =
                block.loads.iter().filter_map(|v| saved.get(*v).map(|o| (*v, o.clone()))).collect();
            loaded.into_iter().for_each(|(v, operand)| self.versions.insert(v, operand));
        }
        self.stmts(&block.stmts);
        if tape.write {
            let saves = block.saves.iter().map(|v| (*v, self.version(*v))).collect();
            self.saved.insert((tape.var, branch), saves);
        }
    }

    fn repeat(&mut self, l: &Loop) {
        let part = self.part;
        let mut label = self.labels.header(l);
        if let Some(tape) = l.tape {
            if tape.write {
                self.headers.insert(tape.var, label.clone());
            } else if let (Header::Tape, Some(forward)) = (&l.header, self.headers.get(&tape.var)) {
                label = format!("backward: {forward}");
            }
        }
        let bounds: Vec<NodeId> = match &l.header {
            Header::Range { lo, hi, step, .. } => {
                [Some(lo), Some(hi), step.as_ref()].into_iter().flatten().flat_map(|e| self.inputs(e)).collect()
            }
            _ => Vec::new(),
        };
        let outer = self.table.open(part, label);
        let mut carried = Vec::new();
        for v in self.written(&l.body) {
            let before = self.version(v);
            let name = if self.is_named(v) { self.emitter.name(v).to_string() } else { "carried".to_owned() };
            let node = self.table.node(Shape::Variable, self.part_of(v), name);
            if let Operand::Node(n) = before {
                self.table.edge(n, node, Flow::Value);
            }
            self.versions.insert(v, Operand::Node(node));
            carried.push((v, node));
        }
        if let Header::Range { var, .. } = &l.header {
            let node = self.table.node(Shape::Variable, self.part, self.emitter.name(*var).to_string());
            for bound in bounds {
                self.table.edge(bound, node, Flow::Control);
            }
            self.versions.insert(*var, Operand::Node(node));
        }
        if let Header::While(cond) = &l.header
            && let Operand::Node(condition) = self.operand(cond)
        {
            self.table.keep(condition);
        }
        self.scope(&l.body, l.tape, 0);
        for (v, node) in carried {
            if let Operand::Node(last) = self.version(v)
                && last != node
            {
                self.table.edge(last, node, Flow::Carried);
            }
        }
        self.table.cluster = outer;
    }

    /// The variables from outside that a block writes, but no tapes.
    fn written(&self, block: &Block) -> Vec<VarId> {
        let mut found = Vec::new();
        let mut own = VarSet::new();
        block.walk(&mut |s| {
            own.extend(s.defines());
            s.uses(&mut |_| {}, &mut |v| found.push(v));
        });
        found.sort_unstable();
        found.dedup();
        found.retain(|v| !own.contains(*v) && self.versions.contains(*v) && self.program.vars[*v].role != Role::Tape);
        found
    }

    fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Push { place, value } => {
                self.part = self.part_of(place.root);
                let value = self.operand(value);
                self.change(place, "push", value.node());
            }
            Edit::Pop { var, place, .. } => {
                self.part = self.part_of(place.root);
                let node = self.change(place, "pop", None);
                self.bind(*var, Operand::Node(node));
            }
            Edit::Exchange(a, b) => {
                self.part = self.part_of(a.root);
                let (from, to) = (self.version(b.root).node(), self.version(a.root).node());
                let (x, y) = (self.change(a, "swap", from), self.change(b, "swap", to));
                self.versions.insert(a.root, Operand::Node(x));
                self.versions.insert(b.root, Operand::Node(y));
            }
            Edit::Permute { place, order, .. } => {
                self.part = self.part_of(place.root);
                let inputs = self.inputs(order);
                let node = self.change(place, "permute", None);
                for input in inputs {
                    self.table.edge(input, node, Flow::Control);
                }
            }
            Edit::Swap { place, i, j } => {
                self.part = self.part_of(place.root);
                let inputs: Vec<NodeId> = self.inputs(i).into_iter().chain(self.inputs(j)).collect();
                let node = self.change(place, "swap", None);
                for input in inputs {
                    self.table.edge(input, node, Flow::Control);
                }
            }
        }
    }

    fn change(&mut self, place: &Place, name: &str, value: Option<NodeId>) -> NodeId {
        let before = self.version(place.root).node();
        let node = self.table.node(Shape::Operation, self.part, format!("{}.{name}", self.labels.place(place)));
        for input in before.into_iter().chain(value) {
            self.table.edge(input, node, Flow::Value);
        }
        self.versions.insert(place.root, Operand::Node(node));
        node
    }
}
