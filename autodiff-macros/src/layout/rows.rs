//! Rows: the tape of a loop that runs a known number of times is a slice of numbers, which the loop writes and its mirror
//! reads by the loop's index.
//!
//! ```text
//! for i in 0..n { …; tape.push(t) }                          at_least(&mut tape, 0.0, n); for i in 0..n { …; tape[i] = t; }
//! for (i, t) in (0..n).rev().zip(last(&mut tape, …))      ⇒  for i in (0..n).rev() { let t = tape[i]; … }
//! ```
//!
//! That is so for a loop whose mirror stands in the same iteration of the loop around both: one run of it is read before the
//! next is written, so that the memory is that of the first run. What a loop saves besides has a slice of its own. A short
//! loop of literal length uses an array, and may be the only one. A long tape that is written once keeps growing at its end:
//! to fill it before it is written costs more than an index saves.

use proc_macro2::Span;

use super::sizes::Sizes;
use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Program, Role, Sequence, Step, Stmt, VarId};
use crate::kinds::{Float, Kind};
use crate::maps::HashMap;

/// The longest array that stands for a tape.
const SHORT: usize = 64;

/// Makes slices of tapes.
pub(super) fn index(program: &mut Program) {
    let mut homes = HashMap::default();
    let mut loops = 0;
    home(&program.body, None, &mut loops, &mut homes);
    let mut found: Vec<(VarId, Vec<VarId>, Option<usize>, Home)> = Vec::new();
    let sizes = Sizes::of(program);
    for (tape, pair) in super::pairs(program) {
        let counted = |l: &Loop| matches!(l.header, Header::Range { step: None, .. }) && l.exits.is_empty();
        let saves = &pair.forward.body.saves;
        let numbers = saves.iter().all(|v| blank(&program.vars[*v].kind).is_some());
        let free = Sizes::is_free(pair.forward) && Sizes::is_free(pair.backward);
        let sizes = free || sizes.counts(pair.forward) || sizes.counts(pair.backward);
        if !counted(pair.forward) || !counted(pair.backward) || saves.is_empty() || !numbers || !sizes {
            continue;
        }
        let home = match (homes[&(tape, true)], homes[&(tape, false)]) {
            (None, None) if literal(pair.forward).is_some() => Home::Program,
            (Some(write), Some(read)) if write == read => Home::Iteration,
            _ => continue,
        };
        found.push((tape, saves.clone(), literal(pair.forward), home));
    }
    found.sort_unstable_by_key(|(tape, ..)| *tape);
    let mut rows = HashMap::default();
    let mut declared = Vec::new();
    let mut arrays = HashMap::default();
    for (tape, saves, len, home) in found {
        let own: Vec<VarId> = saves.iter().map(|v| slice_of(program, *v, tape)).collect();
        if matches!(home, Home::Iteration) {
            declared.extend(&own);
            let arrays_of = own.iter().zip(&saves).filter_map(|(rows, v)| Some((*rows, array(program, *v, len?))));
            arrays.extend(arrays_of);
        }
        rows.insert(tape, (own, home));
    }
    if rows.is_empty() {
        return;
    }
    let mut body = std::mem::take(&mut program.body);
    rewrite(program, &mut body, &rows);
    program.body = body;
    super::declare(program, &declared);
    // Of a short loop, what is used again is an array.
    for stmt in &mut program.body.stmts {
        if let Stmt::Let { var, value } = stmt
            && let Some(array) = arrays.remove(var)
        {
            *value = array;
        }
    }
}

/// Where the slice is made.
#[derive(Clone, Copy)]
enum Home {
    /// Right before the loop.
    Program,
    /// Before the loop around it, which uses it again in each iteration.
    Iteration,
}

/// The loop around each loop that has a tape.
fn home(block: &Block, around: Option<usize>, loops: &mut usize, into: &mut HashMap<(VarId, bool), Option<usize>>) {
    for stmt in &block.stmts {
        let mut inside = around;
        if let Stmt::Loop(l) = stmt {
            if let Some(tape) = l.tape {
                into.insert((tape.var, tape.write), around);
            }
            *loops += 1;
            inside = Some(*loops);
        }
        stmt.blocks().into_iter().for_each(|b| home(b, inside, loops, into));
    }
}

