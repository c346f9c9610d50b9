//! Dead code: values that nobody reads, writes that nobody sees, tapes that nobody loads.
//!
//! A walk backward over the program with the set of live variables. Restoring an overwritten value is
//! such a write: if the backward sweep does not read it, the save, the restore and the tape entry go
//! together, so this is also the analysis of what has to be recorded.

use crate::ir::{Block, Call, Callee, Edit, Expr, Header, Mode, Operator, Passing, Program, Role, Stmt, Tape, VarId};
use crate::maps::HashMap;
use crate::switches::Analysis;
use crate::var_set::VarSet;

/// Removes dead code; tells whether anything changed.
pub(crate) fn eliminate(program: &mut Program) -> bool {
    let mut always: VarSet = VarSet::new();
    for param in &program.params {
        if param.passing != Passing::Value && !program.outputs {
            always.extend(&param.parts);
        }
    }
    if !Analysis::Adjoints.is_on() {
        let adjoints = program.vars.iter().enumerate().filter(|(_, v)| v.role == Role::Adjoint);
        always.extend(adjoints.map(|(v, _)| v));
    }
    let mut live: VarSet = VarSet::new();
    if let Some(reverse) = &program.reverse {
        for (param, adjoints) in program.params.iter().zip(&reverse.adjoints) {
            if param.passing == Passing::Value {
                live.extend(adjoints);
            } else {
                always.extend(adjoints);
            }
        }
    }
    // Labels have no meaning any more where exits are gone: they number the loops.
    let mut loops = 0;
    program.body.walk_mut(&mut |s| {
        if let Stmt::Loop(l) = s {
            l.label = loops;
            loops += 1;
        }
    });
    let has_turn = program.body.stmts.iter().any(|s| matches!(s, Stmt::Turn));
    let sources = if has_turn && !program.taped { crate::tape::sources(program, |_| true) } else { Vec::new() };
    let mut body = std::mem::take(&mut program.body);
    let mut pass = Pass {
        program,
        always,
        value: Vec::new(),
        trims: HashMap::default(),
        changed: false,
        taped: program.taped,
        depth: 0,
        overwritten: VarSet::new(),
        sources,
        settled: vec![None; loops],
        scalars: program.vars.iter().map(|v| v.kind.is_scalar()).collect(),
    };
    for e in &program.value {
        e.vars(&mut |v| pass.value.push(v));
    }
    if program.outputs {
        pass.value.extend(program.params.iter().filter(|p| p.passing == Passing::RefMut).flat_map(|p| &p.parts));
    }
    if !has_turn {
        live.extend(&pass.value);
    }
    pass.block(&mut body, live, true);
    let changed = pass.changed;
    program.body = body;
    changed
}

struct Pass<'a> {
    program: &'a Program,
    /// References: what is written through them is seen outside.
    always: VarSet,
    /// The variables of what the function gives, which is there at the turn.
    value: Vec<VarId>,
    /// For a tape, which of its loads are used.
    trims: HashMap<VarId, Vec<bool>>,
    changed: bool,
    taped: bool,
    /// How many blocks are open: only the outermost turn is where the value is computed.
    depth: usize,
    /// Variables whose value is replaced as a whole, which must have been declared before.
    overwritten: VarSet,
    /// Before tapes are placed, what each variable may be computed again from: a variable that the
    /// backward sweep reads needs the restored values of those too.
    sources: Vec<VarSet>,
    /// What was live around the body of each loop and before it when it was last looked at. It only grows while a loop around
    /// that one looks for its own fixed point: each search begins where the last one ended, and is over where nothing grew.
    settled: Vec<Option<(VarSet, VarSet)>>,
    scalars: Vec<bool>,
}

