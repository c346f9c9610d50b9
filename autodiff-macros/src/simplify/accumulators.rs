//! Accumulators: a cotangent that begins as zero and is first added to in its own block begins as
//! what is added.

use crate::ir::{Expr, Program, Role, Stmt, VarId};

/// `let mut d = 0; …; d += e`  ⇒  `…; let mut d = e`. Tells whether anything changed.
pub(crate) fn merge(program: &mut Program) -> bool {
    let roles: Vec<Role> = program.vars.iter().map(|v| v.role).collect();
    let scalars: Vec<bool> = program.vars.iter().map(|v| v.kind.is_number()).collect();
    let mut changed = false;
    program.body.blocks_mut(&mut |block| {
        let mut i = 0;
        while i < block.stmts.len() {
            if scalars_combine(&mut block.stmts, i, &roles, &scalars) {
                changed = true;
                continue;
            }
            if let Some((var, at)) = first_addition(&block.stmts, i, &roles) {
                let value = match &block.stmts[at] {
                    Stmt::Accumulate { value, .. } | Stmt::Assign { value, .. } => value.clone(),
                    _ => unreachable!("an addition was found"),
                };
                block.stmts[at] = Stmt::Let { var, value };
                block.stmts.remove(i);
                changed = true;
            } else {
                i += 1;
            }
        }
    });
    changed
}

/// `let d = a; …; d += b`  ⇒  `…; let d = a + b`, and `p += a; p += b`  ⇒  `p += a + b`, where nothing
/// in between changes what `a` reads or mentions the accumulator.
fn scalars_combine(stmts: &mut Vec<Stmt>, i: usize, roles: &[Role], scalars: &[bool]) -> bool {
    let (var, first, place) = match &stmts[i] {
        Stmt::Let { var, value } if matches!(roles[*var], Role::Adjoint | Role::Tangent) && scalars[*var] => {
            if matches!(value, Expr::Zero(_)) {
                return false;
            }
            (*var, value.clone(), None)
        }
        Stmt::Accumulate { place, value } if place.path.is_empty() && scalars[place.root] => {
            (place.root, value.clone(), Some(place.clone()))
        }
        _ => return false,
    };
    let mut sources = Vec::new();
    first.vars(&mut |v| sources.push(v));
    for k in i + 1..stmts.len() {
        match &stmts[k] {
            Stmt::Accumulate { place: p, value } if p.root == var && p.path.is_empty() && !value.mentions(var) => {
                let sum = crate::fold::plus(first, value.clone());
                stmts[k] = match place {
                    Some(place) => Stmt::Accumulate { place, value: sum },
                    None => Stmt::Let { var, value: sum },
                };
                stmts.remove(i);
                return true;
            }
            other
                if touches(other, var)
                    || sources.iter().any(|s| super::writes(other, *s))
                    || matches!(other, Stmt::Turn) =>
            {
                return false;
            }
            _ => {}
        }
    }
    false
}

/// The first use of the accumulator that statement `i` declares, if it is a whole addition.
fn first_addition(stmts: &[Stmt], i: usize, roles: &[Role]) -> Option<(VarId, usize)> {
    let Stmt::Let { var, value: Expr::Zero(_) } = &stmts[i] else {
        return None;
    };
    if !matches!(roles[*var], Role::Adjoint | Role::Tangent) {
        return None;
    }
    for (k, stmt) in stmts.iter().enumerate().skip(i + 1) {
        match stmt {
            Stmt::Accumulate { place, value }
                if place.root == *var && place.path.is_empty() && !value.mentions(*var) =>
            {
                // A value in another container is added, not moved.
                return if matches!(value, Expr::Ref { .. }) { None } else { Some((*var, k)) };
            }
            Stmt::Assign { place, value, init: false }
                if place.root == *var && place.path.is_empty() && !value.mentions(*var) =>
            {
                // What is repeated needs the shape of the zero.
                let repeated = matches!(value, Expr::Method { name, .. } if name == "__spread");
                return if repeated { None } else { Some((*var, k)) };
            }
            other if touches(other, *var) => return None,
            _ => {}
        }
    }
    None
}

/// Whether a statement, or one inside it, mentions a variable.
pub(crate) fn touches(stmt: &Stmt, var: VarId) -> bool {
    let found = std::cell::Cell::new(false);
    stmt.uses(&mut |v| found.set(found.get() || v == var), &mut |v| {
        found.set(found.get() || v == var);
    });
    found.get()
        || stmt.defines().contains(&var)
        || stmt
            .blocks()
            .iter()
            .any(|b| b.loads.contains(&var) || b.saves.contains(&var) || b.stmts.iter().any(|s| touches(s, var)))
}
