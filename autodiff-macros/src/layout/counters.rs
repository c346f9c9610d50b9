//! Counters: a variable that an iteration steps by one is the index of the loop plus what it was before the loop.
//!
//! ```text
//! for i in lo..hi { y[i] += a[k] * x; k += 1; }
//! ⇒  for i in lo..hi { y[i] += a[k + (i - lo)] * x; }  k += (lo..hi).len();
//! ```
//!
//! A backward loop counts down: `for i in (lo..hi).rev() { k -= 1; … }`. Then no iteration depends on the one before, and what is
//! indexed by the counter is cut like what is indexed by `i`.

use proc_macro2::Span;

use super::sizes::{Sizes, is_term};
use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Program, Step, Stmt, VarId};
use crate::kinds::Kind;
use crate::rules;

/// Takes the counters out of loops.
pub(super) fn by_index(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    let found = {
        program.body = body.clone();
        let sizes = Sizes::of(program);
        let mut found = Vec::new();
        body.walk(&mut |s| {
            if let Stmt::Loop(l) = s {
                found.push(counters(program, &sizes, l));
            }
        });
        found
    };
    rewrite(&mut body, &mut found.into_iter());
    program.body = body;
}

/// A counter of a loop, and the statement that steps it.
struct Counter {
    var: VarId,
    at: usize,
}

fn counters(program: &Program, sizes: &Sizes, l: &Loop) -> Vec<Counter> {
    let Header::Range { step: None, rev, .. } = &l.header else { return Vec::new() };
    let steps: Vec<Counter> = l
        .body
        .stmts
        .iter()
        .enumerate()
        .filter_map(|(at, s)| match s {
            Stmt::Update { place, op, value: Expr::Lit(syn::Lit::Int(one)) }
                if place.path.is_empty()
                    && *op == if *rev { BinOp::Sub } else { BinOp::Add }
                    && one.base10_digits() == "1"
                    && program.vars[place.root].kind == Kind::Int =>
            {
                Some(Counter { var: place.root, at })
            }
            _ => None,
        })
        .collect();
    if steps.is_empty() || !l.exits.is_empty() || l.plan.is_some() || !sizes.counts(l) || !super::keeps_bounds(l) {
        return Vec::new();
    }
    let sole = |counter: &Counter| {
        let (before, after) = (&l.body.stmts[..counter.at], &l.body.stmts[counter.at + 1..]);
        // The value of an iteration is that before the step, or, on the way back, that after it.
        let (unused, used) = if *rev { (before, after) } else { (after, before) };
        unused.iter().all(|s| !crate::simplify::touches(s, counter.var))
            && used.iter().all(|s| only_read(s, counter.var))
            && used.iter().any(|s| is_index(s, counter.var))
            && !l.body.loads.contains(&counter.var)
            && !l.body.saves.contains(&counter.var)
    };
    steps.into_iter().filter(sole).collect()
}

/// Whether a statement does nothing to a variable but read its value.
fn only_read(stmt: &Stmt, var: VarId) -> bool {
    let fine = std::cell::Cell::new(!super::writes(stmt, var));
    stmt.parts(&mut |e| fine.set(fine.get() && reads_value(e, var)), &mut |p| fine.set(fine.get() && p.root != var));
    fine.get()
        && stmt
            .blocks()
            .into_iter()
            .all(|b| !b.loads.contains(&var) && !b.saves.contains(&var) && b.stmts.iter().all(|s| only_read(s, var)))
}

fn reads_value(e: &Expr, var: VarId) -> bool {
    let mut fine = match e {
        Expr::Ref { of, .. } => of.as_var() != Some(var),
        Expr::Verbatim(..) => !e.mentions(var),
        _ => true,
    };
    e.children(&mut |child| fine &= reads_value(child, var));
    fine
}

/// Whether a statement indexes a sequence with a variable.
fn is_index(stmt: &Stmt, var: VarId) -> bool {
    let found = std::cell::Cell::new(false);
    let note = |p: &Place| {
        let index = |s: &Step| matches!(s, Step::Index { at, range: false } if is_term(at, var));
        found.set(found.get() || p.path.iter().any(index));
    };
    stmt.parts(&mut |e| e.places(&mut |p| note(p)), &mut |p| note(p));
    found.get() || stmt.blocks().into_iter().any(|b| b.stmts.iter().any(|s| is_index(s, var)))
}

fn rewrite(block: &mut Block, found: &mut dyn Iterator<Item = Vec<Counter>>) {
    for mut stmt in std::mem::take(&mut block.stmts) {
        let counters = if matches!(stmt, Stmt::Loop(_)) { found.next().unwrap_or_default() } else { Vec::new() };
        for inner in stmt.blocks_mut() {
            rewrite(inner, found);
        }
        let Stmt::Loop(l) = &mut stmt else {
            block.stmts.push(stmt);
            continue;
        };
        let Header::Range { var, lo, hi, inclusive, rev, .. } = l.header.clone() else {
            block.stmts.push(stmt);
            continue;
        };
        let mut after = Vec::new();
        for counter in counters.iter().rev() {
            l.body.stmts.remove(counter.at);
            let span = Span::mixed_site();
            let place = Place::var(counter.var, span);
            let index = Expr::var(var, span);
            let value = Expr::binary(BinOp::Add, Expr::Place(place.clone()), distance(index, &lo));
            l.body
                .walk_mut(&mut |s| s.parts_mut(&mut |e| crate::simplify::replace(e, counter.var, &value), &mut |_| {}));
            let hi = if inclusive { Expr::binary(BinOp::Add, hi.clone(), Expr::int(1)) } else { hi.clone() };
            let range = Expr::Range { lo: Some(Box::new(lo.clone())), hi: Some(Box::new(hi)), inclusive: false };
            let value = rules::method(range, "len", Vec::new());
            if rev {
                block.stmts.push(Stmt::Update { place, op: BinOp::Sub, value });
            } else {
                after.push(Stmt::Update { place, op: BinOp::Add, value });
            }
        }
        block.stmts.push(stmt);
        block.stmts.append(&mut after);
    }
}

/// How far an index is from where it began.
fn distance(index: Expr, lo: &Expr) -> Expr {
    match lo {
        Expr::Lit(syn::Lit::Int(zero)) if zero.base10_digits() == "0" => index,
        lo => Expr::binary(BinOp::Sub, index, lo.clone()),
    }
}
