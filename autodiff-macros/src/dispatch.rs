//! Dispatch: decides, once kinds are known, who differentiates an operation.
//!
//! In: operators and methods whose owner lowering could not tell. Out: functions of the table where
//! the operands are floats, nothing where they carry no derivative, and calls (to a trait of the
//! runtime, or to a method's companion) where the types decide.

use crate::ir::{
    Arg, BinOp, Block, Call, Callee, Expr, Mode, Operator, Passing, Place, Program, Role, Step, Stmt, VarId,
};
use crate::kinds::{self, Kind, Types};
use crate::lower::as_place;
use crate::var_set::VarSet;
use crate::{arrays, complex, methods, rules};

/// Resolves the operations of a program.
pub(crate) fn resolve(program: &mut Program, types: &Types) {
    let mut body = std::mem::take(&mut program.body);
    let idle = made_of_literals(&body);
    block(program, types, &idle, &mut body);
    program.body = body;
    // The value is an operation of its own where it is not an atom.
    let value = program.value.remove(0);
    let mut stmts = Vec::new();
    let value = match &value {
        Expr::Binary(..) | Expr::Neg(_) | Expr::Method { .. } => {
            let span = proc_macro2::Span::mixed_site();
            let kind = kinds::of_expr(program, types, &value);
            let var = program.fresh("value", span, kind, Role::Temporary);
            stmts.push(resolve_let(program, types, &idle, var, value));
            Expr::var(var, span)
        }
        _ => value,
    };
    program.value = vec![value];
    program.body.stmts.extend(stmts);
}

fn block(program: &mut Program, types: &Types, idle: &VarSet, b: &mut Block) {
    for stmt in std::mem::take(&mut b.stmts) {
        let mut stmt = match stmt {
            Stmt::Let { var, value } => resolve_let(program, types, idle, var, value),
            Stmt::Update { place, op, value } if kinds::of_place(program, &place).deref().is_array() => {
                if matches!(op, BinOp::Add | BinOp::Sub) {
                    // What is added has the shape of the array, or is repeated along its axes.
                    Stmt::Update { place, op, value: arrays::form("__spread", value, Vec::new()) }
                } else {
                    let span = place.span;
                    let out = program.fresh("t", span, Kind::Unknown, Role::Temporary);
                    // What is behind a reference cannot be moved out and back.
                    let behind = place.path.iter().any(|s| matches!(s, Step::Deref))
                        || matches!(program.vars[place.root].kind, Kind::Ref(_));
                    let passing = if behind { Passing::Ref } else { Passing::Value };
                    let operand = Arg { passing, parts: vec![Some(Expr::Place(place.clone()))] };
                    let operands = vec![operand, pass(value)];
                    b.stmts.push(Stmt::Call(call(Callee::Operator(Operator::Binary(op)), operands, out, span)));
                    Stmt::Assign { place, value: Expr::var(out, span), init: false }
                }
            }
            Stmt::Call(call) => complex_method(program, types, call),
            other => other,
        };
        for inner in stmt.blocks_mut() {
            block(program, types, idle, inner);
        }
        b.stmts.push(stmt);
    }
}

/// Whether the types decide what `place op= value` is.
pub(crate) fn is_assigned_by_trait(program: &Program, types: &Types, place: &Place, op: BinOp, value: &Expr) -> bool {
    let kind = kinds::of_place(program, place);
    let mixed = kind.deref().is_complex()
        && (op == BinOp::Rem || kinds::of_expr(program, types, value).deref() == &Kind::Unknown);
    op.is_arithmetic() && (kind.deref() == &Kind::Unknown || mixed)
}

