//! Order: a backward loop whose iterations only add to cotangents may run in the order of the forward
//! loop, which the compiler of Rust vectorises.
//!
//! In: a program whose tapes are placed. Out: the same sums, in another order.

use std::collections::HashSet;

use crate::ir::{Block, Header, Loop, Passing, Program, Stmt, VarId};

/// Turns backward loops without carried dependence around.
pub(crate) fn forward_where_independent(program: &mut Program) {
    program.body.stmts.iter_mut().for_each(visit);
}

fn visit(stmt: &mut Stmt) {
    if let Stmt::Loop(l) = stmt {
        turn_around(l);
    }
    for block in stmt.blocks_mut() {
        block.stmts.iter_mut().for_each(visit);
    }
}

fn turn_around(l: &mut Loop) {
    if !l.exits.is_empty() || l.tape.is_some_and(|t| t.write) {
        return;
    }
    let Header::Range { rev, .. } = &mut l.header else {
        return;
    };
    let mut sums = HashSet::new();
    let mut own = HashSet::new();
    // Tapes of loops inside are read from the end.
    let mut tapes = false;
    l.body.walk(&mut |s| tapes |= matches!(s, Stmt::Loop(Loop { tape: Some(_), .. })));
    if !tapes && only_sums(&l.body, &mut sums, &mut own) && reads_none(&l.body, &sums) {
        match &mut l.tape {
            Some(tape) => tape.in_order = std::mem::take(rev),
            None => *rev = false,
        }
    }
}

/// Whether a block defines variables of its own, writes those, and else only adds to cotangents.
fn only_sums(block: &Block, sums: &mut HashSet<VarId>, own: &mut HashSet<VarId>) -> bool {
    own.extend(&block.loads);
    block.stmts.iter().all(|stmt| {
        let fine = match stmt {
            Stmt::Let { .. } | Stmt::Declare(_) | Stmt::If { .. } => true,
            Stmt::Accumulate { place, .. } => {
                if !own.contains(&place.root) {
                    sums.insert(place.root);
                }
                true
            }
            Stmt::Assign { place, .. } | Stmt::Update { place, .. } => own.contains(&place.root),
            Stmt::Loop(l) => l.exits.is_empty() && matches!(l.header, Header::Range { .. } | Header::Tape),
            Stmt::Pull(pull) => {
                sums.extend(pull.slots.iter().flatten().flatten().map(|p| p.root).filter(|v| !own.contains(v)));
                pull.args.iter().all(|a| a.passing != Passing::RefMut)
            }
            _ => false,
        };
        own.extend(stmt.defines());
        fine && stmt.blocks().iter().all(|b| only_sums(b, sums, own))
    })
}

/// Whether a block reads none of the variables.
fn reads_none(block: &Block, vars: &HashSet<VarId>) -> bool {
    block.stmts.iter().all(|stmt| {
        let mut none = true;
        stmt.uses(&mut |v| none &= !vars.contains(&v), &mut |_| {});
        none && stmt.blocks().iter().all(|b| reads_none(b, vars))
    })
}
