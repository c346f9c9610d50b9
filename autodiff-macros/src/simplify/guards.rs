//! Guards: an infinite partial derivative of a value that no taken branch has used must not turn the
//! zero cotangent of that value into a NaN.
//!
//! In: a finished backward sweep. Out: the same, in which a term that may be singular (a quotient, a
//! root, a logarithm) and whose cotangent was added to in branches only counts if that is not zero:
//! `d_x += 0.5 / a * d_a`  ⇒  `d_x += if d_a != 0.0 { 0.5 / a * d_a } else { 0.0 }`.

use std::collections::HashSet;

use crate::ir::{BinOp, Block, Expr, Program, Role, Stmt, VarId};
use crate::kinds::{Float, Kind};

/// Guards the singular terms of a program.
pub(crate) fn singular_terms(program: &mut Program) {
    let scalars: Vec<Option<Float>> = program
        .vars
        .iter()
        .map(|v| match (v.role, &v.kind) {
            (Role::Adjoint | Role::Tangent, Kind::Float(float)) => Some(float.clone()),
            _ => None,
        })
        .collect();
    program.body.blocks_mut(&mut |block| guard_block(block, &scalars));
}

fn guard_block(block: &mut Block, scalars: &[Option<Float>]) {
    let mut conditional: HashSet<VarId> = HashSet::new();
    for stmt in &mut block.stmts {
        match stmt {
            Stmt::Let { var, value: Expr::Zero(_) | Expr::Number(..) } if scalars[*var].is_some() => {
                conditional.insert(*var);
            }
            Stmt::Let { value, .. } => guard(value, &conditional, scalars),
            Stmt::Accumulate { place, value } => {
                guard(value, &conditional, scalars);
                // An addition that always happens makes the cotangent an ordinary one.
                if place.path.is_empty() {
                    conditional.remove(&place.root);
                }
            }
            Stmt::Loop(_) => {
                // A loop adds to a cotangent whatever its branches do.
                conditional.retain(|v| !super::touches(stmt, *v));
            }
            _ => {}
        }
    }
}

fn guard(value: &mut Expr, conditional: &HashSet<VarId>, scalars: &[Option<Float>]) {
    let mut vars: Vec<VarId> = Vec::new();
    value.vars(&mut |v| {
        if conditional.contains(&v) && !vars.contains(&v) {
            vars.push(v);
        }
    });
    if vars.is_empty() || !is_singular(value) {
        return;
    }
    let span = proc_macro2::Span::mixed_site();
    let float = scalars[vars[0]].clone().expect("conditional cotangents are floats");
    let zero = || Expr::Number(0.0, float.clone());
    let used = vars
        .into_iter()
        .map(|v| Expr::binary(BinOp::Ne, Expr::var(v, span), zero()))
        .reduce(|a, b| Expr::binary(BinOp::Or, a, b))
        .expect("a variable was found");
    let term = std::mem::replace(value, zero());
    *value = Expr::Select(Box::new(used), Box::new(term), Box::new(zero()));
}

/// Whether an expression can be infinite for finite arguments.
fn is_singular(e: &Expr) -> bool {
    match e {
        Expr::Binary(BinOp::Div | BinOp::Rem, ..) => true,
        Expr::Math(rule, _) if matches!(rule.name, "powi" | "powf" | "ln" | "log" | "recip" | "/") => true,
        _ => {
            let mut found = false;
            let mut copy = e.clone();
            copy.children_mut(&mut |child| found |= is_singular(child));
            found
        }
    }
}
