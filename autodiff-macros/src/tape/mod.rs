//! Tapes: makes what a backward scope reads available in it.
//!
//! In: a reversed program whose backward scopes use variables of the forward scopes they mirror. Out:
//! the same program, in which every such variable is either computed again at the beginning of the
//! backward scope, if that is cheap and its operands are at hand, or saved by the forward scope and
//! loaded by the backward scope.
//!
//! - [`choice`] decides which of the two, and where what is computed again stands;
//! - [`recompute`] tells what is cheap.

mod choice;
mod recompute;

use std::rc::Rc;

pub(crate) use self::recompute::{each_source, is_cheap_statement, sources};
use crate::ir::{Block, Edit, Expr, Header, Program, Role, Stmt, VarId};
use crate::maps::{HashMap, HashSet};
use crate::simplify::each_write;
use crate::var_set::{VarMap, VarSet};

/// Places the saves and loads of a reversed program.
pub(crate) fn place(program: &mut Program) {
    write_zeros(program);
    let scalars: Vec<bool> = program.vars.iter().map(|v| v.kind.is_scalar()).collect();
    let stored = std::mem::take(&mut program.stored);
    Pass { scalars, stored }.sweeps(&mut program.body);
    crate::simplify::inner_sweeps(&mut program.body, true);
    for inner in program.body.stmts.iter_mut().flat_map(Stmt::blocks_mut) {
        inner.blocks_mut(&mut |b| b.stmts.retain(|s| !matches!(s, Stmt::Turn)));
    }
    program.taped = true;
}

/// Writes zeros of numbers as numbers: they need no value that has their shape.
fn write_zeros(program: &mut Program) {
    let vars = &program.vars;
    program.body.walk_mut(&mut |s| {
        if let Stmt::Let { value, .. } = s
            && let Expr::Zero(of) = &*value
            && let Some(v) = of.as_var()
        {
            *value = Expr::zero_of(v, &vars[v].kind, vars[v].span);
        }
    });
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
    /// The statements that write to a variable, also inside.
    writes: VarMap<Writes>,
}

/// The statements of a block that write to a variable.
pub(crate) struct Writes {
    pub(crate) last: usize,
    pub(crate) only: bool,
}

/// Notes that a statement writes to a variable.
fn note_write(writes: &mut VarMap<Writes>, v: VarId, at: usize) {
    let known = writes.or_insert_with(v, || Writes { last: at, only: true });
    known.only &= known.last == at;
    known.last = at;
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
                note_write(&mut made.writes, v, i);
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
