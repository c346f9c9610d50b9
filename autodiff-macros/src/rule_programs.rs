//! Derivatives of a rule: of order 2 and more, where the rule of forward mode is itself annotated.
//!
//! In: a function with `jvp = path`. Out: the programs of level 1 that call this rule in place of a body, from which forward
//! mode makes the higher levels. The rule gives the value and its tangent, `(y, ẏ)`, of the arguments and their tangents
//! `(x, ẋ)`. Pulling the cotangents `(c̄̇, c̄)` back through it gives those of `x` and `ẋ`: by the symmetry of second
//! derivatives these are the tangent of the cotangent of `x`, and that cotangent.

use proc_macro2::Span;
use syn::Member;

use crate::dispatch;
use crate::ir::{Arg, Block, Callee, Expr, Param, Passing, Place, Program, Role, Step, Stmt, VarId};
use crate::kinds::{Kind, Types};
use crate::{reverse, simplify, tape};

/// The function with its tangent.
pub(crate) fn forward(program: &Program, differentiable: &[bool], rule: &syn::Path, result: &Kind) -> Program {
    let (mut out, pair, tangents) = call(program, differentiable, rule, result);
    for (param, t) in out.params.iter_mut().zip(tangents) {
        param.parts.extend(t);
    }
    out.value = halves(pair).to_vec();
    out
}

/// Both sweeps, and the tangents of both.
pub(crate) fn backward(
    program: &Program,
    differentiable: &[bool],
    rule: &syn::Path,
    result: &Kind,
    types: &Types,
) -> Program {
    let (mut whole, pair, tangents) = call(program, differentiable, rule, result);
    let params = whole.params.clone();
    let moving = params.iter().zip(&tangents).filter_map(|(p, t)| Some(Param { parts: vec![(*t)?], ..p.clone() }));
    whole.params.extend(moving);
    whole.value = vec![Expr::var(pair, Span::mixed_site())];
    let mut out = reverse::transform(&whole, types);
    let sweeps = out.reverse.as_mut().expect("a reversed program");
    let mut of_tangents = sweeps.adjoints.split_off(params.len()).into_iter();
    for (i, t) in tangents.iter().enumerate() {
        let Some(t) = t else { continue };
        let first = of_tangents.next().expect("a tangent has a cotangent")[0];
        sweeps.adjoints[i].insert(0, first);
        out.params[i].parts.push(*t);
        out.vars[first].mirrors = Some(params[i].parts[0]);
    }
    out.params.truncate(params.len());
    let given = sweeps.cotangent[0];
    let [ct, ct_dot] =
        ["ct", "ct_dot"].map(|name| out.fresh(name, Span::mixed_site(), result.tangent(), Role::Adjoint));
    let [first, second] = [ct_dot, ct].map(|v| Expr::var(v, Span::mixed_site()));
    let turn = out.body.stmts.iter().position(|s| matches!(s, Stmt::Turn)).expect("two sweeps");
    out.body.stmts.insert(turn + 1, Stmt::Let { var: given, value: Expr::Tuple(vec![first, second]) });
    out.reverse.as_mut().expect("a reversed program").cotangent = vec![ct, ct_dot];
    out.value = halves(pair).to_vec();
    simplify::run(&mut out);
    tape::place(&mut out);
    simplify::run(&mut out);
    tape::drop_empty(&mut out);
    out
}

/// A program that calls the rule, the variable that holds what it gives, and the tangents of active parameters.
fn call(
    program: &Program,
    differentiable: &[bool],
    rule: &syn::Path,
    result: &Kind,
) -> (Program, VarId, Vec<Option<VarId>>) {
    let span = Span::mixed_site();
    let mut out = program.clone();
    let (mut stmts, mut args, mut directions, mut tangents) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (param, differentiable) in program.params.iter().zip(differentiable) {
        let x = param.parts[0];
        args.push(argument(param.passing, x));
        if !differentiable {
            tangents.push(None);
            continue;
        }
        let var = &program.vars[x];
        let name = format!("{}_dot", var.name.trim_start_matches("r#"));
        let behind = var.kind.deref().tangent();
        let kind = if param.passing == Passing::Value || !param.active { behind } else { Kind::Ref(Box::new(behind)) };
        let t = out.fresh(name, span, kind, Role::Tangent);
        out.vars[t].mirrors = Some(x);
        out.vars[t].tangent_of = Some(x);
        if param.active {
            directions.push(argument(param.passing, t));
            tangents.push(Some(t));
        } else {
            let Some(Expr::Place(value)) = argument(param.passing, x).parts.remove(0) else { unreachable!("a place") };
            stmts.push(Stmt::Let { var: t, value: Expr::Zero(Box::new(Expr::Place(value))) });
            directions.push(Arg { passing: param.passing, parts: vec![Some(Expr::var(t, span))] });
            tangents.push(None);
        }
    }
    args.extend(directions);
    let pair = out.fresh("pair", span, Kind::Tuple(vec![result.clone(), result.tangent()]), Role::Temporary);
    stmts.push(Stmt::Call(dispatch::call(Callee::Function { path: rule.clone(), qself: None }, args, pair, span)));
    out.body = Block { stmts, ..Block::default() };
    (out, pair, tangents)
}

fn argument(passing: Passing, v: VarId) -> Arg {
    let place = Place::var(v, Span::mixed_site());
    let place = if passing == Passing::Value { place } else { place.step(Step::Deref) };
    Arg { passing, parts: vec![Some(Expr::Place(place))] }
}

/// The value and the tangent.
fn halves(pair: VarId) -> [Expr; 2] {
    [0, 1].map(|i| Expr::Place(Place::var(pair, Span::mixed_site()).step(Step::Field(Member::from(i)))))
}
