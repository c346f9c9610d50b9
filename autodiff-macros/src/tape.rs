//! Tapes: makes what a backward scope reads available in it.
//!
//! In: a reversed program whose backward scopes use variables of the forward scopes they mirror. Out:
//! the same program, in which every such variable is either computed again at the beginning of the
//! backward scope, if that is cheap and its operands are at hand, or saved by the forward scope and
//! loaded by the backward scope.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::ir::{Block, Edit, Expr, Header, Program, Role, Stmt, VarId};
use crate::maps::{HashMap, HashSet};
use crate::recompute;
use crate::simplify::each_write;
use crate::switches::Analysis;
use crate::var_set::{VarMap, VarSet};

/// Places the saves and loads of a reversed program.
pub(crate) fn place(program: &mut Program) {
    let scalars: Vec<bool> = program.vars.iter().map(|v| v.kind.is_scalar()).collect();
    let stored = std::mem::take(&mut program.stored);
    Pass { scalars, stored }.sweeps(&mut program.body);
    crate::simplify::inner_sweeps(&mut program.body, true);
    for inner in program.body.stmts.iter_mut().flat_map(Stmt::blocks_mut) {
        inner.blocks_mut(&mut |b| b.stmts.retain(|s| !matches!(s, Stmt::Turn)));
    }
    program.taped = true;
}

/// Takes off the tapes of loops that nobody reads any more, or whose entries are empty while a range counts: those of inner
/// loops first, which the tapes of the loops around them hold.
pub(crate) fn drop_empty(program: &mut Program) {
    loop {
        drop_unread(program);
        let mut alive = HashSet::default();
        program.body.walk(&mut |s| match s {
            Stmt::Loop(l) => alive.extend(l.tape.map(|t| t.var)),
            Stmt::If { tape, .. } => alive.extend(tape.map(|t| t.var)),
            other => alive.extend(other.defines()),
        });
        let mut dropped = false;
        let vars = &program.vars;
        program.body.blocks_mut(&mut |block| {
            for list in [&mut block.loads, &mut block.saves] {
                let before = list.len();
                list.retain(|v| vars[*v].role != Role::Tape || alive.contains(v));
                dropped |= list.len() != before;
            }
        });
        if !dropped {
            return;
        }
    }
}

fn drop_unread(program: &mut Program) {
    let mut read = HashSet::default();
    program.body.walk(&mut |s| match s {
        Stmt::Loop(l) => {
            let counted = matches!(l.header, Header::Range { .. }) && l.body.loads.is_empty();
            read.extend(l.tape.filter(|t| !t.write && !counted).map(|t| t.var));
        }
        Stmt::If { tape: Some(t), .. } if !t.write => {
            read.insert(t.var);
        }
        _ => {}
    });
    program.body.walk_mut(&mut |s| {
        if let Stmt::Loop(l) = s
            && l.tape.is_some_and(|t| !read.contains(&t.var))
        {
            l.tape = None;
            l.body.saves.clear();
        }
    });
}

/// A statement that defines variables, and its position.
#[derive(Clone)]
pub(crate) struct Definition {
    at: usize,
    pub(crate) stmt: Rc<Stmt>,
}

/// What a forward scope makes.
#[derive(Default)]
struct Made {
    /// What defines a variable, if that can be run again.
    defined: VarMap<Option<Definition>>,
    /// The last statement that writes to a variable, also inside.
    last_write: VarMap<usize>,
}

/// What the forward scopes make and save, by tape variable and branch.
#[derive(Default)]
struct Scopes {
    made: HashMap<(VarId, usize), Made>,
    saves: HashMap<(VarId, usize), Vec<VarId>>,
    loop_vars: HashMap<VarId, VarId>,
}

impl Scopes {
    /// What a block makes, and all variables that it writes to.
    fn block(&mut self, block: &Block) -> (Made, VarSet) {
        let mut made = Made::default();
        let mut all = VarSet::new();
        for (i, stmt) in block.stmts.iter().enumerate() {
            if !matches!(stmt, Stmt::Loop(_)) {
                let definition = recompute::can_be(stmt).then(|| Definition { at: i, stmt: Rc::new(stmt.clone()) });
                stmt.each_defined(&mut |v| {
                    made.defined.insert(v, definition.clone());
                });
            }
            // Tapes of inner scopes come into being here.
            let tape = match stmt {
                Stmt::If { tape, .. } => *tape,
                Stmt::Loop(l) => l.tape,
                _ => None,
            };
            if let Some(tape) = tape {
                made.defined.insert(tape.var, None);
            }
            let mut write = |v| {
                made.last_write.insert(v, i);
                all.insert(v);
            };
            stmt.uses(&mut |_| {}, &mut write);
            stmt.each_defined(&mut write);
            if let Stmt::Edit(Edit::Pop { place, .. }) = stmt {
                write(place.root);
            }
            for (branch, inner) in stmt.blocks().into_iter().enumerate() {
                inner.loads.iter().copied().for_each(&mut write);
                if has_turn(inner) {
                    inner.stmts.iter().for_each(|s| each_write(s, &mut write));
                    continue;
                }
                let (inside, written) = self.block(inner);
                written.iter().for_each(&mut write);
                if let Some(tape) = tape {
                    self.made.insert((tape.var, branch), inside);
                }
            }
            if let (Stmt::Loop(l), Some(tape)) = (stmt, tape)
                && let Header::Range { var, .. } = l.header
            {
                self.loop_vars.insert(tape.var, var);
            }
        }
        (made, all)
    }

