//! Layout: how what the forward sweep saves lies in memory, and in which order it is read.
//!
//! In: a program whose sweeps are final. Out: the same sums. Each pass has a file: elements of a slice that a loop
//! overwrites are saved as a slice ([`slices`]), backward loops that only add run forward ([`order`]), and the tapes of
//! inner loops are one ([`flat`]); and slices are cut to what a
//! loop reaches of them ([`cuts`]).

mod cuts;
mod flat;
mod order;
mod slices;

pub(crate) use order::forward_where_independent;

use std::collections::{HashMap, HashSet};

use crate::ir::{Block, Expr, Loop, Program, Role, Stmt, VarId};
use crate::kinds::Types;

/// Runs the passes on a program that is about to be written.
pub(crate) fn arrange(program: &mut Program, types: &Types) {
    if program.taped {
        slices::save_whole(program);
        order::forward_where_independent(program);
        flat::join(program);
    }
    cuts::before_loops(program);
    crate::verify::well_formed(program, types);
}

/// Whether a statement, or one inside it, writes to a variable.
fn writes(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    crate::simplify::each_write(stmt, &mut |v| found |= v == var);
    found
}

/// The loop that writes a tape and the one that reads it.
struct Pair {
    forward: Loop,
    backward: Loop,
}

/// The pairs of loops that share a tape, where nothing else uses it.
fn pairs(program: &Program) -> HashMap<VarId, Pair> {
    let mut loops: HashMap<VarId, (Vec<Loop>, Vec<Loop>)> = HashMap::new();
    program.body.walk(&mut |s| {
        if let Stmt::Loop(l) = s
            && let Some(tape) = l.tape
        {
            let (writers, readers) = loops.entry(tape.var).or_default();
            if tape.write { writers } else { readers }.push(l.clone());
        }
    });
    let single = loops.into_iter().filter_map(|(tape, (mut writers, mut readers))| {
        let (forward, backward) = (writers.pop()?, readers.pop()?);
        (writers.is_empty() && readers.is_empty()).then_some((tape, Pair { forward, backward }))
    });
    single.collect()
}

/// Takes off the tapes that are empty now, those of inner loops first.
fn drop_empty(program: &mut Program) {
    loop {
        crate::tape::drop_empty(program);
        let mut alive = HashSet::new();
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

/// Puts `let tape = Vec::new();` before the first statement of the program that uses one of the tapes.
fn declare(program: &mut Program, tapes: &[VarId]) {
    let mut out = Vec::new();
    let mut left = tapes.to_vec();
    for stmt in std::mem::take(&mut program.body.stmts) {
        left.retain(|tape| {
            let used = crate::simplify::touches(&stmt, *tape);
            if used {
                let func = syn::parse_quote!(::differentiable::__private::vec::Vec::new);
                let value = Expr::Call { func, qself: None, args: Vec::new(), ctor: false, tangent: false };
                out.push(Stmt::Let { var: *tape, value });
            }
            !used
        });
        out.push(stmt);
    }
    program.body = Block { stmts: out, ..std::mem::take(&mut program.body) };
}
