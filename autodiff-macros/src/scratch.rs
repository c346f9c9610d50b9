//! Scratch: a buffer that each iteration of a loop fills anew is a variable of the iteration.
//!
//! In: a program in normal form. Out: one with the same values, in which the declaration of such a buffer stands in the
//! innermost loop that contains all its uses:
//!
//! ```text
//! let mut s = vec![0.0; n];                     for point in points {
//! for point in points {                             let mut s = vec![0.0; n];
//!     for j in 0..n { s[j] = …; }          ⇒        for j in 0..n { s[j] = …; }
//!     … s …                                         … s …
//! }                                             }
//! ```
//!
//! Nothing is carried from one iteration to the next then, neither the buffer nor its cotangent, so that nothing of the
//! old contents is saved and the sweeps of the loop can be fused. [`crate::layout`] allocates the buffer once.

use crate::ir::{Block, Edit, Expr, Header, Passing, Place, Program, Sequence, Step, Stmt, VarId};
use crate::simplify::touches;
use crate::visit::same_index;

/// Moves the declarations of buffers to where they are used.
pub(crate) fn localise(program: &mut Program) {
    let mut body = std::mem::take(&mut program.body);
    let mut buffers = Vec::new();
    body.walk(&mut |s| {
        if let Stmt::Let { var, value: Expr::Repeat { value, len, sequence: Sequence::Vec } } = s
            && matches!(**value, Expr::Lit(_))
        {
            buffers.push((*var, (**len).clone()));
        }
    });
    buffers.retain(|(v, len)| {
        !program.value.iter().any(|e| e.mentions(*v)) && is_stable(&body, len) && keeps_length(&body, *v)
    });
    for (var, len) in &buffers {
        measure(&mut body, *var, len);
        body.blocks_mut(&mut |block| {
            if let Some(at) = block.stmts.iter().position(|s| matches!(s, Stmt::Let { var: v, .. } if v == var))
                && let Some(path) = way(block, at, *var, len)
            {
                relocate(block, at, &path);
            }
        });
    }
    program.body = body;
}

/// Whether an expression is a literal or a variable that never changes.
fn is_stable(body: &Block, len: &Expr) -> bool {
    match len {
        Expr::Lit(_) => true,
        Expr::Place(place) if place.path.is_empty() => {
            let mut stable = true;
            body.walk(&mut |s| s.uses(&mut |_| {}, &mut |v| stable &= v != place.root));
            stable
        }
        _ => false,
    }
}

/// Whether a vector is only read, indexed and lent as a slice.
fn keeps_length(body: &Block, var: VarId) -> bool {
    let mut keeps = true;
    body.walk(&mut |s| {
        keeps &= match s {
            Stmt::Edit(Edit::Push { place, .. } | Edit::Pop { place, .. }) => place.root != var,
            Stmt::Edit(Edit::Exchange(a, b)) => a.root != var && b.root != var,
            Stmt::Assign { place, .. } | Stmt::Replace { place, .. } => place.root != var || !place.path.is_empty(),
            // A callee that is given the vector may change its length.
            Stmt::Call(call) => !call.args.iter().any(|a| {
                let whole = |e: &Expr| matches!(e, Expr::Place(p) if p.root == var && p.path.is_empty());
                a.passing != Passing::Ref && a.parts.iter().flatten().any(whole)
            }),
            Stmt::Let { value, .. } => !moves(value, var),
            _ => true,
        };
    });
    keeps
}

/// Whether an expression moves a variable, or borrows it mutably as a whole.
fn moves(e: &Expr, var: VarId) -> bool {
    match e {
        Expr::Place(place) => place.root == var && place.path.is_empty(),
        Expr::Ref { mutable: false, .. } | Expr::Method { .. } => false,
        other => {
            let mut found = false;
            other.children(&mut |child| found |= moves(child, var));
            found
        }
    }
}

/// Writes the length where it is asked for.
fn measure(body: &mut Block, var: VarId, len: &Expr) {
    fn replace(e: &mut Expr, var: VarId, len: &Expr) {
        if let Expr::Method { recv, name, .. } = e
            && name == "len"
            && recv.as_var() == Some(var)
        {
            *e = len.clone();
            return;
        }
        e.children_mut(&mut |child| replace(child, var, len));
    }
    body.walk_mut(&mut |s| s.parts_mut(&mut |e| replace(e, var, len), &mut |_| {}));
}

/// The way from a declaration to the innermost loop that contains all uses and fills the buffer before it uses it otherwise:
/// the positions of the loops, outermost first.
fn way(block: &Block, at: usize, var: VarId, len: &Expr) -> Option<Vec<usize>> {
    let (mut now, mut from) = (block, at + 1);
    let mut path = Vec::new();
    let mut found = None;
    loop {
        let uses: Vec<usize> = (from..now.stmts.len()).filter(|k| touches(&now.stmts[*k], var)).collect();
        if !path.is_empty() && uses.first().is_some_and(|k| fills(&now.stmts[*k], var, len)) {
            found = Some(path.clone());
        }
        let [only] = uses.as_slice() else { return found };
        let Stmt::Loop(l) = &now.stmts[*only] else { return found };
        if l.plan.is_some() || fills(&now.stmts[*only], var, len) && found.is_some() {
            return found;
        }
        path.push(*only);
        (now, from) = (&l.body, 0);
    }
}

/// Whether a statement gives every element a value, and mentions the buffer in no other way.
fn fills(stmt: &Stmt, var: VarId, len: &Expr) -> bool {
    let Stmt::Loop(l) = stmt else { return false };
    let Header::Range { var: index, lo, hi, inclusive: false, step: None, .. } = &l.header else { return false };
    let zero = matches!(lo, Expr::Lit(syn::Lit::Int(n)) if n.base10_digits() == "0");
    if !zero || !same_index(hi, len) || !l.exits.is_empty() || l.plan.is_some() {
        return false;
    }
    let uses: Vec<&Stmt> = l.body.stmts.iter().filter(|s| touches(s, var)).collect();
    let [Stmt::Assign { place, value, init: false }] = uses.as_slice() else { return false };
    let element = |place: &Place| matches!(place.path.as_slice(), [Step::Index { at, range: false }] if at.as_var() == Some(*index));
    element(place) && !value.mentions(var)
}

/// Moves a declaration to the beginning of the loop at the end of a way.
fn relocate(block: &mut Block, at: usize, way: &[usize]) {
    let declaration = block.stmts.remove(at);
    let mut now = block;
    for (depth, k) in way.iter().enumerate() {
        // The first loop has moved up by the declaration.
        let Stmt::Loop(l) = &mut now.stmts[if depth == 0 { k - 1 } else { *k }] else {
            unreachable!("the way leads through loops")
        };
        now = &mut l.body;
    }
    now.stmts.insert(0, declaration);
}
