//! Values that hold references are made again where the backward sweep needs them, since no tape holds them: once in the
//! scope that they belong to, or before each use where what they refer to is restored in between.

use super::Pass;
use crate::ir::{Block, Expr, Role, Stmt, VarId};
use crate::maps::HashSet;

impl Pass<'_> {
    /// Whether nothing that a value is made of ever changes.
    pub(super) fn is_stable(&self, value: &Expr) -> bool {
        let mut stable = true;
        value.vars(&mut |v| stable &= !self.out.vars[v].mutable && !self.literals.contains(v));
        stable
    }

    /// Makes such values again at the beginning of the backward sweep of their scope.
    pub(super) fn remake(&mut self, made: Vec<(VarId, Expr)>, declared: &mut Vec<Stmt>, backward: &mut Vec<Stmt>) {
        for (v, value) in made.into_iter().rev() {
            let mut used = false;
            for list in [&mut *declared, &mut *backward] {
                let block = Block { stmts: std::mem::take(list), ..Block::default() };
                block.walk(&mut |s| s.uses(&mut |u| used |= u == v, &mut |_| {}));
                *list = block.stmts;
            }
            if !used {
                continue;
            }
            let again = self.again(v);
            for list in [&mut *declared, &mut *backward] {
                let mut block = Block { stmts: std::mem::take(list), ..Block::default() };
                block.walk_mut(&mut |s| rename(s, v, again));
                *list = block.stmts;
            }
            declared.insert(0, Stmt::Let { var: again, value });
        }
    }

    fn again(&mut self, v: VarId) -> VarId {
        let var = self.out.vars[v].clone();
        let again = self.out.fresh(var.name, var.span, var.kind, Role::Temporary);
        self.out.vars[again].borrows = true;
        again
    }

    /// Statements of a backward sweep, each of which that uses such a value has one of its own.
    pub(super) fn remade(&mut self, stmts: Vec<Stmt>) -> Vec<Stmt> {
        if self.literals.is_empty() {
            return stmts;
        }
        let mut out = Vec::new();
        for mut stmt in stmts {
            let mut used = HashSet::default();
            stmt.uses(
                &mut |v| {
                    used.insert(v);
                },
                &mut |_| {},
            );
            let mut used: Vec<VarId> = used.into_iter().filter(|v| self.literals.contains(*v)).collect();
            used.sort_unstable();
            for v in used {
                let again = self.again(v);
                let value = self.literals[v].clone();
                out.extend(self.remade(vec![Stmt::Let { var: again, value }]));
                rename(&mut stmt, v, again);
            }
            out.push(stmt);
        }
        out
    }
}

fn rename(stmt: &mut Stmt, from: VarId, to: VarId) {
    stmt.own_vars_mut(&mut |u| {
        if *u == from {
            *u = to;
        }
    });
}
