//! Layout: how what the forward sweep saves lies in memory, and in which order it is read.
//!
//! In: a program whose sweeps are final. Out: the same sums. Each pass has a file: vectors of one iteration are allocated
//! once ([`buffers`]), elements of a slice that a loop
//! overwrites are saved as a slice ([`slices`]), backward loops that only add run forward ([`order`]), and the tapes of
//! inner loops are one ([`flat`]); and slices are cut to what a
//! loop reaches of them ([`cuts`]).

mod buffers;
mod cuts;
mod flat;
mod order;
mod slices;

pub(crate) use order::forward_where_independent;

use std::collections::{HashMap, HashSet};

use crate::ir::{BinOp, Block, Expr, Header, Loop, Program, Stmt, VarId};
use crate::kinds::Types;
use crate::simplify::touches;

/// Runs the passes on a program that is about to be written.
pub(crate) fn arrange(program: &mut Program, types: &Types) {
    buffers::allocate_once(program);
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

/// Puts `let tape = Vec::new();` before the first statement of the program that uses one of the tapes or buffers, with room
/// for all that the forward sweep writes where that is known.
fn declare(program: &mut Program, tapes: &[VarId]) {
    let path = |name: &str| -> syn::Path {
        let name = proc_macro2::Ident::new(name, proc_macro2::Span::mixed_site());
        syn::parse_quote!(::differentiable::__private::#name)
    };
    let call = |func, args| Expr::Call { func, qself: None, args, ctor: false, tangent: false };
    let mut out = Vec::new();
    let mut left = tapes.to_vec();
    let mut stmts: std::collections::VecDeque<Stmt> = std::mem::take(&mut program.body.stmts).into();
    while let Some(stmt) = stmts.pop_front() {
        left.retain(|&tape| {
            if !touches(&stmt, tape) {
                return true;
            }
            // What is written and read in one statement is short, and grows once.
            let sizes = stmts.iter().any(|s| touches(s, tape)).then(|| entries(&stmt, tape)).flatten();
            let size = sizes.and_then(|sizes| {
                let count = |range| call(path("count"), vec![range]);
                sizes.into_iter().map(count).reduce(|a, b| Expr::binary(BinOp::Mul, a, b))
            });
            let value = match size {
                Some(size) => call(path("room"), vec![size]),
                None => call(syn::parse_quote!(::differentiable::__private::vec::Vec::new), Vec::new()),
            };
            out.push(Stmt::Let { var: tape, value });
            false
        });
        out.push(stmt);
    }
    program.body = Block { stmts: out, ..std::mem::take(&mut program.body) };
}

/// The ranges whose lengths multiply to the number of entries that a statement writes to a tape, where they are known
/// before it.
fn entries(stmt: &Stmt, tape: VarId) -> Option<Vec<Expr>> {
    fn ranges(stmt: &Stmt, tape: VarId) -> Option<Vec<Expr>> {
        let range = |lo: &Expr, hi: &Expr, inclusive| Expr::Range {
            lo: Some(Box::new(lo.clone())),
            hi: Some(Box::new(hi.clone())),
            inclusive,
        };
        match stmt {
            Stmt::Save { tape: own, lo, hi, .. } if *own == tape => Some(vec![range(lo, hi, false)]),
            Stmt::Loop(l) => {
                let Header::Range { lo, hi, inclusive, step: None, .. } = &l.header else { return None };
                if !l.exits.is_empty() {
                    return None;
                }
                let mut sizes = vec![range(lo, hi, *inclusive)];
                if l.tape.is_none_or(|t| t.var != tape) {
                    sizes.extend(ranges(l.body.stmts.iter().find(|s| touches(s, tape))?, tape)?);
                }
                Some(sizes)
            }
            _ => None,
        }
    }
    let sizes = ranges(stmt, tape)?;
    let mut own = HashSet::new();
    let mut note = |s: &Stmt| {
        own.extend(s.defines());
        s.blocks().into_iter().for_each(|b| own.extend(&b.loads));
        crate::simplify::each_write(s, &mut |v| {
            own.insert(v);
        });
    };
    note(stmt);
    stmt.blocks().into_iter().for_each(|b| b.walk(&mut note));
    let known = sizes.iter().all(|e| {
        let mut known = true;
        e.vars(&mut |v| known &= !own.contains(&v));
        known
    });
    known.then_some(sizes)
}
