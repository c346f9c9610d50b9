//! Fusion: where the cotangent of what a loop, a branch or a call computes is known before it runs, its
//! backward sweep runs right after its forward sweep, and nothing has to be stored in between.
//!
//! In: a reversed program whose tapes are not placed yet, and whose cotangent is known. Out: the same
//! sums. A loop `sum += f(i)` and its mirror become one loop, whose body is a forward sweep, a `Turn` and
//! a backward sweep; a call and its pullback become one call that gives the value and adds to the
//! cotangents. This is possible where
//!
//! - the cotangents that the backward part reads can be computed before the forward part;
//! - it only adds to cotangents, which nobody reads before it has run;
//! - what it restores is read by nobody after it.

mod plan;
mod queries;

use plan::Plan;
use queries::{defined_in, each, free_reads, reads, rename, root};

use crate::ir::{BinOp, Block, Call, Callee, Edit, Expr, Loop, Mode, Passing, Program, Pull, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::HashSet;
use crate::missing;
use crate::simplify::changes;
use crate::var_set::{VarMap, VarSet};

/// Fuses what can be fused; tells whether anything changed.
pub(crate) fn sweeps(program: &mut Program) -> bool {
    let mut body = std::mem::take(&mut program.body.stmts);
    let mut definitions: VarMap<Vec<VarId>> = VarMap::new();
    Block { stmts: body.clone(), ..Block::default() }.walk(&mut |s| {
        crate::tape::each_source(s, &mut |v, u| definitions.or_default(v).push(u));
    });
    let mut again: VarMap<Vec<VarId>> = VarMap::new();
    for (var, operands) in definitions.iter() {
        operands.iter().for_each(|u| again.or_default(*u).push(var));
    }
    let mut pass = Pass { program, definitions, again };
    let changed = pass.list(&mut body);
    program.body.stmts = body;
    changed
}

struct Pass<'a> {
    program: &'a mut Program,
    /// What each variable may be computed again from.
    definitions: VarMap<Vec<VarId>>,
    /// What may be computed again from each variable.
    again: VarMap<Vec<VarId>>,
}