impl Pass<'_> {
    fn is_live(&self, v: VarId, live: &VarSet) -> bool {
        self.always.contains(v) || live.contains(v)
    }

    /// Walks a block backward; `remove` is false while a loop looks for its fixed point.
    fn block(&mut self, block: &mut Block, mut live: VarSet, remove: bool) -> VarSet {
        self.depth += 1;
        live.extend(&block.saves);
        let mut dead = VarSet::new();
        for (k, stmt) in block.stmts.iter_mut().enumerate().rev() {
            if !self.keep(stmt, &mut live, remove) && remove {
                dead.insert(k);
            }
        }
        if !dead.is_empty() {
            take_out(&mut block.stmts, &dead);
            self.changed = true;
        }
        self.depth -= 1;
        live
    }

    /// Updates the live set across a statement, and tells whether it is needed.
    fn keep(&mut self, stmt: &mut Stmt, live: &mut VarSet, remove: bool) -> bool {
        match stmt {
            Stmt::Let { var, value } => {
                if !live.remove(*var) && !self.overwritten.contains(*var) && !crate::looks::are_in(self.program, value)
                {
                    return false;
                }
            }
            Stmt::Declare(var) => {
                if !live.remove(*var) && !self.overwritten.contains(*var) {
                    return false;
                }
            }
            Stmt::Assign { place, init, .. } => {
                if !self.is_live(place.root, live) {
                    return false;
                }
                if place.path.is_empty() && !*init {
                    live.remove(place.root);
                    self.overwritten.insert(place.root);
                }
            }
            Stmt::Replace { old, place, value } => {
                if !live.remove(*old) {
                    if !remove {
                        // Looks like an assignment from here on.
                        let mut plain = Stmt::Assign { place: place.clone(), value: value.clone(), init: false };
                        return self.keep(&mut plain, live, remove);
                    }
                    *stmt = Stmt::Assign { place: place.clone(), value: value.clone(), init: false };
                    self.changed = true;
                    return self.keep(stmt, live, remove);
                }
                if remove && self.scalars[place.root] && !self.is_live(place.root, live) {
                    // What is put there is never read.
                    *stmt = Stmt::Let { var: *old, value: Expr::Place(place.clone()) };
                    self.changed = true;
                } else {
                    live.insert(place.root);
                }
            }
            Stmt::Update { place, .. } | Stmt::Accumulate { place, .. } => {
                if !self.is_live(place.root, live) {
                    return false;
                }
            }
            Stmt::Edit(Edit::Push { place, .. } | Edit::Swap { place, .. } | Edit::Permute { place, .. }) => {
                if !self.is_live(place.root, live) {
                    return false;
                }
            }
            Stmt::Edit(Edit::Exchange(a, b)) => {
                if !self.is_live(a.root, live) && !self.is_live(b.root, live) {
                    return false;
                }
            }
            Stmt::Edit(Edit::Pop { var, place, .. }) => {
                let used = live.remove(*var);
                if !used && !self.is_live(place.root, live) {
                    return false;
                }
                live.insert(place.root);
            }
            Stmt::Call(call) => {
                if call.mode.is_taped() && !call.tape.is_some_and(|t| live.contains(t)) && remove {
                    call.mode = Mode::Plain;
                    call.tape = None;
                    self.changed = true;
                }
                // A compound assignment without tangents is no call.
                let assignment = matches!(call.callee, Callee::Operator(Operator::Assign(_)));
                if remove && call.mode == Mode::Plain && !assignment {
                    self.changed |= drop_directions(call, live, &self.overwritten);
                }
                for v in call.outs.iter().chain(&call.tape) {
                    live.remove(*v);
                }
            }
            Stmt::Pull(pull) => {
                let wanted = pull.grads.iter().flatten().flatten().any(|g| live.contains(*g))
                    || pull.slots.iter().flatten().flatten().any(|p| self.is_live(p.root, live))
                    || pull.joined && pull.values.iter().any(|v| live.contains(*v))
                    || pull.args.iter().filter(|a| !pull.outputs && a.passing == Passing::RefMut).any(|a| {
                        a.parts.iter().flatten().any(|e| matches!(e, Expr::Place(p) if self.is_live(p.root, live)))
                    });
                if !wanted {
                    return false;
                }
                for g in pull.grads.iter().flatten().flatten() {
                    live.remove(*g);
                }
                if pull.joined {
                    pull.values.iter().for_each(|v| {
                        live.remove(*v);
                    });
                }
                if remove && Analysis::Callees.is_on() {
                    // The cotangent of a `&mut` argument's final value goes in as well.
                    let added = pull.slots.iter_mut().zip(&pull.args).filter(|(_, a)| a.passing != Passing::RefMut);
                    for slot in added.flat_map(|(slot, _)| slot) {
                        if slot.as_ref().is_some_and(|p| !self.is_live(p.root, live)) {
                            *slot = None;
                        }
                    }
                }
                for p in pull.slots.iter().flatten().flatten() {
                    live.insert(p.root);
                }
                live.extend(pull.shapes());
            }
            Stmt::If { cond, then, els, tape } => {
                if remove && self.is_unread(*tape, live) {
                    *tape = None;
                    then.saves.clear();
                    els.saves.clear();
                }
                if let (Some(tape), true) = (tape.as_ref(), remove)
                    && tape.write
                {
                    self.trim_saves(tape.var, then, 0);
                    self.trim_saves(tape.var, els, 1);
                }
                let mut a = self.block(then, live.clone(), remove);
                let mut b = self.block(els, std::mem::take(live), remove);
                if let Some(tape) = tape.as_ref()
                    && !tape.write
                {
                    self.loads(tape.var, then, &mut a, remove, 0);
                    self.loads(tape.var, els, &mut b, remove, 1);
                    live.insert(tape.var);
                }
                live.unite(&a);
                live.unite(&b);
                let empty = [&*then, &*els].into_iter().all(|b| b.stmts.is_empty() && b.saves.is_empty());
                // The backward sweep may ask which way was taken.
                if empty
                    && !crate::looks::are_in(self.program, cond)
                    && tape.is_none_or(|t| !t.write || !live.contains(t.var))
                {
                    return false;
                }
            }
            Stmt::Loop(l) => {
                if remove && self.is_unread(l.tape, live) {
                    l.tape = None;
                    l.body.saves.clear();
                }
                if let (Some(tape), true) = (&l.tape, remove)
                    && tape.write
                {
                    self.trim_saves(tape.var, &mut l.body, 0);
                }
                let mut around = live.clone();
                around.extend(&l.exits);
                header_uses(&l.header, &mut around);
                let settled = self.settled[l.label].take().filter(|(known, _)| {
                    around.unite(known);
                    around == *known
                });
                let (around, mut inside) = settled.unwrap_or_else(|| self.fixed_point(&mut l.body, around));
                if remove {
                    inside = self.block(&mut l.body, around, true);
                } else {
                    self.settled[l.label] = Some((around, inside.clone()));
                }
                if let Some(tape) = &l.tape
                    && !tape.write
                {
                    self.loads(tape.var, &mut l.body, &mut inside, remove, 0);
                    if l.body.loads.is_empty() && matches!(l.header, Header::Range { .. }) && remove && self.taped {
                        l.tape = None;
                        self.changed = true;
                    }
                }
                live.unite(&inside);
                if let Some(tape) = &l.tape
                    && !tape.write
                {
                    live.insert(tape.var);
                }
                if let Header::Range { var, .. } = &l.header {
                    live.remove(*var);
                }
                let looks = matches!(&l.header, Header::While(more) if crate::looks::are_in(self.program, more));
                let empty = l.body.stmts.is_empty() && l.body.saves.is_empty() && !looks;
                if empty
                    && !(matches!(l.header, Header::Tape) && l.tape.is_none())
                    && l.tape.is_none_or(|t| !t.write || !live.contains(t.var))
                {
                    // A backward loop without work needs no tape either.
                    return false;
                }
            }
            Stmt::Scope { body, .. } => {
                *live = self.block(body, std::mem::take(live), remove);
                return !body.stmts.is_empty();
            }
            Stmt::Turn => {
                if self.depth == 1 {
                    live.extend(&self.value);
                }
                return true;
            }
            Stmt::Save { .. }
            | Stmt::Restore { .. }
            | Stmt::Refill { .. }
            | Stmt::Cut { .. }
            | Stmt::Quads { .. }
            | Stmt::Taken { .. } => {
                unreachable!("slices are saved and cut after simplification")
            }
            Stmt::Effect(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {}
        }
        if let Some(tape) = stmt.tape()
            && tape.write
        {
            live.remove(tape.var);
        }
        let mut ignored = ignored(stmt);
        // A vector is there where zeros are made in its shape; a number, or a tangent, has to be handed on by the tape.
        let handed_on = |v: VarId| self.scalars[v] || self.program.vars[v].role == Role::Tangent;
        ignored.retain(|v| !(self.taped && handed_on(*v)));
        if ignored.is_empty() && self.sources.is_empty() {
            stmt.uses(
                &mut |v| {
                    live.insert(v);
                },
                &mut |_| {},
            );
            return true;
        }
        stmt.uses(
            &mut |v| {
                if !ignored.is_empty() && ignored.contains(&v) {
                    return;
                }
                live.insert(v);
                if let Some(sources) = self.sources.get(v) {
                    live.unite(sources);
                }
            },
            &mut |_| {},
        );
        true
    }

    /// What is live around the body of a loop in the end, and before it.
    fn fixed_point(&mut self, body: &mut Block, mut around: VarSet) -> (VarSet, VarSet) {
        loop {
            let inside = self.block(body, around.clone(), false);
            // What is loaded anew in each iteration is not carried from one to the next.
            let mut carried = inside.clone();
            carried.subtract(&body.loads.iter().copied().collect());
            if !around.unite(&carried) {
                return (around, inside);
            }
        }
    }

    /// Whether a tape is written that no backward scope reads any more.
    fn is_unread(&mut self, tape: Option<Tape>, live: &VarSet) -> bool {
        let unread = self.taped && tape.is_some_and(|t| t.write && !live.contains(t.var));
        self.changed |= unread;
        unread
    }

    /// Drops the loads that are not used, and remembers which for the scope that saves them.
    fn loads(&mut self, tape: VarId, block: &mut Block, live: &mut VarSet, remove: bool, branch: usize) {
        let used: Vec<bool> = block.loads.iter().map(|v| live.contains(*v) || self.overwritten.contains(*v)).collect();
        for v in &block.loads {
            live.remove(*v);
        }
        if remove && used.iter().any(|u| !u) {
            let mut keep = used.iter();
            block.loads.retain(|_| *keep.next().expect("one flag a load"));
            self.changed = true;
        }
        if remove {
            self.trims.insert(tape * 2 + branch, used);
        }
    }

    fn trim_saves(&mut self, tape: VarId, block: &mut Block, branch: usize) {
        if let Some(used) = self.trims.remove(&(tape * 2 + branch))
            && used.len() == block.saves.len()
        {
            let mut keep = used.iter();
            block.saves.retain(|_| *keep.next().expect("one flag a save"));
        }
    }
}

