//! Flat: the tapes that an inner loop makes, one in each iteration of the loops around it, are one tape.
//!
//! The backward sweep reads what the forward sweep wrote from the end, so the entries of the last run of a loop are the
//! last ones. A loop over a range without steps knows how many these are; for every other loop the outer tape keeps where they begin.
//! Where a loop and its mirror stand in one iteration of another loop, the tape is empty again after each of them and
//! keeps its memory.

use proc_macro2::Span;

use crate::ir::{Block, Expr, Header, Place, Program, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::{HashMap, HashSet};
use crate::rules;

/// Makes one tape of those of each inner loop.
pub(super) fn join(program: &mut Program) {
    let mut nested = HashSet::default();
    for stmt in &program.body.stmts {
        inner_tapes(stmt, false, &mut nested);
    }
    let mut tapes: Vec<(VarId, bool)> = Vec::new();
    for (tape, pair) in super::pairs(program) {
        if nested.contains(&tape) {
            let counted =
                matches!(pair.forward.header, Header::Range { step: None, .. }) && pair.forward.exits.is_empty();
            tapes.push((tape, counted));
        }
    }
    tapes.sort_unstable();
    let mut starts = HashMap::default();
    for &(tape, counted) in &tapes {
        let start = (!counted).then(|| program.fresh("start", Span::mixed_site(), Kind::Int, Role::Temporary));
        starts.insert(tape, start);
    }
    let mut tapes: Vec<VarId> = tapes.into_iter().map(|(tape, _)| tape).collect();
    program.body.blocks_mut(&mut |block| rewrite(block, &starts));
    drop_empty(program, &mut tapes, &starts);
    super::declare(program, &tapes);
}

/// Takes off the tapes that are empty now, and with each what tells where it begins.
fn drop_empty(program: &mut Program, tapes: &mut Vec<VarId>, starts: &HashMap<VarId, Option<VarId>>) {
    loop {
        crate::tape::drop_empty(program);
        let mut alive = HashSet::default();
        program.body.walk(&mut |s| {
            if let Stmt::Loop(l) = s {
                alive.extend(l.tape.map(|t| t.var));
            }
        });
        let (kept, dropped): (Vec<VarId>, Vec<VarId>) = tapes.iter().partition(|t| alive.contains(t));
        *tapes = kept;
        let ends: HashSet<VarId> = dropped.iter().filter_map(|t| starts[t]).collect();
        if ends.is_empty() {
            return;
        }
        program.body.blocks_mut(&mut |block| {
            block.stmts.retain(|s| !matches!(s, Stmt::Let { var, .. } if ends.contains(var)));
            for list in [&mut block.loads, &mut block.saves] {
                list.retain(|v| !ends.contains(v));
            }
        });
    }
}

/// The tapes that are written inside a loop.
fn inner_tapes(stmt: &Stmt, inside: bool, into: &mut HashSet<VarId>) {
    let mut inside = inside;
    if let Stmt::Loop(l) = stmt {
        if inside {
            into.extend(l.tape.filter(|t| t.write).map(|t| t.var));
        }
        inside = true;
    }
    for block in stmt.blocks() {
        block.stmts.iter().for_each(|s| inner_tapes(s, inside, into));
    }
}

fn rewrite(block: &mut Block, starts: &HashMap<VarId, Option<VarId>>) {
    // What the scopes around the loop saved of it was the tape; now it is at most where that begins.
    for list in [&mut block.loads, &mut block.saves] {
        *list = list
            .iter()
            .filter_map(|v| match starts.get(v) {
                Some(start) => *start,
                None => Some(*v),
            })
            .collect();
    }
    for mut stmt in std::mem::take(&mut block.stmts) {
        if let Stmt::Loop(l) = &mut stmt
            && let Some(tape) = &mut l.tape
            && let Some(start) = starts.get(&tape.var)
        {
            tape.flat = true;
            tape.start = *start;
            if let (Some(start), true) = (*start, tape.write) {
                let whole = Expr::Place(Place::var(tape.var, Span::mixed_site()));
                block.stmts.push(Stmt::Let { var: start, value: rules::method(whole, "len", Vec::new()) });
            }
        }
        block.stmts.push(stmt);
    }
}
