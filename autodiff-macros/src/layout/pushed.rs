//! Vectors that a counted loop fills: room for all that it pushes is made at once.
//!
//! ```text
//! let mut v = Vec::new(); for i in 0..n { …; v.push(x); }
//! ⇒  let mut v = room(iterations(0..n)); for i in 0..n { …; v.push(x); }
//! ```
//!
//! What `collect` gives is filled by such a loop, too.

use super::{calls, range, room};
use crate::ir::{Block, Edit, Expr, Header, Program, Sequence, Stmt, VarId};
use crate::switches::Analysis;

/// Makes room in all vectors that begin empty and are then filled by a loop whose iterations are known.
pub(crate) fn make_room(program: &mut Program) {
    if !Analysis::Room.is_on() {
        return;
    }
    program.body.blocks_mut(&mut |block| {
        for at in (0..block.stmts.len()).rev() {
            if let Some((before, value)) = filled(block, at)
                && let Stmt::Let { var, .. } = block.stmts.remove(at)
            {
                block.stmts.insert(before - 1, Stmt::Let { var, value });
            }
        }
    });
}

/// An empty vector with room for what is pushed to the one that a statement makes, and the loop that pushes, before which it
/// can be made as well.
fn filled(block: &Block, at: usize) -> Option<(usize, Expr)> {
    let Stmt::Let { var, value } = &block.stmts[at] else { return None };
    let mentions = |s: &Stmt| is_empty(value) && super::mentioned(s).contains(*var);
    let first = at + 1 + block.stmts[at + 1..].iter().position(mentions)?;
    let Stmt::Loop(l) = &block.stmts[first] else { return None };
    let Header::Range { lo, hi, inclusive, step: None, .. } = &l.header else { return None };
    let pushes = l.body.stmts.iter().filter(|s| is_push(s, *var)).count();
    let counted = !calls(lo) && !calls(hi) && !lo.mentions(*var) && !hi.mentions(*var);
    let value =
        (pushes == 1 && l.exits.is_empty() && counted).then(|| room([range(lo, hi, *inclusive)].into_iter()))?;
    Some((first, value?))
}

/// `vec![]`, or `Vec::new()`, whose elements have the type of what is pushed.
fn is_empty(value: &Expr) -> bool {
    match value {
        Expr::Array(values, Sequence::Vec) => values.is_empty(),
        Expr::Call { func, qself: None, args, .. } => {
            let mut names = func.segments.iter().rev();
            args.is_empty()
                && names.next().is_some_and(|s| s.ident == "new")
                && names.next().is_some_and(|s| s.ident == "Vec" && s.arguments.is_none())
        }
        _ => false,
    }
}

fn is_push(stmt: &Stmt, to: VarId) -> bool {
    matches!(stmt, Stmt::Edit(Edit::Push { place, .. }) if place.root == to && place.path.is_empty())
}