/// Takes statements out of a block by their positions.
fn take_out(stmts: &mut Vec<Stmt>, dead: &VarSet) {
    let mut positions = 0..;
    stmts.retain(|_| !positions.next().is_some_and(|k| dead.contains(k)));
}

/// The arguments of a pullback whose contents do not matter.
fn ignored(stmt: &Stmt) -> Vec<VarId> {
    match stmt {
        Stmt::Pull(pull) if pull.outputs => crate::outputs::roots(&pull.args),
        _ => Vec::new(),
    }
}

/// Takes the directions out of a call whose tangents of the value along them nobody reads, nor gives another value.
fn drop_directions(call: &mut Call, live: &VarSet, overwritten: &VarSet) -> bool {
    let before = call.level;
    for direction in (0..before).rev() {
        let along = |c: usize| c >> direction & 1 == 1;
        let needed = |v: VarId| live.contains(v) || overwritten.contains(v);
        let read = call.outs.iter().enumerate().any(|(c, v)| along(c) && needed(*v));
        let changed = call
            .args
            .iter()
            .any(|a| a.passing == Passing::RefMut && a.parts.iter().enumerate().any(|(c, e)| along(c) && e.is_some()));
        if !read && !changed {
            let mut components = 0..;
            call.outs.retain(|_| components.next().is_some_and(|c| !along(c)));
            for arg in &mut call.args {
                let mut components = 0..;
                arg.parts.retain(|_| components.next().is_some_and(|c| !along(c)));
            }
            call.level -= 1;
        }
    }
    call.level != before
}

fn header_uses(header: &Header, live: &mut VarSet) {
    if let Header::While(cond) = header {
        cond.vars(&mut |v| {
            live.insert(v);
        });
    }
}