    /// Writes the saves into the forward scopes, and drops the tapes that nobody reads.
    fn put_back(&mut self, body: &mut Block) {
        walk(body, &mut |s| match s {
            Stmt::If { then, els, tape, .. } => {
                if let Some(t) = tape {
                    let (a, b) = (self.saves.remove(&(t.var, 0)), self.saves.remove(&(t.var, 1)));
                    match (a, b) {
                        (Some(a), Some(b)) => {
                            then.saves = a;
                            els.saves = b;
                        }
                        _ => *tape = None,
                    }
                }
            }
            Stmt::Loop(l) => {
                if let Some(t) = l.tape {
                    match self.saves.remove(&(t.var, 0)) {
                        Some(saves) => l.body.saves = saves,
                        None => l.tape = None,
                    }
                }
            }
            _ => {}
        });
    }
}

struct Pass {
    scalars: Vec<bool>,
    stored: VarSet,
}

impl Pass {
    /// Places the saves and loads of a forward sweep, a turn and a backward sweep.
    fn sweeps(&mut self, body: &mut Block) {
        let Some(turn) = body.stmts.iter().position(|s| matches!(s, Stmt::Turn)) else {
            return;
        };
        let mut backward = body.stmts.split_off(turn);
        body.stmts.iter_mut().for_each(|s| self.fused(s));
        let mut scopes = Scopes::default();
        scopes.block(body);
        for stmt in &mut backward {
            self.stmt(stmt, &mut scopes);
        }
        scopes.put_back(body);
        body.stmts.append(&mut backward);
    }

    /// Places those of the sweeps that stand inside the forward sweep.
    fn fused(&mut self, stmt: &mut Stmt) {
        for block in stmt.blocks_mut() {
            if has_turn(block) {
                self.sweeps(block);
            } else {
                block.stmts.iter_mut().for_each(|s| self.fused(s));
            }
        }
    }

    /// Places what the scopes of a statement load; gives the variables that it uses of its surroundings.
    fn stmt(&mut self, stmt: &mut Stmt, scopes: &mut Scopes) -> VarSet {
        if let Stmt::Scope { body, .. } = stmt
            && has_turn(body)
        {
            self.sweeps(body);
            return used_by(stmt);
        }
        let nothing = Made::default();
        let (tape, own) = match stmt {
            Stmt::If { tape, .. } => (*tape, None),
            Stmt::Loop(l) => {
                let var = l.tape.and_then(|t| scopes.loop_vars.get(&t.var).copied());
                (l.tape, if matches!(l.header, Header::Tape) { var } else { None })
            }
            _ => (None, None),
        };
        let mut used = VarSet::new();
        for (branch, block) in stmt.blocks_mut().into_iter().enumerate() {
            let mut inside = VarSet::new();
            for inner in &mut block.stmts {
                inside.unite(&self.stmt(inner, scopes));
            }
            if let Some(t) = tape {
                let forward = scopes.made.get(&(t.var, branch)).unwrap_or(&nothing);
                self.scope(block, forward, own, &mut inside);
            }
            used.unite(&without_bound(inside, block));
        }
        match stmt {
            Stmt::If { cond, then, els, tape } => {
                if let Some(t) = *tape {
                    if then.loads.is_empty() && els.loads.is_empty() {
                        *tape = None;
                    } else {
                        scopes.saves.insert((t.var, 0), then.loads.clone());
                        scopes.saves.insert((t.var, 1), els.loads.clone());
                        // The tape tells which branch was taken.
                        *cond = Expr::Bool(true);
                    }
                }
            }
            Stmt::Loop(l) => {
                if let Some(t) = l.tape {
                    if l.body.loads.is_empty() && matches!(l.header, Header::Range { .. }) {
                        l.tape = None;
                    } else {
                        scopes.saves.insert((t.var, 0), l.body.loads.clone());
                    }
                }
            }
            _ => {}
        }
        own_uses(stmt, &mut used);
        used
    }

