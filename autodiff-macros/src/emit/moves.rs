//! Moves: where generated code reads a variable after the user's code has moved it away, the move
//! becomes a clone.
//!
//! In: a finished program. Out: the same with [`Expr::Clone`] around such uses. Scalars and references
//! are copied anyway.

use std::ops::Range;

use crate::ir::{Arg, Block, Callee, Edit, Expr, Passing, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Kind};
use crate::maps::HashMap;
use crate::methods;
use crate::var_set::{VarMap, VarSet};

/// Turns moves into clones where the variable is read later.
pub(crate) fn clone_where_needed(program: &mut Program) {
    let tangents = program.vars.iter().enumerate().filter_map(|(v, var)| Some((v, var.tangent_of?)));
    let partial = crate::missing::partial(program);
    let mut counter = Counter { tangent_of: tangents.collect(), partial, ..Counter::default() };
    counter.block(&program.body);
    let end = counter.now + 1;
    for e in &program.value {
        let at = counter.turn.unwrap_or(end);
        e.vars(&mut |v| counter.reads.or_default(v).push(at));
    }
    if let Some(reverse) = &program.reverse {
        for v in reverse.adjoints.iter().flatten() {
            counter.reads.or_default(*v).push(end);
        }
    }
    let mut body = std::mem::take(&mut program.body);
    let snapshot = program.clone();
    let mut pass = Pass {
        program: &snapshot,
        reads: counter.reads,
        defined: counter.defined,
        now: 0,
        loops: Vec::new(),
        elsewhere: Vec::new(),
        others: counter.others,
        partial: counter.partial,
        tangent_of: counter.tangent_of,
    };
    pass.block(&mut body);
    program.body = body;
    pass.now = counter.turn.unwrap_or(end);
    pass.components(program.value.iter_mut());
}

/// Whether a place is a parameter that is a view of an array, of which any number can be made.
pub(crate) fn is_view_parameter(program: &Program, place: &Place) -> bool {
    place.path.is_empty()
        && program.params.iter().any(|p| p.parts[0] == place.root)
        && program.vars[place.root].ty.as_ref().is_some_and(crate::tangent_types::is_view)
}

/// Numbers the statements and notes where variables are read and defined.
#[derive(Default)]
struct Counter {
    now: usize,
    /// How many blocks are open.
    depth: usize,
    turn: Option<usize>,
    tangent_of: VarMap<VarId>,
    /// Variables that hold a part of a tangent, which may be missing.
    partial: VarSet,
    others: HashMap<usize, Range<usize>>,
    reads: VarMap<Vec<usize>>,
    defined: VarMap<usize>,
}

impl Counter {
    fn block(&mut self, block: &Block) {
        self.depth += 1;
        for stmt in &block.stmts {
            self.now += 1;
            let now = self.now;
            if matches!(stmt, Stmt::Turn) && self.depth == 1 {
                self.turn = Some(now);
            }
            let reads = &mut self.reads;
            let mut note = |v: VarId| reads.or_default(v).push(now);
            stmt.uses(&mut note, &mut |_| {});
            // The tangent of a field, of whatever level, is read together with the field.
            let (tangent_of, partial) = (&self.tangent_of, &self.partial);
            let mut fields = |place: &Place| {
                let part = |s: &Step| matches!(s, Step::Field(_) | Step::Payload { .. });
                if partial.contains(place.root) || place.path.iter().any(part) {
                    values_of(place.root, tangent_of).for_each(&mut note);
                }
            };
            stmt.parts(&mut |e| e.places(&mut fields), &mut |_| {});
            if let Stmt::Pull(pull) = stmt {
                pull.shapes().iter().for_each(|v| note(*v));
            }
            for v in stmt.defines() {
                self.defined.or_insert_with(v, || now);
            }
            for (i, inner) in stmt.blocks().into_iter().enumerate() {
                for v in &inner.loads {
                    self.defined.or_insert_with(*v, || now);
                }
                let start = self.now + 1;
                self.block(inner);
                if i == 1 {
                    self.others.insert(now, start..self.now + 1);
                }
            }
        }
        self.depth -= 1;
        self.now += 1;
        for v in &block.saves {
            self.reads.or_default(*v).push(self.now);
        }
    }
}