impl Pass<'_> {
    fn is_cotangent(&self, v: VarId) -> bool {
        self.program.vars[v].role == Role::Adjoint
    }

    /// Fuses the pairs of a forward sweep, a turn and a backward sweep.
    fn list(&mut self, stmts: &mut Vec<Stmt>) -> bool {
        let mut changed = false;
        loop {
            let Some(turn) = turn_of(stmts) else { return changed };
            let pairs: Vec<(usize, usize)> = (0..turn)
                .filter_map(|p| {
                    let tape = tape_of(&stmts[p])?;
                    let q = (turn + 1..stmts.len()).find(|q| tape_of(&stmts[*q]) == Some(tape))?;
                    Some((p, q))
                })
                .collect();
            if pairs.is_empty() {
                return changed;
            }
            // Names of its own for what the backward sweep restores as a whole.
            let stored = self.program.stored.clone();
            let mut candidate = stmts.clone();
            self.own_names(&mut candidate, turn + 1, &VarSet::new());
            let mut plan = Plan::new(&candidate, turn);
            let fused = pairs.into_iter().rev().find_map(|(p, q)| {
                let stored = self.program.stored.clone();
                let fused = self.attempt(&mut plan, p, q);
                if fused.is_none() {
                    self.program.stored = stored;
                }
                fused
            });
            let Some(fused) = fused else {
                self.program.stored = stored;
                return changed;
            };
            *stmts = self.fused(candidate, fused);
            changed = true;
        }
    }

    /// What becomes of a pair, if it can be fused.
    fn attempt(&mut self, plan: &mut Plan<'_>, p: usize, q: usize) -> Option<Fused> {
        let candidate = plan.candidate;
        plan.begin(p, q);
        let backward = candidate[q].clone();
        let mut own = defined_in(&candidate[p]);
        own.unite(&defined_in(&backward));
        let backward = self.without_restores(candidate, q, backward, &own)?;
        let mut sums = VarSet::new();
        if !self.only_adds(&backward, &own, &mut sums) || sums.iter().any(|d| reads(&backward, d)) {
            return None;
        }
        // What it adds to exists before, and nobody reads it in between.
        if !sums.iter().all(|d| plan.accumulator(self, d)) {
            return None;
        }
        let mut read = VarSet::new();
        free_reads(&backward, &mut read);
        for v in read.iter().filter(|v| !own.contains(*v) && !sums.contains(*v)) {
            let ready = if self.is_cotangent(v) { plan.cotangent(self, v) } else { plan.visible_after(v) };
            if !ready {
                return None;
            }
        }
        if sums.iter().any(|d| plan.is_read_between(d)) {
            return None;
        }
        let joined = self.join(candidate[p].clone(), backward)?;
        let (moved, split) = (std::mem::take(&mut plan.moved), std::mem::take(&mut plan.split));
        Some(Fused { p, q, moved, split, joined })
    }

    /// The list with the fused statement in the place of the pair.
    fn fused(&self, candidate: Vec<Stmt>, fused: Fused) -> Vec<Stmt> {
        let Fused { p, q, moved, split, joined } = fused;
        let mut lets: Vec<usize> = moved.iter().chain(&split).copied().collect();
        lets.sort_unstable();
        let mut stmts: Vec<Option<Stmt>> = candidate.into_iter().map(Some).collect();
        let mut first = Vec::new();
        for l in lets {
            let Some(stmt) = stmts[l].take() else { continue };
            if split.contains(&l) {
                first.push(self.zero(&stmt));
                stmts[l] = Some(added(&stmt));
            } else {
                first.push(stmt);
            }
        }
        stmts[p] = Some(joined);
        stmts[q] = None;
        let rest = stmts.split_off(p);
        stmts.into_iter().flatten().chain(first).chain(rest.into_iter().flatten()).collect()
    }

    /// Gives what a backward list restores as a whole a name of its own from there on, also in branches if
    /// nothing reads it `after` them.
    fn own_names(&mut self, stmts: &mut [Stmt], from: usize, after: &VarSet) {
        for k in from..stmts.len() {
            if let Stmt::If { .. } = stmts[k] {
                let (head, tail) = stmts.split_at_mut(k + 1);
                let mut after = after.clone();
                tail.iter().for_each(|s| free_reads(s, &mut after));
                for block in head[k].blocks_mut() {
                    self.own_names(&mut block.stmts, 0, &after);
                }
                continue;
            }
            let Stmt::Assign { place, value, init: false } = &stmts[k] else { continue };
            if !place.path.is_empty() || self.is_cotangent(place.root) || after.contains(place.root) {
                continue;
            }
            let (old, value) = (place.root, value.clone());
            let param = self.program.params.iter().any(|p| p.parts.contains(&old));
            if param && matches!(self.program.vars[old].kind, Kind::Ref(_)) {
                continue;
            }
            self.program.vars.push(self.program.vars[old].clone());
            let new = self.program.vars.len() - 1;
            self.program.vars[new].role = Role::Temporary;
            // What would be computed again from it would read the old name, which nobody restores.
            self.program.stored.extend(self.again.get(old).into_iter().flatten());
            stmts[k] = Stmt::Let { var: new, value };
            for later in &mut stmts[k + 1..] {
                rename(later, old, new);
            }
        }
    }

    /// The backward half without what it restores of the state around it, if nobody needs that.
    fn without_restores(&mut self, stmts: &[Stmt], q: usize, mut backward: Stmt, own: &VarSet) -> Option<Stmt> {
        for w in self.restored(&backward, own).iter() {
            if self.is_parameter(w) || stmts[q + 1..].iter().any(|s| self.needs(s, w)) {
                return None;
            }
        }
        for block in backward.blocks_mut() {
            self.own_names(&mut block.stmts, 0, &VarSet::new());
        }
        let mut own = own.clone();
        own.unite(&defined_in(&backward));
        let restored = self.restored(&backward, &own);
        if restored.iter().any(|w| reads(&backward, w)) {
            return None;
        }
        let drop = |s: &Stmt| match s {
            Stmt::Assign { place, .. } | Stmt::Update { place, .. } => restored.contains(place.root),
            _ => false,
        };
        for block in backward.blocks_mut() {
            block.blocks_mut(&mut |b| b.stmts.retain(|s| !drop(s)));
        }
        let mut rest = false;
        each(&backward, &mut |s| restored.iter().for_each(|w| rest |= changes(s, w)));
        (!rest).then_some(backward)
    }

    /// The state around it that a backward half writes to.
    fn restored(&self, backward: &Stmt, own: &VarSet) -> VarSet {
        let mut restored = VarSet::new();
        each(backward, &mut |s| {
            s.parts(&mut |_| {}, &mut |p| {
                if !matches!(self.program.vars[p.root].role, Role::Adjoint | Role::Tape) {
                    restored.insert(p.root);
                }
            });
        });
        restored.subtract(own);
        restored
    }

    /// Whether what a `&mut` parameter refers to is restored: the caller may need it.
    fn is_parameter(&self, v: VarId) -> bool {
        self.program.params.iter().any(|p| p.passing != Passing::Value && p.parts.contains(&v))
    }

    /// Whether a statement reads a variable, or one that may be computed again from it.
    fn needs(&self, stmt: &Stmt, w: VarId) -> bool {
        let mut found = false;
        let mut seen = VarSet::new();
        let mut open = Vec::new();
        each(stmt, &mut |s| s.uses(&mut |v| open.push(v), &mut |_| {}));
        while let Some(v) = open.pop() {
            found |= v == w;
            if seen.insert(v) {
                open.extend(self.definitions.get(v).into_iter().flatten());
            }
        }
        found
    }

    /// Whether a statement writes to variables of its own and else only adds to cotangents.
    fn only_adds(&self, stmt: &Stmt, own: &VarSet, sums: &mut VarSet) -> bool {
        let fine = match stmt {
            Stmt::Let { .. } | Stmt::Declare(_) | Stmt::If { .. } | Stmt::Loop(_) | Stmt::Scope { .. } => true,
            Stmt::Turn => true,
            Stmt::Accumulate { place, .. } => {
                if !own.contains(place.root) {
                    sums.insert(place.root);
                }
                true
            }
            Stmt::Assign { place, .. } | Stmt::Update { place, .. } | Stmt::Replace { place, .. } => {
                own.contains(place.root)
            }
            Stmt::Edit(Edit::Push { place, .. } | Edit::Pop { place, .. } | Edit::Swap { place, .. }) => {
                own.contains(place.root)
            }
            Stmt::Pull(pull) => {
                sums.extend(pull.slots.iter().flatten().flatten().map(|p| p.root).filter(|v| !own.contains(*v)));
                pull.args.iter().zip(&pull.slots).all(|(a, slots)| {
                    let held = a.parts.iter().flatten().filter_map(root).all(|v| own.contains(v));
                    let kept = slots.iter().flatten().all(|p| own.contains(p.root));
                    a.passing != Passing::RefMut || held && kept
                })
            }
            _ => false,
        };
        fine && stmt.blocks().iter().all(|b| b.stmts.iter().all(|s| self.only_adds(s, own, sums)))
    }

    /// Forward and backward half as one statement.
    fn join(&mut self, forward: Stmt, backward: Stmt) -> Option<Stmt> {
        match (forward, backward) {
            (Stmt::Loop(f), Stmt::Loop(b)) => {
                let body = self.joined_block(f.body, b.body);
                Some(Stmt::from(Loop { body, tape: None, ..*f }))
            }
            (Stmt::If { cond, then, els, .. }, Stmt::If { then: back_then, els: back_els, .. }) => {
                let (then, els) = (self.joined_block(then, back_then), self.joined_block(els, back_els));
                Some(Stmt::If { cond, then, els, tape: None })
            }
            (Stmt::Call(call), Stmt::Pull(pull)) if !self.keeps_zero(&pull) => joined_call(&call, pull),
            _ => None,
        }
    }

    /// Whether a cotangent may be missing, in whose place the pullback takes a zero in the shape of the value.
    fn keeps_zero(&self, pull: &Pull) -> bool {
        // A variable that holds such a part is taken out of its place on the way back, and does not move.
        let whole = |e| missing::is_whole_part(self.program, &VarSet::new(), e);
        pull.cotangent.iter().flatten().any(whole)
    }

    fn joined_block(&mut self, forward: Block, backward: Block) -> Block {
        let mut stmts = forward.stmts;
        stmts.push(Stmt::Turn);
        stmts.extend(backward.stmts);
        self.list(&mut stmts);
        Block { stmts, ..Block::default() }
    }

    /// The declaration of an accumulator, with a zero.
    fn zero(&self, declaration: &Stmt) -> Stmt {
        let Stmt::Let { var, .. } = declaration else { unreachable!("a definition was split") };
        let Kind::Float(float) = &self.program.vars[*var].kind else { unreachable!("only floats are split") };
        Stmt::Let { var: *var, value: Expr::Number(0.0, float.clone()) }
    }
}

