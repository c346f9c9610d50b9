//! What statements define, read and set, also inside.

use super::tape_of;
use crate::ir::{BinOp, Edit, Expr, Passing, Stmt, VarId};
use crate::var_set::VarSet;

pub(super) fn each(stmt: &Stmt, f: &mut dyn FnMut(&Stmt)) {
    f(stmt);
    for block in stmt.blocks() {
        block.walk(f);
    }
}

pub(super) fn defined_in(stmt: &Stmt) -> VarSet {
    let mut defined = VarSet::new();
    for block in stmt.blocks() {
        defined.extend(&block.loads);
        block.walk(&mut |s| {
            s.each_defined(&mut |v| {
                defined.insert(v);
            });
        });
        block.walk(&mut |s| defined.extend(tape_of(s)));
    }
    defined.extend(stmt.defines());
    defined.extend(tape_of(stmt));
    defined
}

/// Whether a statement, or one inside it, reads a variable (adding to it is no reading).
pub(super) fn reads(stmt: &Stmt, v: VarId) -> bool {
    let mut found = false;
    each(stmt, &mut |s| s.uses(&mut |u| found |= u == v, &mut |_| {}));
    found
}

pub(super) fn free_reads(stmt: &Stmt, into: &mut VarSet) {
    each(stmt, &mut |s| {
        s.uses(
            &mut |u| {
                into.insert(u);
            },
            &mut |_| {},
        );
    });
}

/// Calls `f` on every variable that a statement, or one inside it, gives another value than by adding to it.
pub(super) fn each_set(stmt: &Stmt, f: &mut dyn FnMut(VarId)) {
    each(stmt, &mut |s| match s {
        Stmt::Accumulate { .. } | Stmt::Let { .. } | Stmt::Update { op: BinOp::Add | BinOp::Sub, .. } => {}
        Stmt::Update { place, .. } => f(place.root),
        Stmt::Pull(pull) => {
            let changed = pull.args.iter().zip(&pull.slots).filter(|(a, _)| a.passing == Passing::RefMut);
            changed.flat_map(|(_, s)| s).flatten().for_each(|p| f(p.root));
        }
        other => {
            other.uses(&mut |_| {}, f);
            if let Stmt::Edit(Edit::Pop { place, .. }) = other {
                f(place.root);
            }
            other.each_defined(f);
        }
    });
}

pub(super) fn root(e: &Expr) -> Option<VarId> {
    match e {
        Expr::Place(p) => Some(p.root),
        _ => None,
    }
}

pub(super) fn rename(stmt: &mut Stmt, old: VarId, new: VarId) {
    stmt.vars_mut(&mut |v| {
        if *v == old {
            *v = new;
        }
    });
    for block in stmt.blocks_mut() {
        block.stmts.iter_mut().for_each(|s| rename(s, old, new));
    }
}