    /// Decides for one backward scope what is computed again and what is loaded; `inside` are the variables that its
    /// statements use.
    fn scope(&mut self, backward: &mut Block, forward: &Made, loop_var: Option<VarId>, inside: &mut VarSet) {
        let (mut defined, last_write) = (forward.defined.clone(), &forward.last_write);
        if let Some(v) = loop_var {
            defined.insert(v, None);
        }
        let needed = without_bound(inside.clone(), backward);
        let mut wanted: BTreeSet<VarId> = needed.iter().filter(|v| defined.contains(*v)).collect();
        // First what cannot be computed again, then what can from the rest.
        let mut saved = VarSet::new();
        let mut again = VarSet::new();
        for v in &wanted {
            if !self.is_cheap(*v, &defined, last_write) {
                saved.insert(*v);
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for v in wanted.clone() {
                if saved.contains(v) || again.contains(v) {
                    continue;
                }
                let Some(Some(definition)) = defined.get(v) else {
                    continue;
                };
                // What one statement defines is saved together.
                if definition.stmt.defines().into_iter().any(|u| saved.contains(u)) {
                    saved.insert(v);
                    changed = true;
                    continue;
                }
                let mut ready = true;
                let mut pending = Vec::new();
                recompute::operands(&definition.stmt, &mut |u| {
                    if defined.contains(u) && !saved.contains(u) && !again.contains(u) {
                        ready = false;
                        pending.push(u);
                    }
                });
                if ready {
                    again.insert(v);
                    changed = true;
                } else {
                    // An operand that is cheap itself is computed again as well.
                    for u in pending {
                        if self.is_cheap(u, &defined, last_write) && wanted.insert(u) {
                            changed = true;
                        }
                    }
                }
            }
            if !changed {
                // Whatever still waits for an operand that nobody else needs is saved itself.
                if let Some(v) = wanted
                    .iter()
                    .copied()
                    .filter(|v| needed.contains(*v))
                    .find(|v| !saved.contains(*v) && !again.contains(*v))
                {
                    saved.insert(v);
                    changed = true;
                }
            }
        }
        let again = recompute::prune(&again, &needed, &defined);
        let mut order: Vec<&Definition> = again.iter().filter_map(|v| defined[v].as_ref()).collect();
        order.sort_unstable_by_key(|d| d.at);
        order.dedup_by_key(|d| d.at);
        let recomputed: Vec<Stmt> = order.into_iter().map(|d| (*d.stmt).clone()).collect();
        recomputed.iter().for_each(|s| own_uses(s, inside));
        backward.stmts.splice(0..0, recomputed);
        let free = without_bound(inside.clone(), backward);
        let mut loads: Vec<VarId> = saved.iter().filter(|v| needed.contains(*v) || free.contains(*v)).collect();
        loads.sort_unstable();
        backward.loads = loads;
    }

    /// Whether a variable can be had again from operands that still have their values.
    fn is_cheap(&self, v: VarId, defined: &VarMap<Option<Definition>>, last_write: &VarMap<usize>) -> bool {
        let Some(Some(Definition { at, stmt })) = defined.get(v) else {
            return false;
        };
        let is_reference = matches!(&**stmt, Stmt::Let { value: Expr::Ref { .. }, .. });
        if !Analysis::Recompute.is_on() && !is_reference {
            return false;
        }
        let is_let = matches!(&**stmt, Stmt::Let { .. });
        if is_let && !self.scalars[v] && !is_reference {
            return false;
        }
        let is_stable = |v: VarId| last_write.get(v).is_none_or(|k| k <= at);
        let mut stable = true;
        stmt.each_defined(&mut |u| stable &= is_stable(u) && !self.stored.contains(u));
        if !stable || !recompute::is_cheap_statement(stmt) {
            return false;
        }
        recompute::operands(stmt, &mut |u| stable &= is_stable(u));
        stable
    }
}

fn has_turn(block: &Block) -> bool {
    block.stmts.iter().any(|s| matches!(s, Stmt::Turn))
}

/// Calls `f` on every statement of a sweep, at any depth, but not on those of sweeps inside it.
fn walk(block: &mut Block, f: &mut dyn FnMut(&mut Stmt)) {
    for stmt in &mut block.stmts {
        f(stmt);
        for inner in stmt.blocks_mut() {
            if !has_turn(inner) {
                walk(inner, f);
            }
        }
    }
}

/// The variables that a block uses without defining them.
pub(crate) fn free(block: &Block) -> VarSet {
    let mut used = VarSet::new();
    block.stmts.iter().for_each(|s| {
        used.unite(&used_by(s));
    });
    without_bound(used, block)
}

/// The variables that a statement uses of its surroundings, inside of it too.
fn used_by(stmt: &Stmt) -> VarSet {
    let mut used = VarSet::new();
    own_uses(stmt, &mut used);
    stmt.blocks().into_iter().for_each(|b| {
        used.unite(&free(b));
    });
    used
}

/// Adds the variables that a statement itself uses.
fn own_uses(stmt: &Stmt, used: &mut VarSet) {
    let mut written = VarSet::new();
    stmt.uses(
        &mut |v| {
            used.insert(v);
        },
        &mut |v| {
            written.insert(v);
        },
    );
    used.unite(&written);
    if let Stmt::Pull(pull) = stmt {
        used.extend(pull.shapes());
    }
}

/// What is left of the variables that the statements of a block use, without those that it defines.
fn without_bound(mut used: VarSet, block: &Block) -> VarSet {
    block.loads.iter().copied().chain(block.stmts.iter().flat_map(Stmt::defines)).for_each(|v| {
        used.remove(v);
    });
    used
}
