//! Accumulators: a cotangent that begins as zero and is first added to in its own block begins as
//! what is added.

use crate::ir::{Expr, Program, Role, Step, Stmt, VarId};
use crate::switches::Analysis;
use crate::var_set::VarSet;
use crate::{missing, variants};

use super::inline::each_write;
use super::positions::{Positions, close, take};

/// `let mut d = 0; …; d += e`  ⇒  `…; let mut d = e`, also where `e` is added to what an `Option` or a `Result` holds. Tells
/// whether anything changed.
pub(crate) fn merge(program: &mut Program) -> bool {
    if !Analysis::Adjoints.is_on() {
        return false;
    }
    // What is added to, or set to its first term.
    let mut candidates = false;
    program.body.walk(&mut |s| {
        candidates |= matches!(s, Stmt::Accumulate { place, .. } | Stmt::Assign { place, init: false, .. }
            if matches!(program.vars[place.root].role, Role::Adjoint | Role::Tangent)
                && (place.path.is_empty() || content_variant(&place.path).is_some())
                || place.path.is_empty() && program.vars[place.root].kind.is_number());
    });
    if !candidates {
        return false;
    }
    let roles: Vec<Role> = program.vars.iter().map(|v| v.role).collect();
    let scalars: Vec<bool> = program.vars.iter().map(|v| v.kind.is_number()).collect();
    let mut changed = false;
    let partial = missing::partial(program);
    let mut body = std::mem::take(&mut program.body);
    let mut positions = Positions::new(program.vars.len(), &body);
    body.blocks_mut(&mut |block| {
        positions.read(&block.stmts);
        let stmts = &mut block.stmts;
        let mut gaps = false;
        for i in 0..stmts.len() {
            if scalars_combine(stmts, i, &mut positions, &roles, &scalars) {
                gaps = true;
            } else if let Some((var, at)) = first_addition(stmts, i, &positions, &roles)
                && !is_lost(program, &partial, &stmts[at..], var)
            {
                let (Stmt::Accumulate { place, value } | Stmt::Assign { place, value, .. }) = take(&mut stmts[at])
                else {
                    unreachable!("an addition was found")
                };
                let value = match content_variant(&place.path) {
                    Some(variant) => variants::construct(variant.clone(), value),
                    None => value,
                };
                stmts[at] = Stmt::Let { var, value };
                take(&mut stmts[i]);
                gaps = true;
            }
        }
        if gaps {
            close(stmts);
            changed = true;
        }
    });
    program.body = body;
    changed
}

/// Whether the first addition is a part of a tangent that may be missing, which could hold nothing of what follows.
fn is_lost(program: &Program, partial: &VarSet, stmts: &[Stmt], var: VarId) -> bool {
    let [Stmt::Accumulate { value, .. } | Stmt::Assign { value, .. }, rest @ ..] = stmts else { return false };
    let mut changed = false;
    rest.iter().for_each(|s| each_write(s, &mut |v| changed |= v == var));
    changed && missing::is_whole_part(program, partial, value)
}

/// `let d = a; …; d += b`  ⇒  `…; let d = a + b`, and `p += a; p += b`  ⇒  `p += a + b`, where nothing
/// in between changes what `a` reads or mentions the accumulator.
fn scalars_combine(stmts: &mut [Stmt], i: usize, positions: &mut Positions, roles: &[Role], scalars: &[bool]) -> bool {
    let (var, first, place) = match &stmts[i] {
        Stmt::Let { var, value } if matches!(roles[*var], Role::Adjoint | Role::Tangent) && scalars[*var] => {
            if matches!(value, Expr::Zero(_)) {
                return false;
            }
            (*var, value, None)
        }
        Stmt::Accumulate { place, value } if place.path.is_empty() && scalars[place.root] => {
            (place.root, value, Some(place))
        }
        _ => return false,
    };
    let Some(k) = positions.next(var, i) else { return false };
    let second = match &stmts[k] {
        Stmt::Accumulate { place: p, value } if p.root == var && p.path.is_empty() && !value.mentions(var) => value,
        _ => return false,
    };
    let mut sources = Vec::new();
    first.vars(&mut |v| sources.push(v));
    if positions.turns_between(i, k) || sources.iter().any(|s| positions.writes_between(*s, i, k)) {
        return false;
    }
    let sum = crate::fold::plus(first.clone(), second.clone());
    stmts[k] = match place {
        Some(place) => Stmt::Accumulate { place: place.clone(), value: sum },
        None => Stmt::Let { var, value: sum },
    };
    take(&mut stmts[i]);
    sources.into_iter().for_each(|s| positions.touch(s, k));
    true
}

/// The first use of the accumulator that statement `i` declares, if it is a whole addition.
fn first_addition(stmts: &[Stmt], i: usize, positions: &Positions, roles: &[Role]) -> Option<(VarId, usize)> {
    let Stmt::Let { var, value: Expr::Zero(_) } = &stmts[i] else {
        return None;
    };
    if !matches!(roles[*var], Role::Adjoint | Role::Tangent) {
        return None;
    }
    let k = positions.next(*var, i)?;
    let whole = match &stmts[k] {
        // A value in another container is added, not moved.
        Stmt::Accumulate { place, value } => {
            place.root == *var
                && (place.path.is_empty() || content_variant(&place.path).is_some())
                && !value.mentions(*var)
                && !matches!(value, Expr::Ref { .. })
        }
        Stmt::Assign { place, value, init: false } => {
            // What is repeated needs the shape of the zero.
            let repeated = matches!(value, Expr::Method { name, .. } if name == "__spread");
            place.root == *var && place.path.is_empty() && !value.mentions(*var) && !repeated
        }
        _ => false,
    };
    whole.then_some((*var, k))
}

/// The variant, if a path leads to all that an `Option` or a `Result` holds.
fn content_variant(path: &[Step]) -> Option<&syn::Path> {
    match path {
        [Step::Payload { variant, .. }] if variants::is_standard(variant) => Some(variant),
        _ => None,
    }
}

/// Whether a statement, or one inside it, mentions a variable.
pub(crate) fn touches(stmt: &Stmt, var: VarId) -> bool {
    let mut found = false;
    each_touch(stmt, &mut |v| found |= v == var);
    found
}

/// Calls `f` on every variable that a statement, or one inside it, mentions.
pub(crate) fn each_touch(stmt: &Stmt, f: &mut dyn FnMut(VarId)) {
    let mut written = Vec::new();
    stmt.uses(f, &mut |v| written.push(v));
    written.into_iter().for_each(&mut *f);
    stmt.each_defined(f);
    for block in stmt.blocks() {
        block.loads.iter().chain(&block.saves).for_each(|v| f(*v));
        block.stmts.iter().for_each(|s| each_touch(s, f));
    }
}
