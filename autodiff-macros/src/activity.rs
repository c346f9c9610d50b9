//! Activity: which variables carry a derivative from an input of interest to a result.
//!
//! A variable is varied if it depends differentiably on an active parameter, and useful if a result
//! depends differentiably on it; derivatives are computed only for variables that are both. The
//! analysis does not follow the flow of control: a variable is active everywhere or nowhere.

use crate::ir::{Block, Call, Edit, Expr, Passing, Place, Program, Pull, Step, Stmt, VarId};
use crate::methods;
use crate::var_set::VarSet;

/// The variables that depend on the seeds.
pub(crate) fn varied(program: &Program, seeds: impl IntoIterator<Item = VarId>) -> VarSet {
    reached(program, seeds.into_iter().collect(), |sources, targets| (sources, targets))
}

/// The variables on which the value and the final values of `&mut` parameters depend.
pub(crate) fn useful(program: &Program) -> VarSet {
    let mut set = VarSet::new();
    for value in &program.value {
        carriers(value, &mut |v| {
            set.insert(v);
        });
    }
    set.extend(program.params.iter().filter(|p| p.passing == Passing::RefMut).flat_map(|p| p.parts.clone()));
    reached(program, set, |sources, targets| (targets, sources))
}

/// What can be reached from a set along the flow, in the direction that `turn` gives it.
fn reached(
    program: &Program,
    set: VarSet,
    turn: impl for<'a> Fn(&'a [VarId], &'a [VarId]) -> (&'a [VarId], &'a [VarId]),
) -> VarSet {
    // Each statement by the variables that it leads on from.
    let mut leads: Vec<Vec<usize>> = vec![Vec::new(); program.vars.len()];
    let mut ends: Vec<Vec<VarId>> = Vec::new();
    flow(program, &program.body, &mut |sources, targets| {
        let (from, to) = turn(sources, targets);
        from.iter().for_each(|v| leads[*v].push(ends.len()));
        let carries = |v: &VarId| !program.vars[*v].kind.is_constant() && !program.vars[*v].detached;
        ends.push(to.iter().copied().filter(carries).collect());
    });
    let mut open: Vec<VarId> = set.iter().collect();
    let mut set = set;
    while let Some(v) = open.pop() {
        for end in leads[v].iter().flat_map(|k| &ends[*k]) {
            if set.insert(*end) {
                open.push(*end);
            }
        }
    }
    set
}

/// Calls `f` on the variables that carry a derivative into the value of an expression.
pub(crate) fn carriers(e: &Expr, f: &mut dyn FnMut(VarId)) {
    match e {
        Expr::Place(place) if is_in_error(place) => {}
        Expr::Place(place) => f(place.root),
        Expr::Ref { of: e, .. } | Expr::Neg(e) | Expr::Clone(e) | Expr::Repeat { value: e, .. } => {
            carriers(e, f);
        }
        Expr::Cast(e, ty) => {
            let integer = matches!(&**ty, syn::Type::Path(p) if p.path.get_ident().is_some_and(|i| crate::kinds::is_integer(&i.to_string())));
            if !integer {
                carriers(e, f);
            }
        }
        Expr::Binary(op, a, b) if op.is_arithmetic() => {
            carriers(a, f);
            carriers(b, f);
        }
        Expr::Math(_, es) | Expr::Tuple(es) | Expr::Array(es, _) | Expr::Call { args: es, ctor: true, .. } => {
            es.iter().for_each(|e| carriers(e, f));
        }
        Expr::Struct { fields, rest, .. } => {
            fields.iter().for_each(|(_, e)| carriers(e, f));
            if let Some(e) = rest {
                carriers(e, f);
            }
        }
        Expr::Select(_, a, b) => {
            carriers(a, f);
            carriers(b, f);
        }
        Expr::Method { recv, name, .. } if methods::is_structural(&name.to_string()) => {
            carriers(recv, f);
        }
        Expr::CastTangent { tangent, .. } => carriers(tangent, f),
        Expr::Wrap { value, .. } => carriers(value, f),
        _ => {}
    }
}

/// Whether a place lies in the error of a `Result`, which carries no derivative.
fn is_in_error(place: &Place) -> bool {
    place.path.iter().any(|s| matches!(s, Step::Payload { variant, .. } if crate::variants::is_named(variant, "Err")))
}

/// Calls `f` with the sources and the targets of every statement.
fn flow(program: &Program, block: &Block, f: &mut dyn FnMut(&[VarId], &[VarId])) {
    let of = |e: &Expr| {
        let mut list = Vec::new();
        carriers(e, &mut |v| list.push(v));
        list
    };
    for stmt in &block.stmts {
        match stmt {
            Stmt::Let { var, value } => f(&of(value), &[*var]),
            Stmt::Assign { place, value, .. }
            | Stmt::Update { place, value, .. }
            | Stmt::Accumulate { place, value } => {
                f(&of(value), &[place.root]);
            }
            Stmt::Replace { old, place, value } => {
                f(&[place.root], &[*old]);
                f(&of(value), &[place.root]);
            }
            Stmt::Edit(Edit::Exchange(a, b)) => f(&[a.root, b.root], &[a.root, b.root]),
            Stmt::Edit(Edit::Push { place, value }) => f(&of(value), &[place.root]),
            Stmt::Edit(Edit::Pop { var, place, .. }) => f(&[place.root], &[*var]),
            Stmt::Call(call) => {
                let (sources, targets) = call_flow(call, &of);
                f(&sources, &targets);
            }
            Stmt::Pull(pull) => {
                let (sources, targets) = pull_flow(pull, &of);
                f(&sources, &targets);
            }
            _ => {}
        }
        for inner in stmt.blocks() {
            flow(program, inner, f);
        }
    }
}

fn call_flow(call: &Call, of: &dyn Fn(&Expr) -> Vec<VarId>) -> (Vec<VarId>, Vec<VarId>) {
    let mut sources = Vec::new();
    let mut targets: Vec<VarId> = call.outs.iter().copied().chain(call.tape).collect();
    for arg in &call.args {
        for part in arg.parts.iter().flatten() {
            sources.extend(of(part));
            if arg.passing == Passing::RefMut {
                targets.extend(of(part));
            }
        }
    }
    (sources, targets)
}

fn pull_flow(pull: &Pull, of: &dyn Fn(&Expr) -> Vec<VarId>) -> (Vec<VarId>, Vec<VarId>) {
    let mut sources = if pull.joined { Vec::new() } else { vec![pull.tape] };
    for e in pull.cotangent.iter().chain(pull.args.iter().flat_map(|a| &a.parts)).flatten() {
        sources.extend(of(e));
    }
    let slots: Vec<VarId> = pull.slots.iter().flatten().flatten().map(|p| p.root).collect();
    sources.extend(&slots);
    let grads = pull.grads.iter().flatten().flatten().copied();
    let values = pull.values.iter().copied().filter(|_| pull.joined);
    (sources, slots.iter().copied().chain(grads).chain(values).collect())
}