/// A pair that can be fused: what moves before it, which declarations begin as zero there, and what it becomes.
struct Fused {
    p: usize,
    q: usize,
    moved: HashSet<usize>,
    split: HashSet<usize>,
    joined: Stmt,
}
/// The tape that a statement shares with its mirror.
fn tape_of(stmt: &Stmt) -> Option<VarId> {
    match stmt {
        Stmt::Call(call) => call.tape,
        Stmt::Pull(pull) if !pull.joined => Some(pull.tape),
        scope => scope.tape().map(|t| t.var),
    }
}

fn turn_of(stmts: &[Stmt]) -> Option<usize> {
    stmts.iter().position(|s| matches!(s, Stmt::Turn))
}

/// A call of a function by its name, with a cotangent that does not depend on its value and without `&mut` arguments.
fn joined_call(call: &Call, mut pull: Pull) -> Option<Stmt> {
    let Callee::Function { path, qself: None } = &call.callee else { return None };
    let n = path.segments.len();
    let owner = n >= 2 && crate::lower::capital(&path.segments[n - 2].ident.to_string());
    let fine = call.mode == Mode::Taped
        && !owner
        && !crate::methods::is_derivative_of(path)
        && call.args.iter().all(|a| a.passing != Passing::RefMut)
        && pull.cotangent.iter().all(|ct| ct.as_ref().is_some_and(|ct| call.outs.iter().all(|out| !ct.mentions(*out))));
    if !fine {
        return None;
    }
    pull.args.clone_from(&call.args);
    pull.joined = true;
    Some(Stmt::Pull(pull))
}

/// `let d = first` ⇒ `d += first`.
fn added(stmt: &Stmt) -> Stmt {
    let Stmt::Let { var, value } = stmt else { unreachable!("a definition was split") };
    let place = crate::ir::Place::var(*var, proc_macro2::Span::mixed_site());
    match value {
        Expr::Neg(e) => Stmt::Update { place, op: BinOp::Sub, value: (**e).clone() },
        e => Stmt::Accumulate { place, value: e.clone() },
    }
}
