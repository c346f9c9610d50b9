//! Arguments that are outputs alone: vectors of floats that calls fill by `&mut`, and whose contents no backward statement
//! reads.
//!
//! A callee restores its `&mut` arguments on the way back, for which it stores what it overwrites. A call whose `&mut`
//! arguments are all outputs is made one of `__out`, which spares both. Such a variable has one shape from its definition
//! on, so that zeros in its shape can be made at any time: nothing but its elements is ever assigned.

use crate::ir::{Arg, Block, Call, Callee, Edit, Expr, Mode, Passing, Program, Pull, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::{HashMap, HashSet};
use crate::switches::Analysis;
use crate::tape;
use crate::var_set::VarSet;

/// Marks the calls of a reversed program; tells whether there are any.
pub(crate) fn mark(program: &mut Program) -> bool {
    let Some(turn) = turn(&program.body) else { return false };
    if !Analysis::Outputs.is_on() {
        return false;
    }
    // The candidates by tape, with the variables that they fill.
    let mut calls: HashMap<VarId, Vec<VarId>> = HashMap::default();
    program.body.walk(&mut |s| {
        if let Stmt::Call(call) = s
            && let Some(tape) = call.tape
            && is_by_name(call)
        {
            calls.insert(tape, roots(&call.args));
        }
    });
    calls.retain(|_, filled| !filled.is_empty());
    if calls.is_empty() {
        return false;
    }
    let mut kept = Kept::new(program);
    for (i, stmt) in program.body.stmts.iter().enumerate() {
        kept.statement(stmt, i > turn, &calls);
    }
    loop {
        let before = calls.len();
        calls.retain(|_, filled| {
            let outputs = filled.iter().all(|v| !kept.vars.contains(v));
            if !outputs {
                kept.vars.extend(filled.iter());
            }
            outputs
        });
        if calls.len() == before {
            break;
        }
    }
    program.body.walk_mut(&mut |s| match s {
        Stmt::Call(call) if call.tape.is_some_and(|t| calls.contains_key(&t)) => call.mode = Mode::TapedOutputs,
        Stmt::Pull(pull) if calls.contains_key(&pull.tape) => pull.outputs = true,
        _ => {}
    });
    !calls.is_empty()
}

/// Whether the backward sweep reads what `&mut` parameters hold.
pub(crate) fn are_read(program: &Program) -> bool {
    let Some(turn) = turn(&program.body) else { return true };
    let mut kept = Kept::default();
    for stmt in &program.body.stmts[turn + 1..] {
        kept.statement(stmt, true, &HashMap::default());
    }
    let mut by_reference = program.params.iter().filter(|p| p.passing == Passing::RefMut).flat_map(|p| &p.parts);
    by_reference.any(|v| kept.vars.contains(v))
}

/// The variables that are handed over by `&mut`.
pub(crate) fn roots(args: &[Arg]) -> Vec<VarId> {
    let changed = args.iter().filter(|a| a.passing == Passing::RefMut);
    let places = changed.flat_map(|a| &a.parts).flatten().filter_map(|e| match e {
        Expr::Place(p) => Some(p.root),
        _ => None,
    });
    places.collect()
}

/// Whether a function in a module is called, whose companions are found by its name.
fn is_by_name(call: &Call) -> bool {
    let by_name =
        matches!(&call.callee, Callee::Function { path, qself: None } if crate::unannotated::is_of_module(path));
    let places = call.args.iter().filter(|a| a.passing == Passing::RefMut);
    by_name && places.flat_map(|a| &a.parts).flatten().all(|e| matches!(e, Expr::Place(_)))
}

fn turn(body: &Block) -> Option<usize> {
    body.stmts.iter().position(|s| matches!(s, Stmt::Turn))
}

/// Methods of vectors that borrow nothing for longer.
const COPIES: [&str; 5] = ["len", "is_empty", "to_vec", "to_owned", "clone"];

/// The variables that are more than outputs.
#[derive(Default)]
struct Kept {
    vars: HashSet<VarId>,
    floats: HashSet<VarId>,
    /// What each variable is computed again from rather than stored: where it is read, so are those.
    sources: Vec<VarSet>,
}

impl Kept {
    fn new(program: &Program) -> Self {
        let is_flat = |kind: &Kind| kind.is_float() || matches!(kind, Kind::Seq(item) if item.is_float());
        let vars = program.vars.iter().enumerate().filter(|(_, v)| !is_flat(v.kind.deref())).map(|(v, _)| v).collect();
        let floats = program.vars.iter().enumerate().filter(|(_, v)| v.kind.is_float()).map(|(v, _)| v).collect();
        let cheap = |s: &Stmt| tape::is_cheap_statement(s, |v| program.vars[v].kind.is_scalar());
        let sources = tape::sources(program, cheap);
        let mut kept = Self { vars, floats, sources };
        let own = |p: &&crate::ir::Param| !(p.passing == Passing::RefMut && program.outputs);
        kept.vars.extend(program.params.iter().filter(own).flat_map(|p| &p.parts));
        kept
    }

    /// Collects what a statement of the forward or the `backward` sweep reads, borrows, or changes the shape of.
    fn statement(&mut self, stmt: &Stmt, backward: bool, calls: &HashMap<VarId, Vec<VarId>>) {
        let inside = stmt.blocks().into_iter().any(|b| turn(b).is_some());
        for block in stmt.blocks() {
            for s in &block.stmts {
                // Sweeps of their own: what they read on their way back is read there.
                self.statement(s, backward || inside, calls);
            }
        }
        match stmt {
            Stmt::Call(call) => {
                if !(call.mode.is_taped() && call.tape.is_some_and(|t| calls.contains_key(&t))) {
                    self.vars.extend(roots(&call.args));
                }
                call.args.iter().for_each(|a| self.argument(a, backward));
                return;
            }
            Stmt::Pull(Pull { args, tape, joined, slots, cotangent, .. }) => {
                if *joined || !calls.contains_key(tape) {
                    self.vars.extend(roots(args));
                }
                args.iter().for_each(|a| self.argument(a, backward));
                cotangent.iter().flatten().for_each(|e| self.expression(e, backward));
                slots.iter().flatten().flatten().for_each(|p| p.exprs(&mut |e| self.expression(e, backward)));
                return;
            }
            Stmt::Assign { place, init: false, .. } | Stmt::Replace { place, .. }
                if place.path.is_empty() && !self.floats.contains(&place.root) =>
            {
                self.vars.insert(place.root);
            }
            Stmt::Replace { place, .. } if backward => {
                self.vars.insert(place.root);
            }
            Stmt::Edit(
                Edit::Push { place, .. }
                | Edit::Pop { place, .. }
                | Edit::Swap { place, .. }
                | Edit::Permute { place, .. },
            ) => {
                self.vars.insert(place.root);
            }
            Stmt::Edit(Edit::Exchange(a, b)) => self.vars.extend([a.root, b.root]),
            Stmt::Effect(e) => e.vars(&mut |v| {
                self.vars.insert(v);
            }),
            _ => {}
        }
        stmt.parts(&mut |e| self.expression(e, backward), &mut |_| {});
    }

    /// An argument: what is handed over by `&mut` is no reading of it.
    fn argument(&mut self, arg: &Arg, backward: bool) {
        for part in arg.parts.iter().flatten() {
            match part {
                Expr::Place(place) if arg.passing == Passing::RefMut => {
                    place.exprs(&mut |e| self.expression(e, backward));
                }
                part => self.expression(part, backward),
            }
        }
    }

    fn expression(&mut self, e: &Expr, backward: bool) {
        if backward { self.contents(e) } else { self.references(e) }
    }

    /// What an expression reads but for lengths and shapes.
    fn contents(&mut self, e: &Expr) {
        match e {
            Expr::Zero(of) if of.as_var().is_some() => {}
            Expr::Method { recv, name, .. } if name == "len" && recv.as_var().is_some() => {}
            Expr::Place(place) => {
                self.vars.insert(place.root);
                self.vars.extend(self.sources.get(place.root).into_iter().flat_map(VarSet::iter));
                place.exprs(&mut |e| self.contents(e));
            }
            e => e.children(&mut |e| self.contents(e)),
        }
    }

    /// What an expression borrows for longer, or moves.
    fn references(&mut self, e: &Expr) {
        match e {
            Expr::Ref { of, .. } => of.vars(&mut |v| {
                self.vars.insert(v);
            }),
            Expr::Clone(of) | Expr::Zero(of) if of.as_var().is_some() => {}
            Expr::Method { recv, name, .. }
                if recv.as_var().is_some() && COPIES.contains(&name.to_string().as_str()) => {}
            e => {
                if let Some(v) = e.as_var().filter(|v| !self.floats.contains(v)) {
                    self.vars.insert(v);
                }
                e.children(&mut |e| self.references(e));
            }
        }
    }
}
