//! Filled: a buffer that every iteration fills before it reads it is not cleared first.
//!
//! ```text
//! refill(&mut s, 0.0, n); for i in 0..n { s[i] = …; }  ⇒  at_least(&mut s, 0.0, n); for i in 0..n { s[i] = …; }
//! ```

use crate::ir::{Block, Expr, Header, Loop, Place, Program, Step, Stmt, VarId};
use crate::var_set::VarSet;
use crate::visit::same_index;

/// Leaves elements as they are that are written before they are read.
pub(super) fn keep_what_is_overwritten(program: &mut Program) {
    let mut lengths: Vec<(VarId, Expr)> = Vec::new();
    let mut changing = VarSet::new();
    let mut several = VarSet::new();
    program.body.walk(&mut |s| match s {
        Stmt::Let { .. } => {}
        Stmt::Refill { var, len, .. } => match lengths.iter().find(|(v, _)| v == var) {
            Some((_, known)) if !same_index(known, len) => {
                several.insert(*var);
            }
            Some(_) => {}
            None => lengths.push((*var, len.clone())),
        },
        other => {
            changing.unite(&super::made_in(other));
            if let Stmt::Loop(l) = other {
                changing.unite(&super::defined_in(l));
            }
        }
    });
    // The length is the same every time, so that the buffer never has elements to spare.
    lengths.retain(|(v, len)| {
        let mut fixed = !several.contains(*v) && !super::calls(len);
        len.vars(&mut |v| fixed &= !changing.contains(v));
        fixed
    });
    program.body.blocks_mut(&mut |block| {
        for (v, len) in &lengths {
            let made = block.stmts.iter().position(|s| matches!(s, Stmt::Refill { var, keep: false, .. } if var == v));
            if let Some(at) = made
                && is_filled(&block.stmts[at + 1..], *v, len)
                && let Stmt::Refill { keep, .. } = &mut block.stmts[at]
            {
                *keep = true;
            }
        }
    });
}

/// Whether the first statement that uses a vector is a loop that writes all of its elements, each before it is read.
fn is_filled(stmts: &[Stmt], v: VarId, len: &Expr) -> bool {
    let Some(Stmt::Loop(l)) = stmts.iter().find(|s| super::mentioned(s).contains(v)) else { return false };
    let Loop { header: Header::Range { var: index, lo, hi, inclusive: false, step: None, .. }, body, .. } = &**l else {
        return false;
    };
    let from_zero = matches!(lo, Expr::Lit(syn::Lit::Int(lo)) if lo.base10_digits() == "0");
    let is_own =
        |p: &Place| matches!(p.path.first(), Some(Step::Index { at, range: false }) if at.as_var() == Some(*index));
    let writes = |s: &Stmt| match s {
        Stmt::Assign { place, value, init: false } => {
            place.root == v && place.path.len() == 1 && is_own(place) && !value.mentions(v)
        }
        _ => false,
    };
    let first = body.stmts.iter().find(|s| super::mentioned(s).contains(v));
    from_zero
        && same_index(hi, len)
        && l.exits.is_empty()
        && l.plan.is_none()
        && first.is_some_and(writes)
        && only(body, v, &is_own)
}

/// Whether all places in a vector are some of its elements.
fn only(block: &Block, v: VarId, is_own: &dyn Fn(&Place) -> bool) -> bool {
    let mut fits = !block.saves.contains(&v) && !block.loads.contains(&v);
    block.walk(&mut |s| {
        s.clone().places_mut(&mut |p| fits &= p.root != v || is_own(p));
        fits &= !s.blocks().iter().any(|b| b.saves.contains(&v) || b.loads.contains(&v));
    });
    fits
}
