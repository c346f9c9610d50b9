//! Slices: what a loop overwrites of a slice, element by element, is saved before the loop and restored around its mirror
//! as one slice.
//!
//! ```text
//! for i in lo..hi { old = a[i]; a[i] = …; tape.push(old) }        save(tape, a, lo..hi); for i in lo..hi { a[i] = …; }
//! for (i, old) in … .rev() { …; a[i] = old; … }              ⇒    restore(tape, a, lo..hi); for i in … .rev() { …; … }
//! ```

use super::writes;
use crate::ir::{BinOp, Expr, Header, Loop, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Kind};
use crate::simplify::touches;

/// Saves slices as wholes where elements are saved.
pub(super) fn save_whole(program: &mut Program) {
    let mut found = Vec::new();
    for (tape, pair) in super::pairs(program) {
        for &old in &pair.forward.body.saves {
            if let Some((slice, back)) = whole(program, pair.forward, pair.backward, old) {
                found.push((tape, old, slice, back));
            }
        }
    }
    found.sort_unstable_by_key(|(tape, old, ..)| (*tape, *old));
    let mut slices = Vec::new();
    for (tape, old, slice, back) in found {
        let own = program.fresh("tape", slice.place.span, Kind::Unknown, Role::Tape);
        slices.push(Saved { tape, own, old, slice, back });
    }
    if slices.is_empty() {
        return;
    }
    program.body.blocks_mut(&mut |block| {
        for mut stmt in std::mem::take(&mut block.stmts) {
            let mut after = Vec::new();
            if let Stmt::Loop(l) = &mut stmt
                && let Some(tape) = l.tape
            {
                for saved in slices.iter().filter(|s| s.tape == tape.var) {
                    saved.take_out(l, tape.write, &mut block.stmts, &mut after);
                }
            }
            block.stmts.push(stmt);
            block.stmts.append(&mut after);
        }
    });
    declare_and_drop(program, &slices);
}

fn declare_and_drop(program: &mut Program, slices: &[Saved]) {
    crate::tape::drop_empty(program);
    let own: Vec<VarId> = slices.iter().map(|s| s.own).collect();
    super::declare(program, &own);
}

/// A slice that a loop overwrites.
#[derive(Clone)]
struct Slice {
    /// What is indexed.
    place: Place,
    lo: Expr,
    hi: Expr,
}

struct Saved {
    /// The tape of the loop, of which `old` is a part, and the tape of the slice.
    tape: VarId,
    own: VarId,
    old: VarId,
    slice: Slice,
    /// The same in the backward sweep, and whether it is restored before the loop there.
    back: (Slice, bool),
}

impl Saved {
    fn take_out(&self, l: &mut Loop, write: bool, before: &mut Vec<Stmt>, after: &mut Vec<Stmt>) {
        let list = if write { &mut l.body.saves } else { &mut l.body.loads };
        list.retain(|v| *v != self.old);
        let old = self.old;
        if write {
            let Slice { place, lo, hi } = self.slice.clone();
            before.push(Stmt::Save { tape: self.own, slice: Expr::Place(place), lo, hi });
            for stmt in &mut l.body.stmts {
                if let Stmt::Replace { old: o, place, value } = stmt
                    && *o == old
                {
                    *stmt = Stmt::Assign { place: place.clone(), value: value.clone(), init: false };
                }
            }
            l.body.stmts.retain(|s| !matches!(s, Stmt::Let { var, .. } if *var == old));
        } else {
            let Slice { place, lo, hi } = self.back.0.clone();
            let stmts = if self.back.1 { before } else { after };
            stmts.push(Stmt::Restore { tape: self.own, place, lo, hi });
            l.body.stmts.retain(|s| !restores(s, old));
        }
    }
}

/// `a[i] = old`.
fn restores(stmt: &Stmt, old: VarId) -> bool {
    matches!(stmt, Stmt::Assign { value, init: false, .. } if value.as_var() == Some(old))
}

