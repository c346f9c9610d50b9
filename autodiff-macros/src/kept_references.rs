//! Refusals of `&mut` that values keep: in an array, a vector, a tuple, an option, or a variable that is `mut`. What is written
//! through them would have to be followed.
//!
//! In: a function in normal form. Such references that have names, and those of literals that are iterated over, are gone by then.

use crate::errors::Errors;
use crate::ir::{Expr, Program, Stmt};

/// Reports `&mut` that are or lie in values of variables.
pub(crate) fn refuse(program: &Program, errors: &Errors) {
    program.body.walk(&mut |s| {
        if !matches!(s, Stmt::Call(_)) {
            s.parts(&mut |e| look(e, errors), &mut |_| {});
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
