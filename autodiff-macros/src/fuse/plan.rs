//! What has to move so that the backward sweep of a pair may follow its forward sweep.

use super::Pass;
use super::queries::{each, each_set};
use crate::ir::{Stmt, VarId};
use crate::maps::HashSet;
use crate::simplify::each_write;
use crate::var_set::VarMap;

/// What moves before the fused statement of a pair.
pub(super) struct Plan<'a> {
    pub(super) candidate: &'a [Stmt],
    turn: usize,
    p: usize,
    q: usize,
    pub(super) moved: HashSet<usize>,
    /// Declarations of accumulators with a first term that is not known yet.
    pub(super) split: HashSet<usize>,
    /// Where each variable is defined.
    defined: VarMap<usize>,
    /// Which statements write to each variable, also inside.
    written: VarMap<Vec<usize>>,
    /// Which statements read each variable, also inside.
    read: VarMap<Vec<usize>>,
    /// Which statements give each variable another value than by adding to it.
    set: VarMap<Vec<usize>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(candidate: &'a [Stmt], turn: usize) -> Self {
        let (moved, split) = (HashSet::default(), HashSet::default());
        let (defined, written, read, set) = (VarMap::new(), VarMap::new(), VarMap::new(), VarMap::new());
        let mut plan = Self { candidate, turn, p: 0, q: 0, moved, split, defined, written, read, set };
        for (k, stmt) in candidate.iter().enumerate() {
            stmt.each_defined(&mut |v| {
                plan.defined.or_insert_with(v, || k);
            });
            let note = |list: &mut VarMap<Vec<usize>>, v| list.or_default(v).push(k);
            each_write(stmt, &mut |v| note(&mut plan.written, v));
            each(stmt, &mut |s| s.uses(&mut |v| note(&mut plan.read, v), &mut |_| {}));
            each_set(stmt, &mut |v| note(&mut plan.set, v));
        }
        plan
    }

    /// Turns to a pair.
    pub(super) fn begin(&mut self, p: usize, q: usize) {
        (self.p, self.q) = (p, q);
        self.moved.clear();
        self.split.clear();
    }

    /// Whether anything that stays between the pair reads a variable.
    pub(super) fn is_read_between(&self, v: VarId) -> bool {
        let list = self.read.get(v).into_iter().flatten();
        list.into_iter().any(|k| *k > self.p && *k < self.q && !self.moved.contains(k))
    }

    /// Whether a statement after the turn and before the pair's end, but for one, sets a variable.
    fn is_set(&self, v: VarId, but: Option<usize>) -> bool {
        let list = self.set.get(v).into_iter().flatten();
        list.into_iter().any(|k| (self.turn..self.q).contains(k) && Some(*k) != but)
    }

    fn definition(&self, v: VarId) -> Option<usize> {
        self.defined.get(v).copied()
    }

    /// Whether a statement from one position on and before another writes to a variable.
    fn writes_in(&self, v: VarId, from: usize, to: usize) -> bool {
        self.written.get(v).is_some_and(|list| list.iter().any(|k| (from..to).contains(k)))
    }

    /// A cotangent that is added to: declared before.
    pub(super) fn accumulator(&mut self, pass: &Pass<'_>, d: VarId) -> bool {
        let Some(k) = self.definition(d) else {
            // Of the surroundings; nothing may set it in between.
            return !self.is_set(d, None);
        };
        if k < self.p {
            return true;
        }
        if k > self.q || self.is_set(d, Some(k)) {
            return false;
        }
        let before = (self.moved.clone(), self.split.clone());
        if self.movable(pass, k) {
            return true;
        }
        (self.moved, self.split) = before;
        let float = pass.program.vars[d].kind.is_float();
        if float && matches!(self.candidate[k], Stmt::Let { .. }) {
            self.split.insert(k);
        }
        float
    }

    /// A cotangent that is read: its last value is known before.
    pub(super) fn cotangent(&mut self, pass: &Pass<'_>, v: VarId) -> bool {
        let defined = self.definition(v);
        if self.written.get(v).is_some_and(|list| list.iter().any(|i| *i < self.q && Some(*i) != defined)) {
            return false;
        }
        match defined {
            None => true,
            Some(k) if k < self.p => true,
            Some(k) => k < self.q && self.movable(pass, k),
        }
    }

    /// A variable of the forward sweep that the fused statement can see.
    pub(super) fn visible_after(&mut self, v: VarId) -> bool {
        self.definition(v).is_none_or(|k| k < self.p || k < self.turn && self.movable_forward(k))
    }

    fn movable_forward(&mut self, k: usize) -> bool {
        let Stmt::Let { value, .. } = &self.candidate[k] else { return false };
        if self.moved.contains(&k) {
            return true;
        }
        let mut operands = Vec::new();
        value.vars(&mut |u| operands.push(u));
        let fine = operands.into_iter().all(|u| {
            let from = match self.definition(u) {
                Some(d) if d >= self.p && !self.movable_forward(d) => return false,
                Some(d) if d >= self.p => d + 1,
                _ => self.p,
            };
            !self.writes_in(u, from, k)
        });
        if fine {
            self.moved.insert(k);
        }
        fine
    }

    /// Whether a definition can be computed before the pair.
    fn movable(&mut self, pass: &Pass<'_>, k: usize) -> bool {
        if self.moved.contains(&k) {
            return true;
        }
        if k < self.turn {
            return self.movable_forward(k);
        }
        let Stmt::Let { value, .. } = &self.candidate[k] else { return false };
        let mut operands = Vec::new();
        value.vars(&mut |u| operands.push(u));
        let fine = operands.into_iter().all(|u| {
            if pass.is_cotangent(u) {
                return self.cotangent(pass, u);
            }
            let from = match self.definition(u) {
                Some(d) if d >= self.p && !self.movable(pass, d) => return false,
                Some(d) if d >= self.p => d + 1,
                _ => self.p,
            };
            !self.writes_in(u, from, k)
        });
        if fine {
            self.moved.insert(k);
        }
        fine
    }
}
