//! Operators on bits, `!` among them, of values whose type is not in sight: of integers they carry no derivative, but types of
//! the user's own may have them as products.
//!
//! In: a function in normal form. Out: the same, where generated code says of what such an operator gives that it carries no
//! derivative, so that a wrong guess is an error; and an error where one is assigned with.

use syn::parse_quote;

use crate::activity;
use crate::errors::Errors;
use crate::ir::{Expr, Program, Stmt};
use crate::kinds::{self, Kind, Types};
use crate::signature::Signature;
use crate::var_set::VarSet;

/// Says so where a derivative may flow into the operands, and from the value to a result.
pub(crate) fn claim(program: &mut Program, types: &Types, signature: &Signature, errors: &Errors) {
    if !any(program) {
        return;
    }
    let seeds = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable).map(|(q, _)| q.parts[0]);
    let varied = activity::varied(program, seeds);
    let useful = activity::useful(program);
    let mut body = std::mem::take(&mut program.body);
    body.walk_mut(&mut |s| match s {
        Stmt::Let { var, value } if is_of_bits(value) && useful.contains(*var) => {
            let operands = |e: &Expr| kinds::of_expr(program, types, e).deref() == &Kind::Unknown && carries(e, &varied);
            let mut doubtful = false;
            value.children(&mut |e| doubtful |= operands(e));
            if doubtful {
                let func = parse_quote!(::differentiable::__private::bits);
                let args = vec![std::mem::replace(value, Expr::Bool(false))];
                *value = Expr::Call { func, qself: None, args, ctor: false, tangent: false };
            }
        }
        Stmt::Update { place, op, .. }
            if op.is_of_bits()
                && varied.contains(place.root)
                && useful.contains(place.root)
                && kinds::of_place(program, place).deref() == &Kind::Unknown =>
        {
            errors.at(
                place.span,
                "an assignment with an operator on bits cannot be differentiated; if this is an integer, declare it with its type, and otherwise write a method",
            );
        }
        _ => {}
    });
    program.body = body;
}

fn any(program: &Program) -> bool {
    let mut found = false;
    program.body.walk(&mut |s| {
        found |= match s {
            Stmt::Let { value, .. } => is_of_bits(value),
            Stmt::Update { op, .. } => op.is_of_bits(),
            _ => false,
        };
    });
    found
}

fn is_of_bits(e: &Expr) -> bool {
    matches!(e, Expr::Not(_)) || matches!(e, Expr::Binary(op, ..) if op.is_of_bits())
}

/// Whether a derivative flows into an operand.
fn carries(e: &Expr, varied: &VarSet) -> bool {
    let mut found = false;
    activity::carriers(e, &mut |v| found |= varied.contains(v));
    found
}
