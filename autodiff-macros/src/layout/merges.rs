//! Merges: what a block adds to one element in several statements is added in one.
//!
//! ```text
//! d_u[i] += ct; d_v[i] += t; d_u[i] -= 2.0 * t;  ⇒  d_v[i] += t; d_u[i] += ct - 2.0 * t;
//! ```
//!
//! An element is read and written once then, and its bounds are checked once. What is added to an element that has just been
//! taken is what it becomes:
//!
//! ```text
//! let ct = d_u[i]; d_u[i] = 0.0; d_u[i] += x[i] * ct;  ⇒  let ct = d_u[i]; d_u[i] = x[i] * ct;
//! ```

use crate::fold;
use crate::ir::{Block, Expr, Place, Program, Role, Step, Stmt};
use crate::kinds::{self, Kind};

/// Adds in one statement what several add to one element of floats.
pub(super) fn additions(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    block(program, &mut body);
    program.body = body;
}

fn block(program: &Program, b: &mut Block) {
    for stmt in &mut b.stmts {
        stmt.blocks_mut().into_iter().for_each(|inner| block(program, inner));
    }
    let mut at = 0;
    while at < b.stmts.len() {
        if let Some(later) = addition(program, &b.stmts[at]).and_then(|(place, value)| next(&b.stmts, at, place, value))
        {
            let Stmt::Accumulate { value: first, .. } = b.stmts.remove(at) else { unreachable!("it adds") };
            let Stmt::Accumulate { value, .. } = &mut b.stmts[later - 1] else { unreachable!("it adds as well") };
            let second = std::mem::replace(value, Expr::Bool(false));
            *value = fold::plus(first, second);
            continue;
        }
        if let Some(place) = taken(program, &b.stmts[at])
            && let Some(later) = next(&b.stmts, at, place, &Expr::Bool(false))
        {
            let place = place.clone();
            let Stmt::Replace { old, .. } = b.stmts[at] else { unreachable!("it takes") };
            b.stmts[at] = Stmt::Let { var: old, value: Expr::Place(place.clone()) };
            let Stmt::Accumulate { value, .. } = &mut b.stmts[later] else { unreachable!("it adds") };
            let value = std::mem::replace(value, Expr::Bool(false));
            b.stmts[later] = Stmt::Assign { place, value, init: false };
        }
        at += 1;
    }
}

/// The element of floats to which a statement adds, and what.
fn addition<'a>(program: &Program, stmt: &'a Stmt) -> Option<(&'a Place, &'a Expr)> {
    match stmt {
        Stmt::Accumulate { place, value }
            if !place.path.is_empty() && matches!(kinds::of_place(program, place), Kind::Float(_)) =>
        {
            Some((place, value))
        }
        _ => None,
    }
}

/// The element of a float cotangent of the function's own that a statement takes and leaves at zero.
fn taken<'a>(program: &Program, stmt: &'a Stmt) -> Option<&'a Place> {
    let Stmt::Replace { place, value: Expr::Number(0.0, _), .. } = stmt else { return None };
    let slots = program.reverse.iter().flat_map(|r| r.adjoints.iter().flatten());
    let own = program.vars[place.root].role == Role::Adjoint && slots.copied().all(|slot| slot != place.root);
    let of_float = matches!(place.path.as_slice(), [Step::Index { range: false, .. }])
        && matches!(kinds::of_place(program, place), Kind::Float(_));
    (own && of_float).then_some(place)
}

/// The next statement that adds to the same element, if the first may wait until then: nobody reads the element before, and
/// nothing changes what is added.
fn next(stmts: &[Stmt], at: usize, place: &Place, value: &Expr) -> Option<usize> {
    for (k, stmt) in stmts.iter().enumerate().skip(at + 1) {
        let mut fine = true;
        let (other, more, adds) = match stmt {
            Stmt::Let { var, value: defined } => {
                place.clone().exprs_mut(&mut |e| fine &= !e.mentions(*var));
                if !fine || value.mentions(*var) || defined.mentions(place.root) {
                    return None;
                }
                continue;
            }
            Stmt::Accumulate { place, value } => (place, value, true),
            // A primal value is restored.
            Stmt::Assign { place, value, init: false } => (place, value, false),
            _ => return None,
        };
        place.clone().exprs_mut(&mut |e| fine &= !e.mentions(other.root));
        other.clone().exprs_mut(&mut |e| fine &= !e.mentions(place.root));
        if !fine || value.mentions(other.root) || more.mentions(place.root) || !adds && other.root == place.root {
            return None;
        }
        if other.same(place) {
            return Some(k);
        }
        // Additions to neighbours keep their order: another may make loads wait for stores that overlap them.
        if other.root == place.root {
            return None;
        }
    }
    None
}