/// The slice of which `old` are the elements, in both sweeps.
fn whole(program: &Program, forward: &Loop, backward: &Loop, old: VarId) -> Option<(Slice, (Slice, bool))> {
    if !forward.exits.is_empty() || !backward.exits.is_empty() {
        return None;
    }
    // Forward: one statement overwrites elements of the slice, and one takes the old element.
    let stmts = &forward.body.stmts;
    let taken = stmts.iter().find_map(|s| match s {
        Stmt::Replace { old: o, place, .. } if *o == old => Some(place),
        Stmt::Let { var, value: Expr::Place(place) } if *var == old => Some(place),
        _ => None,
    })?;
    let writers: Vec<&Stmt> = stmts.iter().filter(|s| writes(s, taken.root)).collect();
    let [writer] = writers.as_slice() else { return None };
    let (Stmt::Replace { place: overwritten, .. }
    | Stmt::Assign { place: overwritten, .. }
    | Stmt::Update { place: overwritten, .. }) = writer
    else {
        return None;
    };
    if !overwritten.same(taken) || stmts.iter().filter(|s| mentions(s, old)).any(|s| !takes(s, old)) {
        return None;
    }
    // Backward: one statement restores it, and around that only the same element is read.
    let stmts = &backward.body.stmts;
    let at = stmts.iter().position(|s| restores(s, old))?;
    let Stmt::Assign { place: restored, .. } = &stmts[at] else { return None };
    if !restored.same(taken) || stmts.iter().enumerate().any(|(k, s)| k != at && mentions(s, old)) {
        return None;
    }
    let (mut before, mut after) = (false, false);
    for (k, stmt) in stmts.iter().enumerate().filter(|(k, _)| *k != at) {
        if writes(stmt, taken.root) || reads_elsewhere(stmt, restored) {
            return None;
        }
        *(if k < at { &mut before } else { &mut after }) |= touches(stmt, taken.root);
    }
    if before && after {
        return None;
    }
    let slice = slice(program, forward, taken)?;
    let back = self::slice(program, backward, restored)?;
    // What is read after it has been restored is the old element: then all are restored before the loop.
    Some((slice, (back, !before)))
}

fn mentions(stmt: &Stmt, v: VarId) -> bool {
    touches(stmt, v)
}

fn takes(stmt: &Stmt, old: VarId) -> bool {
    matches!(stmt, Stmt::Replace { old: v, .. } | Stmt::Let { var: v, .. } if *v == old)
}

/// Whether a statement reads of a variable something else than this element.
fn reads_elsewhere(stmt: &Stmt, element: &Place) -> bool {
    let mut elsewhere = false;
    let mut copy = stmt.clone();
    copy.parts_mut(&mut |e| e.places(&mut |p| elsewhere |= p.root == element.root && !p.same(element)), &mut |_| {});
    elsewhere || stmt.blocks().iter().any(|b| b.stmts.iter().any(|s| reads_elsewhere(s, element)))
}

/// The slice that a loop runs over with `place`, whose last step is an index.
fn slice(program: &Program, l: &Loop, place: &Place) -> Option<Slice> {
    let Header::Range { var, lo, hi, inclusive, step: None, .. } = &l.header else { return None };
    if !kinds::of_place(program, place).is_scalar() {
        return None;
    }
    let mut place = place.clone();
    let Some(Step::Index { at, range: false }) = place.path.pop() else { return None };
    if !matches!(kinds::of_place(program, &place).deref(), Kind::Seq(_)) {
        return None;
    }
    let hi = if *inclusive { Expr::binary(BinOp::Add, hi.clone(), Expr::int(1)) } else { hi.clone() };
    let (lo, hi) = match &*at {
        at if at.as_var() == Some(*var) => (lo.clone(), hi),
        Expr::Binary(BinOp::Add, a, b) => {
            let offset = match (a.as_var() == Some(*var), b.as_var() == Some(*var)) {
                (true, false) => b,
                (false, true) => a,
                _ => return None,
            };
            (plus(offset, lo), plus(offset, &hi))
        }
        _ => return None,
    };
    // All that it is reached by is the same in every iteration.
    let mut fixed = true;
    let defined = super::defined_in(l);
    let own = |v: VarId| defined.contains(v) || l.body.stmts.iter().any(|s| writes(s, v));
    let mut check = |e: &Expr| e.vars(&mut |v| fixed &= !own(v));
    check(&lo);
    check(&hi);
    place.clone().exprs_mut(&mut |e| check(e));
    fixed.then_some(Slice { place, lo, hi })
}

fn plus(offset: &Expr, bound: &Expr) -> Expr {
    match bound {
        Expr::Lit(syn::Lit::Int(zero)) if zero.base10_digits() == "0" => offset.clone(),
        _ => Expr::binary(BinOp::Add, offset.clone(), bound.clone()),
    }
}
