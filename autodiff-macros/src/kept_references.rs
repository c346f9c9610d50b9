//! Refusals of `&mut` that values keep: in an array, a vector, a tuple, an option, or a variable that is `mut`, and of changes
//! through those that calls give. What is written through them would have to be followed.
//!
//! In: a function in normal form. Such references that have names, and those of literals that are iterated over, are gone by then.

use crate::errors::Errors;
use crate::ir::{Call, Edit, Expr, Passing, Place, Program, Step, Stmt};
use crate::var_set::VarSet;

/// Reports `&mut` that are or lie in values of variables.
pub(crate) fn refuse(program: &Program, errors: &Errors) {
    program.body.walk(&mut |s| {
        if !matches!(s, Stmt::Call(_)) {
            s.parts(&mut |e| look(e, errors), &mut |_| {});
        }
    });
}

/// Reports changes of what a call lends that is given a `&mut` itself: `let n = at(&mut v, i); *n += 1;`.
pub(crate) fn refuse_lent(program: &Program, errors: &Errors) {
    let mut lent = VarSet::new();
    let may_lend = |call: &Call, lent: &VarSet| {
        call.args.iter().any(|arg| {
            let part = arg.parts.first().and_then(Option::as_ref);
            let of = |e: &Expr| matches!(e, Expr::Place(place) if lent.contains(place.root));
            arg.passing == Passing::RefMut || part.is_some_and(of)
        })
    };
    program.body.walk(&mut |s| {
        let changed = match s {
            Stmt::Call(call) => {
                if may_lend(call, &lent) {
                    call.outs.iter().filter(|out| !program.vars[**out].mutable).for_each(|out| {
                        lent.insert(*out);
                    });
                }
                None
            }
            Stmt::Assign { place, .. } | Stmt::Replace { place, .. } | Stmt::Update { place, .. } => {
                Some(place).filter(|place| place.path.iter().any(|step| matches!(step, Step::Deref)))
            }
            Stmt::Edit(Edit::Push { place, .. }) => Some(place),
            _ => None,
        };
        let through = |place: &&Place| lent.contains(place.root);
        if let Some(place) = changed.filter(through) {
            errors.at(
                place.span,
                "what a call lends to be changed cannot be followed; let the call make the change itself, or give an index",
            );
        }
    });
}

fn look(e: &Expr, errors: &Errors) {
    match e {
        Expr::Verbatim(..) => {}
        Expr::Ref { mutable: true, of } => {
            if let Expr::Place(place) = &**of {
                errors.at(
                    place.span,
                    "a `&mut` that is kept, in an array, a vector, an option or a variable that is `mut`, cannot be differentiated: what is written through it would have to be followed; use a name for each of them, or indices",
                );
            }
        }
        e => e.children(&mut |child| look(child, errors)),
    }
}