/// The values of whose tangents a variable is one, of whatever level.
fn values_of(v: VarId, tangent_of: &VarMap<VarId>) -> impl Iterator<Item = VarId> {
    std::iter::successors(tangent_of.get(v).copied(), |v| tangent_of.get(*v).copied())
}

struct Pass<'a> {
    program: &'a Program,
    reads: VarMap<Vec<usize>>,
    defined: VarMap<usize>,
    now: usize,
    /// Where the loops around begin.
    loops: Vec<usize>,
    /// The other branches of the branches around.
    elsewhere: Vec<Range<usize>>,
    /// Where the second branch of the branching statement with a number stands.
    others: HashMap<usize, Range<usize>>,
    partial: VarSet,
    tangent_of: VarMap<VarId>,
}

impl Pass<'_> {
    /// Components of one value, from the last one back: each may be read by those after it.
    fn components<'e>(&mut self, parts: impl DoubleEndedIterator<Item = &'e mut Expr>) {
        let after = self.now + 1;
        let mut parts = parts.rev().peekable();
        while let Some(e) = parts.next() {
            self.value(e);
            if parts.peek().is_none() {
                return;
            }
            let reads = &mut self.reads;
            let mut note = |v: VarId| reads.or_default(v).push(after);
            e.vars(&mut note);
            // What may be missing is read together with the value whose tangent it is.
            e.places(&mut |place| {
                if self.partial.contains(place.root) || place.path.iter().any(|s| matches!(s, Step::Field(_))) {
                    values_of(place.root, &self.tangent_of).for_each(&mut note);
                }
            });
        }
    }

    fn block(&mut self, block: &mut Block) {
        for stmt in &mut block.stmts {
            self.now += 1;
            match stmt {
                Stmt::Let { value, .. }
                | Stmt::Assign { value, .. }
                | Stmt::Replace { value, .. }
                | Stmt::Update { value, .. }
                | Stmt::Edit(Edit::Push { value, .. }) => {
                    self.value(value);
                }
                // Operators of tangents take their operands by reference.
                Stmt::Call(call) if call.level > 0 && matches!(call.callee, Callee::Operator(_)) => {
                    call.args.iter_mut().for_each(|a| self.arg(a, false));
                }
                Stmt::Pull(pull) if matches!(pull.callee, Callee::Operator(_)) => {}
                Stmt::Call(call) => call.args.iter_mut().for_each(|a| self.arg(a, a.passing == Passing::Value)),
                Stmt::Pull(pull) if pull.joined => {
                    pull.args.iter_mut().for_each(|a| self.arg(a, a.passing == Passing::Value));
                    self.components(pull.cotangent.iter_mut().flatten());
                }
                Stmt::Pull(pull) => self.components(pull.cotangent.iter_mut().flatten()),
                _ => {}
            }
            let is_loop = matches!(stmt, Stmt::Loop(_));
            if is_loop {
                self.loops.push(self.now);
            }
            let other = self.others.get(&self.now).cloned();
            for (i, inner) in stmt.blocks_mut().into_iter().enumerate() {
                if let (0, Some(other)) = (i, &other) {
                    self.elsewhere.push(other.clone());
                }
                self.block(inner);
                if i == 0 && other.is_some() {
                    self.elsewhere.pop();
                }
            }
            if is_loop {
                self.loops.pop();
            }
        }
        self.now += 1;
    }

    /// An argument by value (`moved`) or by reference: what a reference is made to is moved where it is computed.
    fn arg(&self, arg: &mut Arg, moved: bool) {
        let place = match &arg.parts[0] {
            Some(Expr::Place(place)) => Some(place),
            _ => None,
        };
        if place.is_some_and(Place::is_view) {
            return;
        }
        // Any number of views can be made of a parameter, but its tangents are owned.
        let own = usize::from(place.is_some_and(|place| is_view_parameter(self.program, place)));
        let parts = arg.parts.iter_mut().skip(own).flatten();
        parts.filter(|e| moved || matches!(e, Expr::Method { .. })).for_each(|e| self.value(e));
    }

    /// An expression whose value is moved to somewhere.
    fn value(&self, e: &mut Expr) {
        match e {
            Expr::Place(place) if self.is_last_content(place) => {
                let [Step::Payload { variant, .. }] = place.path.as_slice() else { unreachable!("it is a content") };
                let method = |e, name| crate::rules::method(e, name, Vec::new());
                let whole = Expr::Place(Place::var(place.root, place.span));
                // Neither side of a `Result` need be printable.
                let option = match variant.segments.last().map(|s| s.ident.to_string()).as_deref() {
                    Some("Ok") => method(whole, "ok"),
                    Some("Err") => method(whole, "err"),
                    _ => whole,
                };
                *e = method(option, "unwrap");
            }
            Expr::Place(place) if self.needs_clone(place) => {
                let place = place.clone();
                *e = Expr::Clone(Box::new(Expr::Place(place)));
            }
            Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, .. } => {
                es.iter_mut().for_each(|e| self.value(e));
            }
            Expr::Struct { fields, rest, .. } => {
                fields.iter_mut().for_each(|(_, e)| self.value(e));
                if let Some(e) = rest {
                    self.value(e);
                }
            }
            Expr::Repeat { value, .. } | Expr::Wrap { value, .. } => self.value(value),
            Expr::Zero(of) => self.shape(of),
            Expr::Method { recv, name, .. } if methods::takes_receiver(&name.to_string()) => {
                self.value(recv);
            }
            Expr::Select(_, a, b) => {
                self.value(a);
                self.value(b);
            }
            _ => {}
        }
    }

    /// An expression of which a zero has the shape: places are lent, and what is made for it takes its parts.
    fn shape(&self, e: &mut Expr) {
        match e {
            Expr::Place(_) => {}
            Expr::Tuple(es) => es.iter_mut().for_each(|e| self.shape(e)),
            e => self.value(e),
        }
    }

    /// Whether a place is what an option of the function's own holds, which nobody reads afterwards.
    fn is_last_content(&self, place: &Place) -> bool {
        let [Step::Payload { variant, .. }] = place.path.as_slice() else { return false };
        let owned = !self.program.params.iter().any(|p| p.parts.contains(&place.root));
        owned
            && crate::variants::is_standard(variant)
            && !matches!(self.program.vars[place.root].kind, Kind::Ref(_))
            && self.program.vars[place.root].mirrors.is_none()
            && self.program.vars[place.root].role != Role::User
            && !self.partial.contains(place.root)
            && !kinds::of_place(self.program, place).is_scalar()
            && self.reads.get(place.root).is_some_and(|r| r.iter().filter(|r| **r == self.now).count() <= 1)
            && !self.is_read_again(place.root)
    }

    fn needs_clone(&self, place: &Place) -> bool {
        let kind = kinds::of_place(self.program, place);
        if kind.is_scalar() || matches!(kind, Kind::Ref(_)) {
            return false;
        }
        if place
            .path
            .iter()
            .any(|s| matches!(s, Step::Index { .. } | Step::View { .. } | Step::Payload { .. } | Step::Content))
        {
            return true;
        }
        // The user's own moves out of references are copies, and so is what one call takes twice; tangents of such types
        // may not be.
        let twice = || self.reads.get(place.root).is_some_and(|r| r.iter().filter(|r| **r == self.now).count() > 1);
        if self.program.vars[place.root].mirrors.is_some() && place.path.is_empty() && twice() {
            return true;
        }
        let reference = matches!(self.program.vars[place.root].kind, Kind::Ref(_));
        let behind = reference && place.path.iter().any(|s| matches!(s, Step::Deref));
        if self.program.vars[place.root].mirrors.is_some() && !place.path.is_empty() {
            return true;
        }
        if self.partial.contains(place.root) && !place.path.is_empty() {
            return true;
        }
        // What may lie in a constant field is reached by methods that lend it.
        let fields = place.path.iter().filter(|s| matches!(s, Step::Field(syn::Member::Named(_)))).count();
        if fields > 1 && matches!(self.program.vars[place.root].role, Role::Adjoint | Role::Tangent) {
            return true;
        }
        // A receiver by value is the function's own, but is handed over by reference.
        let owned = self.program.params.iter().any(|p| p.owned && p.parts.contains(&place.root));
        if behind {
            return owned;
        }
        self.is_read_again(place.root)
    }

    /// Whether a variable is read after this statement.
    fn is_read_again(&self, v: VarId) -> bool {
        let reachable = |r: usize| r > self.now && !self.elsewhere.iter().any(|range| range.contains(&r));
        let later = self.reads.get(v).is_some_and(|reads| reads.iter().any(|r| reachable(*r)));
        let again = self.loops.last().is_some_and(|begin| self.defined.get(v).copied().unwrap_or(0) < *begin);
        later || again
    }
}
