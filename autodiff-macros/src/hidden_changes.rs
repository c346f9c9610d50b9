//! Refusals of what changes behind a shared reference: a `Cell` that is given a value with a derivative, a static that is, or a
//! method that takes `&self` and keeps what it is given.
//!
//! In: a function in normal form. Out: errors at the calls. A value without a derivative may be kept there: such calls are
//! made once, in the order in which they stand.

use crate::errors::Errors;
use crate::fence;
use crate::ir::{Call, Callee, Expr, Passing, Place, Program, Stmt};
use crate::kinds;
use crate::lost::{captured, owner_name};
use crate::lower::as_place;
use crate::var_set::{VarMap, VarSet};

/// Reports values with a derivative that are put where no derivative can follow them.
pub(crate) fn refuse(program: &Program, varied: &VarSet, useful: &VarSet, errors: &Errors) {
    let cells = cells(program);
    let mut read = useful.clone();
    program.body.walk(&mut |s| {
        s.uses(
            &mut |v| {
                read.insert(v);
            },
            &mut |_| {},
        );
    });
    program.value.iter().for_each(|e| {
        e.vars(&mut |v| {
            read.insert(v);
        });
    });
    program.body.walk(&mut |s| {
        let Stmt::Call(call) = s else { return };
        if !matches!(call.callee, Callee::Function { .. } | Callee::Method { .. }) {
            return;
        }
        let mut parts = call.args.iter().flat_map(|a| &a.parts).flatten();
        let Some(given) = parts.find_map(|e| captured(e, varied)) else { return };
        let given = &program.vars[given].name;
        for arg in &call.args {
            let Some(e) = &arg.parts[0] else { continue };
            let name = changing(program, &cells, varied, e).or_else(|| changing_in_closure(program, &cells, varied, e));
            if let Some(name) = name {
                errors.at(
                    call.span,
                    format!("no derivative can follow a value in `{name}`, which is shared or changes behind a shared reference; use a variable that is `mut`, or wrap the value in `stop_gradient`"),
                );
                return;
            }
            if let Some(name) = keeping(program, arg.passing, e, varied, useful).filter(|_| is_made_for_nothing(call, &read)) {
                errors.at(
                    call.span,
                    format!("no derivative follows what this does with `{given}` behind the shared reference to `{name}`; let it take a `&mut`, or wrap `{given}` in `stop_gradient`"),
                );
                return;
            }
        }
    });
}

/// The name of the type of a place that changes behind a shared reference, or of a static, which is one.
fn changing(program: &Program, cells: &VarMap<String>, varied: &VarSet, e: &Expr) -> Option<String> {
    match e {
        Expr::Ref { of, .. } => changing(program, cells, varied, of),
        // Of one that begins with a derivative the beginning is refused.
        Expr::Place(place) if place.path.is_empty() && cells.get(place.root).is_some() => {
            cells.get(place.root).filter(|_| !varied.contains(place.root)).cloned()
        }
        Expr::Place(place) => declared(program, place),
        _ => None,
    }
}

/// The same of what a closure, or a macro, captures.
fn changing_in_closure(program: &Program, cells: &VarMap<String>, varied: &VarSet, e: &Expr) -> Option<String> {
    let Expr::Verbatim(_, captures) = e else { return None };
    captures.iter().find_map(|(_, e)| changing(program, cells, varied, e))
}

fn declared(program: &Program, place: &Place) -> Option<String> {
    let declared = kinds::declared_type(program, place)?;
    if program.surroundings.names_own(&declared) {
        return None;
    }
    owner_name(crate::surroundings::behind_references(&declared.ty)).filter(|name| fence::changes_when_shared(name))
}

/// The variables that are cells or atomics, or that stand for a static that is one, as what makes them shows.
fn cells(program: &Program) -> VarMap<String> {
    let mut found = VarMap::new();
    let mut note = |var, path: &syn::Path, values: usize| {
        let owner = path.segments.iter().rev().nth(1).map(|s| s.ident.to_string());
        if let Some(owner) = owner.filter(|name| fence::changes_when_shared(name) && (name != "Cell" || values == 1)) {
            found.insert(var, owner);
        }
    };
    program.body.walk(&mut |s| match s {
        Stmt::Let { var, value: Expr::Call { func, args, .. } } => note(*var, func, args.len()),
        Stmt::Call(Call { callee: Callee::Function { path, .. }, args, outs, .. }) => {
            outs.iter().for_each(|out| note(*out, path, args.len()));
        }
        _ => {}
    });
    program.body.walk(&mut |s| {
        if let Stmt::Let { var, value: Expr::Ref { of, .. } } = s
            && let Expr::Item(path, None) = &**of
            && !program.surroundings.is_lazy(path)
        {
            found.insert(*var, path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default());
        }
    });
    found
}

/// Whether neither what a call gives nor what it changes shows why it is made.
fn is_made_for_nothing(call: &Call, read: &VarSet) -> bool {
    !call.outs.iter().any(|out| read.contains(*out)) && call.args.iter().all(|a| a.passing != Passing::RefMut)
}

/// The name of a variable without a derivative that a call refers to, of which the result depends.
fn keeping<'a>(program: &'a Program, passing: Passing, e: &Expr, varied: &VarSet, useful: &VarSet) -> Option<&'a str> {
    let place = as_place(e)?;
    let var = &program.vars[place.root];
    let kept = passing == Passing::Ref
        && !varied.contains(place.root)
        && useful.contains(place.root)
        && kinds::of_place(program, place).deref() == &kinds::Kind::Unknown;
    kept.then_some(var.name.as_str())
}