fn resolve_let(program: &mut Program, types: &Types, idle: &VarSet, var: VarId, value: Expr) -> Stmt {
    let span = program.vars[var].span;
    match value {
        Expr::Binary(op, a, b) if op.is_arithmetic() => {
            if is_of_constants(program, types, idle, &a, &b) {
                program.vars[var].kind = Kind::Constant;
                return Stmt::Let { var, value: Expr::Binary(op, a, b) };
            }
            let kind = kinds::of_expr(program, types, &Expr::Binary(op, a.clone(), b.clone()));
            if kind.is_by_traits() && program.vars[var].kind != Kind::Int {
                let found = kinds::of_operator(program, types, op, &a, &b);
                let (light, sum) = found.map_or((false, false), |found| (found.light, found.sum));
                let callee = Callee::Operator(Operator::Binary(op));
                return Stmt::Call(Call { light, sum, ..call(callee, vec![pass(*a), pass(*b)], var, span) });
            }
            Stmt::Let { var, value: Expr::binary(op, scalar(*a), scalar(*b)) }
        }
        Expr::Neg(a)
            if matches!(*a, Expr::Place(_) | Expr::Ref { .. }) && kinds::of_expr(program, types, &a).is_by_traits() =>
        {
            Stmt::Call(call(Callee::Operator(Operator::Neg), vec![pass(*a)], var, span))
        }
        Expr::Neg(a) => Stmt::Let { var, value: Expr::Neg(Box::new(scalar(*a))) },
        Expr::Method { recv, name, turbofish, args } => method(program, types, var, *recv, name, turbofish, args),
        value => Stmt::Let { var, value },
    }
}

/// Whether an operator combines what fields hold that are marked as constants, with such or with what is made of literals.
fn is_of_constants(program: &Program, types: &Types, idle: &VarSet, a: &Expr, b: &Expr) -> bool {
    let marked = |e: &Expr| kinds::of_expr(program, types, e).deref() == &Kind::Constant;
    let made =
        |e: &Expr| as_place(e).is_some_and(|place| idle.contains(place.root) && !program.vars[place.root].mutable);
    marked(a) && (marked(b) || made(b)) || made(a) && marked(b)
}

/// The variables that begin as structs of literals alone.
fn made_of_literals(body: &Block) -> VarSet {
    fn is_made(e: &Expr) -> bool {
        match e {
            Expr::Lit(_) | Expr::Number(..) | Expr::Bool(_) => true,
            Expr::Neg(e) => is_made(e),
            Expr::Struct { fields, rest: None, .. } => fields.iter().all(|(_, e)| is_made(e)),
            Expr::Call { args, ctor: true, .. } | Expr::Tuple(args) | Expr::Array(args, _) => args.iter().all(is_made),
            _ => false,
        }
    }
    let mut found = VarSet::new();
    body.walk(&mut |s| {
        if let Stmt::Let { var, value: value @ (Expr::Struct { .. } | Expr::Call { ctor: true, .. }) } = s
            && is_made(value)
        {
            found.insert(*var);
        }
    });
    found
}

/// `let var = value`, where the kind of `var` was not known before.
fn number(program: &mut Program, types: &Types, var: VarId, value: Expr) -> Stmt {
    let kind = kinds::of_expr(program, types, &value);
    program.vars[var].kind = program.vars[var].kind.join(&kind);
    Stmt::Let { var, value }
}

/// A method that belongs to complex numbers only, now that its receiver is known to be one.
fn complex_method(program: &mut Program, types: &Types, call: Call) -> Stmt {
    if let (Callee::Method { name, .. }, Some(Some(recv))) = (&call.callee, call.args.first().map(|a| &a.parts[0]))
        && kinds::of_expr(program, types, recv).deref().is_complex()
        && let Some(rule) = complex::method(&name.to_string(), call.args.len())
    {
        let args = call.args.iter().filter_map(|a| a.parts[0].clone()).map(scalar).collect();
        return number(program, types, call.outs[0], Expr::Math(rule, args));
    }
    if let Callee::Function { path, qself: None } = &call.callee
        && program.vars[call.outs[0]].kind.is_complex()
        && path.segments.len() == 2
        && path.segments[0].ident == "Complex"
        && let Some(rule) = complex::function(&path.segments[1].ident.to_string(), call.args.len())
    {
        let args = call.args.iter().filter_map(|a| a.parts[0].clone()).map(scalar).collect();
        return Stmt::Let { var: call.outs[0], value: Expr::Math(rule, args) };
    }
    Stmt::Call(call)
}

