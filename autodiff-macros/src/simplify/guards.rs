//! Guards: an infinite partial derivative of a value that no taken branch has used must not turn the
//! zero cotangent of that value into a NaN.
//!
//! In: a finished backward sweep. Out: the same, in which a term that may be singular (a quotient, a
//! root, a logarithm, a product with the value of one of these or of an exponential) and whose cotangent was added to in
//! branches only counts if that is not zero:
//! `d_x += 0.5 / a * d_a`  ⇒  `d_x += if d_a != 0.0 { 0.5 / a * d_a } else { 0.0 }`.
//! Each term of a sum is guarded for itself, and by all cotangents of which it is a multiple. The pullback of a call with
//! such a cotangent is not called, whatever the callee does.

use crate::ir::{BinOp, Block, Callee, Expr, Passing, Program, Pull, Role, Stmt, VarId};
use crate::kinds::Kind;
use crate::maps::HashSet;
use crate::var_set::VarSet;

/// Guards the singular terms of a program.
pub(crate) fn singular_terms(program: &mut Program) {
    let scalars: Vec<Option<Kind>> = program
        .vars
        .iter()
        .map(|v| match (v.role, &v.kind) {
            (Role::Adjoint | Role::Tangent, Kind::Float(_) | Kind::Complex(_)) => Some(v.kind.clone()),
            _ => None,
        })
        .collect();
    let unbounded = unbounded(program);
    program.body.blocks_mut(&mut |block| guard_block(block, &scalars, &unbounded));
}

/// The variables of the function itself, and their tangents, that may be infinite where its arguments are finite.
fn unbounded(program: &Program) -> VarSet {
    let mut found = VarSet::new();
    loop {
        let mut changed = false;
        program.body.walk(&mut |stmt| {
            let (var, value, divides) = match stmt {
                Stmt::Let { var, value } => (*var, value, false),
                Stmt::Assign { place, value, .. } => (place.root, value, false),
                Stmt::Update { place, op, value } => (place.root, value, matches!(op, BinOp::Div | BinOp::Rem)),
                _ => return,
            };
            let own = matches!(program.vars[var].role, Role::User | Role::Temporary | Role::Tangent);
            changed |= own && (divides || overflows(value) || is_singular(value, &found)) && found.insert(var);
        });
        if !changed {
            return found;
        }
    }
}

/// Whether an exponential is part of an expression.
fn overflows(e: &Expr) -> bool {
    let mut found =
        matches!(e, Expr::Math(rule, _) if matches!(rule.name, "exp" | "exp2" | "exp_m1" | "sinh" | "cosh"));
    e.children(&mut |child| found = found || overflows(child));
    found
}

