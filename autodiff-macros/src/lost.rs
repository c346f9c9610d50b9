//! Refusals of what would lose a derivative without a word: a closure that is handed to a function, and
//! the error of a `Result`.
//!
//! In: a function in normal form. Out: errors at the calls and constructors.

use std::collections::HashSet;

use crate::activity;
use crate::errors::Errors;
use crate::ir::{Expr, Program, Stmt, VarId};
use crate::kinds::{self, Types};
use crate::signature::Signature;
use crate::variants;

/// Reports what a derivative flows into and does not come out of.
pub(crate) fn refuse(program: &Program, types: &Types, signature: &Signature, errors: &Errors) {
    let seeds = program.params.iter().zip(&signature.params).filter(|(_, p)| p.differentiable).map(|(q, _)| q.parts[0]);
    let varied = activity::varied(program, seeds);
    let useful = activity::useful(program);
    program.body.walk(&mut |s| match s {
        Stmt::Call(call) if call.outs.iter().any(|o| useful.contains(o)) => {
            let closures = call.args.iter().flat_map(|a| &a.parts).flatten().filter(|e| matches!(e, Expr::Verbatim(..)));
            if let Some(v) = closures.into_iter().find_map(|e| captured(e, &varied)) {
                errors.at(
                    call.span,
                    format!(
                        "a closure that is passed to a function cannot carry the derivative of `{}`; pass that as an argument of its own, call the closure here, or wrap it in `stop_gradient`",
                        program.vars[v].name
                    ),
                );
            }
        }
        Stmt::Let { var, value: Expr::Call { func, args, ctor: true, .. } }
            if variants::is_named(func, "Err")
                && useful.contains(var)
                && args.iter().any(|e| carried(e, &varied).is_some()) =>
        {
            errors.at(
                program.vars[*var].span,
                "an error carries no derivative; give the value back in an enum of your own, or wrap it in `stop_gradient`",
            );
        }
        Stmt::Let { var, value: Expr::Method { recv, name, args, .. } }
            if useful.contains(var)
                && !program.vars[*var].kind.is_constant()
                && kinds::of_expr(program, types, recv).deref().is_constant() =>
        {
            if let Some(v) = args.iter().find_map(|e| captured(e, &varied)) {
                errors.at(
                    program.vars[*var].span,
                    format!(
                        "`{name}` of a value without derivative cannot carry that of `{}`; write what it does out, or wrap the argument in `stop_gradient`",
                        program.vars[v].name
                    ),
                );
            }
        }
        _ => {}
    });
}

/// A variable with a derivative that flows into the value of an expression.
fn carried(e: &Expr, varied: &HashSet<VarId>) -> Option<VarId> {
    let mut found = None;
    activity::carriers(e, &mut |v| found = found.or(varied.contains(&v).then_some(v)));
    found
}

/// A variable with a derivative that kept code uses, also through a closure that it calls.
fn captured(e: &Expr, varied: &HashSet<VarId>) -> Option<VarId> {
    match e {
        Expr::Verbatim(_, captures) => captures.iter().find_map(|(_, e)| captured(e, varied)),
        other => carried(other, varied),
    }
}
