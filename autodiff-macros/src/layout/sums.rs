//! Sums: what every iteration of a loop adds to one element is added up in a variable, and to the element after the loop.
//!
//! ```text
//! for i in lo..hi { d_x[k] += a[i] * ct[i]; }  ⇒  let mut sum = 0.0; for i in lo..hi { sum += a[i] * ct[i]; } if lo < hi { d_x[k] += sum; }
//! ```
//!
//! A variable stays in a register, where an element would be read from memory and written back in each iteration.

use proc_macro2::Span;

use crate::ir::{BinOp, Block, Expr, Header, Loop, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{self, Float, Kind};

/// Adds up in variables what loops add to one element.
pub(super) fn in_variables(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    block(program, &mut body);
    program.body = body;
}

fn block(program: &mut Program, b: &mut Block) {
    for mut stmt in std::mem::take(&mut b.stmts) {
        for inner in stmt.blocks_mut() {
            block(program, inner);
        }
        let Stmt::Loop(l) = &mut stmt else {
            b.stmts.push(stmt);
            continue;
        };
        let mut after = Vec::new();
        for place in elements(program, l) {
            let kind = kinds::of_place(program, &place);
            let Kind::Float(float) = kind.clone() else { continue };
            let name = format!("{}_sum", program.vars[place.root].name);
            let sum = program.fresh(name, place.span, kind, Role::Adjoint);
            let float = if float == Float::Any { Float::F64 } else { float };
            b.stmts.push(Stmt::Let { var: sum, value: Expr::Number(0.0, float) });
            l.body.walk_mut(&mut |s| {
                if let Stmt::Accumulate { place: p, .. } = s
                    && p.same(&place)
                {
                    *p = Place::var(sum, place.span);
                }
            });
            let add = Stmt::Accumulate { place: place.clone(), value: Expr::var(sum, place.span) };
            after.push(if b.stmts.iter().any(|s| is_there(s, &place)) { add } else { if_any(l, add) });
        }
        b.stmts.push(stmt);
        b.stmts.append(&mut after);
    }
}

/// The elements to which a loop only adds, and that are the same in every iteration.
fn elements(program: &Program, l: &Loop) -> Vec<Place> {
    if !matches!(l.header, Header::Range { .. }) {
        return Vec::new();
    }
    if l.plan.is_some() || !adds(&l.body) || !super::keeps_bounds(l) {
        return Vec::new();
    }
    let mut places: Vec<Place> = Vec::new();
    let mut others: Vec<Place> = Vec::new();
    l.body.stmts.iter().for_each(|s| collect(s, &mut places, &mut others));
    let defined = super::defined_in(l);
    let mut own = defined.clone();
    l.body.stmts.iter().for_each(|s| {
        own.unite(&super::made_in(s));
    });
    places.retain(|place| {
        let mut fixed = place.path.iter().any(|s| matches!(s, Step::Index { range: false, .. }))
            && place.path.iter().all(|s| matches!(s, Step::Field(_) | Step::Index { .. } | Step::Deref))
            && !defined.contains(place.root)
            && matches!(kinds::of_place(program, place), Kind::Float(_));
        place.clone().exprs_mut(&mut |e| {
            fixed &= !super::calls(e);
            e.vars(&mut |v| fixed &= !own.contains(v));
        });
        fixed && others.iter().all(|p| p.is_apart(place))
    });
    let all = places.clone();
    places.retain(|p| all.iter().all(|q| q.same(p) || q.is_apart(p)));
    places
}

/// Whether a block adds to an element.
fn adds(block: &Block) -> bool {
    block.stmts.iter().any(|s| match s {
        Stmt::Accumulate { place, .. } => !place.path.is_empty(),
        other => other.blocks().into_iter().any(adds),
    })
}

/// The places to which a statement adds, and all that it uses besides.
fn collect(stmt: &Stmt, places: &mut Vec<Place>, others: &mut Vec<Place>) {
    match stmt {
        Stmt::Accumulate { place, value } => {
            if !places.iter().any(|p| p.same(place)) {
                places.push(place.clone());
            }
            value.places(&mut |p| others.push(p.clone()));
            place.clone().exprs_mut(&mut |e| e.places(&mut |p| others.push(p.clone())));
        }
        other => {
            let others = std::cell::RefCell::new(&mut *others);
            let note = |p: &Place| others.borrow_mut().push(p.clone());
            other.parts(&mut |e| e.places(&mut |p| note(p)), &mut |p| note(p));
            let variable = |v: VarId| note(&Place::var(v, Span::mixed_site()));
            other.uses(&mut |v| variable(v), &mut |v| variable(v));
        }
    }
    for inner in stmt.blocks() {
        inner.loads.iter().chain(&inner.saves).for_each(|v| others.push(Place::var(*v, Span::mixed_site())));
        inner.stmts.iter().for_each(|s| collect(s, places, others));
    }
}

/// Whether a statement has used the element, so that it is there.
fn is_there(stmt: &Stmt, place: &Place) -> bool {
    let mut found = false;
    if !matches!(stmt, Stmt::Accumulate { .. } | Stmt::Pull(_)) {
        stmt.clone().places_mut(&mut |p| found |= p.same(place));
    }
    found
}

/// The element need not be there if the loop has no iteration.
fn if_any(l: &Loop, add: Stmt) -> Stmt {
    let Header::Range { lo, hi, inclusive, .. } = &l.header else { unreachable!("a loop over a range") };
    let op = if *inclusive { BinOp::Le } else { BinOp::Lt };
    Stmt::If {
        cond: Expr::binary(op, lo.clone(), hi.clone()),
        then: Block { stmts: vec![add], ..Block::default() },
        els: Block::default(),
        tape: None,
    }
}