/// What fills a slice of numbers of a kind before they are written.
fn blank(kind: &Kind) -> Option<Expr> {
    match kind {
        Kind::Float(float) => Some(Expr::Number(0.0, if *float == Float::Any { Float::F64 } else { float.clone() })),
        Kind::Int => Some(Expr::int(0)),
        Kind::Bool => Some(Expr::Bool(false)),
        _ => None,
    }
}

/// The number of iterations of a short loop of literal length.
fn literal(l: &Loop) -> Option<usize> {
    match &l.header {
        Header::Range { hi: Expr::Lit(syn::Lit::Int(n)), inclusive, .. } => {
            n.base10_parse().ok().map(|n: usize| n + usize::from(*inclusive)).filter(|n| *n <= SHORT)
        }
        _ => None,
    }
}

fn slice_of(program: &mut Program, v: VarId, tape: VarId) -> VarId {
    let (name, span) = (program.vars[tape].name.clone(), program.vars[v].span);
    let kind = Kind::Seq(Box::new(program.vars[v].kind.clone()));
    program.fresh(name, span, kind, Role::Tape)
}

fn rewrite(program: &Program, block: &mut Block, rows: &HashMap<VarId, (Vec<VarId>, Home)>) {
    for list in [&mut block.loads, &mut block.saves] {
        *list = list.iter().flat_map(|v| rows.get(v).map_or_else(|| vec![*v], |(own, _)| own.clone())).collect();
    }
    for mut stmt in std::mem::take(&mut block.stmts) {
        for inner in stmt.blocks_mut() {
            rewrite(program, inner, rows);
        }
        if let Stmt::Let { var, .. } = &stmt
            && rows.contains_key(var)
        {
            continue;
        }
        if let Stmt::Loop(l) = &mut stmt
            && let Some(tape) = l.tape
            && let Some((own, home)) = rows.get(&tape.var)
        {
            l.tape = None;
            if tape.write {
                let made = own.iter().zip(&l.body.saves).filter_map(|(rows, v)| make(program, *rows, *v, l, *home));
                block.stmts.extend(made);
                write(l, own);
            } else {
                read(l, own);
            }
        }
        block.stmts.push(stmt);
    }
}

/// Makes the slice, or makes it long enough.
fn make(program: &Program, rows: VarId, v: VarId, l: &Loop, home: Home) -> Option<Stmt> {
    let Header::Range { hi, inclusive, .. } = &l.header else { unreachable!("a loop over a range") };
    if let Some(len) = literal(l) {
        let value = array(program, v, len);
        return matches!(home, Home::Program).then_some(Stmt::Let { var: rows, value });
    }
    let value = blank(&program.vars[v].kind).expect("a number");
    let len = if *inclusive { Expr::binary(BinOp::Add, hi.clone(), Expr::int(1)) } else { hi.clone() };
    Some(Stmt::Refill { var: rows, value, len, keep: true })
}

/// An array for what a short loop saves of a variable.
fn array(program: &Program, v: VarId, len: usize) -> Expr {
    let value = blank(&program.vars[v].kind).expect("a number");
    Expr::Repeat { value: Box::new(value), len: Box::new(Expr::int(len)), sequence: Sequence::Array }
}

/// The element of a slice that belongs to an iteration.
fn element(rows: VarId, l: &Loop) -> Place {
    let Header::Range { var, .. } = l.header else { unreachable!("a loop over a range") };
    let span = Span::mixed_site();
    Place::var(rows, span).step(Step::Index { at: Box::new(Expr::var(var, span)), range: false })
}

fn write(l: &mut Loop, rows: &[VarId]) {
    for (v, rows) in std::mem::take(&mut l.body.saves).into_iter().zip(rows) {
        let value = Expr::var(v, Span::mixed_site());
        l.body.stmts.push(Stmt::Assign { place: element(*rows, l), value, init: false });
    }
}

fn read(l: &mut Loop, rows: &[VarId]) {
    let mut reads = Vec::new();
    for (v, rows) in std::mem::take(&mut l.body.loads).into_iter().zip(rows) {
        let value = Expr::Place(element(*rows, l));
        let mut uses = l.body.stmts.iter_mut().filter(|s| crate::simplify::touches(s, v));
        match (uses.next(), uses.next()) {
            // A variable that only receives what is read is that itself.
            (Some(Stmt::Let { value: only, .. }), None) if only.as_var() == Some(v) => *only = value,
            _ => reads.push(Stmt::Let { var: v, value }),
        }
    }
    l.body.stmts.splice(0..0, reads);
}
