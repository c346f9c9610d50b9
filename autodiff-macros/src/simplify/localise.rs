//! Localise: a variable that a backward scope sets before it reads it, and that nothing outside reads, is
//! a variable of that scope.
//!
//! In: a program whose tapes are placed. Out: `y = old; …` ⇒ `let y = old; …` there, so that the value
//! that the scope is entered with needs to be neither restored nor loaded.

use crate::ir::{Block, Program, Stmt, VarId};
use crate::var_set::VarMap;

/// Makes assignments definitions where that is all they are; tells whether anything changed.
pub(crate) fn definitions(program: &mut Program) -> bool {
    let Some(turn) = program.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)) else {
        return false;
    };
    let fixed: Vec<VarId> = program
        .params
        .iter()
        .flat_map(|p| &p.parts)
        .chain(program.reverse.iter().flat_map(|r| r.adjoints.iter().flatten()))
        .copied()
        .collect();
    let mut backward = Block { stmts: program.body.stmts.split_off(turn), ..Block::default() };
    let mut total = VarMap::new();
    count(&mut backward, &mut total);
    fixed.iter().for_each(|v| {
        total.remove(*v);
    });
    let changed = localise(&mut backward, &total);
    program.body.stmts.append(&mut backward.stmts);
    changed
}

/// The same for sweeps that stand inside the forward sweep, before their turns are taken away: what stands after a turn
/// sees the variables of the scope before it.
pub(crate) fn inner_sweeps(block: &mut Block, outermost: bool) {
    for inner in block.stmts.iter_mut().flat_map(Stmt::blocks_mut) {
        inner_sweeps(inner, false);
    }
    let Some(turn) = block.stmts.iter().position(|s| matches!(s, Stmt::Turn)).filter(|_| !outermost) else { return };
    let mut backward = Block { stmts: block.stmts.split_off(turn), ..Block::default() };
    let mut total = VarMap::new();
    count(&mut backward, &mut total);
    let own: Vec<VarId> = block.stmts.iter().flat_map(Stmt::defines).collect();
    total.retain(|v| own.contains(&v) && !block.saves.contains(&v));
    localise(&mut backward, &total);
    block.stmts.append(&mut backward.stmts);
}

/// How often each variable is mentioned; that a scope loads or saves it is not a use.
fn count(block: &mut Block, into: &mut VarMap<usize>) {
    block.walk_mut(&mut |s| mentions(s, into));
}

fn mentions(stmt: &mut Stmt, into: &mut VarMap<usize>) {
    stmt.own_vars_mut(&mut |v| *into.or_default(*v) += 1);
}

fn localise(block: &mut Block, total: &VarMap<usize>) -> bool {
    let mut changed = false;
    if block.stmts.iter().any(|s| matches!(s, Stmt::Assign { init: false, .. })) {
        // How often the block mentions each variable, and in which statement first.
        let mut own = VarMap::new();
        count(block, &mut own);
        let mut first = VarMap::new();
        for (i, stmt) in block.stmts.iter().enumerate() {
            super::each_touch(stmt, &mut |v| {
                first.or_insert_with(v, || i);
            });
        }
        for (i, stmt) in block.stmts.iter_mut().enumerate() {
            let Stmt::Assign { place, value, init: false } = stmt else { continue };
            let var = place.root;
            let whole = place.path.is_empty() && !value.mentions(var) && !block.saves.contains(&var);
            if whole && total.contains(var) && first.get(var) == Some(&i) && own.get(var) == total.get(var) {
                *stmt = Stmt::Let { var, value: value.clone() };
                changed = true;
            }
        }
    }
    for stmt in &mut block.stmts {
        for inner in stmt.blocks_mut() {
            changed |= localise(inner, total);
        }
    }
    changed
}
