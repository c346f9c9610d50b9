//! Merges: what a block adds to one element in several statements is added in one.
//!
//! ```text
//! d_u[i] += ct; d_v[i] += t; d_u[i] -= 2.0 * t;  ⇒  d_v[i] += t; d_u[i] += ct - 2.0 * t;
//! ```
//!
//! An element is read and written once then, and its bounds are checked once.

use crate::fold;
use crate::ir::{Block, Expr, Place, Program, Stmt};
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
        } else {
            at += 1;
        }
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

/// The next statement that adds to the same element, if the first may wait until then: nobody reads the element before, and
/// nothing changes what is added.
fn next(stmts: &[Stmt], at: usize, place: &Place, value: &Expr) -> Option<usize> {
    for (k, stmt) in stmts.iter().enumerate().skip(at + 1) {
        let mut fine = true;
        let Stmt::Accumulate { place: other, value: more } = stmt else {
            // Only definitions stand between.
            let Stmt::Let { var, value: defined } = stmt else { return None };
            place.clone().exprs_mut(&mut |e| fine &= !e.mentions(*var));
            if !fine || value.mentions(*var) || defined.mentions(place.root) {
                return None;
            }
            continue;
        };
        place.clone().exprs_mut(&mut |e| fine &= !e.mentions(other.root));
        if !fine || value.mentions(other.root) || more.mentions(place.root) {
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