fn guard_block(block: &mut Block, scalars: &[Option<Kind>], unbounded: &VarSet) {
    let mut conditional: HashSet<VarId> = HashSet::default();
    for stmt in &mut block.stmts {
        match stmt {
            Stmt::Let { var, value } => {
                guard(value, &conditional, scalars, unbounded);
                if scalars[*var].is_some() && vanishes(value, &conditional) {
                    conditional.insert(*var);
                }
            }
            Stmt::Accumulate { place, value } => {
                guard(value, &conditional, scalars, unbounded);
                // An addition that always happens makes the cotangent an ordinary one, unless it is of what may be zero.
                if !vanishes(value, &conditional) {
                    conditional.remove(&place.root);
                }
            }
            Stmt::Pull(pull) if is_of_floats(pull, scalars) => {
                pull.guarded = pull.cotangent.iter().flatten().any(|ct| !is_zero(ct))
                    && pull
                        .cotangent
                        .iter()
                        .flatten()
                        .all(|ct| is_zero(ct) || is_conditional(ct, &conditional, scalars));
                for v in pull.grads.iter().flatten().flatten().filter(|_| pull.guarded) {
                    conditional.insert(*v);
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

/// Whether a backward sweep can be left out: of a function that changes no argument and returns a float, and whose arguments
/// by value are floats.
fn is_of_floats(pull: &Pull, scalars: &[Option<Kind>]) -> bool {
    let float = |v: &VarId| matches!(scalars[*v], Some(Kind::Float(_)));
    !pull.joined
        && !matches!(pull.callee, Callee::Operator(_))
        && pull.args.iter().all(|a| a.passing != Passing::RefMut)
        && pull.grads.iter().flatten().flatten().all(float)
}

fn is_zero(e: &Expr) -> bool {
    matches!(e, Expr::Number(n, _) if *n == 0.0)
}

/// Whether an expression is a float cotangent to which only branches have added.
fn is_conditional(e: &Expr, conditional: &HashSet<VarId>, scalars: &[Option<Kind>]) -> bool {
    e.as_var().is_some_and(|v| conditional.contains(&v) && matches!(scalars[v], Some(Kind::Float(_))))
}

/// Guards the terms of a sum that are zero where the conditional cotangents are.
fn guard(value: &mut Expr, conditional: &HashSet<VarId>, scalars: &[Option<Kind>], unbounded: &VarSet) {
    let mut vars: Vec<VarId> = Vec::new();
    value.vars(&mut |v| {
        if conditional.contains(&v) && !vars.contains(&v) {
            vars.push(v);
        }
    });
    if vars.is_empty() || !is_singular(value, unbounded) {
        return;
    }
    if !vanishes(value, conditional) {
        // Another cotangent takes part: what it adds must not be guarded by this one.
        if let Expr::Binary(_, a, b) = value {
            guard(a, conditional, scalars, unbounded);
            guard(b, conditional, scalars, unbounded);
        } else if let Expr::Neg(e) = value {
            guard(e, conditional, scalars, unbounded);
        }
        return;
    }
    let span = proc_macro2::Span::mixed_site();
    let zero_of = |v: VarId| Expr::zero_of(v, scalars[v].as_ref().unwrap_or(&Kind::Unknown), span);
    let complex = vars.iter().any(|v| scalars[*v].as_ref().is_some_and(Kind::is_complex));
    // A term of complex cotangents may be real: it says itself what its zero is.
    let zero = match scalars[vars[0]].as_ref() {
        Some(Kind::Float(float)) if !complex => Expr::Number(0.0, float.clone()),
        _ => Expr::Zero(Box::new(value.clone())),
    };
    let used = vars
        .into_iter()
        .map(|v| Expr::binary(BinOp::Ne, Expr::var(v, span), zero_of(v)))
        .reduce(|a, b| Expr::binary(BinOp::Or, a, b))
        .expect("a variable was found");
    let term = std::mem::replace(value, zero.clone());
    *value = Expr::Select(Box::new(used), Box::new(term), Box::new(zero));
}

/// Whether a finite expression is zero where all conditional cotangents are.
fn vanishes(e: &Expr, conditional: &HashSet<VarId>) -> bool {
    let all = |es: &[Expr]| es.iter().all(|e| vanishes(e, conditional));
    match e {
        Expr::Place(place) => conditional.contains(&place.root),
        Expr::Number(n, _) => *n == 0.0,
        Expr::Zero(_) => true,
        Expr::Neg(e) | Expr::Cast(e, _) | Expr::Clone(e) => vanishes(e, conditional),
        Expr::Binary(BinOp::Mul, a, b) => vanishes(a, conditional) || vanishes(b, conditional),
        Expr::Binary(BinOp::Div, a, _) => vanishes(a, conditional),
        Expr::Binary(BinOp::Add | BinOp::Sub, a, b) | Expr::Select(_, a, b) => {
            vanishes(a, conditional) && vanishes(b, conditional)
        }
        Expr::Math(rule, args) => match rule.name {
            "*" | "scale" | "unscale" | "/" => args.first().is_some_and(|a| vanishes(a, conditional)),
            "conj" | "re" | "im" | "new" | "+" | "-" | "neg" => all(args),
            _ => false,
        },
        Expr::Method { recv, .. } => vanishes(recv, conditional),
        _ => false,
    }
}

/// Whether an expression can be infinite for finite arguments of the function.
fn is_singular(e: &Expr, unbounded: &VarSet) -> bool {
    match e {
        Expr::Place(place) if unbounded.contains(place.root) => true,
        Expr::Binary(BinOp::Div | BinOp::Rem, ..) => true,
        Expr::Math(rule, _) if matches!(rule.name, "powi" | "powf" | "ln" | "log" | "recip" | "/" | "inv") => true,
        _ => {
            let mut found = false;
            e.children(&mut |child| found = found || is_singular(child, unbounded));
            found
        }
    }
}