fn method(
    program: &mut Program,
    types: &Types,
    var: VarId,
    recv: Expr,
    name: syn::Ident,
    turbofish: Option<syn::AngleBracketedGenericArguments>,
    mut args: Vec<Expr>,
) -> Stmt {
    let text = name.to_string();
    let kind = kinds::of_expr(program, types, &recv);
    if kind.deref().is_complex()
        && let Some(rule) = complex::method(&text, args.len() + 1)
    {
        args.insert(0, scalar(recv));
        return number(program, types, var, Expr::Math(rule, args));
    }
    if kind.deref().is_float()
        && let Some(rule) = rules::find(&text).filter(|r| r.args.len() == args.len() + 1)
    {
        args.insert(0, scalar(recv));
        return Stmt::Let { var, value: Expr::Math(rule, args) };
    }
    let declared = || as_place(&recv).and_then(|place| kinds::declared_type(program, place));
    let settled = kind.deref().is_scalar()
        || kind.deref().is_constant()
        || methods::CONSTANT.contains(&text.as_str())
        || methods::IDENTITIES.contains(&text.as_str())
        || arrays::FORMS.contains(&text.as_str())
        || matches!(text.as_str(), "unwrap" | "expect" | "__stop")
        || !matches!(recv, Expr::Place(_) | Expr::Ref { .. })
        || declared().is_some_and(|ty| types.surroundings.only_looks(&ty, &text));
    if settled {
        return Stmt::Let { var, value: Expr::Method { recv: Box::new(recv), name, turbofish, args } };
    }
    let span = name.span();
    let mut list = vec![Arg { passing: Passing::Ref, parts: vec![Some(scalar(recv))] }];
    list.extend(args.into_iter().map(pass));
    share(&mut list);
    Stmt::Call(call(Callee::Method { name, turbofish }, list, var, span))
}

/// A call with one value.
pub(crate) fn call(callee: Callee, args: Vec<Arg>, out: VarId, span: proc_macro2::Span) -> Call {
    Call { callee, mode: Mode::Plain, level: 0, args, outs: vec![out], tape: None, light: false, sum: false, span }
}

/// An operand as an argument.
pub(crate) fn pass(value: Expr) -> Arg {
    match value {
        Expr::Ref { mutable, of } => {
            Arg { passing: if mutable { Passing::RefMut } else { Passing::Ref }, parts: vec![Some(*of)] }
        }
        value => {
            let passing = if value.is_text() { Passing::Ref } else { Passing::Value };
            Arg { passing, parts: vec![Some(value)] }
        }
    }
}

/// What is lent twice by one call is lent to be read, also where it is behind a `&mut`.
pub(crate) fn share(args: &mut [Arg]) {
    let place = |arg: &Arg| match (arg.passing, &arg.parts[0]) {
        (Passing::Ref | Passing::RefMut, Some(Expr::Place(place))) => Some(place.clone()),
        _ => None,
    };
    let places: Vec<_> = args.iter().map(place).collect();
    for (i, arg) in args.iter_mut().enumerate().filter(|(_, a)| a.passing == Passing::RefMut) {
        let Some(own) = &places[i] else { continue };
        let others = places.iter().enumerate().filter(|(j, _)| *j != i).filter_map(|(_, p)| p.as_ref());
        if others.into_iter().any(|other| own.is_behind_same(other)) {
            arg.passing = Passing::Ref;
        }
    }
}

fn scalar(value: Expr) -> Expr {
    match value {
        Expr::Ref { of, .. } => scalar(*of),
        other => other,
    }
}
