//! Copies: a generated name for a constant or for another variable that never changes gives way to it.

use crate::ir::{Expr, Passing, Program, Role, Stmt};

use crate::var_set::{VarMap, VarSet};

use super::inline::replace;

/// Propagates copies; tells whether anything changed.
pub(crate) fn propagate(program: &mut Program) -> bool {
    // Most programs have none.
    let mut candidates = false;
    program.body.walk(&mut |stmt| candidates |= is_copy(program, stmt));
    if !candidates {
        return false;
    }
    let mut pinned = VarSet::new();
    let mut defined = VarSet::new();
    let mut copies: VarMap<Expr> = VarMap::default();
    program.body.blocks_mut(&mut |b| pinned.extend(b.loads.iter().chain(&b.saves)));
    if let Some(reverse) = &program.reverse {
        pinned.extend(reverse.adjoints.iter().flatten());
    }
    program.body.walk(&mut |stmt| {
        stmt.uses(&mut |_| {}, &mut |v| {
            pinned.insert(v);
        });
        match stmt {
            Stmt::Call(call) => pin_references(
                call.args.iter().filter(|a| a.passing != Passing::Value).flat_map(|a| &a.parts),
                &mut pinned,
            ),
            Stmt::Pull(pull) => {
                pin_references(pull.args.iter().flat_map(|a| &a.parts), &mut pinned);
                pinned.extend(&pull.values);
            }
            Stmt::Declare(v) => {
                pinned.insert(*v);
            }
            // A variable that the backward sweep defines anew has two values.
            Stmt::Let { var, .. } if !defined.insert(*var) => {
                pinned.insert(*var);
            }
            _ => {}
        }
    });
    // What is indexed has to stay, even where that makes no sense to the types.
    let mut indexed = VarSet::new();
    program.body.walk(&mut |stmt| stmt.parts(&mut |e| find_indexed(e, &mut indexed), &mut |_| {}));
    program.value.iter().for_each(|e| find_indexed(e, &mut indexed));
    let params: VarSet = program.params.iter().flat_map(|p| p.parts.clone()).collect();
    program.body.walk(&mut |stmt| {
        if let Stmt::Let { var, value } = stmt {
            if pinned.contains(*var) || !is_copy(program, stmt) {
                return;
            }
            let constant = matches!(value, Expr::Number(..) | Expr::Bool(_) | Expr::Lit(_));
            // The backward sweep may outlive what the forward sweep reads, but not its parameters.
            let stable = value.as_var().is_some_and(|w| !pinned.contains(w) && !params.contains(w));
            if constant && !indexed.contains(*var) || stable {
                copies.insert(*var, value.clone());
            }
        }
    });
    if copies.is_empty() {
        return false;
    }
    // Resolve chains of copies first.
    let longest = copies.values().count();
    let resolved: VarMap<Expr> = copies
        .iter()
        .map(|(v, e)| {
            let mut e = e.clone();
            for _ in 0..longest {
                match e.as_var().and_then(|w| copies.get(w)) {
                    Some(next) => e = next.clone(),
                    None => break,
                }
            }
            (v, e)
        })
        .collect();
    let mut subst = |e: &mut Expr| {
        let mut used = Vec::new();
        e.vars(&mut |v| used.push(v));
        for v in used {
            if let Some(value) = resolved.get(v) {
                replace(e, v, value);
            }
        }
    };
    program.body.walk_mut(&mut |stmt| stmt.parts_mut(&mut subst, &mut |_| {}));
    for e in &mut program.value {
        subst(e);
    }
    program.body.blocks_mut(&mut |b| {
        b.stmts.retain(|s| !matches!(s, Stmt::Let { var, .. } if resolved.contains(*var)));
    });
    true
}

/// Whether a statement gives a scalar, which the user has not named, a constant or a variable.
fn is_copy(program: &Program, stmt: &Stmt) -> bool {
    let Stmt::Let { var, value } = stmt else { return false };
    let copied = matches!(value, Expr::Number(..) | Expr::Bool(_) | Expr::Lit(_)) || value.as_var().is_some();
    copied && program.vars[*var].role != Role::User && program.vars[*var].kind.is_scalar()
}

/// The variables whose elements or fields are read.
fn find_indexed(e: &Expr, found: &mut VarSet) {
    if let Expr::Place(place) = e
        && !place.path.is_empty()
    {
        found.insert(place.root);
    }
    e.children(&mut |part| find_indexed(part, found));
}

fn pin_references<'a>(parts: impl Iterator<Item = &'a Option<Expr>>, pinned: &mut VarSet) {
    for e in parts.flatten() {
        if let Expr::Place(p) = e {
            pinned.insert(p.root);
        }
    }
}
